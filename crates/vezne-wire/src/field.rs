//! One field of a request: read strictly, or refused by name.
//!
//! The texts are read by a merchant's developer, often inside the merchant's own panel. They name
//! the field and what would be right, and never repeat a value: it may be a key or a person's data.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::amount::{self, AmountError};
use crate::json::{Kind, Lexeme, Object};
use crate::letters::is_invisible;
use crate::time;

#[cfg(test)]
mod tests;

/// The field that is wrong and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The name in the document.
    pub field: &'static str,
    /// The first problem found.
    pub problem: Problem,
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The field is not there.
    Missing,
    /// Another JSON type than the document asks for; `null` is one.
    WrongType {
        /// The type asked for, as in \"a string\".
        expected: &'static str,
    },
    /// Nothing, or only white space.
    Empty,
    /// Fewer characters than the least.
    TooShort {
        /// The least number of characters.
        min: usize,
    },
    /// More than the most.
    TooLong {
        /// The most characters; for extra members together, bytes.
        max: usize,
    },
    /// A control character, or half of a surrogate pair.
    BadCharacter,
    /// A letter that is not seen, such as U+202E or U+200B: the text could look like another one.
    Invisible,
    /// A `|`, which separates the parts of the signed text.
    CannotBeSigned,
    /// No whole number, or one outside the field's range.
    NotANumber,
    /// No amount.
    NotAnAmount(AmountError),
    /// No calendar date written dd.mm.yyyy.
    NotADate,
    /// Sent beside another field that says the same.
    NotTogether {
        /// The other field.
        with: &'static str,
    },
    /// Other than digits, or too few or too many of them.
    NotDigits {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// None of a closed list of values.
    NotOneOf {
        /// The list, for people.
        allowed: &'static str,
    },
}

impl FieldError {
    pub(crate) fn new(field: &'static str, problem: Problem) -> Self {
        Self { field, problem }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field;
        match self.problem {
            Problem::Missing => write!(f, "{field} is required."),
            Problem::WrongType { expected } => write!(f, "{field} must be {expected}."),
            Problem::Empty => write!(f, "{field} must not be empty."),
            Problem::TooShort { min } => write!(f, "{field} must have at least {min} characters."),
            Problem::TooLong { max } => write!(f, "{field} must not be longer than {max}."),
            Problem::Invisible => {
                write!(f, "{field} must not have letters that are not seen, such as U+200B.")
            }
            Problem::BadCharacter => {
                write!(f, "{field} has a control character or is not proper text.")
            }
            Problem::CannotBeSigned => {
                write!(f, "{field} must not contain the character |, which separates signed parts.")
            }
            Problem::NotANumber => write!(f, "{field} must be a whole number."),
            Problem::NotAnAmount(reason) => {
                write!(f, "{field} is not a valid amount: {reason}. Example: 25000.00")
            }
            Problem::NotADate => {
                write!(f, "{field} must be a calendar date as dd.mm.yyyy. Example: 16.09.1990")
            }
            Problem::NotTogether { with } => {
                write!(f, "{field} must not be sent together with {with}.")
            }
            Problem::NotDigits { min, max } => {
                write!(f, "{field} must have {min} to {max} digits.")
            }
            Problem::NotOneOf { allowed } => write!(f, "{field} must be one of: {allowed}."),
        }
    }
}

impl std::error::Error for FieldError {}

/// The characters that a text field may have, counted as Unicode scalar values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    pub(crate) min: usize,
    pub(crate) max: usize,
}

impl Length {
    pub(crate) const fn up_to(max: usize) -> Self {
        Self { min: 1, max }
    }
}

/// The value of a required field.
pub(crate) fn required<'a>(
    object: &Object<'a>,
    field: &'static str,
) -> Result<Lexeme<'a>, FieldError> {
    object.get(field).ok_or(FieldError::new(field, Problem::Missing))
}

/// A required string within its length, without control characters, not only white space.
pub(crate) fn text<'a>(
    object: &Object<'a>,
    field: &'static str,
    length: Length,
) -> Result<Cow<'a, str>, FieldError> {
    let value = required(object, field)?;
    if value.kind() != Kind::String {
        return Err(FieldError::new(field, Problem::WrongType { expected: "a string" }));
    }
    let text = value.text().ok_or(FieldError::new(field, Problem::BadCharacter))?;
    match text_problem(&text, length) {
        Some(problem) => Err(FieldError::new(field, problem)),
        None => Ok(text),
    }
}

