//! The `hash_key`: AES-256-CBC of `sum|iban|amount|currency|gsm` (both documents, "hash_key").
//!
//! It is encryption without a MAC, so whatever a verifier tells beyond yes and no lets a forger
//! work without the secret (`research/reliability.md` 5.2, PB2 to PB4). Hence [`verify`] has one
//! path and one amount of work for every failure: what cannot be read is replaced by something of
//! the usual size, processed like it, and the result forced to no. [`open`] says what is wrong, and
//! is for an operator's tool only.
//!
//! Numbers come as the client's language prints them (`10`, `10.00`, `0.30000000000000004`), so
//! they are compared as decimals (`research/wire-facts.md` 2.5, A4). Tolerated besides: line feeds,
//! spaces that were a `+`, missing padding (A18). An exponent is refused even under a right hash.

mod bundle;
mod cipher;
mod fields;
mod slip;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::amount;
use crate::digest::ContentDigest;

pub use bundle::MAX_BUNDLE;
pub use slip::{Slip, slip};

#[cfg(test)]
mod tests;

/// The names of the five fields, in their order.
pub const FIELDS: [&str; 5] = ["sum", "iban", "amount", "currency", "gsm_number"];

/// What a request's `hash_key` has to be of; sum and amount in minor units.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// The sum of all rows' amounts.
    pub sum_minor: i64,
    /// The first row's `iban`.
    pub iban: &'a str,
    /// The first row's `amount`.
    pub amount_minor: i64,
    /// The first row's `currency`.
    pub currency: &'a str,
    /// The first row's `gsm_number`.
    pub gsm: &'a str,
}

/// Whose account and telephone it is stays out of logs.
impl fmt::Debug for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected")
            .field("sum_minor", &self.sum_minor)
            .field("amount_minor", &self.amount_minor)
            .field("currency", &self.currency)
            .finish_non_exhaustive()
    }
}

/// The text that is encrypted, its numbers as PHP prints them, the telephone without its `+`.
#[must_use]
pub fn plaintext(of: &Expected<'_>) -> String {
    [
        amount::php_number(of.sum_minor).as_str(),
        of.iban,
        amount::php_number(of.amount_minor).as_str(),
        of.currency,
        of.gsm.trim_start_matches('+'),
    ]
    .join("|")
}

/// A `hash_key` as the documents' function makes it. `iv` and `salt` have to be random.
#[must_use]
pub fn make(plaintext: &str, app_secret: &str, iv: [u8; 8], salt: [u8; 2]) -> String {
    let (iv, salt) = (cipher::hex::<16>(&iv), cipher::hex::<4>(&salt));
    let ciphertext = cipher::encrypt(plaintext.as_bytes(), app_secret, *iv, &*salt);
    let mut bundle = String::with_capacity(128);
    bundle.extend(iv.iter().map(|byte| char::from(*byte)));
    bundle.push(':');
    bundle.extend(salt.iter().map(|byte| char::from(*byte)));
    bundle.push(':');
    STANDARD.encode_string(ciphertext, &mut bundle);
    bundle.replace('/', "__")
}

/// Whether a `hash_key` is of these five values under this secret. Nothing else can be learned, not
/// from the time it takes either.
#[must_use]
pub fn verify(bundle: &str, app_secret: &str, expected: &Expected<'_>) -> bool {
    let read = bundle::read(bundle);
    let opened = cipher::decrypt(&read.bundle, app_secret);
    let same = fields::same(&opened, expected);
    (read.is_well_formed() & opened.is_padded() & same).into()
}

/// Decrypts a `hash_key` and says precisely what is wrong with it: for the tool that helps a
/// merchant's developer, never for an answer.
///
/// # Errors
///
/// [`OpenError`] names the first problem.
pub fn open(bundle: &str, app_secret: &str) -> Result<String, OpenError> {
    let read = bundle::read(bundle);
    if let Some(problem) = read.problem {
        return Err(problem);
    }
    let opened = cipher::decrypt(&read.bundle, app_secret);
    let text = opened.text().ok_or(OpenError::Padding)?;
    String::from_utf8(text.to_vec()).map_err(|_| OpenError::NotText)
}

/// A `hash_key` without what its way may have added or changed, so that however one is spelled, it
/// is one text.
pub(super) fn canonical(bundle: &str) -> String {
    bundle::clean(bundle).trim_end_matches('=').to_owned()
}

/// Which fields of a text that [`open`] gave are what they should be, in their order; for the same
/// tool. `None` when the text has not five fields.
#[must_use]
pub fn compare(text: &str, expected: &Expected<'_>) -> Option<[bool; 5]> {
    fields::which(text, expected)
}

/// What a memory of used `hash_key`s keeps: salt and ciphertext without the IV, as a forger who
/// changes the IV changes the sum and the start of the IBAN, and nothing else
/// (`research/reliability.md` PB2). However a bundle is spelled, it has one fingerprint.
#[must_use]
pub fn fingerprint(bundle: &str) -> [u8; 16] {
    let read = bundle::read(bundle);
    if read.problem.is_some() {
        let mut digest = ContentDigest::of(b"vezne ccpayment malformed hash_key 1");
        digest.part(bundle::clean(bundle).as_bytes());
        return digest.finish();
    }
    let mut digest = ContentDigest::of(b"vezne ccpayment hash_key 1");
    digest.part(read.bundle.salt.as_bytes());
    digest.part(&read.bundle.ciphertext);
    digest.finish()
}

/// Why a `hash_key` does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// More than [`MAX_BUNDLE`] bytes.
    TooLong,
    /// Other than three parts separated by colons.
    Parts {
        /// How many there are.
        found: usize,
    },
    /// The first part is not 16 hexadecimal characters.
    Iv,
    /// The second part is not 1 to 16 hexadecimal characters.
    Salt,
    /// The third part is not base64.
    Base64,
    /// The ciphertext is empty or not a whole number of blocks.
    Blocks {
        /// How many bytes it has.
        bytes: usize,
    },
    /// The padding is wrong: most likely another secret made it.
    Padding,
    /// What was decrypted is no text: another secret made it, or the bundle was changed.
    NotText,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "The hash_key has more than {MAX_BUNDLE} bytes."),
            Self::Parts { found } => {
                write!(f, "The hash_key must have three parts, iv:salt:base64; it has {found}.")
            }
            Self::Iv => f.write_str("The IV must be 16 hexadecimal characters."),
            Self::Salt => f.write_str("The salt must be 1 to 16 hexadecimal characters."),
            Self::Base64 => f.write_str("The third part is not base64, with __ in place of /."),
            Self::Blocks { bytes } => {
                write!(f, "The ciphertext has {bytes} bytes, not one or more blocks of 16.")
            }
            Self::Padding => {
                f.write_str("It does not decrypt: most likely it was made with another app_secret.")
            }
            Self::NotText => {
                f.write_str("It decrypts to no text: another app_secret, or it was changed.")
            }
        }
    }
}

impl std::error::Error for OpenError {}
