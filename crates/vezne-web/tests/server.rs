//! The accept loop over real sockets: reuse, pipelining, the cap, slow heads and the orderly end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::{any, get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use vezne_web::{Peer, WebSettings, serve};

const PATIENCE: Duration = Duration::from_secs(5);

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

async fn slow() -> &'static str {
    sleep(Duration::from_millis(200)).await;
    "slow"
}

#[expect(clippy::panic, reason = "the server has to outlive it")]
async fn panics() {
    panic!("on purpose");
}

async fn peer(request: Request) -> String {
    let peer = request.extensions().get::<Peer>().expect("the server adds it");
    peer.0.ip().to_string()
}

async fn start(settings: WebSettings, drain: Duration) -> Served {
    let app = Router::new()
        .route("/", get(|| async { "here" }))
        .route("/slow", get(slow))
        .route("/never", get(std::future::pending::<&'static str>))
        .route("/panic", get(panics))
        .route("/peer", any(peer))
        .route("/echo", post(|body: String| async move { body }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move { drop(stopped.await) };
    let server = tokio::spawn(async move {
        serve(listener, app, &settings, shutdown, drain).await;
    });
    Served { address, stop, server }
}

async fn connect(served: &Served) -> TcpStream {
    TcpStream::connect(served.address).await.expect("a connection")
}

async fn ask(stream: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: desk\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
}

/// Reads until `expected` has come, or the connection ends, or patience does.
async fn read_until(stream: &mut TcpStream, expected: &str) -> String {
    let mut text = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&text).contains(expected) {
            if stream.read_buf(&mut text).await.unwrap_or(0) == 0 {
                break;
            }
        }
    };
    timeout(PATIENCE, reading).await.expect("an answer or the end in time");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn one_connection_serves_many_requests_in_order() {
    let served = start(WebSettings::default(), PATIENCE).await;
    let mut stream = connect(&served).await;
    ask(&mut stream, "/slow").await;
    ask(&mut stream, "/").await;
    let text = read_until(&mut stream, "here").await;
    assert!(text.find("slow") < text.find("here"), "{text}");
    ask(&mut stream, "/peer").await;
    assert!(read_until(&mut stream, "127.0.0.1").await.contains("127.0.0.1"));
}

/// What a caller that only asks can have kept for it: some buffers, and no more.
#[tokio::test]
async fn who_does_not_read_is_read_no_more() {
    let served = start(WebSettings::default(), PATIENCE).await;
    let mut stream = connect(&served).await;
    let requests = "GET / HTTP/1.1\r\nHost: desk\r\n\r\n".repeat(4_096);
    let mut written = 0;
    while let Ok(sent) = timeout(Duration::from_secs(1), stream.write(requests.as_bytes())).await {
        written += sent.expect("the connection stands");
        assert!(written < 64 * 1024 * 1024, "all of it is read and every answer kept");
    }
    drop(stream);
    let mut other = connect(&served).await;
    ask(&mut other, "/").await;
    assert!(read_until(&mut other, "here").await.contains("here"));
}

/// Otherwise a few callers that do not read would have every connection for ever.
#[tokio::test]
async fn who_does_not_read_is_not_waited_for() {
    let write_timeout = Duration::from_millis(100);
    let settings = WebSettings { max_connections: 2, write_timeout, ..WebSettings::default() };
    let served = start(settings, PATIENCE).await;
    let requests = "GET / HTTP/1.1\r\nHost: desk\r\n\r\n".repeat(4_096);
    let mut deaf = [connect(&served).await, connect(&served).await];
    for stream in &mut deaf {
        // Until nothing more is taken, or the connection is closed already.
        while let Ok(Ok(1..)) =
            timeout(Duration::from_secs(1), stream.write(requests.as_bytes())).await
        {}
    }
    let mut other = connect(&served).await;
    ask(&mut other, "/").await;
    assert!(read_until(&mut other, "here").await.contains("here"));
}

#[tokio::test]
async fn one_address_has_not_all_connections() {
    let own = WebSettings { max_connections_per_address: 2, ..WebSettings::default() };
    let trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    let proxied = WebSettings { trusted_proxies, ..own.clone() };
    for (settings, third) in [(own, "503"), (proxied, "here")] {
        let served = start(settings, PATIENCE).await;
        let mut streams = Vec::new();
        for expected in ["here", "here", third] {
            let mut stream = connect(&served).await;
            ask(&mut stream, "/").await;
            assert!(read_until(&mut stream, expected).await.contains(expected), "{expected}");
            streams.push(stream);
        }
        // Whoever leaves makes room.
        streams.clear();
        let served_again = async {
            loop {
                let mut stream = connect(&served).await;
                ask(&mut stream, "/").await;
                if read_until(&mut stream, "\r\n\r\n").await.contains("200 OK") {
                    break;
                }
            }
        };
        timeout(PATIENCE, served_again).await.expect("its places are free again");
    }
}

/// RFC 9112, section 2.2: an empty line before a request is skipped, as clients send one behind a
/// body that they have counted without it.
#[tokio::test]
async fn empty_lines_between_requests_are_skipped() {
    let served = start(WebSettings::default(), PATIENCE).await;
    let request = "POST /echo HTTP/1.1\r\nHost: desk\r\nContent-Length: 5\r\n\r\n";
    for between in ["", "\r\n", "\n", "\r\n\r\n"] {
        let mut stream = connect(&served).await;
        let sent = format!("{between}{request}first{between}{request}other{between}");
        stream.write_all(sent.as_bytes()).await.expect("written");
        let text = read_until(&mut stream, "other").await;
        assert!(text.contains("first") && text.ends_with("other"), "{between:?}: {text}");
        // What came behind the last one leaves the connection as good as before.
        ask(&mut stream, "/").await;
        assert!(read_until(&mut stream, "here").await.contains("here"), "{between:?}");
    }
}

#[tokio::test]
async fn whatever_is_no_request_is_told_so() {
    let served = start(WebSettings::default(), PATIENCE).await;
    let long = |length| "x".repeat(length);
    // What comes behind a head of two meanings is nobody's request.
    let twice = |head: &str| {
        let behind = "0\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n";
        format!("POST /echo HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{behind}")
    };
    for (sent, status) in [
        ("no request at all\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nno header\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nx y: z\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n".to_owned(), "400"),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n".to_owned(), "400"),
        (
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
                .to_owned(),
            "400",
        ),
        ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n".to_owned(), "400"),
        (
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(),
            "400",
        ),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), "400"),
        (twice("Content-Type: text/plain\r\nContent-Type: application/json"), "400"),
        (twice("Transfer-Encoding: gzip, chunked"), "501"),
        (twice("Transfer-Encoding: chunked, chunked"), "501"),
        (twice("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), "501"),
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", long(70_000)), "431"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nx: {}\r\n\r\n", long(200_000)), "431"),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200)), "431"),
    ] {
        let mut stream = connect(&served).await;
        // The server may close before all of it is read.
        let _ = stream.write_all(sent.as_bytes()).await;
        let text = read_until(&mut stream, "\r\n\r\n").await;
        let line = text.lines().next().unwrap_or_default();
        assert_eq!(line.split(' ').nth(1), Some(status), "{:.70} -> {line}", sent.escape_debug());
    }
}

