//! A channel's form: which fields an order has to have (section "Field Rules Response Example").
//!
//! The same list is shown by `/channel/formRule` and checked against the order, so what is shown is
//! what is checked.

mod wire;

#[cfg(test)]
mod tests;

use std::fmt;

use super::parameters::Parameters;
use super::rule::{Checks, Rule};

pub use wire::FormError;

/// The most fields of one form.
pub const MAX_FIELDS: usize = 40;
/// The most options of one field.
pub const MAX_OPTIONS: usize = 500;
/// The most rules of one field.
pub const MAX_RULES: usize = 16;

const EMPTY: &str = "must not be empty (rule required)";

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A line of text.
    Input,
    /// One of the options.
    Select,
}

impl FieldType {
    /// Both, in the document's order.
    pub const ALL: [Self; 2] = [Self::Select, Self::Input];

    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Select => "select",
        }
    }
}

/// One choice of a `select` field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A bank, as in the document's example: `bankID` and `name`.
    Bank {
        /// The value to send.
        id: u64,
        /// What people read.
        name: String,
    },
    /// Anything else: `value` and `label`.
    Value {
        /// The value to send.
        value: String,
        /// What people read.
        label: String,
    },
}

impl Choice {
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Bank { id, .. } => id.to_string() == text,
            Self::Value { value, .. } => value == text,
        }
    }
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// The parameter.
    pub name: String,
    /// What people read.
    pub label: String,
    /// How it is filled in.
    pub kind: FieldType,
    /// Whether it must have a value.
    pub required: bool,
    /// The longest value, in characters.
    pub max_length: u16,
    /// What stands in the empty field.
    pub placeholder: String,
    /// The choices; `None` is `null`.
    pub options: Option<Vec<Choice>>,
    /// The rules, in the order in which they are checked.
    pub rules: Vec<Rule>,
}

/// The form of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// The channel.
    pub pay_code: String,
    /// The channel's name.
    pub name: String,
    /// What the channel is, in a sentence.
    pub description: String,
    /// The fields, in their order on a page.
    pub fields: Vec<FormField>,
}

/// A field of an order that its channel's form does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldBroken {
    /// The parameter.
    pub field: String,
    /// What is wrong, after the field's name in a sentence.
    pub message: String,
}

/// What is wrong with the value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldProblem<'f> {
    /// Nothing, or only white space.
    Empty,
    /// More characters than the field may have.
    TooLong {
        /// The most.
        most: u16,
    },
    /// None of the options.
    NotAnOption,
    /// The first rule that the value breaks.
    Breaks(&'f Rule),
}

impl Form {
    /// Checks an order's parameters against the form; a parameter that is not in the form is not
    /// looked at.
    ///
    /// # Errors
    ///
    /// [`FieldBroken`] for the first field, in the form's order, that is wrong.
    pub fn validate(&self, parameters: &Parameters, checks: Checks) -> Result<(), FieldBroken> {
        self.fields.iter().try_for_each(|field| {
            let value = parameters.get(&field.name).unwrap_or_default();
            field.validate(value, checks).map_err(|problem| FieldBroken {
                field: field.name.clone(),
                message: problem.to_string(),
            })
        })
    }
}

impl FormField {
    /// Whether an empty value is wrong.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required || self.rules.contains(&Rule::Required)
    }

    /// Checks a value.
    ///
    /// # Errors
    ///
    /// The first problem with it.
    pub fn validate(&self, value: &str, checks: Checks) -> Result<(), FieldProblem<'_>> {
        if value.is_empty() {
            return if self.is_required() { Err(FieldProblem::Empty) } else { Ok(()) };
        }
        // Spaces are no value, and no rule should have to say so.
        if value.trim().is_empty() {
            return Err(FieldProblem::Empty);
        }
        if value.chars().count() > usize::from(self.max_length) {
            return Err(FieldProblem::TooLong { most: self.max_length });
        }
        if !self.offers(value) {
            return Err(FieldProblem::NotAnOption);
        }
        let broken = self.rules.iter().find(|rule| rule.check(value, checks).is_err());
        broken.map_or(Ok(()), |rule| Err(FieldProblem::Breaks(rule)))
    }

    /// Whether a `select` field has this option. One without options leaves the values open.
    fn offers(&self, value: &str) -> bool {
        match (self.kind, &self.options) {
            (FieldType::Select, Some(options)) => options.iter().any(|option| option.is(value)),
            (FieldType::Select, None) | (FieldType::Input, _) => true,
        }
    }
}

/// After the field's name in a sentence.
impl fmt::Display for FieldProblem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(EMPTY),
            Self::TooLong { most } => {
                write!(f, "must not be longer than {most} characters (max_length)")
            }
            Self::NotAnOption => f.write_str("must be one of the options"),
            Self::Breaks(rule) => rule.broken().fmt(f),
        }
    }
}

impl fmt::Display for FieldBroken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}.", self.field, self.message)
    }
}

impl std::error::Error for FieldBroken {}
