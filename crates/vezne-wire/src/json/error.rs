//! Why a body is not an object that we read. The texts go to the merchant's developer.

use std::fmt;
use std::str::Utf8Error;

use super::{MAX_DEPTH, MAX_MEMBERS};

/// How much of a merchant's own member name is repeated in an error.
const NAME_SHOWN: usize = 64;

/// Why a body was refused before any field was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// The bytes are not UTF-8.
    NotUtf8 {
        /// Line of the first wrong byte, from 1.
        line: usize,
        /// Byte in that line, from 1.
        column: usize,
    },
    /// The text is not JSON, or goes on after the object.
    Malformed {
        /// Line where reading stopped, from 1.
        line: usize,
        /// Byte in that line; 0 when the line had not begun.
        column: usize,
    },
    /// JSON, but not an object.
    NotAnObject,
    /// A name stands twice in the object.
    Duplicate {
        /// The name, shortened if long.
        name: String,
    },
    /// More levels than [`MAX_DEPTH`].
    TooDeep,
    /// More members than [`MAX_MEMBERS`].
    TooManyMembers,
}

impl JsonError {
    pub(super) fn not_utf8(body: &[u8], error: &Utf8Error) -> Self {
        let before = body.get(..error.valid_up_to()).unwrap_or(body);
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Self::NotUtf8 { line, column }
    }

    pub(super) fn of_reader(error: &serde_json::Error) -> Self {
        // A value of another type is the reader's only complaint about data: names are all it
        // reads.
        if error.is_data() {
            return Self::NotAnObject;
        }
        Self::Malformed { line: error.line(), column: error.column() }
    }

    pub(super) fn duplicate(name: &str) -> Self {
        Self::Duplicate { name: name.chars().take(NAME_SHOWN).collect() }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 { line, column } => {
                write!(f, "The body is not UTF-8 text (line {line}, byte {column}).")
            }
            Self::Malformed { line, column } => {
                write!(f, "The body is not valid JSON (line {line}, byte {column}).")
            }
            Self::NotAnObject => f.write_str("The body must be a JSON object."),
            Self::Duplicate { name } => {
                write!(f, "The body has the member {} more than once.", name.escape_debug())
            }
            Self::TooDeep => {
                write!(f, "The body nests deeper than {MAX_DEPTH} levels.")
            }
            Self::TooManyMembers => {
                write!(f, "The body has more than {MAX_MEMBERS} members.")
            }
        }
    }
}

impl std::error::Error for JsonError {}
