//! The accept loop: connections with a cap, timeouts and an orderly end.
//!
//! HTTP/1.1 with keep-alive and pipelining; HTTP/2 ends at the TLS proxy in front. A connection
//! beyond the cap waits in the listener's backlog, unaccepted, until another one closes; one beyond
//! its address's cap is turned away, so that one address never has all of them. Each connection is
//! a task of its own, so that whatever happens on one never touches another.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

mod callers;
mod framing;

use callers::{Callers, Place};

use crate::client_address::Peer;
use crate::state::WebSettings;

/// How long to wait when the system has no room for another connection, such as no descriptors.
const BACK_OFF: Duration = Duration::from_millis(250);

/// The most bytes that one connection's unread input may take; a request's head has to fit. It is
/// kept for each connection whose body waits for room, so it is no longer than heads are.
const READ_BUFFER: usize = 16 * 1024;

/// Serves `app` on `listener` until `shutdown` resolves. Then nothing more is accepted, requests in
/// flight have `drain` to finish, idle connections close at once, and whatever is left is cut off.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    settings: &WebSettings,
    shutdown: impl Future<Output = ()>,
    drain: Duration,
) {
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let (slots, builder) = (Arc::new(Semaphore::new(settings.max_connections)), http1(settings));
    let callers = Callers::new(settings);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, (&slots, &callers)) => accepted,
        };
        let Some(Accepted { stream, peer, places }) = accepted else { break };
        let (builder, app, watcher) = (builder.clone(), app.clone(), graceful.watcher());
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(settings.write_timeout));
        connections.spawn(async move {
            connection(&builder, app, (stream, peer), watcher).await;
            drop(places);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    if timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(open = connections.len(), "connections were cut off after the drain time");
    }
    connections.shutdown().await;
}

fn http1(settings: &WebSettings) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        // Answers are not gathered over requests (`pipeline_flush`): whoever asks and does not read
        // would have them gathered without end.
        .max_buf_size(READ_BUFFER);
    builder
}

/// A connection with its place among all and among those of its address.
struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    places: (OwnedSemaphorePermit, Option<Place>),
}

/// The next connection, once there is a slot for it. Nothing when no slot will ever be free again.
async fn accept(
    listener: &TcpListener,
    (slots, callers): (&Arc<Semaphore>, &Callers),
) -> Option<Accepted> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => match callers.enter(peer.ip()) {
                Ok(place) => return Some(Accepted { stream, peer, places: (slot, place) }),
                Err(full) => {
                    tracing::debug!(%peer, "{full}");
                    // Whoever does not get to read it is turned away all the same.
                    let _ = stream.try_write(TURNED_AWAY);
                }
            },
            Err(error) if is_the_callers(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(BACK_OFF).await;
            }
        }
    }
}

/// The answer to a connection that is not served.
const TURNED_AWAY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 0\r\n\r\n";

/// Whether the caller went away before it was accepted, which says nothing about the next one.
fn is_the_callers(error: &io::Error) -> bool {
    let gone =
        [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::ConnectionRefused];
    gone.contains(&error.kind())
}

async fn connection(
    builder: &Builder<TokioExecutor>,
    app: Router,
    (stream, peer): (TimeoutStream<TcpStream>, SocketAddr),
    watcher: Watcher,
) {
    if let Err(error) = stream.get_ref().set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let refused = framing::refusal(&request);
        // What is refused is not even looked at, and nothing behind it is taken for a request.
        let asked = refused.is_none().then(|| app.call(request));
        async move {
            match (asked, refused) {
                (Some(asked), _) => asked.await,
                (None, refused) => Ok(refused.unwrap_or_default()),
            }
        }
    });
    let serving = builder.serve_connection(TokioIo::new(Box::pin(stream)), service).into_owned();
    if let Err(error) = watcher.watch(serving).await {
        tracing::debug!(%error, "a connection ended in an error");
    }
}
