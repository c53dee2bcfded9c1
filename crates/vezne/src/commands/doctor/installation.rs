//! What is looked at without the master key: the configuration, the machine and the database's
//! outside.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vezne_core::model::merchant::{Merchant, Mode};

use super::merchants::directory_of_merchants;
use super::{Finding, Verdict, finding};
use crate::assembly::kept_key;
use crate::commands::migrate::names;
use crate::commands::{Error, runtime};
use crate::config::Config;
use crate::disk;

/// The most of a server's answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 16 * 1_024;

pub(super) fn configuration(config: &Config) -> Vec<Finding> {
    let faults = config.faults();
    if !faults.is_empty() {
        let bad = |detail| Finding { verdict: Verdict::Bad, what: "configuration", detail };
        return faults.into_iter().map(bad).collect();
    }
    let warnings = config.warnings();
    if warnings.is_empty() {
        return finding(Verdict::Good, "configuration", "it makes sense");
    }
    let mind = |detail| Finding { verdict: Verdict::Mind, what: "configuration", detail };
    warnings.into_iter().map(mind).collect()
}

pub(super) fn directory(config: &Config) -> Vec<Finding> {
    let path = &config.store.directory;
    match private(path) {
        Err(error) => finding(Verdict::Bad, "directory", format!("{}: {error}", path.display())),
        Ok(false) => finding(Verdict::Bad, "directory", "others can read it: chmod 700 it"),
        Ok(true) => finding(Verdict::Good, "directory", path.display().to_string()),
    }
}

pub(super) fn disk(config: &Config) -> Vec<Finding> {
    let path = &config.store.directory;
    let room = match disk::room(path) {
        Ok(room) => room,
        Err(error) => {
            return finding(Verdict::Bad, "disk", format!("{}: {error}", path.display()));
        }
    };
    match disk::complaint(path, room) {
        Some(complaint) if room.is_full() => finding(Verdict::Bad, "disk", complaint),
        Some(complaint) => finding(Verdict::Mind, "disk", complaint),
        None => finding(Verdict::Good, "disk", format!("{} MiB are free", room.free >> 20)),
    }
}

pub(super) fn master_key(config: &Config) -> Vec<Finding> {
    if let Err(error) = kept_key(config) {
        return finding(Verdict::Bad, "master key", error.to_string());
    }
    let path = config.store.key_file();
    if std::env::var_os("VEZNE_MASTER_KEY").is_some() {
        return finding(Verdict::Good, "master key", "from the environment");
    }
    match private(&path) {
        Err(error) => finding(Verdict::Bad, "master key", format!("{}: {error}", path.display())),
        Ok(false) => finding(Verdict::Bad, "master key", "others can read it: chmod 600 it"),
        Ok(true) if path.starts_with(&config.store.directory) => {
            let why = "it lies beside the database, so a backup of one holds both";
            finding(Verdict::Mind, "master key", why)
        }
        Ok(true) => finding(Verdict::Good, "master key", path.display().to_string()),
    }
}

fn private(path: &Path) -> std::io::Result<bool> {
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 == 0)
}

pub(super) fn database(config: &Config) -> Vec<Finding> {
    match pending(config) {
        Err(error) => finding(Verdict::Bad, "database", error.to_string()),
        Ok(pending) if pending.is_empty() => finding(Verdict::Good, "database", "it is up to date"),
        Ok(pending) => {
            let detail = format!("pending: {}; run vezne migrate", pending.join(", "));
            finding(Verdict::Mind, "database", detail)
        }
    }
}

fn pending(config: &Config) -> Result<Vec<String>, Error> {
    let database = config.store.kept_in()?;
    Ok(names(runtime()?.block_on(database.pending())?))
}

/// What of the server may lose or tear a commit. A sandbox can do with it.
pub(super) fn durability(config: &Config) -> Vec<Finding> {
    let lax =
        config.store.kept_in().and_then(|database| runtime()?.block_on(database.lax_settings()));
    match lax {
        Err(error) => finding(Verdict::Bad, "durability", error.to_string()),
        Ok(lax) if lax.is_empty() => finding(Verdict::Good, "durability", "commits last"),
        Ok(lax) => {
            let live = |one: &Arc<Merchant>| one.mode == Mode::Live;
            let is_live = directory_of_merchants(config).is_ok_and(|all| all.iter().any(live));
            let verdict = if is_live { Verdict::Bad } else { Verdict::Mind };
            let off = lax.join(", ");
            finding(verdict, "durability", format!("{off} is off: a power loss may lose payouts"))
        }
    }
}

pub(super) fn server(config: &Config) -> Vec<Finding> {
    let address = config.server.operations_listen;
    let patience = Duration::from_secs(2);
    match readiness(address, patience) {
        Err(error) => finding(Verdict::Mind, "server", format!("none on {address}: {error}")),
        Ok(answer) => {
            let degraded = answer.lines().filter_map(|line| line.strip_prefix("degraded: "));
            let mut findings: Vec<Finding> =
                degraded.flat_map(|what| finding(Verdict::Bad, "server", what)).collect();
            if findings.is_empty() {
                let state = answer.lines().last().unwrap_or("nothing").to_owned();
                let verdict = if state == "ready" { Verdict::Good } else { Verdict::Bad };
                findings = finding(verdict, "server", format!("{address} says: {state}"));
            }
            findings
        }
    }
}

/// What a server says of itself, with the head of its answer.
fn readiness(address: SocketAddr, patience: Duration) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.take(LONGEST_ANSWER).read_to_string(&mut answer)?;
    Ok(answer)
}
