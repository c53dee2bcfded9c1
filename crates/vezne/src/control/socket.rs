//! The control socket: one request and one answer per connection, as a line of JSON each.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::request::Request;
use super::view::Reply;
use super::{Complaint, Control};
use crate::operator::Operator;

/// A request as it travels.
#[derive(Serialize, Deserialize)]
struct Envelope {
    operator: Operator,
    request: Request,
}

const LONGEST: u64 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens on a fresh socket that only the owner can open. A socket left by a process that was
/// killed is replaced: whoever holds the database's lock is the only server.
///
/// # Errors
/// When the socket cannot be made.
pub fn bind(path: &Path) -> Result<UnixListener, Complaint> {
    let failed = |error| Complaint(format!("the control socket {}: {error}", path.display()));
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, private).map_err(failed)?;
    Ok(listener)
}

/// Answers commands until dropped.
pub async fn serve(listener: UnixListener, control: Control) {
    // Dropped with this future, so that an idle connection does not keep the program from stopping.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let control = control.clone();
                connections.spawn(async move {
                    if let Err(error) = answer(stream, &control).await {
                        debug!("a control connection ended: {error}");
                    }
                });
                while connections.try_join_next().is_some() {}
            }
            Err(error) => {
                warn!("the control socket: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, control: &Control) -> std::io::Result<()> {
    let user = stream.peer_cred()?.uid();
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(LONGEST));
    tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<Envelope>(&line) {
        Ok(envelope) => control.command(&envelope.operator.of(user), envelope.request).await,
        Err(error) => Err(Complaint(format!("the server does not understand this: {error}"))),
    };
    let mut bytes = serde_json::to_vec(&answer)?;
    bytes.push(b'\n');
    writer.write_all(&bytes).await
}

/// Sends a command to the server behind a socket; nothing when no server listens there.
pub async fn call(
    path: &Path,
    operator: &Operator,
    request: &Request,
) -> Option<Result<Reply, Complaint>> {
    let stream = UnixStream::connect(path).await.ok()?;
    let envelope = Envelope { operator: operator.clone(), request: request.clone() };
    let lost = |error: &dyn std::fmt::Display| {
        Complaint(format!("the server's answer was lost, so look before you repeat this: {error}"))
    };
    Some(match exchange(stream, &envelope).await {
        Ok(line) => serde_json::from_str(&line).unwrap_or_else(|error| Err(lost(&error))),
        Err(error) => Err(lost(&error)),
    })
}

async fn exchange(stream: UnixStream, envelope: &Envelope) -> std::io::Result<String> {
    let (reader, mut writer) = stream.into_split();
    let mut bytes = serde_json::to_vec(envelope)?;
    bytes.push(b'\n');
    writer.write_all(&bytes).await?;
    let mut line = String::new();
    BufReader::new(reader.take(64 * LONGEST)).read_line(&mut line).await?;
    Ok(line)
}
