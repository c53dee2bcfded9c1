//! A merchant's connection, written by hand: a request may be held back before its last byte, and
//! an answer may never come.

use std::io::{self, Error, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use vezne_wire::json::Object;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(10);

const LONGEST_HEAD: usize = 8_192;

/// One connection, kept alive over requests.
pub(crate) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// What the desk answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The body's `code` (CCPayment: `status_code`), which is what merchants go by.
    pub(crate) code: i64,
    /// Our id of the payout, if one was accepted.
    pub(crate) id: Option<i64>,
    /// The body, byte for byte.
    pub(crate) body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, unread: Vec::new() })
    }

    /// Waits longer for answers than they should take.
    #[allow(dead_code, reason = "each test binary uses a part")]
    pub(crate) fn be_patient(&self, patience: Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(patience))
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads one answer whole.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let end = loop {
            match self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None if self.unread.len() > LONGEST_HEAD => return Err(invalid("a long head")),
                None => self.read_more()?,
            }
        };
        let length = content_length(&self.unread[..end])?;
        while self.unread.len() < end + length {
            self.read_more()?;
        }
        let body = self.unread[end..end + length].to_vec();
        self.unread.drain(..end + length);
        Answer::parse(body).ok_or_else(|| invalid("an answer that is none"))
    }

    fn read_more(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4_096];
        // A read with a time limit is interrupted where the whole machine was stopped for a moment.
        let count = loop {
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.unread.extend_from_slice(&buffer[..count]);
        if count == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

impl Answer {
    fn parse(body: Vec<u8>) -> Option<Self> {
        let object = Object::parse(&body).ok()?;
        let code = object.get("code").or_else(|| object.get("status_code"))?.integer()?;
        let data = object.get("data").and_then(|data| data.object().ok());
        let id = data.and_then(|data| data.get("id")?.integer());
        Some(Self { code, id, body })
    }
}

/// A POST request with everything that one needs.
pub(crate) fn post(path: &str, body: &[u8]) -> Vec<u8> {
    post_with(path, "", body)
}

/// The same with further lines in its head, each with its end.
pub(crate) fn post_with(path: &str, lines: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\n{lines}\
         content-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn content_length(head: &[u8]) -> io::Result<usize> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.and_then(|length| length.trim().parse().ok());
    length.ok_or_else(|| invalid("an answer without a length"))
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}
