//! Refusals over a real connection: it serves the next request all the same.

mod desk;

use std::time::Duration;

use desk::{Desk, Fields};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use vezne_web::{WebSettings, serve};

fn request(method: &str, path: &str, content_type: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: desk\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends the head and the body apart, as a slow client does, and reads one answer.
async fn ask(stream: &mut TcpStream, request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.expect("written");
    tokio::time::sleep(Duration::from_millis(10)).await;
    stream.write_all(body.as_bytes()).await.expect("written");
    let mut text = Vec::new();
    let reading = async {
        while !text.ends_with(b"}") {
            let read = stream.read_buf(&mut text).await.expect("the connection holds");
            assert!(read > 0, "the connection ended after {request}");
        }
    };
    timeout(Duration::from_secs(5), reading).await.expect("an answer in time");
    String::from_utf8(text).expect("text")
}

#[tokio::test]
async fn the_connection_survives_every_refusal() {
    let desk = Desk::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (app, settings) = (desk.app.clone(), WebSettings::default());
    tokio::spawn(async move {
        serve(listener, app, &settings, std::future::pending(), Duration::ZERO).await;
    });
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let (papara, json) = ("/api/withdraw/papara", "application/json");
    let sample = Fields::sample("papara");
    let wrong = sample.clone().set("site_key", "\"wrong\"").body();
    for (method, path, content_type, body, expected) in [
        ("POST", papara, json, "{", "20001"),
        ("POST", papara, json, "{}", "20002"),
        ("POST", papara, "text/plain", &*sample.body(), "20005"),
        ("POST", "/api/withdraw/nothing", json, &*sample.body(), "20006"),
        ("GET", papara, json, &*sample.body(), "20006"),
        ("POST", papara, json, &*wrong, "20014"),
        ("POST", papara, json, &*sample.clone().set("amount", "0").body(), "20003"),
        ("POST", papara, json, &*sample.body(), "\"code\":200"),
        ("POST", papara, json, &*sample.body(), "\"code\":200"),
    ] {
        let answer = ask(&mut stream, &request(method, path, content_type, body)).await;
        assert!(answer.contains(expected), "{expected} is not in {answer}");
    }
    assert_eq!(desk.payouts().await.len(), 1);
}
