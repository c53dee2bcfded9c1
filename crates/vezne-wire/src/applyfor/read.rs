//! One parameter of a request: read strictly, or refused by name.
//!
//! An empty value is an absent one, since merchants disagree about sending it
//! (`research/wire-facts.md` C2).

use super::apply::MAX_AMOUNT;
use super::parameters::Parameters;
use crate::field::{self, FieldError, Problem};

/// The longest `uid`, in characters.
pub const MAX_UID: usize = 64;
/// The longest `orderid`, in characters. The family's code list prints 32, and clients send the
/// hexadecimal digits of a SHA-256.
pub const MAX_ORDERID: usize = 64;
/// The longest `pay_code`, in characters.
pub const MAX_PAY_CODE: usize = 32;
/// The longest `userip`, in characters: the family's code list prints it.
pub const MAX_USERIP: usize = 40;
/// The longest `currency`, in characters: USDT and the like are longer than ISO 4217.
pub const MAX_CURRENCY: usize = 10;
/// The longest `transactionid`: the digits of an `i64`, or somebody else's id.
pub const MAX_TRANSACTIONID: usize = 64;

/// The value of a parameter that is there and not empty, within its length.
pub(super) fn optional<'a>(
    parameters: &'a Parameters,
    field: &'static str,
    max: usize,
) -> Result<Option<&'a str>, FieldError> {
    let Some(text) = parameters.get(field).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.trim().is_empty() {
        return Err(FieldError::new(field, Problem::Empty));
    }
    if text.chars().count() > max {
        return Err(FieldError::new(field, Problem::TooLong { max }));
    }
    Ok(Some(text))
}

/// As [`optional`], for a parameter that must be there.
pub(super) fn required(
    parameters: &Parameters,
    field: &'static str,
    max: usize,
) -> Result<String, FieldError> {
    let text = optional(parameters, field, max)?;
    text.map(String::from).ok_or(FieldError::new(field, Problem::Missing))
}

/// Nothing but these, for a request that one signed for another purpose must not pass for.
pub(super) fn only(
    parameters: &Parameters,
    own: &[&str],
    allowed: &'static str,
) -> Result<(), FieldError> {
    if parameters.iter().all(|(name, _)| own.contains(&name)) {
        return Ok(());
    }
    Err(FieldError::new("parameters", Problem::NotOneOf { allowed }))
}

/// The required `orderid`, which people compare by its looks.
pub(super) fn orderid(parameters: &Parameters) -> Result<String, FieldError> {
    let orderid = required(parameters, "orderid", MAX_ORDERID)?;
    field::visible("orderid", &orderid)?;
    Ok(orderid)
}

/// The required `amount`; a number that a client's runtime has printed of a double is the shortest
/// decimal of it.
pub(super) fn amount(parameters: &Parameters) -> Result<String, FieldError> {
    match parameters.with_shortest_amount() {
        Some(plain) => required(&plain, "amount", MAX_AMOUNT),
        None => required(parameters, "amount", MAX_AMOUNT),
    }
}

/// A required `currency`: letters and digits.
pub(super) fn currency(parameters: &Parameters) -> Result<String, FieldError> {
    let text = required(parameters, "currency", MAX_CURRENCY)?;
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text);
    }
    Err(FieldError::new("currency", Problem::WrongType { expected: "a currency code" }))
}

/// A URL that can be called, if there is one: whether it may be is its user's business.
pub(super) fn url(
    parameters: &Parameters,
    field: &'static str,
    max: usize,
) -> Result<Option<String>, FieldError> {
    let Some(url) = optional(parameters, field, max)? else { return Ok(None) };
    let scheme = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    if scheme && url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(url.to_owned()));
    }
    let expected = "an http or https URL without spaces and other than ASCII characters";
    Err(FieldError::new(field, Problem::WrongType { expected }))
}

/// A required `timestamp`, in Unix microseconds. The document says 10 digits; milliseconds are
/// what JavaScript sends (`research/wire-facts.md` C14).
pub(super) fn timestamp(parameters: &Parameters) -> Result<i64, FieldError> {
    let expected = "a Unix timestamp of 10 digits (seconds) or 13 digits (milliseconds)";
    let wrong = FieldError::new("timestamp", Problem::WrongType { expected });
    let text = required(parameters, "timestamp", super::parameters::MAX_VALUE)?;
    let unit = match text.len() {
        10 => 1_000_000,
        13 => 1_000,
        _ => return Err(wrong),
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number: Option<i64> = if digits { text.parse().ok() } else { None };
    number.and_then(|number| number.checked_mul(unit)).ok_or(wrong)
}

/// An instant in Unix microseconds as the whole seconds that the document asks for.
pub(super) fn seconds(unix_micros: i64) -> i64 {
    unix_micros.div_euclid(1_000_000)
}
