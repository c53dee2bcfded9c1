//! Refusals as rows. One that is old is folded: its reference gives way to a digest, under which a
//! repeat still finds it.

use aws_lc_rs::digest::{SHA256, digest};
use vezne_core::model::payout::MerchantReference;

use super::payout::scope;

/// The scope of a folded refusal. No channel is called so.
pub(crate) const FOLDED: &str = "#";

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What a folded refusal has for its reference.
pub(crate) fn folded(reference: &MerchantReference) -> String {
    fold(&reference.text, scope(reference))
}

/// The first half of a SHA-256 over reference and scope, in 22 letters. No two pairs read the same,
/// since the scope's length stands before both.
pub(crate) fn fold(reference: &str, scope: &str) -> String {
    let length = u64::try_from(scope.len()).unwrap_or(u64::MAX).to_le_bytes();
    let text = [length.as_slice(), scope.as_bytes(), reference.as_bytes()].concat();
    let sum = digest(&SHA256, &text);
    let half = sum.as_ref().iter().take(16).fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
    let letter = |at: u32| {
        let sextet = usize::try_from(half >> (6 * at) & 63).unwrap_or(0);
        char::from(LETTERS.get(sextet).copied().unwrap_or(b'A'))
    };
    (0..22).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn a_digest_is_told_apart_by_all_of_reference_and_scope() {
        let pairs = [("ab", "c"), ("b", "ca"), ("abc", ""), ("ab", "C"), ("", "abc"), ("", "")];
        let folded: std::collections::BTreeSet<_> =
            pairs.iter().map(|(reference, scope)| fold(reference, scope)).collect();
        assert_eq!(folded.len(), pairs.len());
        assert!(folded.iter().all(|text| text.len() == 22), "{folded:?}");
    }

    /// Rows are found by it for good, so it never changes.
    #[test]
    fn it_stays_what_it_is() {
        assert_eq!(fold("r-1", "papara"), "Wy3TdUeDxPO-Nu0JDbJSgC");
    }
}
