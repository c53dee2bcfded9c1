//! Receivers that mean no good: each attempt ends in time, in bounds, and is a failure.

use std::time::Duration;

use tokio::time::Instant;
use vezne_core::model::callback::AttemptOutcome::Failed;
use vezne_outbound::OutboundSettings;

use crate::support::{Receiver, Reply, World, answer, at, settings, short};

async fn check(settings: &OutboundSettings, reply: Reply, status: Option<u16>, detail: &str) {
    let receiver = Receiver::plain(reply).await;
    let mut world = World::new(settings, &format!("http://{}", receiver.address));
    world.delivery.callback.body = Some(b"{}".to_vec());
    let start = Instant::now();
    let delivered = world.deliver(at(1)).await;
    let took = start.elapsed();
    let found = (delivered.outcome, delivered.http_status);
    assert_eq!(found, (Failed, status), "{detail}: {}", delivered.detail);
    assert!(delivered.detail.contains(detail), "{} instead of {detail}", delivered.detail);
    assert!(took < settings.total_timeout + Duration::from_secs(3), "{detail}: {took:?}");
    assert!(receiver.is_rid_of_us().await, "{detail}: the connection stayed");
}

const OK_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

#[tokio::test]
async fn silence() {
    check(&short(), Reply::Silent(Vec::new()), None, "no answer came in time").await;
    check(&short(), Reply::Silent(b"HTTP/1.1 20".to_vec()), None, "no answer came in time").await;
    let late = "the answer did not end in time";
    check(&short(), Reply::Silent(OK_HEAD.to_vec()), Some(200), late).await;
}

#[tokio::test]
async fn one_byte_at_a_time() {
    let pause = Duration::from_millis(50);
    let slow = Reply::Drip(answer("200 OK", "", br#"{"code":200}"#), pause);
    check(&short(), slow, None, "no answer came in time").await;
}

#[tokio::test]
async fn no_end() {
    let long = "the answer is longer than 65536 bytes";
    check(&settings(), Reply::Endless(OK_HEAD.to_vec(), vec![b' '; 4096]), Some(200), long).await;
    let yes = [OK_HEAD, br#"{"code":200}"#].concat();
    check(&settings(), Reply::Endless(yes, vec![b' '; 4096]), Some(200), long).await;
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    check(&settings(), Reply::Endless(chunked, b"1\r\n \r\n".repeat(99)), Some(200), long).await;
}

#[tokio::test]
async fn headers_without_end() {
    let line = b"x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    let start = b"HTTP/1.1 200 OK\r\n".to_vec();
    check(&settings(), Reply::Endless(start.clone(), line.to_vec()), None, "too large").await;
    let many = [start.clone(), b"a: b\r\n".repeat(100), b"\r\n{}".to_vec()].concat();
    check(&settings(), Reply::Bytes(many), None, "too large").await;
    let wide = [start, vec![b'a'; 64 * 1024]].concat();
    check(&settings(), Reply::Bytes(wide), None, "").await;
    let early = b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec();
    check(&short(), Reply::Endless(Vec::new(), early), None, "no answer came in time").await;
}

#[tokio::test]
async fn broken_connections() {
    check(&settings(), Reply::Bytes(Vec::new()), None, "connection closed").await;
    check(&settings(), Reply::Reset(Vec::new()), None, "").await;
    let short_body = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"code\":200}".to_vec();
    check(&settings(), Reply::Bytes(short_body.clone()), Some(200), "the answer broke off").await;
    check(&settings(), Reply::Reset(short_body), Some(200), "the answer broke off").await;
}

#[tokio::test]
async fn no_http() {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"{\"code\":200}",
        b"HTTP/0.9 200 OK\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n{\"code\":200}",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00\xff\xfe\r\n\r\n",
    ] {
        check(&settings(), Reply::Bytes(bytes.to_vec()), None, "").await;
    }
    let chunk =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n".to_vec();
    check(&settings(), Reply::Bytes(chunk), Some(200), "the answer broke off").await;
}

#[tokio::test]
async fn compressed_bodies_stay_compressed() {
    // gzip of {"code":200}
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\xce\x4f\x49\
        \x55\xb2\x32\x32\x30\xa8\x05\x00\x54\x03\x96\xea\x0c\x00\x00\x00";
    let bytes = answer("200 OK", "content-encoding: gzip\r\n", gzip);
    check(&settings(), Reply::Bytes(bytes), Some(200), "HTTP 200: The body is not valid JSON")
        .await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Receiver::plain(Reply::Bytes(answer("200 OK", "", br#"{"code":200}"#))).await;
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = format!("location: http://{}/\r\n", other.address);
        let reply = Reply::Bytes(answer(status, &location, br#"{"code":200}"#));
        let number = status.split(' ').next().and_then(|text| text.parse().ok());
        let (number, to) = (number, other.address);
        let detail = format!("HTTP {}: it leads to http://{to}/", number.unwrap_or(0));
        check(&settings(), reply, number, &detail).await;
    }
    assert_eq!(other.connections(), 0);
}
