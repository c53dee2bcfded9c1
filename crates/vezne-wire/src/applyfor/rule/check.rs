//! Whether a value is what a rule's name says. None of them is asked about an empty value.

use super::Checks;
use crate::letters::without_spaces;

/// The longest address that mail is delivered to (RFC 5321).
const MAX_EMAIL: usize = 254;

fn all_digits(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A whole number that every reader holds in 64 bits.
pub(super) fn integer(value: &str) -> bool {
    let number = value.strip_prefix('-').unwrap_or(value);
    (1..=18).contains(&number.len()) && all_digits(number)
}

pub(super) fn digits(value: &str, count: usize) -> bool {
    value.len() == count && all_digits(value)
}

/// Two letters, two digits, up to 34 in all. Strictly: also mod-97, and 26 in Turkey.
pub(super) fn iban(value: &str, checks: Checks) -> bool {
    let iban = without_spaces(value).to_ascii_uppercase();
    let bytes = iban.as_bytes();
    let (Some(country), Some(check)) = (bytes.get(..2), bytes.get(2..4)) else { return false };
    let form = (15..=34).contains(&bytes.len())
        && country.iter().all(u8::is_ascii_uppercase)
        && check.iter().all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric);
    match checks {
        Checks::Structural => form,
        Checks::Strict => form && (country != b"TR" || bytes.len() == 26) && mod_97(&iban) == 1,
    }
}

/// The remainder of an IBAN's number: its first four characters last, letters as 10 to 35.
fn mod_97(iban: &str) -> u32 {
    let (first, rest) = iban.split_at_checked(4).unwrap_or((iban, ""));
    let values = rest.chars().chain(first.chars()).filter_map(|letter| letter.to_digit(36));
    values.fold(0, |remainder, value| {
        let shift = if value > 9 { 100 } else { 10 };
        (remainder * shift + value) % 97
    })
}

/// Four letters, a zero, six letters or digits. The document leaves the fifth place open, the
/// Indian standard does not.
pub(super) fn ifsc(value: &[u8], checks: Checks) -> bool {
    let [a, b, c, d, fifth, branch @ ..] = value else { return false };
    let fifth = match checks {
        Checks::Structural => fifth.is_ascii_alphanumeric(),
        Checks::Strict => *fifth == b'0',
    };
    let bank = [a, b, c, d].into_iter().all(u8::is_ascii_alphabetic);
    bank && fifth && branch.len() == 6 && branch.iter().all(u8::is_ascii_alphanumeric)
}

/// Something before one `@`, a domain with a point after it.
pub(super) fn email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let written = |byte: u8| byte.is_ascii_graphic() && !b"()<>[]:;,\\\"".contains(&byte);
    let label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(allowed)
    };
    value.len() <= MAX_EMAIL
        && (1..=64).contains(&local.len())
        && local.bytes().all(written)
        && domain.contains('.')
        && domain.split('.').all(label)
}

pub(super) fn phone(value: &str) -> bool {
    let number = value.strip_prefix('+').unwrap_or(value);
    (7..=15).contains(&number.len()) && all_digits(number)
}

/// Eleven digits. Strictly: not starting with zero and with both check digits right.
pub(super) fn tckn(value: &str, checks: Checks) -> bool {
    let digits: Vec<u32> = value.chars().filter_map(|letter| letter.to_digit(10)).collect();
    let form = value.len() == 11 && digits.len() == 11;
    match checks {
        Checks::Structural => form,
        Checks::Strict => form && digits.first() != Some(&0) && check_digits_hold(&digits),
    }
}

/// The tenth digit is seven times the odd places less the even ones; the eleventh sums up all.
fn check_digits_hold(digits: &[u32]) -> bool {
    let odd: u32 = digits.iter().take(9).step_by(2).sum();
    let even: u32 = digits.iter().skip(1).take(7).step_by(2).sum();
    // Ten times the largest even sum keeps the difference above zero and leaves it alone mod ten.
    let tenth = (odd * 7 + 10 * 36 - even) % 10;
    let eleventh = digits.iter().take(10).sum::<u32>() % 10;
    digits.get(9..) == Some(&[tenth, eleventh])
}
