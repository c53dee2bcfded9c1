//! The bcrypt hash of a BankoPay callback.

use std::process::ExitCode;

use serde_json::json;
use vezne_core::port::Random;
use vezne_wire::bankopay::{self, SignatureText};
use vezne_wire::secret::SecretText;

use crate::cli::BankoPayText;
use crate::commands::Error;
use crate::output::Output;
use crate::stream::say;
use crate::system::SystemRandom;

/// Makes a signature.
pub(super) fn sign(text: &BankoPayText, cost: u32, output: Output) -> Result<ExitCode, Error> {
    let (signed, shown) = bankopay_text(text)?;
    let mut salt = [0; 16];
    SystemRandom.fill(&mut salt);
    let hash = bankopay::sign(&signed, cost, salt)?;
    output.either(&json!({ "text": shown, "bytes": shown.len(), "hash": hash }), || {
        say!("text   {shown}");
        say!("bytes  {}, of which bcrypt hashes at most 72", shown.len());
        say!("hash   {hash}");
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Checks a signature and shows the text it must be made of.
pub(super) fn verify(text: &BankoPayText, hash: &str, output: Output) -> Result<ExitCode, Error> {
    let (signed, shown) = bankopay_text(text)?;
    let verdict = bankopay::verify(&signed, hash);
    let why = verdict.as_ref().err().map(|error| slip(text, hash).unwrap_or(error.to_string()));
    let answer = json!({ "text": shown, "bytes": shown.len(), "valid": why.is_none(), "why": why });
    output.either(&answer, || {
        say!("text   {shown}");
        say!("bytes  {}, of which bcrypt hashes at most 72", shown.len());
        match &why {
            None => say!("valid  the hash is made of this text"),
            Some(why) => say!("wrong  {why}"),
        }
    })?;
    Ok(if why.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The usual slip: the hash is of the same values in another order.
fn slip(text: &BankoPayText, hash: &str) -> Option<String> {
    let BankoPayText { site_id, user_id, trx, site_key } = text;
    let key = SecretText::new(site_key.clone());
    let swapped = bankopay::signature_text(*site_id, trx, user_id, &key).ok()?;
    let fits = bankopay::verify(&swapped, hash).is_ok();
    fits.then(|| {
        "The hash is of site_id|trx|user_id|site_key: user_id comes before trx.".to_owned()
    })
}

/// The text to hash, and the same text for people. It ends with the key on purpose: whoever runs
/// this has the key and looks for what differs.
fn bankopay_text(text: &BankoPayText) -> Result<(SignatureText, String), Error> {
    let BankoPayText { site_id, user_id, trx, site_key } = text;
    let key = SecretText::new(site_key.clone());
    let signed = bankopay::signature_text(*site_id, user_id, trx, &key)?;
    Ok((signed, format!("{site_id}|{user_id}|{trx}|{site_key}")))
}
