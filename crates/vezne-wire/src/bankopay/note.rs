//! What only this protocol needs again when it writes the callback.
//!
//! The core stores it with the payout as bytes and knows nothing of them; amount, `trx`, name and
//! account it has itself. The form is a small JSON object with short names, one per payout on the
//! hot path.

use std::fmt;

use super::service::Service;
use crate::extras::Extras;
use crate::json::{Object, ObjectWriter};
use crate::note;

pub use crate::note::NoteError;

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

impl Note {
    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        let mut writer = ObjectWriter::open(&mut bytes);
        writer.text("s", self.service.slug()).text("u", &self.user_id).text("n", &self.username);
        if !self.extras.is_empty() {
            // As text, so that an extra that just nests deep enough for a request does so here too.
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
        let text = |name| note::text(&object, name);
        Ok(Self {
            service: Service::from_slug(&text("s")?).ok_or(NoteError::Member("s"))?,
            user_id: text("u")?,
            username: text("n")?,
            extras: note::extras(&object)?,
        })
    }
}

/// Who the customer is stays out of logs.
impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note").field("service", &self.service).finish_non_exhaustive()
    }
}
