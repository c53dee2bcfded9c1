//! The `sign` of requests, answers and notifications (section "Signature Algorithm").
//!
//! All parameters but `sign`, sorted by the bytes of their names, joined as `name=value` with `&`,
//! the values raw; then the secret, MD5, upper case. The document leaves open how the secret is
//! joined and whether empty values count; both are pinned per merchant and never guessed
//! (`research/wire-facts.md` C1 to C6; `research/reliability.md` PD4).
//!
//! Nothing in the text is escaped, so `custom` could hold `a&notify_url=...` and sign like two
//! parameters. Therefore a request is refused whose text could be another one's: no two requests
//! that are accepted share a text (`research/reliability.md` PD3). Of two that would, take the
//! first place where one of them begins a parameter and the other does not. Names are in order, so
//! the name there comes after that of the value it would stand in; and a value may have no `&`
//! before such a name. In a URL it may, unless the protocol knows the name; then the request with
//! an unknown name behind its URL is the one that is refused. Names that the protocol knows are
//! refused in any value, so that nobody has to think of the order.

use std::fmt;

use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

use super::parameters::{Parameters, is_name};
use crate::secret::SecretText;

mod slip;
#[cfg(test)]
mod tests;

pub use slip::slip;

/// Parameters whose values are URLs, and may have `&` in them.
const URLS: &[&str] = &["notify_url", "return_url"];

/// The names that stand in no value behind an `&`: those of the document, of the older generation,
/// the one before the secret, and of our extensions those that could follow a URL in the text.
const KNOWN: &[&str] = &[
    "amount",
    "bank_account",
    "bank_city",
    "bank_id",
    "bank_ifsc",
    "bank_name",
    "bank_no",
    "bank_province",
    "bank_sub",
    "channel",
    "currency",
    "custom",
    "key",
    "notify_url",
    "orderid",
    "pay_code",
    "return_url",
    "timestamp",
    "transactionid",
    "uid",
    "user_name",
    "userip",
];

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// How the secret is joined to the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignStyle {
    /// As a last parameter: `&key=SECRET`. So the family's other pages and its clients have it.
    #[default]
    KeyParameter,
    /// Directly, as the document can also be read.
    Append,
}

/// Whether parameters without a value are in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptyValues {
    /// As `name=`.
    #[default]
    Included,
    /// Not at all.
    Skipped,
}

/// Why a request is not believed, or cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignError {
    /// Other parameters would have the same text.
    Ambiguous,
    /// No `sign`.
    Missing,
    /// Not 32 hexadecimal digits of one case.
    Malformed,
    /// The signature of something else, or by another secret.
    Mismatch,
}

/// A merchant's secret and how it signs. Printed without the secret.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// The secret.
    pub secret: SecretText,
    /// How the secret is joined.
    pub style: SignStyle,
    /// Whether empty values count.
    pub empties: EmptyValues,
}

impl SigningKey {
    /// A key that signs as the family's documents say.
    #[must_use]
    pub fn new(secret: SecretText) -> Self {
        Self { secret, style: SignStyle::default(), empties: EmptyValues::default() }
    }

    /// The signature of a request's parameters.
    ///
    /// # Errors
    ///
    /// [`SignError::Ambiguous`].
    pub fn sign(&self, parameters: &Parameters) -> Result<String, SignError> {
        Ok(self.sign_text(&canonical(parameters, self.empties)?))
    }

    /// Verifies a request's own signature. Where JSON had `null`, the signature may have been made
    /// without the name or with an empty value; both mean the same request. So do an amount as the
    /// client's runtime printed its double, and the shortest decimal of it, which the same runtime
    /// prints into a text.
    ///
    /// # Errors
    ///
    /// [`SignError`] names the first reason not to believe it.
    pub fn verify(&self, parameters: &Parameters) -> Result<(), SignError> {
        let verdict = self.verify_as_sent(parameters);
        match (verdict, parameters.with_shortest_amount()) {
            (Err(SignError::Mismatch), Some(plain)) => self.verify_as_sent(&plain),
            (verdict, _) => verdict,
        }
    }

