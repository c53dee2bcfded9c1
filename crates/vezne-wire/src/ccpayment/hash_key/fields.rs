//! The five fields of what was decrypted, all compared, whatever the first ones are.

use subtle::{Choice, ConstantTimeEq as _};

use super::cipher::Opened;
use super::{Expected, plaintext};
use crate::decimal::Decimal;

/// Separators between five fields.
const SEPARATORS: usize = 4;

/// Whether the text has exactly five fields and each is what it should be. A text of another form
/// is told no after the work that the right text would have been.
pub(super) fn same(opened: &Opened, expected: &Expected<'_>) -> Choice {
    let usual = plaintext(expected);
    let (presumed, usual) = (opened.presumed(), usual.as_bytes());
    let (mine, theirs) = (separators(usual), separators(presumed));
    let readable = opened.is_padded() & Choice::from(u8::from(theirs.count == SEPARATORS));
    let (text, places) =
        if readable.into() { (presumed, theirs.places) } else { (usual, mine.places) };
    readable & compare(split(text, places), expected)
}

fn compare(fields: [&[u8]; 5], expected: &Expected<'_>) -> Choice {
    each(fields, expected).into_iter().fold(Choice::from(1), |all, one| all & one)
}

/// Which of a text's five fields are what they should be. `None` when it has not five.
pub(super) fn which(text: &str, expected: &Expected<'_>) -> Option<[bool; 5]> {
    let Separators { places, count } = separators(text.as_bytes());
    let fields = split(text.as_bytes(), places);
    (count == SEPARATORS).then(|| each(fields, expected).map(bool::from))
}

fn each(fields: [&[u8]; 5], expected: &Expected<'_>) -> [Choice; 5] {
    let [sum, iban, amount, currency, gsm] = fields;
    [
        is_sum(sum, expected.sum_minor),
        same_text(iban, expected.iban, ""),
        is_amount(amount, expected.amount_minor),
        same_text(currency, expected.currency, ""),
        same_text(gsm, expected.gsm, "+-"),
    ]
}

/// Within half a kurus, as sums have the noise of the client's floats.
fn is_sum(text: &[u8], minor: i64) -> Choice {
    u8::from(Decimal::parse(text).is_some_and(|sum| sum.is_near(minor))).into()
}

/// Exactly, or as the client's runtime prints the double of it.
fn is_amount(text: &[u8], minor: i64) -> Choice {
    u8::from(Decimal::parse(text).is_some_and(|one| one.is(minor) | one.prints(minor))).into()
}

/// Whether two texts are one, their case, white space and the characters in `ignored` aside.
fn same_text(text: &[u8], expected: &str, ignored: &str) -> Choice {
    let plain = |text: &[u8]| -> Vec<u8> {
        let text = String::from_utf8_lossy(text);
        let kept = |letter: &char| !letter.is_whitespace() && !ignored.contains(*letter);
        text.chars().filter(kept).collect::<String>().to_ascii_uppercase().into_bytes()
    };
    plain(text).ct_eq(&plain(expected.as_bytes()))
}

/// Where the separators are: the first four, and how many in all.
struct Separators {
    places: [usize; SEPARATORS],
    count: usize,
}

/// Written without a branch, so that the time says nothing of the text.
fn separators(text: &[u8]) -> Separators {
    // The last place takes what is no separator of the first four.
    let mut places = [text.len(); SEPARATORS + 1];
    let mut count = 0;
    for (at, byte) in text.iter().enumerate() {
        let is_separator = usize::from(byte.ct_eq(&b'|').unwrap_u8());
        let mask = is_separator.wrapping_neg();
        let place = &mut places[count.min(SEPARATORS)];
        *place = (*place & !mask) | (at & mask);
        count += is_separator;
    }
    let [first, second, third, fourth, _] = places;
    Separators { places: [first, second, third, fourth], count }
}

fn split(text: &[u8], places: [usize; SEPARATORS]) -> [&[u8]; 5] {
    let [first, second, third, fourth] = places;
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    [
        part(0, first),
        part(first + 1, second),
        part(second + 1, third),
        part(third + 1, fourth),
        part(fourth + 1, text.len()),
    ]
}
