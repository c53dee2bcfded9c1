//! `vezne sign` and `vezne verify`: what a dialect signs, and whether a signature fits.

mod bankopay;
mod ccpayment;

use std::process::ExitCode;

use super::Error;
use crate::cli::{SignCommand, VerifyCommand};
use crate::output::Output;

/// Makes a signature.
pub(crate) fn sign(command: &SignCommand, output: Output) -> Result<ExitCode, Error> {
    match command {
        SignCommand::Bankopay { text, cost } => bankopay::sign(text, *cost, output),
        SignCommand::Ccpayment(args) => ccpayment::sign(args, output),
    }
}

/// Checks a signature and shows the text it must be made of.
pub(crate) fn verify(command: &VerifyCommand, output: Output) -> Result<ExitCode, Error> {
    match command {
        VerifyCommand::Bankopay { text, hash } => bankopay::verify(text, hash, output),
        VerifyCommand::Ccpayment(args) => ccpayment::verify(args, output),
    }
}
