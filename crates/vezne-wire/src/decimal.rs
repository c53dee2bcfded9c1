//! Decimals exactly as they were written, finer than minor units.
//!
//! A sum in a `hash_key` is what the client's language printed, float noise included
//! (`0.30000000000000004`), so it is read with all its digits and compared with minor units within
//! half of one (`research/wire-facts.md` A4). Signs, exponents and grouping are no decimals.
//!
//! PHP with `serialize_precision` 17 prints the double of 277.2 as `277.19999999999999`. Whether a
//! decimal is such a print is told by exact integers: it is if it reads as the same IEEE double as
//! an amount of at most fifteen digits, which are as many as every double keeps.

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
pub(crate) struct Decimal(i128);

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
    pub(crate) const ZERO: Self = Self(0);

    /// Reads digits, and optionally a point and digits. `None` for anything else.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let reading = text.iter().fold(Reading::default(), |reading, byte| reading.take(*byte));
        let missing = MAX_FRACTION.saturating_sub(reading.fraction);
        let scaled = reading.value.checked_mul(10_i128.pow(missing));
        scaled.filter(|_| reading.is_decimal()).map(Self)
    }

    /// The sum, if it can be held.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The nearest minor units.
    pub(crate) fn nearest_minor(self) -> Option<i64> {
        i64::try_from(self.0.checked_add(MINOR / 2)? / MINOR).ok()
    }

    /// The minor units, if it is a whole number of them.
    pub(crate) fn exact_minor(self) -> Option<i64> {
        self.nearest_minor().filter(|minor| self.is(*minor))
    }

    /// Whether it is exactly this many minor units.
    pub(crate) fn is(self, minor: i64) -> bool {
        self.0 == i128::from(minor) * MINOR
    }

    /// The amount in units of the currency's last decimal whose double it is a print of.
    pub(crate) fn of_double(self, decimals: u8) -> Option<i64> {
        let unit = 10_i128.checked_pow(MAX_FRACTION.checked_sub(u32::from(decimals))?)?;
        let nearest = self.0.checked_add(unit / 2)? / unit;
        let fits = (1..MAX_KEPT).contains(&nearest);
        let amount = i64::try_from(nearest).ok().filter(|_| fits)?;
        is_same_double(self.0, nearest * unit).then_some(amount)
    }

    /// So many minor units.
    pub(crate) fn of_minor(minor: i64) -> Self {
        Self(i128::from(minor) * MINOR)
    }

    /// Whether it is a print of the double of this many minor units.
    pub(crate) fn prints(self, minor: i64) -> bool {
        let minor = i128::from(minor);
        (1..MAX_KEPT).contains(&minor) && is_same_double(self.0, minor * MINOR)
    }

    /// Whether it is this many minor units give or take half of one.
    pub(crate) fn is_near(self, minor: i64) -> bool {
        self.0.abs_diff(i128::from(minor) * MINOR) <= (MINOR / 2).unsigned_abs()
    }
}

/// Fifteen digits: every decimal of so many is another double.
const MAX_KEPT: i128 = 10_i128.pow(15);

/// The bits of a double's significand.
const SIGNIFICAND: u32 = 53;

/// One, in units of the last digit.
const ONE: i128 = 10_i128.pow(MAX_FRACTION);

/// Whether two decimals, in units of the last digit, read as the same IEEE double: `printed` lies
/// in the interval that is rounded to the double of `amount`. `amount` is positive and has at most
/// fifteen digits, the last no finer than a hundred-thousandth.
fn is_same_double(printed: i128, amount: i128) -> bool {
    // The double is `significand` halved `shift` times, its significand as long as it can be.
    let shift = (0..=69).find(|shift| (amount << shift) / ONE >= 1 << (SIGNIFICAND - 1));
    let Some(shift) = shift else { return false };
    // Far from each other, they are not worth the look; near, nothing below overflows.
    if printed.abs_diff(amount) > amount.unsigned_abs() / 1_000 {
        return false;
    }
    let scaled = amount << shift;
    let (below, rest) = (scaled / ONE, scaled % ONE);
    let up = rest * 2 > ONE || (rest * 2 == ONE && below % 2 == 1);
    let significand = below + i128::from(up);
    let distance = (printed << shift) - significand * ONE;
    // Doubles below a power of two are twice as dense.
    let half = match significand == 1 << (SIGNIFICAND - 1) && distance < 0 {
        true => ONE / 4,
        false => ONE / 2,
    };
    let is_even = significand % 2 == 0;
    distance.abs() < half || (distance.abs() == half && is_even)
}
