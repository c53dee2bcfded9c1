//! Encryption of single values: AES-256-GCM-SIV under a key derived from the master key.
//!
//! A sealed value is bound to its place (table, column, row), so that one moved to another row does
//! not open there. It starts with the number of the key it was sealed under, for a later rotation.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{constant_time, hkdf, hmac};
use vezne_core::port::Random;
use zeroize::Zeroizing;

use crate::key::MasterKey;

const KEY_NUMBER: u8 = 1;
const HEAD: usize = 1 + NONCE_LEN;

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) row: i64,
    /// Which of several rows that share an id; otherwise zero.
    pub(crate) part: i64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of row {}", self.table, self.column, self.row)
    }
}

impl Place {
    pub(crate) const fn new(table: &'static str, column: &'static str, row: i64) -> Self {
        Self { table, column, row, part: 0 }
    }

    /// The names are separated, so that no two places read the same.
    fn bytes(&self) -> Vec<u8> {
        let (row, part) = (self.row.to_le_bytes(), self.part.to_le_bytes());
        [self.table.as_bytes(), b"|", self.column.as_bytes(), b"|", &row, &part].concat()
    }
}

/// What shows, sealed in its place, that a database is opened with the key it was made with.
pub(crate) const KEY_CHECK: Place = Place::new("meta", "value", 0);
/// What it says on a desk that was begun before rows were sealed, until a person confirms them.
pub(crate) const KEY_CHECK_TEXT: &[u8] = b"the master key is right";
/// What it said where every payout has a seal, before the state of the desk had one too.
pub(crate) const PAYOUTS_SEALED_TEXT: &[u8] =
    b"the master key is right, and every payout is sealed";
/// What it says where every payout has a seal, and the state of the desk. It stands in the one
/// value that no desk is without, so that nobody can take it away.
pub(crate) const ALL_SEALED_TEXT: &[u8] =
    b"the master key is right, and every payout and the state of the desk are sealed";

/// The tag over a row, under a key that is not in the database.
pub(crate) type Seal = [u8; 16];

/// A sealed value did not open: it was altered or moved, or the key is another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DoesNotOpen(pub(crate) Place);

/// Seals and opens values, and makes the tags that equal values are found by.
pub(crate) struct Sealer {
    key: LessSafeKey,
    tags: hmac::Key,
    rail_keys: hmac::Key,
    seals: hmac::Key,
    payouts_sealed: AtomicBool,
    desk_sealed: AtomicBool,
    random: Arc<dyn Random>,
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// A key for one purpose, so that no two uses of the master key can disturb each other.
fn derive(master: &MasterKey, purpose: &str) -> Result<Zeroizing<[u8; 32]>, Unspecified> {
    let mut key = Zeroizing::new([0; 32]);
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"vezne store 1");
    let root = salt.extract(master.bytes());
    root.expand(&[purpose.as_bytes()], Length(32))?.fill(key.as_mut())?;
    Ok(key)
}

