//! What the protocols' notes have in common.
//!
//! A note is what only a dialect needs again of a payout; the core stores its bytes and knows
//! nothing of them. Each protocol has its own form of one, all are small JSON objects.

use std::fmt;

use crate::extras::Extras;
use crate::json::{JsonError, Object};

/// Why stored bytes are no note; they were not written by this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteError {
    /// No JSON object.
    Json(JsonError),
    /// A member is missing or unknown.
    Member(&'static str),
}

/// A member that has to be there.
pub(crate) fn text(note: &Object<'_>, name: &'static str) -> Result<String, NoteError> {
    let text = note.get(name).and_then(|value| value.text());
    text.map(String::from).ok_or(NoteError::Member(name))
}

/// The extras, which are a text in member `x`, so that one that just nests deep enough for a
/// request does so in the note too.
pub(crate) fn extras(note: &Object<'_>) -> Result<Extras, NoteError> {
    let Some(extras) = note.get("x") else { return Ok(Extras::default()) };
    let json = extras.text().ok_or(NoteError::Member("x"))?;
    Extras::from_json(&json).map_err(NoteError::Json)
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "The stored note is damaged. {error}"),
            Self::Member(name) => write!(f, "The stored note is damaged at member {name}."),
        }
    }
}

impl std::error::Error for NoteError {}