#[tokio::test]
async fn beyond_the_cap_a_connection_waits_for_its_turn() {
    let settings = WebSettings { max_connections: 1, ..WebSettings::default() };
    let served = start(settings, PATIENCE).await;
    let mut first = connect(&served).await;
    ask(&mut first, "/").await;
    read_until(&mut first, "here").await;
    let mut second = connect(&served).await;
    ask(&mut second, "/").await;
    let waiting = timeout(Duration::from_millis(100), read_until(&mut second, "here")).await;
    assert!(waiting.is_err(), "the second connection was served beside the first");
    drop(first);
    assert!(read_until(&mut second, "here").await.contains("here"));
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let header_timeout = Duration::from_millis(50);
    let settings = WebSettings { header_timeout, ..WebSettings::default() };
    let served = start(settings, PATIENCE).await;
    for head in ["", "GET / HT"] {
        let mut stream = connect(&served).await;
        stream.write_all(head.as_bytes()).await.expect("written");
        assert!(!read_until(&mut stream, "never comes").await.contains("200"), "{head}");
    }
}

#[tokio::test]
async fn a_panic_ends_its_connection_and_no_other() {
    let served = start(WebSettings::default(), PATIENCE).await;
    let (mut calm, mut panicking) = (connect(&served).await, connect(&served).await);
    ask(&mut panicking, "/panic").await;
    assert_eq!(read_until(&mut panicking, "never comes").await, "");
    ask(&mut calm, "/").await;
    assert!(read_until(&mut calm, "here").await.contains("here"));
}

#[tokio::test]
async fn a_drain_finishes_what_is_in_flight_and_closes_the_idle() {
    let served = start(WebSettings::default(), PATIENCE).await;
    let (mut busy, mut idle) = (connect(&served).await, connect(&served).await);
    ask(&mut idle, "/").await;
    read_until(&mut idle, "here").await;
    ask(&mut busy, "/slow").await;
    sleep(Duration::from_millis(50)).await;
    served.stop.send(()).expect("the server listens");
    assert!(read_until(&mut busy, "slow\"").await.ends_with("slow"));
    assert_eq!(read_until(&mut idle, "never comes").await, "");
    timeout(PATIENCE, served.server).await.expect("ended in time").expect("no panic");
    assert!(TcpStream::connect(served.address).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn a_drain_ends_at_its_deadline() {
    let served = start(WebSettings::default(), Duration::from_millis(50)).await;
    let mut stuck = connect(&served).await;
    ask(&mut stuck, "/never").await;
    sleep(Duration::from_millis(50)).await;
    served.stop.send(()).expect("the server listens");
    timeout(PATIENCE, served.server).await.expect("ended in time").expect("no panic");
    assert_eq!(read_until(&mut stuck, "never comes").await, "");
}
