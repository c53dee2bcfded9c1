//! `vezne doctor`: what is right and what is not with this installation.

mod desk;
mod installation;
mod merchants;

use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use vezne_core::port::{Fault, Store};

use super::{Error, runtime};
use crate::assembly::kept_key;
use crate::config::Config;
use crate::output::{Output, table};
use crate::stream::say;
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

const CHECKS: [Check; 7] = [
    installation::configuration,
    installation::directory,
    installation::disk,
    installation::master_key,
    installation::database,
    installation::durability,
    installation::server,
];

/// Those of what only the master key opens.
const SEALED_CHECKS: [Check; 8] = [
    desk::quarantine,
    desk::doubts,
    desk::seals,
    desk::set_aside,
    desk::callbacks,
    desk::books,
    merchants::merchants,
    desk::kept,
];

/// Runs every check; fails when one is bad.
pub(crate) fn run(config: &Config, output: Output) -> Result<ExitCode, Error> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(config)).collect();
    // One cause is told once: each of the others would find it again, and call it by another name.
    match looked_at(config, async |_| Ok(())) {
        Ok(()) => findings.extend(SEALED_CHECKS.iter().flat_map(|check| check(config))),
        Err(error) => findings.extend(finding(Verdict::Bad, "desk", error.to_string())),
    }
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
