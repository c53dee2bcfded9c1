//! `vezne config sample` and `vezne check-config`.

use std::process::ExitCode;

use serde_json::json;

use super::Error;
use crate::config::{Config, SAMPLE};
use crate::output::Output;
use crate::stream::{put, say};

/// Prints the commented sample file.
pub(crate) fn sample() -> ExitCode {
    put!("{SAMPLE}");
    ExitCode::SUCCESS
}

/// Says whether the configuration can work, why not, and what somebody should know about it.
pub(crate) fn check(config: &Config, output: Output) -> Result<ExitCode, Error> {
    let (faults, warnings) = (config.faults(), config.warnings());
    let valid = faults.is_empty();
    let plain = || {
        for fault in &faults {
            say!("Wrong: {fault}.");
        }
        if valid {
            say!("The configuration is valid.");
        }
        for warning in &warnings {
            say!("Mind: {warning}.");
        }
    };
    let all = json!({ "valid": valid, "faults": faults, "warnings": warnings });
    output.either(&all, plain)?;
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
