//! What only this protocol needs again when it writes the callback.
//!
//! The core stores it with the payout as bytes and knows nothing of them; amount, `trx`, name and
//! account it has itself. The form is a small JSON object with short names, one per payout on the
//! hot path.

use std::fmt;

use super::extras::Extras;
use super::service::Service;
use crate::json::{JsonError, Object, ObjectWriter};

#[cfg(test)]
mod tests;

/// The dialect's memory of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// The service asked for, which is the callback's `method`.
    pub service: Service,
    /// The customer's id.
    pub user_id: String,
    /// The customer's user name.
    pub username: String,
    /// Members beyond the document's.
    pub extras: Extras,
}

/// Why stored bytes are no note; they were not written by this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteError {
    /// No JSON object.
    Json(JsonError),
    /// A member is missing or unknown.
    Member(&'static str),
}

impl Note {
    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        let mut writer = ObjectWriter::open(&mut bytes);
        writer.text("s", self.service.slug()).text("u", &self.user_id).text("n", &self.username);
        if !self.extras.is_empty() {
            // As text, so that an extra that just nests deep enough for a request does so here too.
            writer.nested_text("x", &self.extras_json());
        }
        writer.close();
        bytes
    }

    fn extras_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        let mut writer = ObjectWriter::open(&mut json);
        self.extras.write(&mut writer);
        writer.close();
        json
    }

    /// Reads what [`Note::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`NoteError`] when the bytes are something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        let object = Object::parse(bytes).map_err(NoteError::Json)?;
        let text = |name: &'static str| {
            let text = object.get(name).and_then(|value| value.text());
            text.map(String::from).ok_or(NoteError::Member(name))
        };
        Ok(Self {
            service: Service::from_slug(&text("s")?).ok_or(NoteError::Member("s"))?,
            user_id: text("u")?,
            username: text("n")?,
            extras: read_extras(&object)?,
        })
    }
}

fn read_extras(note: &Object<'_>) -> Result<Extras, NoteError> {
    let Some(extras) = note.get("x") else { return Ok(Extras::default()) };
    let json = extras.text().ok_or(NoteError::Member("x"))?;
    let members = Object::parse(json.as_bytes()).map_err(NoteError::Json)?;
    Extras::decode(&members, &[]).map_err(|_| NoteError::Member("x"))
}

/// Who the customer is stays out of logs.
impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note").field("service", &self.service).finish_non_exhaustive()
    }
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
