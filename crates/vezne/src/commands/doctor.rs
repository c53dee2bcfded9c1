//! `vezne doctor`: what is right and what is not with this installation.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use vezne_core::model::directory::Directory;
use vezne_core::model::merchant::{Access, Merchant, Mode};
use vezne_core::model::quarantine::Quarantine;
use vezne_core::port::{Fault, Store};
use vezne_web::dialect::ccpayment::BRAND_OPTION;

use super::migrate::names;
use super::{Error, runtime};
use crate::assembly::kept_key;
use crate::config::Config;
use crate::control::view::moment;
use crate::merchant::CCPAYMENT;
use crate::output::{Output, table};
use crate::system::SystemRandom;

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

const CHECKS: [Check; 9] =
    [configuration, directory, master_key, database, quarantine, doubts, books, merchants, server];

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

fn books(config: &Config) -> Vec<Finding> {
    match config.store.kept_in().and_then(|database| database.audit()) {
        Err(error) => finding(Verdict::Bad, "books", error.to_string()),
        Ok(report) if report.is_clean() => finding(Verdict::Good, "books", "they are right"),
        Ok(_) => finding(Verdict::Bad, "books", "they are wrong; run vezne audit"),
    }
}

/// What of the live merchants' settings somebody should know about.
fn merchants(config: &Config) -> Vec<Finding> {
    match directory_of_merchants(config) {
        Err(error) => finding(Verdict::Bad, "merchants", error.to_string()),
        Ok(directory) => {
            let live = || directory.iter().filter(|merchant| merchant.mode == Mode::Live);
            let listed = live().any(|merchant| !merchant.allowed_networks.is_empty());
            let mut findings: Vec<Finding> = live().flat_map(|merchant| minded(merchant)).collect();
            findings.extend(directory.iter().filter_map(|one| without_brand(config, one)));
            if listed && config.server.trusted_proxies.is_empty() {
                let why = "allow-lists see the proxy's address: name it in server.trusted_proxies, \
                           or mind that merchants must reach this server directly";
                findings.extend(finding(Verdict::Mind, "merchants", why));
            }
            if findings.is_empty() {
                let count = directory.iter().count();
                findings = finding(Verdict::Good, "merchants", format!("{count}, all in order"));
            }
            findings
        }
    }
}

fn directory_of_merchants(config: &Config) -> Result<Arc<Directory>, Error> {
    looked_at(config, async |store| Ok(store.directory()))
}

/// Asks the store something, beside a server that may be at work.
fn looked_at<T>(
    config: &Config,
    ask: impl AsyncFnOnce(Arc<dyn Store>) -> Result<T, Fault>,
) -> Result<T, Error> {
    let key = kept_key(config)?.ok_or("there is no master key to read it with")?;
    let database = config.store.kept_in()?;
    runtime()?.block_on(async {
        let store = database.look(&key, Arc::new(SystemRandom)).await?;
        Ok(ask(store).await?)
    })
}

fn quarantine(config: &Config) -> Vec<Finding> {
    let state = looked_at(config, async |store| store.desk_state().await);
    match state.map(|state| state.quarantine) {
        Err(error) => finding(Verdict::Bad, "quarantine", error.to_string()),
        Ok(None) => finding(Verdict::Good, "quarantine", "none"),
        Ok(Some(Quarantine { since, reason })) => {
            let since = moment(since);
            let detail = format!("nothing is sent since {since}: {reason}; see vezne quarantine");
            finding(Verdict::Bad, "quarantine", detail)
        }
    }
}

fn doubts(config: &Config) -> Vec<Finding> {
    let overview = looked_at(config, async |store| store.overview().await);
    match overview.map(|overview| overview.in_doubt) {
        Err(error) => finding(Verdict::Bad, "doubts", error.to_string()),
        Ok(0) => finding(Verdict::Good, "doubts", "none"),
        Ok(count) => {
            let detail = format!("{count} payouts are in doubt; see vezne payout list --in-doubt");
            finding(Verdict::Mind, "doubts", detail)
        }
    }
}

fn minded(merchant: &Merchant) -> Vec<Finding> {
    let one_key = |access: &Access| {
        // A callback of CCPayment is signed with the key and does not show it.
        access.dialect.as_str() != CCPAYMENT && access.key.matches(access.callback_key.expose())
    };
    let silent = merchant.callback_base_url.is_none() && merchant.endpoints.is_empty();
    [
        (silent, "has no callback URL, so it is never told"),
        (merchant.allowed_networks.is_empty(), "may call from any address"),
        (merchant.access.iter().any(one_key), "shows its inbound key in callbacks; rotate to two"),
    ]
    .into_iter()
    .filter(|(applies, _)| *applies)
    .map(|(_, why)| {
        let detail = format!("{} {why}", merchant.name);
        Finding { verdict: Verdict::Mind, what: "merchants", detail }
    })
    .collect()
}

/// A merchant whose brand is not configured is let in nowhere, and nobody would know why.
fn without_brand(config: &Config, merchant: &Merchant) -> Option<Finding> {
    let speaks = merchant.access.iter().any(|access| access.dialect.as_str() == CCPAYMENT);
    let brand = merchant.option(BRAND_OPTION).filter(|_| speaks)?;
    let known = config.ccpayment.brands.iter().any(|known| known.name == brand);
    let name = &merchant.name;
    let detail = format!("{name} has the brand {brand}, which ccpayment.brands does not have");
    (!known).then_some(Finding { verdict: Verdict::Bad, what: "merchants", detail })
}

fn server(config: &Config) -> Vec<Finding> {
    let address = config.server.operations_listen;
    let patience = Duration::from_secs(2);
    match TcpStream::connect_timeout(&address, patience) {
        Ok(_) => finding(Verdict::Good, "server", format!("it answers on {address}")),
        Err(error) => finding(Verdict::Mind, "server", format!("none on {address}: {error}")),
    }
}
