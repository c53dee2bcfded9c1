//! What is sent, and what ordinary answers come to.

use std::time::Duration;

use vezne_core::model::callback::AttemptOutcome::{self, Acknowledged, Failed, Refused};
use vezne_core::model::merchant::FormerKey;
use vezne_core::model::personal::Secret;

use crate::support::{KEY, Receiver, Reply, World, answer, at, settings};

const YES: &[u8] = br#"{"code":200,"message":"Balance added to the account!"}"#;

async fn check(bytes: Vec<u8>, outcome: AttemptOutcome, status: u16, detail: &str) {
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    let receiver = Receiver::plain(Reply::Bytes(bytes)).await;
    let mut world = World::new(&settings(), &format!("http://{}", receiver.address));
    let delivered = world.deliver(at(1_700_000_000)).await;
    let found = (delivered.outcome, delivered.http_status, delivered.detail.as_str());
    assert_eq!(found, (outcome, Some(status), detail), "{shown}");
    assert_eq!((receiver.connections(), receiver.requests().len()), (1, 1), "{shown}");
}

#[tokio::test]
async fn the_documents_rule_decides() {
    let ok = |body: &[u8]| answer("200 OK", "content-type: application/json\r\n", body);
    check(ok(YES), Acknowledged, 200, "Balance added to the account!").await;
    check(ok(br#"{"code":"200"}"#), Acknowledged, 200, "").await;
    check(answer("201 Created", "", YES), Acknowledged, 201, "Balance added to the account!").await;
    let refused = br#"{"code":999,"message":"ERROR MESSAGE"}"#;
    check(ok(refused), Refused, 200, "code 999: ERROR MESSAGE").await;
    check(answer("422 X", "", refused), Refused, 422, "code 999: ERROR MESSAGE").await;
    let contradiction = "HTTP 500: although the code in the body is 200";
    check(answer("500 Oops", "", YES), Failed, 500, contradiction).await;
    let not_json = "HTTP 502: The body is not valid JSON (line 1, byte 1).";
    check(answer("502 Bad Gateway", "", b"<html>"), Failed, 502, not_json).await;
    let empty = "HTTP 204: The body is not valid JSON (line 1, byte 0).";
    check(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), Failed, 204, empty).await;
}

#[tokio::test]
async fn a_wrong_content_type_and_any_framing_are_taken() {
    let html = answer("200 OK", "content-type: text/html; charset=windows-1254\r\n", YES);
    check(html, Acknowledged, 200, "Balance added to the account!").await;
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                    4\r\n{\"co\r\n8;x=y\r\nde\":200}\r\n0\r\n\r\n";
    check(chunked.to_vec(), Acknowledged, 200, "").await;
    let until_close = [b"HTTP/1.0 200 OK\r\n\r\n", YES].concat();
    check(until_close, Acknowledged, 200, "Balance added to the account!").await;
    let early = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_vec();
    check(
        [early, answer("200 OK", "", YES)].concat(),
        Acknowledged,
        200,
        "Balance added to the account!",
    )
    .await;
}

#[tokio::test]
async fn the_request_is_exact_and_signed() {
    let receiver = Receiver::plain(Reply::Bytes(answer("200 OK", "", YES))).await;
    let mut world =
        World::new(&settings(), &format!("http://{}/hooks/BankoPay/", receiver.address));
    for seconds in [1_700_000_000, 1_700_000_600] {
        world.deliver(at(seconds)).await;
    }
    let requests = receiver.requests();
    for (request, seconds) in requests.iter().zip([1_700_000_000, 1_700_000_600]) {
        assert_eq!(request.line(), "POST /hooks/BankoPay/withdraw/ HTTP/1.1");
        assert_eq!(Some(&request.body), world.delivery.callback.body.as_ref());
        for (name, value) in [
            ("host", receiver.address.to_string()),
            ("content-type", "application/json".into()),
            ("accept", "application/json".into()),
            ("user-agent", format!("Vezne/{}", env!("CARGO_PKG_VERSION"))),
            ("accept-encoding", "identity".into()),
            ("content-length", request.body.len().to_string()),
            ("webhook-id", "vzcb_5".into()),
            ("webhook-timestamp", seconds.to_string()),
        ] {
            assert_eq!(request.header(name), value, "{name}");
        }
        assert_eq!(request.names().len(), 9, "{:?}", request.names());
        assert_eq!(request.verify(seconds), Ok(()));
    }
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn an_echoed_key_is_not_kept() {
    let echo = format!(r#"{{"code":999,"message":"bad site_key {KEY} \u0007 the-key-it-sends"}}"#);
    let detail = format!("code 999: bad site_key {}   {}", "*".repeat(32), "*".repeat(16));
    check(answer("200 OK", "", echo.as_bytes()), Refused, 200, &detail).await;
    let long = format!(r#"{{"code":999,"message":"{}"}}"#, "ş".repeat(5_000));
    let detail = format!("code 999: {}", "ş".repeat(290));
    check(answer("200 OK", "", long.as_bytes()), Refused, 200, &detail).await;
}

#[tokio::test]
async fn what_is_missing_is_said_and_nothing_is_sent() {
    type Change = fn(&mut World);
    let cases: [(Change, &str); 5] = [
        (|world| world.merchant().callback_base_url = None, "no callback URL is set"),
        (|world| world.delivery.callback.body = None, "the callback was not composed"),
        (
            |world| world.merchant().webhook_secret = Secret::new("short"),
            "the merchant's webhook secret is not whsec_ and base64 of 24 to 64 bytes",
        ),
        (
            |world| world.merchant().callback_base_url = Some("localhost".into()),
            "the callback URL is wrong: relative URL without a base",
        ),
        (
            |world| world.delivery.payout.dialect = "telex".into(),
            "no callbacks are sent in this dialect",
        ),
    ];
    let receiver = Receiver::plain(Reply::Bytes(answer("200 OK", "", YES))).await;
    for (change, detail) in cases {
        let mut world = World::new(&settings(), &format!("http://{}", receiver.address));
        world.delivery.callback.body = Some(b"{}".to_vec());
        change(&mut world);
        let delivered = world.deliver_as_it_is(at(1)).await;
        assert_eq!((delivered.outcome, delivered.detail.as_str()), (Failed, detail));
    }
    assert_eq!(receiver.connections(), 0);
}

/// By the header of an answer with this status.
async fn asked(status: &str, header: &str) -> Option<Duration> {
    let receiver = Receiver::plain(Reply::Bytes(answer(status, header, b"later"))).await;
    let mut world = World::new(&settings(), &format!("http://{}", receiver.address));
    // Tue, 14 Nov 2023 22:13:20 GMT
    world.deliver(at(1_700_000_000)).await.retry_after
}

#[tokio::test]
async fn a_receiver_says_when_it_has_time() {
    let (seconds, busy) = (|count| Some(Duration::from_secs(count)), "429 Too Many Requests");
    for (status, header, expected) in [
        (busy, "retry-after: 120\r\n", seconds(120)),
        ("503 Busy", "Retry-After:  7 \r\n", seconds(7)),
        ("503 Busy", "retry-after: Tue, 14 Nov 2023 22:14:20 GMT\r\n", seconds(60)),
        ("503 Busy", "retry-after: Tuesday, 14-Nov-23 22:14:20 GMT\r\n", seconds(60)),
        (busy, "retry-after: Tue, 14 Nov 2023 22:13:19 GMT\r\n", None),
        (busy, "retry-after: soon\r\n", None),
        (busy, "retry-after: -5\r\n", None),
        (busy, "", None),
        ("500 Oops", "retry-after: 120\r\n", None),
        ("200 OK", "retry-after: 120\r\n", None),
    ] {
        assert_eq!(asked(status, header).await, expected, "{status} {header}");
    }
}

#[tokio::test]
async fn two_secrets_sign_while_one_takes_over_from_the_other() {
    let receiver = Receiver::plain(Reply::Bytes(answer("200 OK", "", YES))).await;
    let mut world = World::new(&settings(), &format!("http://{}", receiver.address));
    let fresh = "whsec_c2VjcmV0LXRoYXQtdG9vay1vdmVyLXRvZGF5";
    let key = std::mem::replace(&mut world.merchant().webhook_secret, Secret::new(fresh));
    world.merchant().former_webhook_secret = Some(FormerKey { key, until: at(1_000) });
    for (seconds, signatures) in [(999, 2), (1_000, 1)] {
        assert_eq!(world.deliver(at(seconds)).await.outcome, Acknowledged);
        let request = receiver.requests().pop().expect("a request");
        let found = request.header("webhook-signature").split(' ').count();
        assert_eq!(found, signatures, "at {seconds}");
        assert_eq!(request.verify_with(fresh, seconds), Ok(()));
        let by_former = request.verify(seconds).is_ok();
        assert_eq!(by_former, signatures == 2, "at {seconds}");
    }
}

#[tokio::test]
async fn the_time_an_attempt_took_is_told() {
    let slow = Reply::Drip(answer("200 OK", "", br#"{"code":200}"#), Duration::from_millis(1));
    let receiver = Receiver::plain(slow).await;
    let mut world = World::new(&settings(), &format!("http://{}", receiver.address));
    let delivered = world.deliver(at(1)).await;
    assert_eq!(delivered.outcome, Acknowledged);
    assert!(delivered.took >= Duration::from_millis(20), "{:?}", delivered.took);
}

/// A connection is used again, and one that the other side has given up meanwhile costs nothing.
#[tokio::test]
async fn a_connection_that_was_left_open_is_used_again() {
    for (on_one, deliveries, connections, requests) in [(9, 3, 1, 3), (1, 2, 2, 3), (2, 4, 2, 5)] {
        let reply = Reply::Kept(answer("200 OK", "", YES), on_one);
        let receiver = Receiver::plain(reply).await;
        let mut world = World::new(&settings(), &format!("http://{}", receiver.address));
        for _ in 0..deliveries {
            let delivered = world.deliver(at(1_700_000_000)).await;
            assert_eq!(delivered.outcome, Acknowledged, "{}", delivered.detail);
        }
        let found = (receiver.connections(), receiver.requests().len());
        assert_eq!(found, (connections, requests), "{on_one} on one connection");
    }
}

/// What the server has said cannot be taken for the answer to another request.
#[tokio::test]
async fn a_connection_with_more_on_it_than_was_asked_for_is_not_used_again() {
    let twice = [answer("200 OK", "", YES), answer("200 OK", "", YES)].concat();
    for reply in [twice, answer("200 OK", "connection: close\r\n", YES)] {
        let receiver = Receiver::plain(Reply::Kept(reply, 9)).await;
        let mut world = World::new(&settings(), &format!("http://{}", receiver.address));
        for _ in 0..2 {
            assert_eq!(world.deliver(at(1_700_000_000)).await.outcome, Acknowledged);
        }
        assert_eq!((receiver.connections(), receiver.requests().len()), (2, 2));
    }
}
