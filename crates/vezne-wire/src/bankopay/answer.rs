//! Answers to a withdrawal request (sections "Service: /api/withdraw/...", "Response").
//!
//! Member order and JSON types are the samples'. Departures: `site_id` is the one sent, and
//! `callback_data` is the request as really sent, its `site_key` masked (`research/wire-facts.md`
//! B3, B4; a secret echoed into an answer ends in somebody's log).

use super::code::AnswerCode;
use super::request::WithdrawRequest;
use crate::amount;
use crate::json::{JsonError, Object, ObjectWriter};
use crate::time;

#[cfg(test)]
mod tests;

/// The message of the sample; the table of section "Response Codes" ends it with an exclamation
/// mark.
const CREATED: &str = "Withdrawal request created";

/// What stands in place of the key.
const MASK: &str = "***";

/// The longest message taken from an answer, in characters.
const MAX_MESSAGE: usize = 500;

/// Whether `callback_data` shows the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyShown {
    /// `***` in its place.
    #[default]
    Masked,
    /// The key as sent, for a merchant who compares `callback_data` with what it sent.
    Verbatim,
}

/// A withdrawal that was accepted, as its answer tells it.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// The request; of a repeat, the repeat, whose content is the same.
    pub request: &'a WithdrawRequest,
    /// Our number of the withdrawal.
    pub id: i64,
    /// When it was accepted, in Unix microseconds.
    pub created_at: i64,
    /// When it last changed, in Unix microseconds.
    pub updated_at: i64,
    /// Whether `callback_data` shows the key.
    pub key: KeyShown,
}

impl Accepted<'_> {
    /// Appends the answer's body.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        out.reserve(1024);
        ObjectWriter::open(out)
            .text("message", CREATED)
            .integer("code", AnswerCode::Created.number())
            .text("type", "success")
            .nested("data", |out| self.write_data(out))
            .close();
    }

    fn write_data(&self, out: &mut Vec<u8>) {
        let amount = amount::php_number(self.request.amount);
        let created_at = time::istanbul(self.created_at);
        // The same instant, save for repeats of a request that was answered long ago.
        let changed = self.updated_at != self.created_at;
        let updated_at = changed.then(|| time::istanbul(self.updated_at));
        let mut writer = ObjectWriter::open(out);
        writer.integer("site_id", self.request.site_id);
        self.request.write_content(&mut writer, &amount);
        writer
            .nested_text("callback_data", &self.callback_data(&amount))
            .text("updated_at", updated_at.as_ref().unwrap_or(&created_at))
            .text("created_at", &created_at)
            .integer("id", self.id)
            .close();
    }

    fn callback_data(&self, amount: &str) -> Vec<u8> {
        let key = match self.key {
            KeyShown::Masked => MASK,
            KeyShown::Verbatim => self.request.site_key.expose(),
        };
        let mut json = Vec::with_capacity(512);
        self.request.write(&mut json, key, amount);
        json
    }
}

/// Appends the body of a refusal: code, message, type, and never `data`.
pub fn encode_refusal(out: &mut Vec<u8>, code: AnswerCode, message: &str) {
    ObjectWriter::open(out)
        .integer("code", code.number())
        .text("message", message)
        .text("type", "error")
        .close();
}

/// An answer as its receiver reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Code 200: the request was accepted, whatever else the answer says.
    Accepted {
        /// The other side's number of the withdrawal, if the answer has one.
        id: Option<u64>,
        /// The `trx` that the answer repeats, to be compared with the one sent.
        trx: Option<String>,
    },
    /// Any other code: the request was not accepted.
    Refused {
        /// The other side's code.
        code: i64,
        /// The reason for people, at most 500 characters; empty if the answer has none.
        message: String,
    },
}

/// Why a body is no answer of this protocol. Its sender may still have accepted the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// No JSON object.
    Json(JsonError),
    /// No `code` that is a whole number.
    NoCode,
}

impl Answer {
    /// Reads an answer. Only `code` decides, as the document says; the rest is taken where it is
    /// there.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when there is no code to read: then nothing is known.
    pub fn decode(body: &[u8]) -> Result<Self, AnswerError> {
        let object = Object::parse(body).map_err(AnswerError::Json)?;
        let code: i64 =
            object.get("code").and_then(|code| code.integer()).ok_or(AnswerError::NoCode)?;
        if code != i64::from(AnswerCode::Created.number()) {
            return Ok(Self::Refused { code, message: message(&object) });
        }
        let data = object.get("data").and_then(|data| data.object().ok());
        let member = |name| data.as_ref().and_then(|data| data.get(name));
        Ok(Self::Accepted {
            id: member("id").and_then(|id| id.integer()),
            trx: member("trx").and_then(|trx| trx.text()).map(String::from),
        })
    }
}

/// The message of an answer that somebody else wrote, made fit for a console.
pub(super) fn message(object: &Object<'_>) -> String {
    let text = object.get("message").and_then(|message| message.text()).unwrap_or_default();
    text.chars().take(MAX_MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl std::fmt::Display for AnswerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::NoCode => f.write_str("The answer has no code that is a whole number."),
        }
    }
}

impl std::error::Error for AnswerError {}
