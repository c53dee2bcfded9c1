//! A merchant's server that answers by a script, one request per connection unless that says
//! otherwise.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use vezne_wire::standard_webhooks::{
    Headers, ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, VerifyError, WebhookSecret, verify,
};

use super::WEBHOOK_SECRET;

/// What the server does once it has read the request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Writes these bytes and closes.
    Bytes(Vec<u8>),
    /// Writes these bytes one by one, with a pause after each.
    Drip(Vec<u8>, Duration),
    /// Writes the first bytes, then the second ones for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// Writes these bytes, then nothing, and keeps the connection.
    Silent(Vec<u8>),
    /// Writes these bytes and resets the connection.
    Reset(Vec<u8>),
    /// Answers so many requests of a connection with these bytes, and hangs up on the next.
    Kept(Vec<u8>, usize),
}

/// An answer with a length, as an ordinary server writes it.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// One request as it came in.
#[derive(Clone)]
pub(crate) struct Received {
    head: String,
    /// The body, byte for byte.
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// The request line.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The header names, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.head.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0)).collect()
    }

    /// The value of a header; empty without it.
    pub(crate) fn header(&self, name: &str) -> &str {
        let pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .next()
            .unwrap_or("")
    }

    /// Verifies the Standard Webhooks headers at this second.
    pub(crate) fn verify(&self, seconds: i64) -> Result<(), VerifyError> {
        self.verify_with(WEBHOOK_SECRET, seconds)
    }

    /// The same with another secret.
    pub(crate) fn verify_with(&self, secret: &str, seconds: i64) -> Result<(), VerifyError> {
        let secret = WebhookSecret::parse(secret).expect("a secret");
        let headers = Headers {
            id: self.header(ID_HEADER),
            timestamp: self.header(TIMESTAMP_HEADER),
            signature: self.header(SIGNATURE_HEADER),
        };
        verify(&[secret], headers, &self.body, seconds, 0)
    }
}

/// The running server. It ends with the test's runtime.
pub(crate) struct Receiver {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// A server without TLS.
    pub(crate) async fn plain(reply: Reply) -> Self {
        Self::start(reply, None).await
    }

    /// A server with TLS.
    pub(crate) async fn tls(reply: Reply, acceptor: TlsAcceptor) -> Self {
        Self::start(reply, Some(acceptor)).await
    }

    async fn start(reply: Reply, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let receiver = Self {
            address,
            connections: Arc::default(),
            ended: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, ended) = (Arc::clone(&receiver.connections), Arc::clone(&receiver.ended));
        let requests = Arc::clone(&receiver.requests);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (reply, acceptor) = (reply.clone(), acceptor.clone());
                let (requests, ended) = (Arc::clone(&requests), Arc::clone(&ended));
                tokio::spawn(async move {
                    serve(tcp, acceptor, reply, &requests).await;
                    ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        receiver
    }

    /// How many connections arrived.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests that arrived whole.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.requests.lock().expect("no test panicked here").clone()
    }

    /// Waits until every connection is over, for five seconds at most.
    pub(crate) async fn is_rid_of_us(&self) -> bool {
        for _ in 0..500 {
            if self.ended.load(Ordering::SeqCst) == self.connections() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

async fn serve(
    tcp: TcpStream,
    acceptor: Option<TlsAcceptor>,
    reply: Reply,
    requests: &Mutex<Vec<Received>>,
) {
    if let Reply::Reset(_) = reply {
        tcp.set_zero_linger().expect("an open socket");
    }
    match acceptor {
        None => converse(tcp, reply, requests).await,
        Some(acceptor) => {
            if let Ok(tls) = acceptor.accept(tcp).await {
                converse(tls, reply, requests).await;
            }
        }
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    reply: Reply,
    requests: &Mutex<Vec<Received>>,
) {
    let (mut answered, most) = (0, if let Reply::Kept(_, most) = reply { most } else { 0 });
    while let Some(request) = read_request(&mut stream).await {
        requests.lock().expect("no test panicked here").push(request);
        if let Reply::Kept(..) = reply
            && answered >= most
        {
            return;
        }
        // The other side hangs up whenever it has had enough.
        let played = play(&mut stream, reply.clone()).await;
        answered += 1;
        if most == 0 || played.is_err() {
            return;
        }
    }
}

async fn play<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    reply: Reply,
) -> std::io::Result<()> {
    match reply {
        Reply::Bytes(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Reply::Kept(bytes, _) => {
            stream.write_all(&bytes).await?;
            stream.flush().await
        }
        Reply::Drip(bytes, pause) => {
            for byte in bytes {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(pause).await;
            }
            stream.shutdown().await
        }
        Reply::Endless(head, rest) => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&rest).await?;
            }
        }
        Reply::Silent(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            stream.read_u8().await.map(|_| ())
        }
        Reply::Reset(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            // What was written has to arrive, since a reset overtakes what was not read yet.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(())
        }
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut received = Received { head, body: Vec::new() };
    received.body.resize(received.header("content-length").parse().ok()?, 0);
    stream.read_exact(&mut received.body).await.ok()?;
    Some(received)
}
