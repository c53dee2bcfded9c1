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

/// Says that the configuration makes sense, and what somebody should know about it.
pub(crate) fn check(config: &Config, output: Output) -> Result<ExitCode, Error> {
    let warnings = config.warnings();
    let plain = || {
        say!("The configuration is valid.");
        for warning in &warnings {
            say!("Mind: {warning}.");
        }
    };
    output.either(&json!({ "valid": true, "warnings": warnings }), plain)?;
    Ok(ExitCode::SUCCESS)
}
