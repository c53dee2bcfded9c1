//! A desk behind a real socket.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use vezne_web::{WebSettings, serve};

use super::Desk;

/// Serves the desk's routes and connects to them.
pub(crate) async fn connect(desk: &Desk) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (app, settings) = (desk.app.clone(), WebSettings::default());
    tokio::spawn(async move {
        serve(listener, app, &settings, std::future::pending(), Duration::ZERO).await;
    });
    TcpStream::connect(address).await.expect("a connection")
}

pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: desk\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Sends the head and the body apart, as a slow client does, and reads one answer.
pub(crate) async fn ask(stream: &mut TcpStream, request: &str) -> String {
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
