//! The reference under which rails know a payout.
//!
//! It is made of what a merchant knows its payout by, and of nothing that a restore gives out anew:
//! a payout that was lost with the time since the copy meets its rail under the reference it had.
//! Sixteen characters of A-Z and 0-9, the last one a check by ISO 7064 (MOD 37,36). The others are
//! digits of base 32 without I, L, O and U: 75 bits, so that among a thousand million payouts two
//! are alike once in eighty thousand desks.

use vezne_core::model::identifier::MerchantId;
use vezne_core::model::time::Timestamp;

use crate::seal::Sealer;

/// Digits that people do not take for each other.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many of them a reference has before its check.
const LENGTH: usize = 15;

/// The reference of what a merchant knows by this text within this scope.
pub(crate) fn derived(sealer: &Sealer, merchant: MerchantId, scope: &str, text: &str) -> String {
    let merchant = merchant.0.to_be_bytes();
    let tag = u128::from_be_bytes(sealer.rail_tag(&[&merchant, scope.as_bytes(), text.as_bytes()]));
    let digit = |place: usize| DIGITS[(tag >> (place * 5)) as usize % DIGITS.len()];
    let mut key: String = (0..LENGTH).map(|place| char::from(digit(place))).collect();
    key.push(check(&key));
    key
}

/// The reference of a payout that was stored before references were kept with it.
pub(crate) fn dated(id: i64, created_at: Timestamp) -> String {
    format!("VZ{id:010}T{:X}", created_at.seconds())
}

/// The check character of ISO 7064 (MOD 37,36).
fn check(text: &str) -> char {
    let value = |letter: char| letter.to_digit(36).unwrap_or(0);
    let product = text.chars().fold(36, |product, letter| {
        let sum = (product + value(letter)) % 36;
        (if sum == 0 { 36 } else { sum }) * 2 % 37
    });
    let digit = char::from_digit((37 - product) % 36, 36).unwrap_or('0');
    digit.to_ascii_uppercase()
}

#[cfg(test)]
mod tests;
