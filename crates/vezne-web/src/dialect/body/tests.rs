//! Content types, sizes and patience.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::body::Frame;

use std::sync::Arc;

use vezne_core::model::identifier::MerchantId;

use super::{Arrived, BodyRefusal, Owner, Patience, RoomSettings, Rooms, check_head, read};

const SOON: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(60);
const KIB: usize = 1_024;

/// Rooms for four bodies of merchants and two of strangers, each of 16 KiB at most.
fn rooms() -> Arc<Rooms> {
    let (longest, longest_of_strangers) = (16 * KIB, 16 * KIB);
    Arc::new(Rooms::new(RoomSettings { all: 64 * KIB, longest, longest_of_strangers }))
}

fn stranger(last: u8) -> Owner {
    Owner::at([192, 0, 2, last].into())
}

fn merchant(id: i64) -> Owner {
    Owner::Merchant(MerchantId(id))
}

fn announcing(length: usize) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_LENGTH, length.into())])
}

async fn length(headers: &HeaderMap, body: Body, each: Duration) -> Result<usize, BodyRefusal> {
    let patience = Patience { most: 8, each };
    read((&rooms(), stranger(1)), headers, body, patience).await.map(|arrived| arrived.len())
}

/// A body of so many KiB, announced, of which all arrives.
async fn whole(rooms: &Arc<Rooms>, owner: Owner, kib: usize) -> Result<Arrived, BodyRefusal> {
    let patience = Patience { most: 16 * KIB, each: SOON };
    let body = Body::from(vec![b' '; kib * KIB]);
    read((rooms, owner), &announcing(kib * KIB), body, patience).await
}

/// The same, of which only the first so many KiB arrive.
async fn begun(rooms: Arc<Rooms>, owner: Owner, (first, kib): (usize, usize)) {
    let patience = Patience { most: 16 * KIB, each: LONG };
    let body = Body::new(Silence { first: Some(vec![b' '; first * KIB].into()) });
    drop(read((&rooms, owner), &announcing(kib * KIB), body, patience).await);
}

#[test]
fn the_content_type_is_json_or_nothing() {
    for (given, expected) in [
        ("application/json", Ok(())),
        ("Application/JSON", Ok(())),
        ("application/json; charset=utf-8", Ok(())),
        ("application/json;charset=UTF-8", Ok(())),
        ("application/json ; x=y", Ok(())),
        ("application / JSON", Ok(())),
        ("text/plain", Err(BodyRefusal::NotJson)),
        ("application/x-www-form-urlencoded", Err(BodyRefusal::NotJson)),
        ("application/jsonp", Err(BodyRefusal::NotJson)),
        ("text/html, application/json", Err(BodyRefusal::NotJson)),
        ("", Err(BodyRefusal::NotJson)),
    ] {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, given.parse().expect("a value"))]);
        assert_eq!(check_head(&headers), expected, "{given}");
    }
    assert_eq!(check_head(&HeaderMap::new()), Ok(()));
}

#[test]
fn nothing_compressed_is_read() {
    for (given, expected) in [("gzip", Err(BodyRefusal::Encoded)), ("identity", Ok(()))] {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, given.parse().expect("a value"))]);
        assert_eq!(check_head(&headers), expected, "{given}");
    }
}

#[tokio::test]
async fn the_limit_itself_fits_and_one_more_byte_does_not() {
    for (bytes, expected) in [(8, Ok(8)), (9, Err(BodyRefusal::TooLarge { most: 8 }))] {
        let body = Body::from(vec![b' '; bytes]);
        assert_eq!(length(&HeaderMap::new(), body, SOON).await, expected);
    }
}

#[tokio::test]
async fn an_announced_excess_is_refused_unread() {
    let answer = length(&announcing(9), Body::new(Silence::default()), LONG).await;
    assert_eq!(answer, Err(BodyRefusal::TooLarge { most: 8 }));
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let answer = length(&HeaderMap::new(), Body::new(Silence::default()), SOON).await;
    assert_eq!(answer, Err(BodyRefusal::Late));
}

#[tokio::test]
async fn slow_uploads_of_one_merchant_are_in_its_own_way_only() {
    let rooms = rooms();
    // Much is announced, and little or nothing of it has arrived.
    let slow: Vec<_> = [0, 0, 0, 5, 5, 5]
        .map(|first| tokio::spawn(begun(Arc::clone(&rooms), merchant(1), (first, 16))))
        .into();
    tokio::task::yield_now().await;
    assert_eq!(whole(&rooms, merchant(1), 16).await.map(drop), Err(BodyRefusal::NoRoom));
    for other in [merchant(2), merchant(3), stranger(1)] {
        whole(&rooms, other, 16).await.expect("there is room");
    }
    // Whatever is short needs none.
    whole(&rooms, merchant(1), 4).await.expect("there is room");
    slow.iter().for_each(tokio::task::JoinHandle::abort);
    for one in slow {
        drop(one.await);
    }
    whole(&rooms, merchant(1), 16).await.expect("it has gone");
    assert!(rooms.is_empty(), "{rooms:?}");
}

#[tokio::test]
async fn all_that_has_arrived_is_bounded() {
    let rooms = rooms();
    for (owners, other) in [
        ([1, 2, 3, 4].map(merchant).to_vec(), merchant(9)),
        ([1, 2].map(stranger).to_vec(), stranger(9)),
    ] {
        let mut held = Vec::new();
        for owner in owners {
            held.push(whole(&rooms, owner, 16).await.expect("there is room"));
        }
        assert_eq!(whole(&rooms, other, 16).await.map(drop), Err(BodyRefusal::NoRoom));
        whole(&rooms, other, 4).await.expect("a short one needs none");
        held.pop();
        whole(&rooms, other, 16).await.expect("one has gone");
    }
    assert!(rooms.is_empty(), "{rooms:?}");
}

#[tokio::test]
async fn a_network_of_a_customer_has_one_share() {
    let rooms = rooms();
    let at = |last: u16| Owner::at([0x2001, 0xdb8, 0, 7, 0, 0, 0, last].into());
    let held = whole(&rooms, at(1), 16).await.expect("there is room");
    assert_eq!(whole(&rooms, at(2), 16).await.map(drop), Err(BodyRefusal::NoRoom));
    whole(&rooms, stranger(1), 16).await.expect("another one has its own");
    drop(held);
    whole(&rooms, at(2), 16).await.expect("it has gone");
}

/// A body that does not go on.
#[derive(Default)]
struct Silence {
    first: Option<Bytes>,
}

impl hyper::body::Body for Silence {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Poll::Pending,
        }
    }
}
