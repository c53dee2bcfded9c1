//! `vezne doctor`: what is right and what is not with this installation.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use vezne_core::model::callback::Untold;
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{Access, Merchant, Mode};
use vezne_core::model::quarantine::Quarantine;
use vezne_core::model::retention::KeptCounts;
use vezne_core::port::{Clock as _, Fault, SetAsideCounts, Store};
use vezne_outbound::destination::Rules;
use vezne_store::audit;

use super::migrate::names;
use super::serve::outbound_settings;
use super::{Error, runtime};
use crate::assembly::kept_key;
use crate::config::Config;
use crate::control::view::moment;
use crate::disk;
use crate::merchant::{APPLYFOR, BANKOPAY, unserved};
use crate::output::{Output, table};
use crate::stream::say;
use crate::system::{SystemClock, SystemRandom};

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

/// The most of a server's answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 16 * 1_024;

type Check = fn(&Config) -> Vec<Finding>;

const CHECKS: [Check; 15] = [
    configuration,
    directory,
    disk,
    master_key,
    database,
    durability,
    quarantine,
    doubts,
    seals,
    set_aside,
    callbacks,
    books,
    merchants,
    kept,
    server,
];

/// Runs every check; fails when one is bad.
pub(crate) fn run(config: &Config, output: Output) -> Result<ExitCode, Error> {
    let findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(config)).collect();
    output.either(&findings, || {
        let row = |finding: &Finding| {
            let verdict = format!("{:?}", finding.verdict).to_lowercase();
            [verdict, finding.what.to_owned(), finding.detail.clone()]
        };
        say!("{}", table(&["", "what", "detail"], findings.iter().map(row)));
    })?;
    let bad = findings.iter().any(|finding| finding.verdict == Verdict::Bad);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn finding(verdict: Verdict, what: &'static str, detail: impl Into<String>) -> Vec<Finding> {
    vec![Finding { verdict, what, detail: detail.into() }]
}

