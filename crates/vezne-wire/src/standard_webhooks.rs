//! Signatures as the Standard Webhooks specification 1.0.0 defines them.
//!
//! Every dialect's callbacks carry these headers beside the dialect's own scheme: they cover the
//! whole body and a time, which the old schemes do not. Signed is `id.timestamp.body` with
//! HMAC-SHA256; the signature header lists one `v1,` signature for each secret, so that secrets can
//! be changed without a gap.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// The header with the message's id: the same on every attempt.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the attempt's time in Unix seconds.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures, separated by spaces.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// The bytes that the specification allows a secret to have.
pub const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The most signatures looked at in one header.
const MAX_SIGNATURES: usize = 16;

const SECRET_PREFIX: &str = "whsec_";
const SIGNATURE_PREFIX: &str = "v1,";

/// A signing secret; wiped when dropped, printed as `[secret]`.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// Takes random bytes. `None` unless there are [`SECRET_BYTES`] of them.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Option<Self> {
        let bytes = Zeroizing::new(bytes.into());
        SECRET_BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// Reads `whsec_` and base64. `None` for any other form or length.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_bytes(STANDARD.decode(text.strip_prefix(SECRET_PREFIX)?).ok()?)
    }

    /// The form that a receiver is given: `whsec_` and base64.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(SECRET_PREFIX.len() + 88));
        text.push_str(SECRET_PREFIX);
        STANDARD.encode_string(&*self.0, &mut text);
        text
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The value of the signature header: one signature for each secret, in their order. `id` has no
/// point in it, `timestamp` is in Unix seconds.
#[must_use]
pub fn sign(secrets: &[WebhookSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let prefix = signed_prefix(id, &timestamp.to_string());
    let one = |secret: &WebhookSecret| {
        let tag = context(secret, &prefix, body).sign();
        format!("{SIGNATURE_PREFIX}{}", STANDARD.encode(tag))
    };
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The three headers of a message that came in.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a> {
    /// The value of [`ID_HEADER`].
    pub id: &'a str,
    /// The value of [`TIMESTAMP_HEADER`].
    pub timestamp: &'a str,
    /// The value of [`SIGNATURE_HEADER`].
    pub signature: &'a str,
}

/// Why a message is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyError {
    /// The id is empty or has a point in it.
    BadId,
    /// The timestamp is no whole number of seconds.
    BadTimestamp,
    /// The timestamp is too far from now, before or after.
    OutsideTolerance,
    /// None of the signatures is by one of the secrets.
    Mismatch,
}

/// Verifies a message against any of the secrets. `now` and `tolerance` are in seconds.
///
/// # Errors
///
/// [`VerifyError`] names the first reason not to believe it.
pub fn verify(
    secrets: &[WebhookSecret],
    headers: Headers<'_>,
    body: &[u8],
    now: i64,
    tolerance: u64,
) -> Result<(), VerifyError> {
    // A point in the id would let the parts of one signed text be cut apart in another way.
    if headers.id.is_empty() || headers.id.contains('.') {
        return Err(VerifyError::BadId);
    }
    let timestamp: i64 = headers.timestamp.parse().map_err(|_| VerifyError::BadTimestamp)?;
    if now.abs_diff(timestamp) > tolerance {
        return Err(VerifyError::OutsideTolerance);
    }
    let prefix = signed_prefix(headers.id, headers.timestamp);
    let tags: Vec<Vec<u8>> =
        headers.signature.split(' ').take(MAX_SIGNATURES).filter_map(tag_of).collect();
    let holds = |secret| is_any_of(&context(secret, &prefix, body).sign(), &tags);
    if secrets.iter().any(holds) { Ok(()) } else { Err(VerifyError::Mismatch) }
}

fn tag_of(signature: &str) -> Option<Vec<u8>> {
    STANDARD.decode(signature.strip_prefix(SIGNATURE_PREFIX)?).ok()
}

fn is_any_of(own: &hmac::Tag, tags: &[Vec<u8>]) -> bool {
    tags.iter().any(|tag| own.as_ref().ct_eq(tag).into())
}

fn signed_prefix(id: &str, timestamp: &str) -> String {
    format!("{id}.{timestamp}.")
}

fn context(secret: &WebhookSecret, prefix: &str, body: &[u8]) -> hmac::Context {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &secret.0));
    context.update(prefix.as_bytes());
    context.update(body);
    context
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadId => "webhook-id is empty or has a point in it.",
            Self::BadTimestamp => "webhook-timestamp is not a whole number of Unix seconds.",
            Self::OutsideTolerance => "webhook-timestamp is too far from now.",
            Self::Mismatch => "No signature of webhook-signature holds.",
        })
    }
}

impl std::error::Error for VerifyError {}
