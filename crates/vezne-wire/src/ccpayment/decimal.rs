//! Decimals exactly as they were written, finer than minor units.
//!
//! A sum in a `hash_key` is what the client's language printed, float noise included
//! (`0.30000000000000004`), so it is read with all its digits and compared with minor units within
//! half of one (`research/wire-facts.md` A4). Signs, exponents and grouping are no decimals.

#[cfg(test)]
mod tests;

/// The digits before the point that `i64` minor units can need.
const MAX_WHOLE: u32 = 17;

/// The digits after the point that any float prints for an amount; with [`MAX_WHOLE`] they fit
/// `i128`.
const MAX_FRACTION: u32 = 20;

/// One minor unit.
const MINOR: i128 = 10_i128.pow(MAX_FRACTION - 2);

/// A decimal that is not negative, in units of the last digit that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal(i128);

/// What has been read of a text.
#[derive(Clone, Copy, Default)]
struct Reading {
    value: i128,
    whole: u32,
    fraction: u32,
    points: u32,
    strangers: u32,
}

impl Reading {
    /// Every byte costs the same, also after one that is wrong: the text may be one that nobody
    /// without the secret should learn about.
    fn take(self, byte: u8) -> Self {
        let digit = byte.wrapping_sub(b'0');
        let (is_digit, is_point) = (u32::from(digit < 10), u32::from(byte == b'.'));
        let after = u32::from(self.points > 0);
        let value = self.value.wrapping_mul(10).wrapping_add(i128::from(digit % 10));
        Self {
            // Wrong in any case once there are too many digits; it must only not overflow.
            value: if is_digit == 1 && self.value < MAX_VALUE { value } else { self.value },
            whole: self.whole + (is_digit & (1 - after)),
            fraction: self.fraction + (is_digit & after),
            points: self.points + is_point,
            strangers: self.strangers + (1 - is_digit - is_point),
        }
    }

    fn is_decimal(&self) -> bool {
        let whole = (1..=MAX_WHOLE).contains(&self.whole);
        let fraction = self.fraction <= MAX_FRACTION && (self.points == 0) == (self.fraction == 0);
        whole & fraction & (self.points <= 1) & (self.strangers == 0)
    }
}

/// Above this one digit more could be one too many for `i128`.
const MAX_VALUE: i128 = i128::MAX / 20;

impl Decimal {
    /// Nothing.
    pub(super) const ZERO: Self = Self(0);

    /// Reads digits, and optionally a point and digits. `None` for anything else.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let reading = text.iter().fold(Reading::default(), |reading, byte| reading.take(*byte));
        let missing = MAX_FRACTION.saturating_sub(reading.fraction);
        let scaled = reading.value.checked_mul(10_i128.pow(missing));
        scaled.filter(|_| reading.is_decimal()).map(Self)
    }

    /// The sum, if it can be held.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The nearest minor units.
    pub(super) fn nearest_minor(self) -> Option<i64> {
        i64::try_from(self.0.checked_add(MINOR / 2)? / MINOR).ok()
    }

    /// The minor units, if it is a whole number of them.
    pub(super) fn exact_minor(self) -> Option<i64> {
        self.nearest_minor().filter(|minor| self.is(*minor))
    }

    /// Whether it is exactly this many minor units.
    pub(super) fn is(self, minor: i64) -> bool {
        self.0 == i128::from(minor) * MINOR
    }

    /// Whether it is this many minor units give or take half of one.
    pub(super) fn is_near(self, minor: i64) -> bool {
        self.0.abs_diff(i128::from(minor) * MINOR) <= (MINOR / 2).unsigned_abs()
    }
}
