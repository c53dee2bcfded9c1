//! The handler that the bench compares with: it reads the same JSON and writes the same answer by
//! the same code as the program, and does nothing else.

use std::io::{BufRead as _, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use vezne_wire::bankopay::{Accepted, KeyShown, Service, WithdrawRequest};
use vezne_wire::json::Object;

use super::children::{Child, Children};
use super::request::PATH;
use crate::workspace::Error;

/// The handler in a process of its own.
pub(super) struct Handler {
    pub(super) address: SocketAddr,
    pub(super) child: Child,
}

/// Starts it as another process of this program.
///
/// # Errors
/// When it does not start.
pub(super) fn spawn(own: &Path, children: &Children) -> Result<Handler, Error> {
    let mut command = Command::new(own);
    command.arg("bench-handler").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = children.spawn(&mut command)?;
    let mut line = String::new();
    std::io::BufReader::new(child.output()?).read_line(&mut line)?;
    Ok(Handler { address: line.trim().parse()?, child })
}

/// Prints its address and serves until standard input ends, so that it never outlives its starter.
///
/// # Errors
/// When there is no socket to be had.
pub(crate) fn serve() -> Result<(), Error> {
    std::thread::spawn(|| {
        let ended = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(i32::from(ended.is_err()));
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        Ok(answer_all(listener).await?)
    })
}

/// Serves the one path on `listener`.
pub(super) async fn answer_all(listener: TcpListener) -> std::io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Without it answers are slower, never wrong.
        drop(stream.set_nodelay(true));
    });
    axum::serve(listener, Router::new().route(PATH, post(answer))).await
}

async fn answer(body: Bytes) -> Response {
    static LAST: AtomicI64 = AtomicI64::new(0);
    let (status, body) = match parse(&body) {
        Ok(request) => (StatusCode::OK, encode(&request, LAST.fetch_add(1, Ordering::Relaxed) + 1)),
        Err(why) => (StatusCode::BAD_REQUEST, why.into_bytes()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn parse(body: &[u8]) -> Result<WithdrawRequest, String> {
    let object = Object::parse(body).map_err(|error| error.to_string())?;
    WithdrawRequest::decode(Service::BankTransfer, &object).map_err(|error| error.to_string())
}

fn encode(request: &WithdrawRequest, id: i64) -> Vec<u8> {
    let (created_at, key, mut answer) = (unix_micros(), KeyShown::Masked, Vec::new());
    Accepted { request, id, created_at, updated_at: created_at, key }.encode_into(&mut answer);
    answer
}

/// Every answer tells the time, so telling it is part of the work.
#[expect(clippy::disallowed_methods, reason = "a developer's tool measures the real machine")]
fn unix_micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
