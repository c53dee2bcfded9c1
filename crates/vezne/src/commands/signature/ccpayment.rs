//! The `hash_key` of a CCPayment cash-out.
//!
//! A server has one answer for every wrong hash_key. This says what differs, and shows all: whoever
//! runs it has the secret and the request.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;
use vezne_core::port::Random;
use vezne_wire::amount;
use vezne_wire::ccpayment::answer::MAX_ROWS;
use vezne_wire::ccpayment::hash_key::{self, FIELDS};
use vezne_wire::ccpayment::{CashoutRequest, Expected};
use vezne_wire::json::Object;

use super::read_file;
use crate::cli::{CcpaymentSign, CcpaymentText, CcpaymentVerify};
use crate::commands::Error;
use crate::commands::cashout_body::CashoutBody;
use crate::output::{self, Output};
use crate::stream::say;
use crate::system::SystemRandom;

#[cfg(test)]
mod tests;

/// Makes a hash_key.
pub(super) fn sign(args: &CcpaymentSign, output: Output) -> Result<ExitCode, Error> {
    let text = hash_key::plaintext(&Values::read(&args.text)?.expected());
    let (mut iv, mut salt) = ([0; 8], [0; 2]);
    SystemRandom.fill(&mut iv);
    SystemRandom.fill(&mut salt);
    let made = hash_key::make(&text, args.text.app_secret.expose(), iv, salt);
    output.either(&json!({ "plaintext": text, "hash_key": made }), || {
        say!("plaintext  {text}");
        say!("hash_key   {made}");
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Checks a hash_key, and shows what it is of beside what it should be of.
pub(super) fn verify(args: &CcpaymentVerify, output: Output) -> Result<ExitCode, Error> {
    let values = Values::read(&args.text)?;
    let none = "the body has no hash_key: give one with --hash-key";
    let bundle = args.hash_key.as_ref().or(values.hash_key.as_ref()).ok_or(none)?;
    let verdict = judge(bundle, args.text.app_secret.expose(), &values.expected());
    output.either(&verdict, || verdict.print())?;
    Ok(if verdict.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a hash_key has to be of.
struct Values {
    sum_minor: i64,
    iban: String,
    amount_minor: i64,
    currency: String,
    gsm: String,
    /// The one that came with them.
    hash_key: Option<String>,
}

impl Values {
    fn read(text: &CcpaymentText) -> Result<Self, Error> {
        match &text.file {
            Some(path) => Self::of_body(&read_file(path)?),
            None => Self::of_flags(text),
        }
    }

    /// The first row counts as it was sent, right or wrong, as servers take it.
    fn of_body(bytes: &[u8]) -> Result<Self, Error> {
        let body = CashoutBody::parse(bytes)?;
        let hash_key = body.text("hash_key");
        let request = body.as_request("any");
        let request = CashoutRequest::decode(&Object::parse(&request)?, MAX_ROWS)?;
        let CashoutRequest { sum_minor, first, .. } = request;
        let (iban, currency, gsm) = (first.iban, first.currency, first.gsm);
        Ok(Self { sum_minor, iban, amount_minor: first.amount_minor, currency, gsm, hash_key })
    }

    fn of_flags(text: &CcpaymentText) -> Result<Self, Error> {
        let given = |value: &Option<String>| value.clone().unwrap_or_default();
        let minor = |name: &str, value: &str| {
            amount::from_text(value, 2).map_err(|why| format!("--{name} is no amount: {why}"))
        };
        let amount = given(&text.amount);
        let amount_minor = minor("amount", &amount)?;
        let sum_minor = text.sum.as_deref().map_or(Ok(amount_minor), |sum| minor("sum", sum))?;
        Ok(Self {
            sum_minor,
            iban: given(&text.iban),
            amount_minor,
            currency: given(&text.currency),
            gsm: given(&text.gsm),
            hash_key: None,
        })
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            sum_minor: self.sum_minor,
            iban: &self.iban,
            amount_minor: self.amount_minor,
            currency: &self.currency,
            gsm: &self.gsm,
        }
    }
}

/// What is to be said of a hash_key.
#[derive(Debug, Serialize)]
struct Verdict {
    valid: bool,
    /// What is wrong, in plain words.
    why: Option<String>,
    /// What it decrypts to.
    plaintext: Option<String>,
    /// What it should decrypt to, up to the way numbers are printed.
    expected: String,
    fields: Vec<Field>,
}

/// One field of the plaintext.
#[derive(Debug, Serialize)]
struct Field {
    name: &'static str,
    found: String,
    expected: String,
    same: bool,
}

fn judge(bundle: &str, app_secret: &str, expected: &Expected<'_>) -> Verdict {
    let valid = hash_key::verify(bundle, app_secret, expected);
    let slip = hash_key::slip(bundle, app_secret);
    let opened = match &slip {
        Some((_, text)) => Ok(text.clone()),
        None => hash_key::open(bundle, app_secret),
    };
    let fields = opened.as_ref().map(|text| fields(text, expected)).unwrap_or_default();
    let why = match &opened {
        Ok(_) if valid => None,
        Ok(_) if slip.is_some() => slip.map(|(slip, _)| slip.to_string()),
        Ok(text) => Some(difference(text, &fields)),
        Err(error) => Some(error.to_string()),
    };
    let expected = hash_key::plaintext(expected);
    Verdict { valid, why, plaintext: opened.ok(), expected, fields }
}

/// The fields side by side, if there are as many as there should be.
fn fields(text: &str, expected: &Expected<'_>) -> Vec<Field> {
    let Some(same) = hash_key::compare(text, expected) else { return Vec::new() };
    let right = hash_key::plaintext(expected);
    let pairs = text.split('|').zip(right.split('|'));
    let field = |((name, same), (found, expected)): ((_, _), (&str, &str))| Field {
        name,
        found: found.to_owned(),
        expected: expected.to_owned(),
        same,
    };
    FIELDS.into_iter().zip(same).zip(pairs).map(field).collect()
}

fn difference(text: &str, fields: &[Field]) -> String {
    let differ: Vec<&str> = fields.iter().filter(|field| !field.same).map(|f| f.name).collect();
    match (fields.is_empty(), differ.is_empty()) {
        (true, _) => {
            let found = text.split('|').count();
            format!("It must have five fields separated by |; it has {found}.")
        }
        (false, false) => format!("Not what the request says: {}.", differ.join(", ")),
        // Unless the request's own texts have a separator in them, this is never said.
        (false, true) => "The hash_key is not of this request.".to_owned(),
    }
}

impl Verdict {
    fn print(&self) {
        say!("decrypted  {}", printable(self.plaintext.as_deref().unwrap_or("-")));
        say!("expected   {}", self.expected);
        if !self.fields.is_empty() {
            let row = |field: &Field| {
                let mark = if field.same { "" } else { "differs" };
                [field.name, &field.found, &field.expected, mark].map(printable)
            };
            let head = ["field", "decrypted", "expected", ""];
            say!("\n{}\n", output::table(&head, self.fields.iter().map(row)));
        }
        match &self.why {
            None => say!("valid  the hash_key is of this request"),
            Some(why) => say!("wrong  {why}"),
        }
    }
}

/// Whatever was encrypted must not steer a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
