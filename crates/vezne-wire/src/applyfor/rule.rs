//! The language of `validation_rules` in a form rule (section "Field Rules Response Example").
//!
//! The document shows `required`, `integer`, `string` and `max:50`, which is Laravel's notation;
//! the other rules are that notation's too, or name what this family's channels ask for. A rule is
//! parsed when a channel is set up, so that an order meets only rules that work.

mod check;
mod pattern;

#[cfg(test)]
mod tests;

use std::fmt;

pub use pattern::{MAX_PATTERN, Pattern};

/// The longest rule that is read, in bytes.
pub const MAX_RULE: usize = 2048;
/// The most values of an `in` rule.
pub const MAX_VALUES: usize = 100;

/// How strictly numbers with check digits are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// Their form only: every sample number of the documents fails its check digits
    /// (`research/wire-facts.md` G1, C17).
    Structural,
    /// Form and check digits.
    Strict,
}

/// One rule for the value of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The value must not be empty.
    Required,
    /// A whole number of at most 18 digits.
    Integer,
    /// Any text.
    String,
    /// At most so many characters.
    Max(u16),
    /// At least so many characters.
    Min(u16),
    /// Exactly so many digits.
    Digits(u16),
    /// The whole value matches.
    Regex(Pattern),
    /// One of a list of values.
    In(Vec<String>),
    /// An IBAN; spaces and small letters are allowed.
    Iban,
    /// An Indian branch code: four letters, a zero, six letters or digits.
    Ifsc,
    /// An e-mail address.
    Email,
    /// A telephone number: 7 to 15 digits, a plus before them or not.
    Phone,
    /// A Turkish identity number.
    Tckn,
}

/// Each notation with its meaning, for the documentation.
pub const NOTATIONS: &[(&str, &str)] = &[
    ("required", "The field must have a value. Every other rule allows an empty one."),
    ("integer", "A whole number of at most 18 digits."),
    ("string", "Any text."),
    ("max:50", "At most 50 characters."),
    ("min:3", "At least 3 characters."),
    ("digits:11", "Exactly 11 digits."),
    ("regex:[A-Z]{3}[0-9]+", "The whole value matches the pattern."),
    ("in:savings,current", "One of the values, separated by commas."),
    ("iban", "An IBAN; spaces and small letters are allowed."),
    ("ifsc", "Four letters, a zero, six letters or digits."),
    ("email", "An e-mail address."),
    ("phone", "7 to 15 digits, with or without a plus before them."),
    ("tckn", "A Turkish identity number of 11 digits."),
];

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// No rule has this name, shortened if long.
    Unknown(String),
    /// The rule needs something after its colon, or must have nothing there.
    Argument(&'static str),
    /// The rule is longer than [`MAX_RULE`].
    TooLong,
}

