//! One POST over HTTP/1.1, on a connection of its own or on one that was left open, and an answer
//! that is bounded in every way.
//!
//! Written on hyper's connection instead of a client library, because the guard and nobody else
//! decides which address is connected to. Redirects are answers like any other and nothing is
//! decompressed, so neither leads elsewhere nor grows (`research/reliability.md` W3).

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderName,
    HeaderValue, InvalidHeaderValue, LOCATION, RETRY_AFTER,
};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

mod connect;
mod idle;
mod tls;

pub use tls::check_certificates;

use crate::destination::Destination;
use crate::settings::{OutboundSettings, SettingsError};
use idle::{Idle, Open};

/// The most of an answer's body that is read, in bytes, unless a client is made to read more.
pub const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// The most bytes of an answer's status line and headers.
const MOST_HEADER_BYTES: usize = 32 * 1024;

/// The most headers of an answer.
const MOST_HEADERS: usize = 64;

/// A connection that is not ready for the next request after so long is not waited for.
const READY: Duration = Duration::from_millis(50);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Where a redirect leads, if this is one; nobody goes there.
    pub leads_to: Option<String>,
    /// The `Retry-After` of a receiver that has no time now.
    pub retry_after: Option<String>,
    /// The whole body, or why it could not be read whole.
    pub body: Result<Vec<u8>, String>,
}

impl Answer {
    /// An answer that leads nowhere else.
    #[must_use]
    pub const fn new(status: u16, body: Result<Vec<u8>, String>) -> Self {
        Self { status, leads_to: None, retry_after: None, body }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// Not one byte of the request was sent.
    Unsent(String),
    /// The request, or a part of it, may have arrived.
    Unanswered(String),
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsent(reason) | Self::Unanswered(reason) => f.write_str(reason),
        }
    }
}

impl Error for HttpError {}

/// The headers of a request that carries JSON and wants JSON back.
#[must_use]
pub fn json_headers() -> HeaderMap {
    let json = HeaderValue::from_static("application/json");
    HeaderMap::from_iter([(CONTENT_TYPE, json.clone()), (ACCEPT, json)])
}

/// The same, from a caller with a bearer token.
///
/// # Errors
/// When the token is no text that a header can hold.
pub fn bearer_headers(token: &str) -> Result<HeaderMap, InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
    value.set_sensitive(true);
    let mut headers = json_headers();
    headers.insert(AUTHORIZATION, value);
    Ok(headers)
}

/// Sends requests.
pub struct Client {
    tls: Arc<rustls::ClientConfig>,
    connect_timeout: Duration,
    most_answer_bytes: usize,
    /// Where connections are left open for the next request, if they are.
    idle: Option<Idle>,
}

impl Client {
    /// A client that trusts the compiled-in roots and the operator's certificates.
    ///
    /// # Errors
    /// [`SettingsError`] when those certificates cannot be read.
    pub fn new(settings: &OutboundSettings) -> Result<Self, SettingsError> {
        let tls = tls::client_config(settings.extra_ca.as_deref())?;
        let connect_timeout = settings.connect_timeout;
        Ok(Self { tls, connect_timeout, most_answer_bytes: MOST_ANSWER_BYTES, idle: None })
    }

    /// The same client, which leaves connections open for the next request to the same address. A
    /// request that finds the other side gone is sent once more on a fresh one, so this is for what
    /// may arrive twice.
    #[must_use]
    pub fn keeping_connections(self) -> Self {
        Self { idle: Some(Idle::default()), ..self }
    }

    /// The same client for a peer whose answers may have so many bytes.
    #[must_use]
    pub fn reading_up_to(self, most_answer_bytes: usize) -> Self {
        Self { most_answer_bytes, ..self }
    }

