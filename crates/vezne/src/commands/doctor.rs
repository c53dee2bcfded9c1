//! `vezne doctor`: what is right and what is not with this installation.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use super::Error;
use super::migrate::pending;
use crate::config::Config;
use crate::output::{Output, table};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Good,
    Mind,
    Bad,
}

#[derive(Debug, Serialize)]
struct Finding {
    verdict: Verdict,
    what: &'static str,
    detail: String,
}

type Check = fn(&Config) -> Vec<Finding>;

const CHECKS: [Check; 6] = [configuration, directory, master_key, database, books, server];

/// Runs every check; fails when one is bad.
pub(crate) fn run(config: &Config, output: Output) -> Result<ExitCode, Error> {
    let findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(config)).collect();
    output.either(&findings, || {
        let row = |finding: &Finding| {
            let verdict = format!("{:?}", finding.verdict).to_lowercase();
            [verdict, finding.what.to_owned(), finding.detail.clone()]
        };
        println!("{}", table(&["", "what", "detail"], findings.iter().map(row)));
    })?;
    let bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn finding(verdict: Verdict, what: &'static str, detail: impl Into<String>) -> Vec<Finding> {
    vec![Finding { verdict, what, detail: detail.into() }]
}

fn configuration(config: &Config) -> Vec<Finding> {
    let warnings = config.warnings();
    if warnings.is_empty() {
        return finding(Verdict::Good, "configuration", "it makes sense");
    }
    let mind = |detail| Finding { verdict: Verdict::Mind, what: "configuration", detail };
    warnings.into_iter().map(mind).collect()
}

fn directory(config: &Config) -> Vec<Finding> {
    let path = &config.store.directory;
    match private(path) {
        Err(error) => finding(Verdict::Bad, "directory", format!("{}: {error}", path.display())),
        Ok(false) => finding(Verdict::Bad, "directory", "others can read it: chmod 700 it"),
        Ok(true) => finding(Verdict::Good, "directory", path.display().to_string()),
    }
}

fn master_key(config: &Config) -> Vec<Finding> {
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

fn database(config: &Config) -> Vec<Finding> {
    let path = config.store.database();
    match pending(&path) {
        Err(error) => finding(Verdict::Bad, "database", error.to_string()),
        Ok(pending) if pending.is_empty() => finding(Verdict::Good, "database", "it is up to date"),
        Ok(pending) => {
            let detail = format!("pending: {}; run vezne migrate", pending.join(", "));
            finding(Verdict::Mind, "database", detail)
        }
    }
}

fn books(config: &Config) -> Vec<Finding> {
    match vezne_store::audit::audit(&config.store.database()) {
        Err(error) => finding(Verdict::Bad, "books", error.to_string()),
        Ok(report) if report.is_clean() => finding(Verdict::Good, "books", "they are right"),
        Ok(_) => finding(Verdict::Bad, "books", "they are wrong; run vezne audit"),
    }
}

fn server(config: &Config) -> Vec<Finding> {
    let address = config.server.operations_listen;
    let patience = Duration::from_secs(2);
    match TcpStream::connect_timeout(&address, patience) {
        Ok(_) => finding(Verdict::Good, "server", format!("it answers on {address}")),
        Err(error) => finding(Verdict::Mind, "server", format!("none on {address}: {error}")),
    }
}