/// A value broke a rule. The text names what would be right and never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleBroken {
    /// The rule as it is written.
    pub rule: String,
    wants: String,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    ///
    /// [`RuleError`] tells what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        if text.len() > MAX_RULE {
            return Err(RuleError::TooLong);
        }
        match text.split_once(':') {
            None => Self::parse_plain(text),
            Some((name, argument)) => Self::parse_with(name, argument),
        }
    }

    fn parse_plain(name: &str) -> Result<Self, RuleError> {
        Ok(match name {
            "required" => Self::Required,
            "integer" => Self::Integer,
            "string" => Self::String,
            "iban" => Self::Iban,
            "ifsc" => Self::Ifsc,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "tckn" => Self::Tckn,
            "max" | "min" | "digits" => return Err(RuleError::Argument(NUMBER)),
            "regex" => return Err(RuleError::Argument(PATTERN)),
            "in" => return Err(RuleError::Argument(VALUES)),
            _ => return Err(unknown(name)),
        })
    }

    fn parse_with(name: &str, argument: &str) -> Result<Self, RuleError> {
        Ok(match name {
            "max" => Self::Max(number(argument)?),
            "min" => Self::Min(number(argument)?),
            "digits" => Self::Digits(number(argument)?),
            "regex" => Self::Regex(Pattern::new(argument).ok_or(RuleError::Argument(PATTERN))?),
            "in" => Self::In(values(argument)?),
            "required" | "integer" | "string" | "iban" | "ifsc" | "email" | "phone" | "tckn" => {
                return Err(RuleError::Argument("this rule has nothing after a colon"));
            }
            _ => return Err(unknown(name)),
        })
    }

    /// Checks a value. An empty one breaks no rule but `required`.
    ///
    /// # Errors
    ///
    /// [`RuleBroken`] names this rule.
    pub fn check(&self, value: &str, checks: Checks) -> Result<(), RuleBroken> {
        let holds = match (self, value.is_empty()) {
            (Self::Required, empty) => !empty,
            (_, true) => true,
            (_, false) => self.holds(value, checks),
        };
        if holds { Ok(()) } else { Err(self.broken()) }
    }

    /// What is said of a value that breaks the rule.
    pub(super) fn broken(&self) -> RuleBroken {
        RuleBroken { rule: self.to_string(), wants: self.wants() }
    }

    fn holds(&self, value: &str, checks: Checks) -> bool {
        match self {
            Self::Required | Self::String => true,
            Self::Integer => check::integer(value),
            Self::Max(most) => value.chars().count() <= usize::from(*most),
            Self::Min(least) => value.chars().count() >= usize::from(*least),
            Self::Digits(count) => check::digits(value, usize::from(*count)),
            Self::Regex(pattern) => pattern.matches(value),
            Self::In(values) => values.iter().any(|allowed| allowed == value),
            Self::Iban => check::iban(value, checks),
            Self::Ifsc => check::ifsc(value.as_bytes(), checks),
            Self::Email => check::email(value),
            Self::Phone => check::phone(value),
            Self::Tckn => check::tckn(value, checks),
        }
    }

    /// What a value must be or have, after the field's name in a sentence.
    fn wants(&self) -> String {
        match self {
            Self::Required => "must not be empty".into(),
            Self::Integer => "must be a whole number".into(),
            Self::String => "must be text".into(),
            Self::Max(most) => format!("must not be longer than {most} characters"),
            Self::Min(least) => format!("must have at least {least} characters"),
            Self::Digits(count) => format!("must have exactly {count} digits"),
            Self::Regex(_) => "must match the pattern".into(),
            Self::In(_) => "must be one of the values".into(),
            Self::Iban => "must be a valid IBAN".into(),
            Self::Ifsc => {
                "must be an IFSC of four letters, a zero and six letters or digits".into()
            }
            Self::Email => "must be an e-mail address".into(),
            Self::Phone => "must be a telephone number of 7 to 15 digits".into(),
            Self::Tckn => "must be a valid Turkish identity number of 11 digits".into(),
        }
    }
}

const NUMBER: &str = "a number from 0 to 65535 must follow the colon";
const PATTERN: &str = "a valid pattern of at most 200 bytes must follow the colon";
const VALUES: &str = "1 to 100 values separated by commas must follow the colon";

fn number(argument: &str) -> Result<u16, RuleError> {
    let canonical = argument == "0" || !argument.starts_with(['0', '+']);
    let number = if canonical { argument.parse().ok() } else { None };
    number.ok_or(RuleError::Argument(NUMBER))
}

fn values(argument: &str) -> Result<Vec<String>, RuleError> {
    let values: Vec<String> = argument.split(',').map(String::from).collect();
    let bad = values.len() > MAX_VALUES || values.iter().any(String::is_empty);
    if bad { Err(RuleError::Argument(VALUES)) } else { Ok(values) }
}

fn unknown(name: &str) -> RuleError {
    RuleError::Unknown(name.chars().take(32).collect())
}

/// The notation, as it is parsed.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("required"),
            Self::Integer => f.write_str("integer"),
            Self::String => f.write_str("string"),
            Self::Max(most) => write!(f, "max:{most}"),
            Self::Min(least) => write!(f, "min:{least}"),
            Self::Digits(count) => write!(f, "digits:{count}"),
            Self::Regex(pattern) => write!(f, "regex:{}", pattern.text()),
            Self::In(values) => write!(f, "in:{}", values.join(",")),
            Self::Iban => f.write_str("iban"),
            Self::Ifsc => f.write_str("ifsc"),
            Self::Email => f.write_str("email"),
            Self::Phone => f.write_str("phone"),
            Self::Tckn => f.write_str("tckn"),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "There is no rule {}.", name.escape_debug()),
            Self::Argument(wants) => write!(f, "The rule is incomplete: {wants}."),
            Self::TooLong => write!(f, "A rule must not be longer than {MAX_RULE} bytes."),
        }
    }
}

impl std::error::Error for RuleError {}

impl fmt::Display for RuleBroken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (rule {})", self.wants, self.rule)
    }
}

impl std::error::Error for RuleBroken {}
