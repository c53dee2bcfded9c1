//! Content types, sizes and patience.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::body::Frame;

use super::{BodyRefusal, check_head, read};

const SOON: Duration = Duration::from_millis(20);

#[test]
fn the_content_type_is_json_or_nothing() {
    for (given, expected) in [
        ("application/json", Ok(())),
        ("Application/JSON", Ok(())),
        ("application/json; charset=utf-8", Ok(())),
        ("application/json;charset=UTF-8", Ok(())),
        ("application/json ; x=y", Ok(())),
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
    for (length, expected) in [(8, Ok(8)), (9, Err(BodyRefusal::TooLarge { most: 8 }))] {
        let body = Body::from(vec![b' '; length]);
        let answer = read(&HeaderMap::new(), body, 8, SOON).await;
        assert_eq!(answer.map(|bytes| bytes.len()), expected);
    }
}

#[tokio::test]
async fn an_announced_excess_is_refused_unread() {
    let headers = HeaderMap::from_iter([(CONTENT_LENGTH, "9".parse().expect("a value"))]);
    let answer = read(&headers, Body::new(Silence), 8, Duration::from_secs(60)).await;
    assert_eq!(answer, Err(BodyRefusal::TooLarge { most: 8 }));
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let answer = read(&HeaderMap::new(), Body::new(Silence), 8, SOON).await;
    assert_eq!(answer, Err(BodyRefusal::Late));
}

/// A body of which nothing arrives.
struct Silence;

impl hyper::body::Body for Silence {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Pending
    }
}