impl Sealer {
    /// A sealer under keys derived from the master key.
    ///
    /// # Errors
    /// When the cryptographic library refuses the key, which it never does for 32 bytes.
    pub(crate) fn new(master: &MasterKey, random: Arc<dyn Random>) -> Result<Self, Unspecified> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, derive(master, "seal")?.as_slice())?;
        let tags = hmac::Key::new(hmac::HMAC_SHA256, derive(master, "identity tag")?.as_slice());
        let rail_keys = hmac::Key::new(hmac::HMAC_SHA256, derive(master, "rail key")?.as_slice());
        let seals = hmac::Key::new(hmac::HMAC_SHA256, derive(master, "payout seal")?.as_slice());
        let (payouts_sealed, desk_sealed) = (AtomicBool::new(false), AtomicBool::new(false));
        let key = LessSafeKey::new(key);
        Ok(Self { key, tags, rail_keys, seals, payouts_sealed, desk_sealed, random })
    }

    /// Draws a first random number on this thread, which takes the library tens of milliseconds
    /// that no payout should wait for.
    pub(crate) fn warm_up(&self) {
        self.random.fill(&mut [0]);
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// When the library refuses, which it does only for values of many gigabytes.
    pub(crate) fn seal(&self, place: Place, value: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(HEAD + value.len() + AES_256_GCM_SIV.tag_len());
        sealed.push(KEY_NUMBER);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(value);
        let (nonce, aad) = (Nonce::assume_unique_for_key(nonce), Aad::from(place.bytes()));
        let (_, body) = sealed.split_at_mut(HEAD);
        let tag = self.key.seal_in_place_separate_tag(nonce, aad, body);
        sealed.extend_from_slice(tag.map_err(|_| DoesNotOpen(place))?.as_ref());
        Ok(sealed)
    }

    /// Opens a value that was sealed for this place.
    ///
    /// # Errors
    /// [`DoesNotOpen`], whatever the cause.
    pub(crate) fn open(
        &self,
        place: Place,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let refused = || DoesNotOpen(place);
        let (head, body) = sealed.split_at_checked(HEAD).ok_or_else(refused)?;
        let (number, nonce) = head.split_first().ok_or_else(refused)?;
        if *number != KEY_NUMBER {
            return Err(refused());
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
        let mut buffer = Zeroizing::new(body.to_vec());
        let aad = Aad::from(place.bytes());
        let length = self.key.open_in_place(nonce, aad, &mut buffer).map_err(|_| refused())?.len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// A keyed hash under which equal identity numbers are found without being readable.
    pub(crate) fn identity_tag(&self, identity: &str) -> [u8; 16] {
        short(&hmac::sign(&self.tags, identity.as_bytes()))
    }

    /// A keyed hash that the reference of a payment order is made of. It is the same after any
    /// restore, and another one at every other desk.
    pub(crate) fn rail_tag(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.rail_keys);
        for part in parts {
            // The length before it keeps two different lists of parts from joining alike.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        short(&context.sign())
    }

    /// The seal of a row that says this.
    pub(crate) fn row_seal(&self, facts: &[u8]) -> Seal {
        short(&hmac::sign(&self.seals, facts))
    }

    /// Whether a row bears the seal of what it says.
    pub(crate) fn bears_seal(&self, facts: &[u8], seal: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.row_seal(facts), seal).is_ok()
    }

    /// Whether every payout has a seal, so that one without was altered.
    pub(crate) fn payouts_sealed(&self) -> bool {
        self.payouts_sealed.load(Ordering::Relaxed)
    }

    /// Whether the state of the desk has a seal, so that one without was altered. Then every payout
    /// has one too.
    pub(crate) fn desk_sealed(&self) -> bool {
        self.desk_sealed.load(Ordering::Relaxed)
    }

    /// From now on whatever is without a seal was altered.
    pub(crate) fn demand_seals(&self) {
        self.payouts_sealed.store(true, Ordering::Relaxed);
        self.desk_sealed.store(true, Ordering::Relaxed);
    }

    /// Compares what shows that the key is right; what it says of seals is remembered.
    pub(crate) fn check_key(&self, kept: &[u8]) -> bool {
        match self.open(KEY_CHECK, kept) {
            Ok(text) if text.as_slice() == ALL_SEALED_TEXT => {
                self.demand_seals();
                true
            }
            Ok(text) if text.as_slice() == PAYOUTS_SEALED_TEXT => {
                self.payouts_sealed.store(true, Ordering::Relaxed);
                true
            }
            Ok(text) => text.as_slice() == KEY_CHECK_TEXT,
            Err(_) => false,
        }
    }

    /// What shows that the key is right, on a desk where all is sealed.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub(crate) fn key_check(&self) -> Result<Vec<u8>, DoesNotOpen> {
        self.seal(KEY_CHECK, ALL_SEALED_TEXT)
    }
}

/// The first half of a tag.
fn short(tag: &hmac::Tag) -> [u8; 16] {
    let mut short = [0; 16];
    short.iter_mut().zip(tag.as_ref()).for_each(|(short, full)| *short = *full);
    short
}

#[cfg(test)]
mod tests;
