//! What only this protocol needs again when it tells a status or an outcome.
//!
//! The core stores it with the payout as bytes and knows nothing of them; amount, `unique_id`, name
//! and account it has itself.

use std::fmt;

use super::row::Row;
use crate::extras::Extras;
use crate::json::{Object, ObjectWriter};
use crate::note;

pub use crate::note::NoteError;

#[cfg(test)]
mod tests;

/// The dialect's memory of a row.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// Whether the merchant sent the `unique_id`; otherwise it was given to the row.
    pub unique_id_sent: bool,
    /// The receiver's telephone, digits only.
    pub gsm: String,
    /// The description.
    pub description: Option<String>,
    /// Members beyond the document's.
    pub extras: Extras,
}

impl Note {
    /// The note of a row.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        Self {
            unique_id_sent: row.unique_id.is_some(),
            gsm: row.gsm.clone(),
            description: row.description.clone(),
            extras: row.extras.clone(),
        }
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        let mut writer = ObjectWriter::open(&mut bytes);
        writer.raw("u", if self.unique_id_sent { "1" } else { "0" }).text("g", &self.gsm);
        if let Some(description) = &self.description {
            writer.text("d", description);
        }
        if !self.extras.is_empty() {
            writer.nested_text("x", &self.extras.to_json());
        }
        writer.close();
        bytes
    }

    /// Reads what [`Note::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`NoteError`] when the bytes are something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        let object = Object::parse(bytes).map_err(NoteError::Json)?;
        let optional = |name| object.get(name).map(|_| note::text(&object, name)).transpose();
        Ok(Self {
            unique_id_sent: flag(&object, "u")?,
            gsm: note::text(&object, "g")?,
            description: optional("d")?,
            extras: note::extras(&object)?,
        })
    }
}

fn flag(note: &Object<'_>, name: &'static str) -> Result<bool, NoteError> {
    match note.get(name).and_then(|value| value.number()) {
        Some("1") => Ok(true),
        Some("0") => Ok(false),
        Some(_) | None => Err(NoteError::Member(name)),
    }
}

/// A telephone, a description: nothing of it is printed.
impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note").field("unique_id_sent", &self.unique_id_sent).finish_non_exhaustive()
    }
}
