//! The accept loop over real sockets: reuse, pipelining, the cap, slow heads and the orderly end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::{any, get};
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
        .route("/peer", any(peer));
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
