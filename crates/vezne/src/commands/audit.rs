//! `vezne audit`: proves that the books are right.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use vezne_store::audit::{self, Report, Verdict};

use super::Error;
use crate::assembly::kept_key;
use crate::config::Config;
use crate::database::Database;
use crate::output::{Output, table};
use crate::stream::say;

/// The exit code when not everything could be looked at, and nothing is known to be wrong. Two is
/// for a command line that is not understood.
const UNKNOWN: u8 = 3;

pub(crate) fn run(
    config: &Config,
    database: Option<PathBuf>,
    output: Output,
) -> Result<ExitCode, Error> {
    let database = database.map_or_else(|| config.store.kept_in(), |file| Ok(Database::File(file)));
    let key = kept_key(config)?;
    let report = match database?.audit_with_key(key.as_ref()) {
        Ok(report) => report,
        Err(error) => {
            output.complain(&error.to_string());
            return Ok(ExitCode::from(UNKNOWN));
        }
    };
    show(&report, output)?;
    Ok(match report.verdict() {
        Verdict::Right => ExitCode::SUCCESS,
        Verdict::Wrong => ExitCode::FAILURE,
        Verdict::Unknown => ExitCode::from(UNKNOWN),
    })
}

fn show(report: &Report, output: Output) -> Result<(), Error> {
    let as_json = |check: &audit::Check| {
        json!({
            "name": check.name,
            "what": check.what,
            "rows": check.rows_checked,
            "violations": check.violations,
            "unanswered": check.unanswered,
        })
    };
    let (verdict, words) = match report.verdict() {
        Verdict::Right => ("right", "The books are right."),
        Verdict::Wrong => ("wrong", "The books are WRONG."),
        Verdict::Unknown => ("unknown", "Not everything could be looked at: NOTHING is proven."),
    };
    let checks: Vec<_> = report.checks.iter().map(as_json).collect();
    let plain = || {
        let row = |check: &audit::Check| {
            let verdict = match (check.violations.is_empty(), &check.unanswered) {
                (true, None) => "holds",
                (true, Some(_)) => "?",
                (false, _) => "BROKEN",
            };
            [verdict.to_owned(), check.what.to_string(), check.rows_checked.to_string()]
        };
        say!("{}", table(&["", "what must hold", "rows"], report.checks.iter().map(row)));
        for check in report.checks.iter().filter(|check| !check.violations.is_empty()) {
            for violation in &check.violations {
                say!("BROKEN {}: {violation}", check.name);
            }
        }
        for check in &report.checks {
            if let Some(why) = &check.unanswered {
                say!("UNSEEN {}: {why}", check.name);
            }
        }
        for note in &report.notes {
            say!("Note: {note}.");
        }
        say!("{words}");
    };
    let (clean, notes) = (report.is_clean(), &report.notes);
    let value = json!({ "clean": clean, "verdict": verdict, "checks": checks, "notes": notes });
    output.either(&value, plain)
}