    fn verify_as_sent(&self, parameters: &Parameters) -> Result<(), SignError> {
        let signature = parameters.signature().ok_or(SignError::Missing)?;
        let verdict = self.verify_text(&canonical(parameters, self.empties)?, signature);
        match (verdict, parameters.with_empty_nulls()) {
            (Err(SignError::Mismatch), Some(all)) => {
                self.verify_text(&canonical(&all, self.empties)?, signature)
            }
            (verdict, _) => verdict,
        }
    }

    /// The signature of an answer or a notification: of `result`, exactly as it is sent, and
    /// `status` (`research/wire-facts.md` C10).
    #[must_use]
    pub fn sign_result(&self, result: &str, status: &str) -> String {
        self.sign_text(&result_text(result, status, self.empties))
    }

    /// Verifies the signature of an answer or a notification.
    ///
    /// # Errors
    ///
    /// As for [`SigningKey::verify`].
    pub fn verify_result(
        &self,
        result: &str,
        status: &str,
        signature: &str,
    ) -> Result<(), SignError> {
        self.verify_text(&result_text(result, status, self.empties), signature)
    }

    /// The signature of a text as [`canonical`] gives it.
    #[must_use]
    pub fn sign_text(&self, text: &str) -> String {
        let mut hash = Md5::new();
        hash.update(text);
        match self.style {
            SignStyle::KeyParameter => hash.update("&key="),
            SignStyle::Append => {}
        }
        hash.update(self.secret.expose());
        hex(&hash.finalize())
    }

    fn verify_text(&self, text: &str, signature: &str) -> Result<(), SignError> {
        if !is_digest(signature) {
            return Err(SignError::Malformed);
        }
        let own = self.sign_text(text);
        let same = own.as_bytes().ct_eq(signature.to_ascii_uppercase().as_bytes());
        // Everybody knows the empty secret.
        let holds = bool::from(same) && !self.secret.expose().is_empty();
        if holds { Ok(()) } else { Err(SignError::Mismatch) }
    }
}

/// Upper case, as documented.
fn hex(digest: &[u8]) -> String {
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// 32 hexadecimal digits, all in upper case as documented, or all in lower case as most languages
/// print a digest.
fn is_digest(text: &str) -> bool {
    let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    digits && !(upper && text.bytes().any(|byte| byte.is_ascii_lowercase()))
}

/// The text that is signed, without the secret: for the signature, and for whoever looks for the
/// difference between two of them.
///
/// # Errors
///
/// [`SignError::Ambiguous`].
pub fn canonical(parameters: &Parameters, empties: EmptyValues) -> Result<String, SignError> {
    let counts = |pair: &(&str, &str)| empties == EmptyValues::Included || !pair.1.is_empty();
    let mut pairs: Vec<(&str, &str)> = parameters.iter().filter(counts).collect();
    pairs.sort_unstable();
    let mut next = pairs.iter().skip(1).map(|(name, _)| *name);
    let ambiguous = pairs.iter().any(|pair| is_ambiguous(*pair, next.next()));
    if ambiguous { Err(SignError::Ambiguous) } else { Ok(join(&pairs)) }
}

/// Whether a value, with the parameter behind it, could be read as other parameters.
fn is_ambiguous((name, value): (&str, &str), next: Option<&str>) -> bool {
    let is_url = URLS.contains(&name);
    let unknown_behind = is_url && next.is_some_and(|next| !KNOWN.contains(&next));
    let begins = |(at, _)| {
        let inner = value.get(at + 1..).and_then(|rest| rest.split_once('='));
        let Some((inner, _)) = inner else { return false };
        KNOWN.contains(&inner) || (!is_url && inner > name && is_name(inner))
    };
    unknown_behind || value.match_indices('&').any(begins)
}

fn join(pairs: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(512);
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

fn result_text(result: &str, status: &str, empties: EmptyValues) -> String {
    match (result.is_empty(), empties) {
        (true, EmptyValues::Skipped) => format!("status={status}"),
        (true, EmptyValues::Included) | (false, _) => format!("result={result}&status={status}"),
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ambiguous => {
                "The parameters cannot be told apart in the signed text: a value has an & before \
                 what could be another parameter."
            }
            Self::Missing => "sign is required.",
            Self::Malformed => "sign must be an MD5 digest: 32 hexadecimal digits.",
            Self::Mismatch => "sign does not match.",
        })
    }
}

impl std::error::Error for SignError {}
