//! A merchant's server for callbacks that answers by a script.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::http::{PATIENCE, header};

/// How the server answers one callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// As the document prints it, the code a number.
    Acknowledge,
    /// The code as text.
    AcknowledgeText,
    /// The merchant's own refusal.
    Refuse,
    /// A refusal that says the whole request again, key included.
    Echo,
    /// A failure of its server.
    Broken,
    /// To somewhere else.
    Redirect(SocketAddr),
    /// No JSON.
    Garbage,
    /// The word that takes a notification of the /applyfor dialect, after this time.
    Success(Duration),
    /// Another word.
    Fail,
    /// Nothing: the connection ends.
    Close,
    /// Nothing: the connection stays.
    Hang,
}

impl Reply {
    /// The word for it in a script.
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "ack" => Self::Acknowledge,
            "ack-text" => Self::AcknowledgeText,
            "refuse" => Self::Refuse,
            "echo" => Self::Echo,
            "broken" => Self::Broken,
            "garbage" => Self::Garbage,
            "close" => Self::Close,
            "hang" => Self::Hang,
            other => panic!("{other} is no reply"),
        }
    }

    fn bytes(&self, request: &[u8]) -> Vec<u8> {
        let refused = br#"{"code":999,"message":"No such user"}"#;
        match self {
            Self::Acknowledge => answer("200 OK", "", br#"{"code":200,"message":"Done"}"#),
            Self::AcknowledgeText => answer("200 OK", "", br#"{"code":"200","message":"Done"}"#),
            Self::Refuse => answer("200 OK", "", refused),
            Self::Echo => {
                let message = serde_json::json!(String::from_utf8_lossy(request));
                answer("200 OK", "", format!(r#"{{"message":{message},"code":999}}"#).as_bytes())
            }
            Self::Broken => answer("500 Internal Server Error", "", b"out of order"),
            Self::Redirect(to) => {
                let location = format!("location: http://{to}/elsewhere\r\n");
                answer("307 Temporary Redirect", &location, br#"{"code":200}"#)
            }
            Self::Garbage => answer("200 OK", "", b"<html>200</html>"),
            Self::Success(_) => answer("200 OK", "", b"success"),
            Self::Fail => answer("200 OK", "", b"fail"),
            Self::Close | Self::Hang => Vec::new(),
        }
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// One callback as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    /// The body, byte for byte.
    pub(crate) body: Vec<u8>,
    /// When it was there as a whole.
    pub(crate) at: Instant,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        header(&self.head, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("a callback is text")
    }

    pub(crate) fn member(&self, name: &str) -> String {
        let value: serde_json::Value = serde_json::from_slice(&self.body).expect("it is JSON");
        value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
    }
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    otherwise: Mutex<Option<Reply>>,
    received: watch::Sender<Vec<Received>>,
    hanging: watch::Sender<usize>,
}

/// The running server; it ends with the test's runtime.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let receiver = Self { address, shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        receiver
    }

    /// The part of its URL that a merchant enters.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/api/BankoPay", self.address)
    }

    /// Answers the next callbacks so, one each, and then as before.
    pub(crate) fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.script.lock().expect("no test panicked here").extend(replies);
    }

    /// Answers so when the script has ended; it acknowledges when nothing was said.
    pub(crate) fn always(&self, reply: Reply) {
        *self.shared.otherwise.lock().expect("no test panicked here") = Some(reply);
    }

    /// All that came in, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.borrow().clone()
    }

    /// Waits until so many callbacks came in.
    pub(crate) async fn came(&self, count: usize) -> Vec<Received> {
        let mut received = self.shared.received.subscribe();
        let came = received.wait_for(|received| received.len() >= count);
        let came = tokio::time::timeout(PATIENCE, came).await;
        let came = came.unwrap_or_else(|_| panic!("{} of {count} came", self.received().len()));
        came.expect("the server runs").clone()
    }

    /// How many callers are kept waiting at this moment.
    pub(crate) fn hanging(&self) -> usize {
        *self.shared.hanging.borrow()
    }

    /// Waits until a caller is kept waiting.
    pub(crate) async fn hangs(&self) {
        let mut hanging = self.shared.hanging.subscribe();
        let hangs = tokio::time::timeout(PATIENCE, hanging.wait_for(|count| *count > 0)).await;
        drop(hangs.expect("somebody calls").expect("the server runs"));
    }
}

impl Shared {
    fn reply(&self) -> Reply {
        let next = self.script.lock().expect("no test panicked here").pop_front();
        let otherwise = || self.otherwise.lock().expect("no test panicked here").clone();
        next.or_else(otherwise).unwrap_or(Reply::Acknowledge)
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    let Some(received) = read(&mut stream).await else { return };
    let reply = shared.reply();
    let bytes = reply.bytes(&received.body);
    shared.received.send_modify(|all| all.push(received));
    if reply == Reply::Hang {
        shared.hanging.send_modify(|count| *count += 1);
        // It ends when the caller hangs up.
        drop(stream.read_u8().await);
        shared.hanging.send_modify(|count| *count -= 1);
        return;
    }
    if let Reply::Success(pause) = reply {
        tokio::time::sleep(pause).await;
    }
    // The caller may have had enough.
    drop(stream.write_all(&bytes).await);
    drop(stream.shutdown().await);
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let mut body = vec![0; header(&head, "content-length").parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received { head, body, at: Instant::now() })
}
