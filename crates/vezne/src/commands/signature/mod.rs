//! `vezne sign` and `vezne verify`: what a dialect signs, and whether a signature fits.

mod applyfor;
mod bankopay;
mod ccpayment;
mod webhook;

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use super::Error;
use crate::cli::{SignCommand, VerifyCommand};
use crate::output::Output;

/// Makes a signature.
pub(crate) fn sign(command: &SignCommand, output: Output) -> Result<ExitCode, Error> {
    match command {
        SignCommand::Bankopay { text, cost } => bankopay::sign(text, *cost, output),
        SignCommand::Ccpayment(args) => ccpayment::sign(args, output),
        SignCommand::Applyfor(args) => applyfor::sign(args, output),
    }
}

/// Checks a signature and shows the text it must be made of.
pub(crate) fn verify(command: &VerifyCommand, output: Output) -> Result<ExitCode, Error> {
    match command {
        VerifyCommand::Bankopay { text, hash } => bankopay::verify(text, hash, output),
        VerifyCommand::Ccpayment(args) => ccpayment::verify(args, output),
        VerifyCommand::Applyfor(args) => applyfor::verify(args, output),
        VerifyCommand::Webhook(args) => webhook::verify(args, output),
    }
}

/// A file, or the standard input for -.
fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
