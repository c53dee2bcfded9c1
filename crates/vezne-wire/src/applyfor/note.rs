//! What only this protocol needs again when it writes the notification, or answers a query.
//!
//! The core stores it with the payout as bytes and knows nothing of them; the amount in minor
//! units, `orderid` and the channel it has itself. The amount's text is kept beside it, since
//! merchants compare it with the one that they sent.

use std::fmt;

use super::apply::ApplyRequest;
use super::details::Details;
use super::notification::NotificationFormat;
use crate::json::{JsonError, Lexeme, Member, Object, ObjectWriter};

#[cfg(test)]
mod tests;

/// The dialect's memory of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// The currency's code, as sent.
    pub currency: String,
    /// The amount, as sent.
    pub amount: String,
    /// Where the outcome is told.
    pub notify_url: String,
    /// How the outcome is told.
    pub format: NotificationFormat,
    /// The address of the merchant's customer, as sent.
    pub userip: String,
    /// The remark, the customer's name and the bank's data.
    pub details: Details,
    /// Parameters beyond the document's, which the channel's form may have asked for.
    pub extras: Vec<(String, String)>,
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
    /// What is kept of a request.
    #[must_use]
    pub fn of(request: &ApplyRequest, format: NotificationFormat) -> Self {
        Self {
            currency: request.currency.clone(),
            amount: request.amount.clone(),
            notify_url: request.notify_url.clone(),
            format,
            userip: request.userip.clone(),
            details: request.details.clone(),
            extras: request.extras.clone(),
        }
    }

    /// The bytes to store.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        let mut writer = ObjectWriter::open(&mut bytes);
        writer
            .text("c", &self.currency)
            .text("a", &self.amount)
            .text("n", &self.notify_url)
            .text("f", format_word(self.format))
            .text("i", &self.userip);
        self.details.write(&mut writer);
        if !self.extras.is_empty() {
            writer.nested("x", |out| write_extras(out, &self.extras));
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
        let text = |name: &'static str| {
            let text = object.get(name).and_then(Lexeme::text);
            text.map(String::from).ok_or(NoteError::Member(name))
        };
        Ok(Self {
            currency: text("c")?,
            amount: text("a")?,
            notify_url: text("n")?,
            format: format_of(&text("f")?).ok_or(NoteError::Member("f"))?,
            userip: text("i")?,
            details: Details::read(&object),
            extras: read_extras(&object)?,
        })
    }
}

const fn format_word(format: NotificationFormat) -> &'static str {
    match format {
        NotificationFormat::Form => "form",
        NotificationFormat::Json => "json",
    }
}

fn format_of(word: &str) -> Option<NotificationFormat> {
    let all = [NotificationFormat::Form, NotificationFormat::Json];
    all.into_iter().find(|format| format_word(*format) == word)
}

fn write_extras(out: &mut Vec<u8>, extras: &[(String, String)]) {
    let mut writer = ObjectWriter::open(out);
    for (name, value) in extras {
        writer.text(name, value);
    }
    writer.close();
}

fn read_extras(note: &Object<'_>) -> Result<Vec<(String, String)>, NoteError> {
    let Some(extras) = note.get("x") else { return Ok(Vec::new()) };
    let object = extras.object().map_err(NoteError::Json)?;
    let pair = |member: &Member<'_>| {
        let value = member.value.text().ok_or(NoteError::Member("x"))?;
        Ok((member.name.clone().into_owned(), value.into_owned()))
    };
    object.members().iter().map(pair).collect()
}

/// Who the customer is stays out of logs.
impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note")
            .field("currency", &self.currency)
            .field("format", &self.format)
            .finish_non_exhaustive()
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
