//! The cipher of the documents' function: the key from secret and salt, AES-256-CBC, PKCS#7.
//!
//! PHP is handed 64 hexadecimal characters as the key and takes the first 32 as they are, and so
//! for the IV's 16 (`research/wire-facts.md` 2.5). The padding is checked here, in constant time,
//! as whether it is right is exactly what a forger asks.

use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeGreater as _};
use zeroize::Zeroizing;

use super::bundle::{BLOCK, Bundle};

/// What was decrypted, its padding looked at.
pub(super) struct Opened {
    blocks: Vec<u8>,
    length: usize,
    padded: Choice,
}

impl Opened {
    /// Whether the padding is right.
    pub(super) fn is_padded(&self) -> Choice {
        self.padded
    }

    /// The text before the padding, or something like it when there is none.
    pub(super) fn presumed(&self) -> &[u8] {
        self.blocks.get(..self.length).unwrap_or_default()
    }

    /// The text before the padding.
    pub(super) fn text(&self) -> Option<&[u8]> {
        bool::from(self.padded).then(|| self.presumed())
    }
}

/// Pads and encrypts.
pub(super) fn encrypt(text: &[u8], app_secret: &str, iv: [u8; BLOCK], salt: &[u8]) -> Vec<u8> {
    let padding = BLOCK - text.len() % BLOCK;
    let mut blocks = text.to_vec();
    blocks.extend((0..padding).map(|_| padding.to_le_bytes()[0]));
    // The library refuses wrong lengths only. Should it refuse others, nobody takes what is left.
    encrypt_blocks(&mut blocks, app_secret, iv, salt).unwrap_or_else(|_| blocks.clear());
    blocks
}

fn encrypt_blocks(
    blocks: &mut [u8],
    app_secret: &str,
    iv: [u8; BLOCK],
    salt: &[u8],
) -> Result<(), Unspecified> {
    let key = UnboundCipherKey::new(&AES_256, &*key(app_secret, salt))?;
    let context = EncryptionContext::Iv128(FixedLength::from(iv));
    EncryptingKey::cbc(key)?.less_safe_encrypt(blocks, context).map(drop)
}

/// Decrypts and looks at the padding, with the same work whether it is right or not.
pub(super) fn decrypt(bundle: &Bundle, app_secret: &str) -> Opened {
    decrypt_with(bundle, &key(app_secret, bundle.salt.as_bytes()))
}

/// The same with another key than the documents' function makes.
pub(super) fn decrypt_with(bundle: &Bundle, key: &[u8; 32]) -> Opened {
    let mut blocks = bundle.ciphertext.clone();
    let decrypted = decrypt_blocks(&mut blocks, key, bundle.iv);
    let (padding, right) = padding(&blocks);
    let length = blocks.len().saturating_sub(usize::from(padding));
    Opened { blocks, length, padded: right & Choice::from(u8::from(decrypted.is_ok())) }
}

fn decrypt_blocks(blocks: &mut [u8], key: &[u8; 32], iv: [u8; BLOCK]) -> Result<(), Unspecified> {
    let key = UnboundCipherKey::new(&AES_256, key)?;
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    DecryptingKey::cbc(key)?.decrypt(blocks, context).map(drop)
}

/// How many bytes of padding there are, and whether they are right; when wrong, a usual number.
fn padding(blocks: &[u8]) -> (u8, Choice) {
    const LONGEST: u8 = 16;
    let last = blocks.last().copied().unwrap_or_default();
    let mut right = last.ct_gt(&0) & !last.ct_gt(&LONGEST);
    for (byte, place) in blocks.iter().rev().zip(1..=LONGEST) {
        let is_text = place.ct_gt(&last);
        right &= is_text | byte.ct_eq(&last);
    }
    (u8::conditional_select(&LONGEST, &last, right), right)
}

/// The bytes that PHP's OpenSSL takes as the key: the first half of the hexadecimal SHA-256 of the
/// hexadecimal SHA-1 of the secret, and the salt.
fn key(app_secret: &str, salt: &[u8]) -> Zeroizing<[u8; 32]> {
    let password = digest(&SHA1_FOR_LEGACY_USE_ONLY, app_secret.as_bytes());
    let mut hash = Context::new(&SHA256);
    hash.update(&*hex::<40>(password.as_ref()));
    hash.update(salt);
    hex(hash.finish().as_ref())
}

/// The first `N` hexadecimal characters of some bytes.
pub(super) fn hex<const N: usize>(bytes: &[u8]) -> Zeroizing<[u8; N]> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Zeroizing::new([0; N]);
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    text.iter_mut().zip(nibbles).for_each(|(to, nibble)| *to = DIGITS[usize::from(nibble)]);
    text
}
