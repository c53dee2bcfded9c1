//! The three parts of a `hash_key`, `iv:salt:base64`, each read or replaced.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use subtle::Choice;

use super::OpenError;

/// The most bytes looked at. An IBAN, a telephone and two numbers need about 110.
pub const MAX_BUNDLE: usize = 4096;

/// The bytes of a block.
pub(super) const BLOCK: usize = 16;

/// Clients leave the padding away; PHP does not mind, nor do we.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What stands in for parts that cannot be read: as long as those of an ordinary request.
const DUMMY_IV: &str = "0000000000000000";
const DUMMY_SALT: &str = "0000";
const DUMMY_BASE64: &str =
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

/// Parts that can be decrypted.
pub(super) struct Bundle {
    /// Sixteen characters, taken as bytes.
    pub(super) iv: [u8; BLOCK],
    /// As sent: its spelling is part of the key.
    pub(super) salt: String,
    /// One or more whole blocks.
    pub(super) ciphertext: Vec<u8>,
}

/// A bundle to decrypt in any case, and the first thing wrong with the one that was sent.
pub(super) struct Read {
    pub(super) bundle: Bundle,
    pub(super) problem: Option<OpenError>,
}

impl Read {
    /// Whether the bundle is the one that was sent.
    pub(super) fn is_well_formed(&self) -> Choice {
        u8::from(self.problem.is_none()).into()
    }
}

/// Reads every part, whatever is wrong with the others.
pub(super) fn read(sent: &str) -> Read {
    let fits = sent.len() <= MAX_BUNDLE;
    let text = clean(if fits { sent } else { "" });
    let found = text.split(':').count();
    let mut parts = text.split(':');
    let mut part = |dummy| parts.next().filter(|_| found == 3).unwrap_or(dummy);
    let (iv, salt, base64) = (part(DUMMY_IV), part(DUMMY_SALT), part(DUMMY_BASE64));
    let shape = if found == 3 { Ok(()) } else { Err(OpenError::Parts { found }) };
    let ((iv, iv_read), (salt, salt_read)) = (read_iv(iv), read_salt(salt));
    let (ciphertext, ciphertext_read) = read_ciphertext(base64);
    let size = if fits { Ok(()) } else { Err(OpenError::TooLong) };
    let steps = [size, shape, iv_read, salt_read, ciphertext_read];
    let problem = steps.into_iter().find_map(Result::err);
    Read { bundle: Bundle { iv, salt, ciphertext }, problem }
}

/// The text without what transport puts into it: line feeds of a base64 tool that wraps, spaces
/// that were a `+` before a form was decoded, and `__` for `/`.
pub(super) fn clean(sent: &str) -> String {
    let kept = sent.trim().chars().filter(|c| !matches!(c, '\r' | '\n' | '\t'));
    let mut text = String::with_capacity(sent.len());
    text.extend(kept.map(|c| if c == ' ' { '+' } else { c }));
    text.replace("__", "/")
}

fn read_iv(text: &str) -> ([u8; BLOCK], Result<(), OpenError>) {
    match text.as_bytes().try_into() {
        Ok(iv) if is_hex(text) => (iv, Ok(())),
        Ok(_) | Err(_) => ([b'0'; BLOCK], Err(OpenError::Iv)),
    }
}

fn read_salt(text: &str) -> (String, Result<(), OpenError>) {
    if (1..=16).contains(&text.len()) && is_hex(text) {
        return (text.to_owned(), Ok(()));
    }
    (DUMMY_SALT.to_owned(), Err(OpenError::Salt))
}

fn read_ciphertext(base64: &str) -> (Vec<u8>, Result<(), OpenError>) {
    let dummy = || vec![0; 4 * BLOCK];
    match BASE64.decode(base64) {
        Ok(bytes) if !bytes.is_empty() && bytes.len() % BLOCK == 0 => (bytes, Ok(())),
        Ok(bytes) => (dummy(), Err(OpenError::Blocks { bytes: bytes.len() })),
        Err(_) => (dummy(), Err(OpenError::Base64)),
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