    /// Posts a body with these headers, and gives up at the deadline.
    ///
    /// # Errors
    /// [`HttpError`] when no status came back; it tells whether anything was sent.
    pub async fn post(
        &self,
        to: &Destination,
        headers: HeaderMap,
        body: Vec<u8>,
        deadline: Instant,
    ) -> Result<Answer, HttpError> {
        let mut request = request(to, headers, body).map_err(HttpError::Unsent)?;
        if self.idle.is_none() {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(open) = self.idle.as_ref().and_then(|idle| idle.take(to)) {
            match self.exchange(to, open, request.clone(), deadline).await {
                // The other side has closed it meanwhile, as it may.
                Err(Unanswered::Gone(_)) => {}
                answered => return answered.map_err(HttpError::from),
            }
        }
        let connecting = connect::connect(to, &self.tls, self.connect_timeout);
        let (stream, address) = match timeout_at(deadline, connecting).await {
            Ok(connected) => connected.map_err(HttpError::Unsent)?,
            Err(_) => return Err(HttpError::Unsent("connecting took too long".to_owned())),
        };
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MOST_HEADER_BYTES).max_headers(MOST_HEADERS);
        let handshake = builder.handshake(TokioIo::new(stream)).await;
        let unanswered = |error| HttpError::Unanswered(reason(&error));
        let (sender, connection) = handshake.map_err(unanswered)?;
        let connection = Connection(tokio::spawn(connection));
        let open = Open { sender, address, connection };
        Ok(self.exchange(to, open, request, deadline).await?)
    }

    async fn exchange(
        &self,
        to: &Destination,
        mut open: Open,
        request: Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<Answer, Unanswered> {
        let response = match timeout_at(deadline, open.sender.send_request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_canceled() || error.is_incomplete_message() => {
                return Err(Unanswered::Gone(reason(&error)));
            }
            Ok(Err(error)) => return Err(Unanswered::Failed(reason(&error))),
            Err(_) => return Err(Unanswered::Failed("no answer came in time".to_owned())),
        };
        let answer = read(response, deadline, self.most_answer_bytes).await;
        if let Some(idle) = self.idle.as_ref().filter(|_| answer.body.is_ok())
            && timeout(READY, open.sender.ready()).await.is_ok_and(|ready| ready.is_ok())
        {
            idle.put(to, open);
        }
        Ok(answer)
    }
}

/// Why an exchange has no answer.
enum Unanswered {
    /// The connection ended before anything came back.
    Gone(String),
    /// Whatever else.
    Failed(String),
}

impl From<Unanswered> for HttpError {
    fn from(error: Unanswered) -> Self {
        let (Unanswered::Gone(reason) | Unanswered::Failed(reason)) = error;
        Self::Unanswered(reason)
    }
}

fn request(
    to: &Destination,
    mut headers: HeaderMap,
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, String> {
    let host = HeaderValue::from_str(to.authority()).map_err(|error| reason(&error))?;
    headers.insert(HOST, host);
    // Nothing is decompressed here, and some servers compress unless they are told.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let request = Request::post(to.target()).body(Full::new(Bytes::from(body)));
    let mut request = request.map_err(|error| reason(&error))?;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn read(response: Response<Incoming>, deadline: Instant, most: usize) -> Answer {
    let status = response.status().as_u16();
    let header = |name: HeaderName| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let leads_to = header(LOCATION).filter(|_| (300..400).contains(&status));
    let retry_after = header(RETRY_AFTER).filter(|_| matches!(status, 429 | 503));
    let late = || Err("the answer did not end in time".to_owned());
    let body = timeout_at(deadline, read_body(response.into_body(), most)).await;
    Answer { status, leads_to, retry_after, body: body.unwrap_or_else(|_| late()) }
}

async fn read_body(mut incoming: Incoming, most: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| format!("the answer broke off: {}", reason(&error)))?;
        let Ok(data) = frame.into_data() else { continue };
        if body.len() + data.len() > most {
            return Err(format!("the answer is longer than {most} bytes"));
        }
        body.extend_from_slice(&data);
    }
    Ok(body)
}

/// The connection's task. It ends when nobody has the connection any more, whatever the other side
/// still sends.
struct Connection(JoinHandle<hyper::Result<()>>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An error with its causes; libraries keep the telling part in the cause.
fn reason(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}
