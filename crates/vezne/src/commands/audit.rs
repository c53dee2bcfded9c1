//! `vezne audit`: proves that the books are right.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;
use vezne_store::audit::{self, Report};

use super::Error;
use crate::assembly::kept_key;
use crate::config::Config;
use crate::database::Database;
use crate::output::{Output, table};

pub(crate) fn run(
    config: &Config,
    database: Option<PathBuf>,
    output: Output,
) -> Result<ExitCode, Error> {
    let database = database.map_or_else(|| config.store.kept_in(), |file| Ok(Database::File(file)));
    let report = database?.audit_with_key(kept_key(config)?.as_ref())?;
    show(&report, output)?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(report: &Report, output: Output) -> Result<(), Error> {
    let as_json = |check: &audit::Check| {
        json!({
            "name": check.name,
            "what": check.what,
            "rows": check.rows_checked,
            "violations": check.violations,
        })
    };
    let checks: Vec<_> = report.checks.iter().map(as_json).collect();
    let plain = || {
        let row = |check: &audit::Check| {
            let verdict = if check.violations.is_empty() { "holds" } else { "BROKEN" };
            [verdict.to_owned(), check.what.to_string(), check.rows_checked.to_string()]
        };
        println!("{}", table(&["", "what must hold", "rows"], report.checks.iter().map(row)));
        for check in report.checks.iter().filter(|check| !check.violations.is_empty()) {
            for violation in &check.violations {
                println!("BROKEN {}: {violation}", check.name);
            }
        }
        for note in &report.notes {
            println!("Note: {note}.");
        }
        println!(
            "{}",
            if report.is_clean() { "The books are right." } else { "The books are WRONG." }
        );
    };
    output.either(
        &json!({ "clean": report.is_clean(), "checks": checks, "notes": report.notes }),
        plain,
    )
}
