//! The merchant's server of the bench: it takes every callback, of each dialect, after a while.

use std::io::{BufRead as _, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use super::children::{Child, Children};
use crate::workspace::Error;

/// The answer: BankoPay reads the code, and CCPayment the status alone.
const TAKEN: &str = "{\"code\":200}";

/// The sink in a process of its own.
pub(super) struct Sink {
    pub(super) address: SocketAddr,
    pub(super) child: Child,
}

/// Starts it as another process of this program.
///
/// # Errors
/// When it does not start.
pub(super) fn spawn(own: &Path, delay_ms: u32, children: &Children) -> Result<Sink, Error> {
    let mut command = Command::new(own);
    command.arg("bench-sink").arg(delay_ms.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = children.spawn(&mut command)?;
    let mut line = String::new();
    std::io::BufReader::new(child.output()?).read_line(&mut line)?;
    Ok(Sink { address: line.trim().parse()?, child })
}

/// Prints its address and serves until standard input ends, so that it never outlives its starter.
///
/// # Errors
/// When there is no socket to be had.
pub(crate) fn serve(delay_ms: u32) -> Result<(), Error> {
    std::thread::spawn(|| {
        let ended = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(i32::from(ended.is_err()));
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        let listener = listener.tap_io(|stream| {
            // Without it answers are slower, never wrong.
            drop(stream.set_nodelay(true));
        });
        let delay = Duration::from_millis(delay_ms.into());
        Ok(axum::serve(listener, Router::new().fallback(take).with_state(delay)).await?)
    })
}

async fn take(State(delay): State<Duration>, _body: Bytes) -> &'static str {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    TAKEN
}
