//! One POST over HTTP/1.1 on a connection of its own, and an answer that is bounded in every way.
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
use tokio::time::{Instant, timeout_at};

mod connect;
mod tls;

pub use tls::check_certificates;

use crate::destination::Destination;
use crate::settings::{OutboundSettings, SettingsError};
use connect::Stream;

/// The most of an answer's body that is read, in bytes, unless a client is made to read more.
pub const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// The most bytes of an answer's status line and headers.
const MOST_HEADER_BYTES: usize = 32 * 1024;

/// The most headers of an answer.
const MOST_HEADERS: usize = 64;

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
}

impl Client {
    /// A client that trusts the compiled-in roots and the operator's certificates.
    ///
    /// # Errors
    /// [`SettingsError`] when those certificates cannot be read.
    pub fn new(settings: &OutboundSettings) -> Result<Self, SettingsError> {
        let tls = tls::client_config(settings.extra_ca.as_deref())?;
        let connect_timeout = settings.connect_timeout;
        Ok(Self { tls, connect_timeout, most_answer_bytes: MOST_ANSWER_BYTES })
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
        let request = request(to, headers, body).map_err(HttpError::Unsent)?;
        let connecting = connect::connect(to, &self.tls, self.connect_timeout);
        let stream = match timeout_at(deadline, connecting).await {
            Ok(connected) => connected.map_err(HttpError::Unsent)?,
            Err(_) => return Err(HttpError::Unsent("connecting took too long".to_owned())),
        };
        let answer = exchange(stream, request, deadline, self.most_answer_bytes).await;
        answer.map_err(HttpError::Unanswered)
    }
}

fn request(
    to: &Destination,
    mut headers: HeaderMap,
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, String> {
    let host = HeaderValue::from_str(to.authority()).map_err(|error| reason(&error))?;
    headers.insert(HOST, host);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    // Nothing is decompressed here, and some servers compress unless they are told.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let request = Request::post(to.target()).body(Full::new(Bytes::from(body)));
    let mut request = request.map_err(|error| reason(&error))?;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn exchange(
    stream: Box<dyn Stream>,
    request: Request<Full<Bytes>>,
    deadline: Instant,
    most: usize,
) -> Result<Answer, String> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MOST_HEADER_BYTES).max_headers(MOST_HEADERS);
    let handshake = builder.handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| reason(&error))?;
    let _connection = AbortOnDrop(tokio::spawn(connection));
    match timeout_at(deadline, sender.send_request(request)).await {
        Ok(Ok(response)) => Ok(read(response, deadline, most).await),
        Ok(Err(error)) => Err(reason(&error)),
        Err(_) => Err("no answer came in time".to_owned()),
    }
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

/// The connection's task. It ends with the exchange, whatever the other side still sends.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
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
