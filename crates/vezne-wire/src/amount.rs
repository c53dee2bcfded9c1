//! Amounts: from their text to exact minor units, and back.
//!
//! Clients send `250.00`, `250` or `"25000.00"`; a float would be wrong for some of them, so the
//! text of the value is read digit by digit. The grammar is narrow on purpose: a sign, an exponent,
//! grouping, a third decimal or a foreign digit is a misunderstanding about money, and is refused
//! rather than read (BankoPay: table "Request content"; `research/wire-facts.md` G2).

use std::fmt;

use crate::decimal::Decimal;
use crate::json::Lexeme;

#[cfg(test)]
mod tests;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// Neither a JSON number nor a JSON string.
    WrongType,
    /// An empty string.
    Empty,
    /// A plus or a minus.
    Sign,
    /// An exponent, as in `1e2`.
    Exponent,
    /// A comma, a space, an apostrophe or a second point.
    Grouping,
    /// Anything else that is not a digit from 0 to 9.
    Character,
    /// A point without digits on both sides.
    Point,
    /// Zeros before the amount, as in `007`.
    LeadingZero,
    /// More decimals than the currency has.
    TooManyDecimals {
        /// How many are allowed.
        allowed: u8,
    },
    /// More than `i64` minor units.
    TooLarge,
    /// Nothing.
    Zero,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::WrongType => "send a number or a string",
            Self::Empty => "it is empty",
            Self::Sign => "a sign is not allowed",
            Self::Exponent => "an exponent is not allowed",
            Self::Grouping => "write digits without grouping and a point before the decimals",
            Self::Character => "only the digits 0 to 9 and a point are allowed",
            Self::Point => "a point needs digits on both sides",
            Self::LeadingZero => "leading zeros are not allowed",
            Self::TooManyDecimals { allowed } => {
                return write!(f, "at most {allowed} decimals are allowed");
            }
            Self::TooLarge => "it is too large",
            Self::Zero => "it must be greater than zero",
        };
        f.write_str(text)
    }
}

impl std::error::Error for AmountError {}

/// Minor units of an amount sent as a JSON number or a JSON string, with up to `decimals` decimals.
/// A number with more stands for the shortest decimal of the double that it reads as: a client's
/// runtime has printed it so. A string is exact.
///
/// # Errors
///
/// [`AmountError`] tells what stands in the way.
pub fn from_lexeme(value: Lexeme<'_>, decimals: u8) -> Result<i64, AmountError> {
    match value.number() {
        Some(number) => match from_text(number, decimals) {
            Err(AmountError::TooManyDecimals { .. })
                if let Some(amount) = printed(number, decimals) =>
            {
                Ok(amount)
            }
            read => read,
        },
        None => from_text(&value.text().ok_or(AmountError::WrongType)?, decimals),
    }
}

fn printed(number: &str, decimals: u8) -> Option<i64> {
    Decimal::parse(number.as_bytes())?.of_double(decimals)
}

/// The shortest decimal of the double that a JSON number reads as, if that is another text of at
/// most three decimals.
pub(crate) fn shortest(number: &str) -> Option<String> {
    let (whole, fraction) = split(number, u8::MAX).ok()?;
    if whole.len() + fraction.len() <= 15 {
        return None;
    }
    let found = (0..=3_u8).find_map(|decimals| Some((printed(number, decimals)?, decimals)));
    let (amount, decimals) = found?;
    let digits = format!("{amount:0>width$}", width = usize::from(decimals) + 1);
    let (whole, fraction) = digits.split_at_checked(digits.len() - usize::from(decimals))?;
    Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
}

/// Minor units of an amount: digits, and optionally a point and 1 to `decimals` digits.
///
/// # Errors
///
/// [`AmountError`] tells what stands in the way.
pub fn from_text(text: &str, decimals: u8) -> Result<i64, AmountError> {
    if let Some(stranger) = text.chars().find(|c| !c.is_ascii_digit() && *c != '.') {
        return Err(name_stranger(stranger));
    }
    let (whole, fraction) = split(text, decimals)?;
    let padding = usize::from(decimals).saturating_sub(fraction.len());
    let digits = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', padding));
    let minor = digits.map(|byte| i64::from(byte - b'0')).try_fold(0_i64, append_digit);
    match minor.ok_or(AmountError::TooLarge)? {
        0 => Err(AmountError::Zero),
        minor => Ok(minor),
    }
}

fn append_digit(minor: i64, digit: i64) -> Option<i64> {
    minor.checked_mul(10)?.checked_add(digit)
}

fn name_stranger(stranger: char) -> AmountError {
    match stranger {
        '+' | '-' => AmountError::Sign,
        'e' | 'E' => AmountError::Exponent,
        ',' | ' ' | '\'' | '_' => AmountError::Grouping,
        _ => AmountError::Character,
    }
}

/// The digits before and after the point.
fn split(text: &str, decimals: u8) -> Result<(&str, &str), AmountError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, fraction)) if fraction.contains('.') => return Err(AmountError::Grouping),
        Some((whole, fraction)) if whole.is_empty() || fraction.is_empty() => {
            return Err(AmountError::Point);
        }
        Some(parts) => parts,
        None if text.is_empty() => return Err(AmountError::Empty),
        None => (text, ""),
    };
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(AmountError::LeadingZero);
    }
    if fraction.len() > usize::from(decimals) {
        return Err(AmountError::TooManyDecimals { allowed: decimals });
    }
    Ok((whole, fraction))
}

/// Minor units as the callbacks write them: `20000` is `200.00`.
#[must_use]
pub fn two_decimals(minor: i64) -> String {
    let (sign, whole, cents) = parts(minor);
    format!("{sign}{whole}.{cents:02}")
}

/// Minor units as PHP prints the number, and so as the document's answers show it: 250.00 is `250`,
/// 250.50 is `250.5`.
#[must_use]
pub fn php_number(minor: i64) -> String {
    let (sign, whole, cents) = parts(minor);
    match cents {
        0 => format!("{sign}{whole}"),
        tenths if tenths % 10 == 0 => format!("{sign}{whole}.{}", tenths / 10),
        cents => format!("{sign}{whole}.{cents:02}"),
    }
}

fn parts(minor: i64) -> (&'static str, u64, u64) {
    let units = minor.unsigned_abs();
    (if minor < 0 { "-" } else { "" }, units / 100, units % 100)
}