/// An optional string: nothing, `null` and only white space mean that it is not there.
pub(crate) fn optional_text(
    object: &Object<'_>,
    field: &'static str,
    max: usize,
) -> Result<Option<String>, FieldError> {
    let Some(value) = object.get(field).filter(|value| value.kind() != Kind::Null) else {
        return Ok(None);
    };
    if value.text().is_some_and(|text| text.trim().is_empty()) {
        return Ok(None);
    }
    text(object, field, Length::up_to(max)).map(|text| Some(text.into_owned()))
}

/// As [`optional_text`], for what clients also send as a whole number; its digits are the text.
pub(crate) fn optional_id(
    object: &Object<'_>,
    field: &'static str,
    max: usize,
) -> Result<Option<String>, FieldError> {
    let Some(number) = object.get(field).and_then(|value| value.number()) else {
        return optional_text(object, field, max);
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FieldError::new(field, Problem::NotANumber));
    }
    match text_problem(number, Length::up_to(max)) {
        Some(problem) => Err(FieldError::new(field, problem)),
        None => Ok(Some(number.to_owned())),
    }
}

/// A text that came in another way than as JSON, held to the same rules as [`text`].
pub(crate) fn checked<'a>(
    field: &'static str,
    text: &'a str,
    length: Length,
) -> Result<&'a str, FieldError> {
    match text_problem(text, length) {
        Some(problem) => Err(FieldError::new(field, problem)),
        None => Ok(text),
    }
}

fn text_problem(text: &str, length: Length) -> Option<Problem> {
    let characters = text.chars().count();
    if text.trim().is_empty() {
        Some(Problem::Empty)
    } else if characters > length.max {
        Some(Problem::TooLong { max: length.max })
    } else if characters < length.min {
        Some(Problem::TooShort { min: length.min })
    } else if text.chars().any(char::is_control) {
        Some(Problem::BadCharacter)
    } else {
        None
    }
}

/// As [`text`], for what clients also send as a whole number; its digits are the text.
pub(crate) fn id(
    object: &Object<'_>,
    field: &'static str,
    length: Length,
) -> Result<String, FieldError> {
    match required(object, field)?.number() {
        None => text(object, field, length).map(Cow::into_owned),
        Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            checked(field, number, length).map(str::to_owned)
        }
        Some(_) => Err(FieldError::new(field, Problem::NotANumber)),
    }
}

/// A required id that becomes a part of a text signed with `|` between the parts.
pub(crate) fn signed_part(
    object: &Object<'_>,
    field: &'static str,
    length: Length,
) -> Result<String, FieldError> {
    let id = id(object, field, length)?;
    if id.contains('|') {
        return Err(FieldError::new(field, Problem::CannotBeSigned));
    }
    visible(field, &id)?;
    Ok(id)
}

/// A reference has no letter that is not seen: people compare it by its looks.
pub(crate) fn visible(field: &'static str, text: &str) -> Result<(), FieldError> {
    match text.chars().any(is_invisible) {
        true => Err(FieldError::new(field, Problem::Invisible)),
        false => Ok(()),
    }
}

/// A required whole number, sent as a number or as a string of digits.
pub(crate) fn integer<T: FromStr>(
    object: &Object<'_>,
    field: &'static str,
) -> Result<T, FieldError> {
    let value = required(object, field)?;
    if !matches!(value.kind(), Kind::Number | Kind::String) {
        return Err(FieldError::new(field, Problem::WrongType { expected: "an integer" }));
    }
    value.integer().ok_or(FieldError::new(field, Problem::NotANumber))
}

/// A required amount with at most two decimals, in minor units.
pub(crate) fn amount(object: &Object<'_>, field: &'static str) -> Result<i64, FieldError> {
    let value = required(object, field)?;
    amount::from_lexeme(value, 2)
        .map_err(|reason| FieldError::new(field, Problem::NotAnAmount(reason)))
}

/// A required date of birth, kept as its text.
pub(crate) fn birth_date(object: &Object<'_>, field: &'static str) -> Result<String, FieldError> {
    // Ten characters are a date; the limit is wider so that a longer text is told it is no date.
    let text = text(object, field, Length::up_to(40))?;
    match time::birth_date(&text) {
        Some(_) => Ok(text.into_owned()),
        None => Err(FieldError::new(field, Problem::NotADate)),
    }
}
