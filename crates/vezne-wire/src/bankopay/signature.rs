//! The `hash` of callbacks: bcrypt of `site_id|user_id|trx|site_key` (section "Callback Service").
//!
//! bcrypt reads 72 bytes and no more, and the key stands last: of a longer text the end of the key
//! is not hashed. PHP's `password_verify` reads as many, so the hash holds there; some libraries
//! refuse a longer text. While [`MIN_KEY`] bytes of the key are among the 72, nobody can forge the
//! hash; what leaves fewer is refused, at intake already, where [`fits`] tells
//! (`research/wire-facts.md` 3.2, B1; `reliability.md` S1 to S3). `|` in an id would let two pairs
//! of ids join to one text; a NUL ends the text for C libraries.

use std::fmt;

use bcrypt::{HashParts, Version};
use zeroize::Zeroizing;

use crate::secret::SecretText;

#[cfg(test)]
mod tests;

/// The most bytes that bcrypt reads.
pub const MAX_TEXT: usize = 72;

/// The fewest bytes of a key that a text beyond [`MAX_TEXT`] leaves within it.
pub const MIN_KEY: usize = 16;

/// The cheapest bcrypt there is.
pub const MIN_COST: u32 = 4;

/// The dearest hash that is made or verified: a sender chooses the cost, and 31 would take days.
pub const MAX_COST: u32 = 12;

/// Why a text cannot be signed, or a hash does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// The text has more than [`MAX_TEXT`] bytes, and too few of the key are within them.
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// An id has a `|`, or any part a control character.
    BadCharacter {
        /// The part, by its name in the document.
        part: &'static str,
    },
    /// A cost outside [`MIN_COST`] to [`MAX_COST`].
    CostOutOfRange {
        /// The cost asked for.
        cost: u32,
    },
    /// The hash is no bcrypt hash with prefix `2a`, `2b` or `2y`.
    MalformedHash,
    /// The hash is of another text.
    Mismatch,
}

/// What bcrypt reads of a text. It ends with the key or a part of it, so it is as secret.
#[derive(Clone)]
pub struct SignatureText(Zeroizing<Vec<u8>>);

/// Joins the four parts.
///
/// # Errors
///
/// [`SignatureError::TooLong`] and [`SignatureError::BadCharacter`].
pub fn signature_text(
    site_id: u64,
    user_id: &str,
    trx: &str,
    site_key: &SecretText,
) -> Result<SignatureText, SignatureError> {
    let key = site_key.expose();
    fits(site_id, user_id, trx, key.len())?;
    if key.chars().any(char::is_control) {
        return Err(SignatureError::BadCharacter { part: "site_key" });
    }
    // Room for the whole text at once: a text that grew would leave copies of the key behind.
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_TEXT));
    for part in [site_id.to_string().as_str(), "|", user_id, "|", trx, "|", key] {
        let room = MAX_TEXT - text.len();
        text.extend_from_slice(part.as_bytes().get(..room).unwrap_or(part.as_bytes()));
    }
    Ok(SignatureText(text))
}

/// Whether the ids can be signed with a key of `key_bytes` bytes, for a check at intake.
///
/// # Errors
///
/// [`SignatureError::TooLong`] and [`SignatureError::BadCharacter`].
pub fn fits(
    site_id: u64,
    user_id: &str,
    trx: &str,
    key_bytes: usize,
) -> Result<(), SignatureError> {
    for (part, text) in [("user_id", user_id), ("trx", trx)] {
        if text.chars().any(|c| c == '|' || c.is_control()) {
            return Err(SignatureError::BadCharacter { part });
        }
    }
    let before = length(site_id, user_id, trx);
    let within = MAX_TEXT.saturating_sub(before).min(key_bytes);
    if within < key_bytes && within < MIN_KEY {
        return Err(SignatureError::TooLong { bytes: before.saturating_add(key_bytes) });
    }
    Ok(())
}

/// As [`fits`], for a receiver whose library refuses more than [`MAX_TEXT`] bytes: the whole key
/// has to be within them.
///
/// # Errors
///
/// As for [`fits`].
pub fn fits_whole(
    site_id: u64,
    user_id: &str,
    trx: &str,
    key_bytes: usize,
) -> Result<(), SignatureError> {
    fits(site_id, user_id, trx, key_bytes)?;
    let bytes = length(site_id, user_id, trx).saturating_add(key_bytes);
    if bytes > MAX_TEXT { Err(SignatureError::TooLong { bytes }) } else { Ok(()) }
}

/// How many bytes stand before the key.
fn length(site_id: u64, user_id: &str, trx: &str) -> usize {
    let digits = site_id.checked_ilog10().map_or(1, |log| log as usize + 1);
    [digits, user_id.len(), trx.len()].into_iter().fold(3, usize::saturating_add)
}

/// The hash as the document shows it, with prefix `$2a$`. The salt has to be random.
///
/// # Errors
///
/// [`SignatureError::CostOutOfRange`].
pub fn sign(text: &SignatureText, cost: u32, salt: [u8; 16]) -> Result<String, SignatureError> {
    let out_of_range = SignatureError::CostOutOfRange { cost };
    if !(MIN_COST..=MAX_COST).contains(&cost) {
        return Err(out_of_range);
    }
    // The crate's non-truncating functions refuse 72 bytes, which bcrypt still reads whole.
    let parts = bcrypt::hash_with_salt(&*text.0, cost, salt).map_err(|_| out_of_range)?;
    Ok(parts.format_for_version(Version::TwoA))
}

/// Verifies a hash that somebody else made, in time that does not depend on where it differs.
///
/// # Errors
///
/// [`SignatureError::MalformedHash`] and [`SignatureError::CostOutOfRange`] before anything is
/// computed; [`SignatureError::Mismatch`] after.
pub fn verify(text: &SignatureText, hash: &str) -> Result<(), SignatureError> {
    let cost = cost_of(hash).ok_or(SignatureError::MalformedHash)?;
    if !(MIN_COST..=MAX_COST).contains(&cost) {
        return Err(SignatureError::CostOutOfRange { cost });
    }
    match bcrypt::verify(&*text.0, hash) {
        Ok(true) => Ok(()),
        Ok(false) => Err(SignatureError::Mismatch),
        Err(_) => Err(SignatureError::MalformedHash),
    }
}

/// The cost of a well-formed hash of an accepted version.
fn cost_of(hash: &str) -> Option<u32> {
    let _: HashParts = hash.parse().ok()?;
    let after = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| hash.strip_prefix(prefix))?;
    let cost = after.get(..2)?;
    // `parse` alone would take "+9", which no bcrypt writes.
    if cost.bytes().all(|byte| byte.is_ascii_digit()) { cost.parse().ok() } else { None }
}

impl fmt::Debug for SignatureText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => write!(
                f,
                "site_id|user_id|trx|site_key has {bytes} bytes: too little of the key is within \
                 the {MAX_TEXT} that are hashed."
            ),
            Self::BadCharacter { part } => {
                write!(f, "{part} has a character that cannot be signed: | or a control character.")
            }
            Self::CostOutOfRange { cost } => {
                write!(f, "The bcrypt cost is {cost}; {MIN_COST} to {MAX_COST} are allowed.")
            }
            Self::MalformedHash => {
                f.write_str("The hash is not a bcrypt hash ($2a$, $2b$ or $2y$).")
            }
            Self::Mismatch => f.write_str("The hash does not match."),
        }
    }
}

impl std::error::Error for SignatureError {}
