//! Why a body gives no parameters. The texts go to the merchant's developer and never repeat a
//! value.

use std::fmt;

use super::{MAX_BODY, MAX_NAME, MAX_PARAMETERS};
use crate::applyfor::status::Status;
use crate::body::BodyError;
use crate::json::JsonError;

/// How much of a sender's own parameter name is repeated in an error.
const NAME_SHOWN: usize = 64;

/// Why a request was refused before any parameter was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParametersError {
    /// None of the three content types.
    ContentType,
    /// More bytes than [`MAX_BODY`].
    TooLarge,
    /// A JSON body that is no JSON object.
    Json(JsonError),
    /// A form that is none.
    Body(BodyError),
    /// More parameters than [`MAX_PARAMETERS`].
    TooMany,
    /// One parameter is refused.
    Parameter {
        /// Its name, shortened if long.
        name: String,
        /// What is wrong with it.
        problem: ParameterProblem,
    },
}

/// What can be wrong with one parameter, whatever its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterProblem {
    /// The name has other characters than letters, digits, `_`, `-` and `.`, or too many.
    BadName,
    /// The name is `key`.
    Reserved,
    /// The name came before.
    Duplicate,
    /// The value is an object or an array.
    Nested,
    /// The value has a control character, or is half of a surrogate pair.
    BadCharacter,
    /// The value is too long.
    TooLong {
        /// The most characters.
        max: usize,
    },
}

impl ParametersError {
    pub(super) fn of(name: &str, problem: ParameterProblem) -> Self {
        Self::Parameter { name: name.chars().take(NAME_SHOWN).collect(), problem }
    }

    /// The status of the answer: what the document knows is 10001.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::ContentType => Status::UnsupportedContentType,
            Self::TooLarge => Status::BodyTooLarge,
            Self::Json(_) | Self::Body(_) | Self::TooMany | Self::Parameter { .. } => {
                Status::ParameterError
            }
        }
    }

    /// The HTTP status of the answer: a body that cannot be read at all is answered 400, whatever
    /// else is answered 10001 (`research/wire-facts.md` G5).
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self {
            Self::Json(_) | Self::Body(_) => 400,
            Self::ContentType | Self::TooLarge | Self::TooMany | Self::Parameter { .. } => {
                self.status().http_status()
            }
        }
    }
}

impl From<JsonError> for ParametersError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<BodyError> for ParametersError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl fmt::Display for ParametersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType => f.write_str(
                "Send application/json, application/x-www-form-urlencoded or multipart/form-data \
                 in UTF-8.",
            ),
            Self::TooLarge => write!(f, "The body is longer than {MAX_BODY} bytes."),
            Self::Json(error) => error.fmt(f),
            Self::Body(error) => error.fmt(f),
            Self::TooMany => write!(f, "The request has more than {MAX_PARAMETERS} parameters."),
            Self::Parameter { name, problem } => {
                write!(f, "The parameter {} {problem}.", name.escape_debug())
            }
        }
    }
}

impl std::error::Error for ParametersError {}

impl fmt::Display for ParameterProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName => write!(
                f,
                "must have a name of 1 to {MAX_NAME} letters, digits, underscores, hyphens and \
                 points"
            ),
            Self::Reserved => f.write_str("is not allowed, because signatures use its name"),
            Self::Duplicate => f.write_str("came more than once"),
            Self::Nested => f.write_str("must be text or a number, not an object or an array"),
            Self::BadCharacter => f.write_str("has a control character or is not proper text"),
            Self::TooLong { max } => write!(f, "must not be longer than {max} characters"),
        }
    }
}