fn configuration(config: &Config) -> Vec<Finding> {
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

fn directory(config: &Config) -> Vec<Finding> {
    let path = &config.store.directory;
    match private(path) {
        Err(error) => finding(Verdict::Bad, "directory", format!("{}: {error}", path.display())),
        Ok(false) => finding(Verdict::Bad, "directory", "others can read it: chmod 700 it"),
        Ok(true) => finding(Verdict::Good, "directory", path.display().to_string()),
    }
}

fn disk(config: &Config) -> Vec<Finding> {
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

/// What of the server may lose or tear a commit. A sandbox can do with it.
fn durability(config: &Config) -> Vec<Finding> {
    let lax =
        config.store.kept_in().and_then(|database| runtime()?.block_on(database.lax_settings()));
    match lax {
        Err(error) => finding(Verdict::Bad, "durability", error.to_string()),
        Ok(lax) if lax.is_empty() => finding(Verdict::Good, "durability", "commits last"),
        Ok(lax) => {
            let live = |one: &Arc<Merchant>| one.mode == Mode::Live;
            let sandbox = directory_of_merchants(config).is_ok_and(|all| !all.iter().any(live));
            let verdict = if sandbox { Verdict::Mind } else { Verdict::Bad };
            let off = lax.join(", ");
            finding(verdict, "durability", format!("{off} is off: a power loss may lose payouts"))
        }
    }
}

fn books(config: &Config) -> Vec<Finding> {
    let audited = kept_key(config).and_then(|key| {
        config.store.kept_in().and_then(|database| database.audit_with_key(key.as_ref()))
    });
    match audited.map(|report| report.verdict()) {
        Err(error) => finding(Verdict::Bad, "books", error.to_string()),
        Ok(audit::Verdict::Right) => finding(Verdict::Good, "books", "they are right"),
        Ok(audit::Verdict::Wrong) => {
            finding(Verdict::Bad, "books", "they are wrong; run vezne audit")
        }
        Ok(audit::Verdict::Unknown) => {
            finding(Verdict::Bad, "books", "not all of them could be looked at; run vezne audit")
        }
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
            let bad = |detail| Finding { verdict: Verdict::Bad, what: "merchants", detail };
            findings.extend(unserved(&config.ccpayment, &directory).map(bad));
            findings.extend(uncallable(config, &directory).into_iter().map(bad));
            if listed && config.server.trusted_proxies.is_empty() {
                let why = "allow-lists see the proxy's address: name it in server.trusted_proxies, \
                           or mind that merchants must reach this server directly";
                findings.extend(finding(Verdict::Mind, "merchants", why));
            }
            if live().next().is_some() && config.callbacks.sandbox_private_networks {
                let why = "there are live merchants, and the sandbox may have private networks \
                           called: turn callbacks.sandbox_private_networks off";
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

/// From this share of its room on, in percent, somebody should know.
const NEARLY_FULL: i64 = 80;

/// Whose room for refusals and proofs is nearly used up.
fn kept(config: &Config) -> Vec<Finding> {
    let counts = match looked_at(config, async |store| store.kept().await) {
        Ok(counts) => counts,
        Err(error) => return finding(Verdict::Bad, "kept", error.to_string()),
    };
    let findings: Vec<Finding> =
        counts.iter().flat_map(|(id, counts)| crowded(config, *id, *counts)).collect();
    if findings.is_empty() {
        return finding(Verdict::Good, "kept", "there is room for refusals and hash_keys");
    }
    findings
}

fn crowded(config: &Config, id: MerchantId, counts: KeptCounts) -> Vec<Finding> {
    let bounds = config.retention.bounds();
    let rooms = [
        ("refusals", "most_refusals_per_merchant", counts.refusals, bounds.refusals),
        ("idle hash_keys", "most_idle_proofs_per_merchant", counts.idle_proofs, bounds.idle_proofs),
    ];
    let nearly = rooms.into_iter().filter(|(.., count, bound)| {
        i128::from(*count) * 100 >= i128::from(*bound) * i128::from(NEARLY_FULL)
    });
    let tell = |(what, key, count, bound)| {
        let verdict = if count < bound { Verdict::Mind } else { Verdict::Bad };
        let detail = format!("merchant {id} has {count} {what} of {bound}; see retention.{key}");
        Finding { verdict, what: "kept", detail }
    };
    nearly.map(tell).collect()
}

/// Payouts that a person must confirm, because they are from before payouts were sealed.
fn seals(config: &Config) -> Vec<Finding> {
    match looked_at(config, async |store| store.unsealed().await) {
        Err(error) => finding(Verdict::Bad, "seals", error.to_string()),
        Ok(unsealed) if unsealed.confirmed => {
            finding(Verdict::Good, "seals", "a payout is sent only under its seal")
        }
        Ok(unsealed) => {
            let (waiting, count) = (unsealed.unfinished(), unsealed.count());
            let detail = format!(
                "{count} payouts are from before payouts were sealed, and {waiting} of them wait \
                 until a person confirms them: see vezne seal status"
            );
            finding(if waiting > 0 { Verdict::Bad } else { Verdict::Mind }, "seals", detail)
        }
    }
}

/// Rows that do not read, so that nothing is done with them.
fn set_aside(config: &Config) -> Vec<Finding> {
    let counts = looked_at(config, async |store| Ok(store.overview().await?.set_aside));
    match counts {
        Err(error) => finding(Verdict::Bad, "set aside", error.to_string()),
        Ok(SetAsideCounts { payouts: 0, callbacks: 0 }) => {
            finding(Verdict::Good, "set aside", "nothing")
        }
        Ok(SetAsideCounts { payouts, callbacks }) => {
            let detail = format!(
                "{payouts} payouts and {callbacks} callbacks do not read, and nothing is done \
                 with them: see vezne payout list --set-aside, vezne callback list --set-aside"
            );
            finding(Verdict::Bad, "set aside", detail)
        }
    }
}

/// Who is not told, although its callbacks are tried.
fn callbacks(config: &Config) -> Vec<Finding> {
    let looked = looked_at(config, async |store| Ok((store.overview().await?, store.directory())));
    let (overview, directory) = match looked {
        Ok(looked) => looked,
        Err(error) => return finding(Verdict::Bad, "callbacks", error.to_string()),
    };
    let now = SystemClock.now();
    let long = overview.untold.iter().filter(|untold| untold.is_long(now));
    let mut findings: Vec<Finding> = long
        .flat_map(|Untold { merchant, since }| {
            let name = directory.get(*merchant).map_or("", |merchant| &merchant.name);
            let since = moment(*since);
            let detail = format!(
                "{name} has not taken a callback since {since}: see vezne callback list --merchant \
                 '#{merchant}' --state due, and vezne callback test '#{merchant}'"
            );
            finding(Verdict::Bad, "callbacks", detail)
        })
        .collect();
    let parked = overview.callbacks.iter().find(|(state, _)| state == "parked");
    if let Some((_, count)) = parked.filter(|(_, count)| *count > 0) {
        let detail = format!("{count} are parked; see vezne callback list --state parked");
        findings.extend(finding(Verdict::Mind, "callbacks", detail));
    }
    if findings.is_empty() {
        return finding(Verdict::Good, "callbacks", "every merchant takes them");
    }
    findings
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

/// URLs of merchants that no callback gets to, as each attempt would find.
fn uncallable(config: &Config, directory: &Directory) -> Vec<String> {
    let rules = match Rules::new(&outbound_settings(config)) {
        Ok(rules) => rules,
        Err(error) => return vec![error.to_string()],
    };
    let urls = |merchant: &Arc<Merchant>| -> Vec<String> {
        merchant.callback_base_url.iter().chain(merchant.endpoints.values()).cloned().collect()
    };
    let refused = directory.iter().flat_map(|merchant| {
        let found = urls(merchant).into_iter();
        let why = |url: String| Some((rules.check(&url, merchant.mode).err()?, url));
        let told: Vec<_> = found.filter_map(why).collect();
        told.into_iter().map(|(why, url)| format!("{}: {url}: {why}", merchant.name))
    });
    refused.collect()
}

fn minded(merchant: &Merchant) -> Vec<Finding> {
    let speaks = |dialect: &str| merchant.access.iter().any(|one| one.dialect.as_str() == dialect);
    // Only BankoPay's callbacks show the key; the others are signed with it.
    let one_key = |access: &Access| {
        access.dialect.as_str() == BANKOPAY && access.key.matches(access.callback_key.expose())
    };
    let silent = merchant.callback_base_url.is_none() && merchant.endpoints.is_empty();
    // An order of /applyfor says itself where it is told.
    let silent = silent && !speaks(APPLYFOR);
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

fn server(config: &Config) -> Vec<Finding> {
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
