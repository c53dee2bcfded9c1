//! A connection to an address that the guard has checked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::destination::Destination;

/// A plain or a TLS connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects, and for https makes the handshake; says to which address as well. Each step has
/// `limit`.
pub(super) async fn connect(
    to: &Destination,
    config: &Arc<rustls::ClientConfig>,
    limit: Duration,
) -> Result<(Box<dyn Stream>, SocketAddr), String> {
    let (tcp, address) = first_that_answers(to.addresses(), limit).await?;
    // A request is written at once, so waiting to fill a segment only delays it.
    let _ = tcp.set_nodelay(true);
    let Some(name) = to.server_name() else { return Ok((Box::new(tcp), address)) };
    let handshake = TlsConnector::from(Arc::clone(config)).connect(name.clone(), tcp);
    match timeout(limit, handshake).await {
        Ok(Ok(tls)) => Ok((Box::new(tls), address)),
        Ok(Err(error)) => Err(format!("TLS failed: {}", super::tls::words(&error))),
        Err(_) => Err("TLS took too long".to_owned()),
    }
}

async fn first_that_answers(
    addresses: &[SocketAddr],
    limit: Duration,
) -> Result<(TcpStream, SocketAddr), String> {
    let mut last = "there is no address to connect to".to_owned();
    for address in addresses {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(tcp)) => return Ok((tcp, *address)),
            Ok(Err(error)) => last = format!("cannot connect to {address}: {error}"),
            Err(_) => last = format!("connecting to {address} took too long"),
        }
    }
    Err(last)
}
