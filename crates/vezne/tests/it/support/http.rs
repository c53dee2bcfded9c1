//! A merchant's HTTP client: one connection, kept alive, and nothing between the test and the
//! bytes.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Longer than any answer takes; a test that waits for more has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An answer, read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The protocol's own code.
    pub(crate) fn code(&self) -> i64 {
        self.json()["code"].as_i64().unwrap_or_else(|| panic!("no code: {}", self.body))
    }

    /// The id of the payout that was accepted.
    pub(crate) fn id(&self) -> i64 {
        self.json()["data"]["id"].as_i64().unwrap_or_else(|| panic!("no id: {}", self.body))
    }
}

pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        Self(BufReader::new(stream))
    }

    /// Sends JSON and reads the answer.
    pub(crate) async fn post(&mut self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.send("POST", path, "content-type: application/json\r\n", body.as_ref()).await
    }

    /// Sends any request and reads the answer. Header lines end in CRLF.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Answer {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: desk.example\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        self.write(&[head.as_bytes(), body].concat()).await;
        self.answer().await
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.expect("the server reads");
    }

    /// Reads one answer, an interim one too.
    pub(crate) async fn answer(&mut self) -> Answer {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("the server answers in time")
    }

    async fn read(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).await.expect("the head is text");
            assert!(read > 0, "the server hung up after {head:?}");
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let length = header(&head, "content-length").parse().unwrap_or(0);
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.expect("the body is whole");
        let body = String::from_utf8(body).expect("the body is text");
        Answer { status: status.expect("a status line"), head, body }
    }
}

/// The value of a header; empty without it.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let pairs = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut values =
        pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    values.next().map_or("", str::trim)
}
