//! The slips of those who make a `hash_key` for the first time, told apart for the tool that helps
//! them.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use zeroize::Zeroizing;

use super::cipher::{decrypt_with, hex};
use super::{FIELDS, OpenError, bundle, open};

/// How a key was made that is not the documents'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// The 32 bytes of the SHA-256, and not the first 32 letters of its text.
    RawKey,
    /// The secret itself before the salt, without SHA-1.
    SecretNotHashed,
    /// The 20 bytes of the SHA-1, and not its 40 letters.
    RawPassword,
    /// The salt before the password.
    SaltFirst,
    /// No salt.
    SaltLeftOut,
    /// Hexadecimal in upper case.
    UpperCase,
    /// The secret itself as the key.
    SecretAsKey,
    /// The right key, and the whole URL-encoded afterwards.
    UrlEncoded,
}

/// Those that are another key.
const KEYS: [Slip; 7] = [
    Slip::RawKey,
    Slip::SecretNotHashed,
    Slip::RawPassword,
    Slip::SaltFirst,
    Slip::SaltLeftOut,
    Slip::UpperCase,
    Slip::SecretAsKey,
];

/// Finds the slip by which a `hash_key` was made that [`open`] cannot open, and what it holds.
#[must_use]
pub fn slip(text: &str, app_secret: &str) -> Option<(Slip, String)> {
    if let Some(opened) = decoded(text).and_then(|text| open(&text, app_secret).ok()) {
        return Some((Slip::UrlEncoded, opened));
    }
    let read = bundle::read(text);
    if read.problem.is_some() || open(text, app_secret) != Err(OpenError::Padding) {
        return None;
    }
    KEYS.into_iter().find_map(|slip| {
        let key = slip.key(app_secret, read.bundle.salt.as_bytes());
        let opened = decrypt_with(&read.bundle, &key).text()?.to_vec();
        let opened = String::from_utf8(opened).ok()?;
        // Any key gives a right padding now and then, but hardly such a text.
        (opened.split('|').count() == FIELDS.len()).then_some((slip, opened))
    })
}

/// A text without its percent signs, if it has any.
fn decoded(text: &str) -> Option<String> {
    let form = format!("v={}", text.replace('+', "%2B"));
    let (_, value) = form_urlencoded::parse(form.as_bytes()).next()?;
    text.contains('%').then(|| value.into_owned())
}

impl Slip {
    fn key(self, app_secret: &str, salt: &[u8]) -> Zeroizing<[u8; 32]> {
        let password = digest(&SHA1_FOR_LEGACY_USE_ONLY, app_secret.as_bytes());
        let letters = hex::<40>(password.as_ref());
        let upper = || letters.to_ascii_uppercase();
        let mut key = Zeroizing::new([0; 32]);
        let hash = match self {
            Self::RawKey => {
                key.copy_from_slice(sha256(&[&*letters, salt]).as_ref());
                return key;
            }
            Self::SecretAsKey => {
                let room = key.iter_mut().zip(app_secret.bytes());
                room.for_each(|(to, byte)| *to = byte);
                return key;
            }
            Self::SecretNotHashed => sha256(&[app_secret.as_bytes(), salt]),
            Self::RawPassword => sha256(&[password.as_ref(), salt]),
            Self::SaltFirst => sha256(&[salt, &*letters]),
            Self::SaltLeftOut | Self::UrlEncoded => sha256(&[&*letters]),
            Self::UpperCase => sha256(&[&upper(), salt]),
        };
        key = hex(hash.as_ref());
        if self == Self::UpperCase {
            key.make_ascii_uppercase();
        }
        key
    }
}

fn sha256(parts: &[&[u8]]) -> aws_lc_rs::digest::Digest {
    let mut hash = Context::new(&SHA256);
    parts.iter().for_each(|part| hash.update(part));
    hash.finish()
}

/// What was done, and what is to be done instead.
impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RawKey => {
                "The key is the 32 bytes of the SHA-256. It has to be the first 32 letters of its \
                 hexadecimal text, as PHP takes it."
            }
            Self::SecretNotHashed => {
                "The key is made of the app_secret itself. It has to be made of the hexadecimal \
                 text of its SHA-1."
            }
            Self::RawPassword => {
                "The key is made of the 20 bytes of the SHA-1. It has to be made of its \
                 hexadecimal text."
            }
            Self::SaltFirst => "The salt stands before the password. It has to stand behind it.",
            Self::SaltLeftOut => "The key is made without the salt.",
            Self::UpperCase => {
                "The hashes are printed in upper case. They have to be in lower case."
            }
            Self::SecretAsKey => {
                "The app_secret itself is the key. The key has to be made of it and the salt."
            }
            Self::UrlEncoded => {
                "The hash_key is URL-encoded. It has to be sent as it is, with __ for each /."
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
    use aws_lc_rs::iv::FixedLength;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{KEYS, Slip, slip};
    use crate::ccpayment::hash_key::make;

    const TEXT: &str = "30|TR150006247004881217621234|10|TRY|901111137653";
    const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

    /// As somebody who makes this slip makes it.
    fn slipped(slip: Slip) -> String {
        let (iv, salt) = (*b"0123456789abcdef", b"a1b2");
        let mut blocks = TEXT.as_bytes().to_vec();
        let padding = 16 - blocks.len() % 16;
        blocks.extend(vec![u8::try_from(padding).unwrap(); padding]);
        let key = UnboundCipherKey::new(&AES_256, &*slip.key(SECRET, salt)).unwrap();
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        EncryptingKey::cbc(key).unwrap().less_safe_encrypt(&mut blocks, context).unwrap();
        format!("0123456789abcdef:a1b2:{}", STANDARD.encode(blocks)).replace('/', "__")
    }

    #[test]
    fn each_slip_is_found_and_what_is_right_has_none() {
        for expected in KEYS {
            let found = slip(&slipped(expected), SECRET);
            assert_eq!(found, Some((expected, TEXT.to_owned())));
        }
        let right = make(TEXT, SECRET, [7; 8], [1; 2]);
        assert_eq!(slip(&right, SECRET), None);
        assert_eq!(slip(&right, "another secret"), None);
        assert_eq!(slip("nonsense%zz", SECRET), None);
        let encoded = right.replace(':', "%3A").replace('=', "%3D").replace('+', "%2B");
        assert_eq!(slip(&encoded, SECRET), Some((Slip::UrlEncoded, TEXT.to_owned())));
    }
}
