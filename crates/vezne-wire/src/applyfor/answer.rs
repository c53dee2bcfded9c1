//! Answers: `status`, `result` and `sign` (section "Response Parameters").
//!
//! What an answer's signature covers is not published; here it is the notification's rule, over
//! `result` exactly as it stands in the body (`research/wire-facts.md` C10). So `result` is compact
//! and pure ASCII: a client that reads it and writes it again gets the same text. A
//! `transactionid` is a string of digits, as in the example, and never loses one (C9).
//!
//! An answer to a caller that has proved nothing has an empty `sign`: signed, it would let anybody
//! guess at the secret on his own machine (`research/reliability.md` PD2), and tell which accounts
//! exist.

use std::fmt;

use super::sign::{SignError, SigningKey};
use super::status::Status;
use crate::json::{JsonError, Kind, Object, ObjectWriter};

#[cfg(test)]
mod tests;

/// The longest message taken from an answer, in characters.
const MAX_MESSAGE: usize = 500;

/// Appends the answer that accepts an order.
pub fn encode_accepted(out: &mut Vec<u8>, transactionid: &str, key: &SigningKey) {
    encode_result(out, Status::Success, Some(key), |out| {
        ObjectWriter::open(out).text("transactionid", transactionid).close();
    });
}

/// Appends a refusal. 10003 has the `transactionid` of the order that stands; `key` is there once
/// the caller has proved who it is.
pub fn encode_refusal(
    out: &mut Vec<u8>,
    status: Status,
    message: &str,
    transactionid: Option<&str>,
    key: Option<&SigningKey>,
) {
    encode_result(out, status, key, |out| {
        let mut writer = ObjectWriter::open(out);
        if let Some(transactionid) = transactionid {
            writer.text("transactionid", transactionid);
        }
        writer.text("message", message).close();
    });
}

/// Appends an answer whose `result` is what `result` writes.
pub(super) fn encode_result(
    out: &mut Vec<u8>,
    status: Status,
    key: Option<&SigningKey>,
    result: impl FnOnce(&mut Vec<u8>),
) {
    let result = ascii_json(result);
    let number = status.number().to_string();
    let sign = key.map(|key| key.sign_result(&result, &number)).unwrap_or_default();
    ObjectWriter::open(out)
        .raw("status", &number)
        .raw("result", &result)
        .text("sign", &sign)
        .close();
}

/// The JSON that `write` writes, with every character above ASCII as `\uXXXX`. Outside strings
/// JSON has none.
pub(super) fn ascii_json(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut json = Vec::with_capacity(256);
    write(&mut json);
    let json = String::from_utf8_lossy(&json);
    let mut ascii = String::with_capacity(json.len());
    for letter in json.chars() {
        push_ascii(&mut ascii, letter);
    }
    ascii
}

fn push_ascii(out: &mut String, letter: char) {
    if letter.is_ascii() {
        out.push(letter);
        return;
    }
    for unit in letter.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// The `transactionid` of a payout.
#[must_use]
pub fn transactionid(payout_id: i64) -> String {
    payout_id.to_string()
}

/// The payout of a `transactionid`, if it is one that [`transactionid`] gives.
#[must_use]
pub fn payout_id(transactionid: &str) -> Option<i64> {
    let id: i64 = transactionid.parse().ok()?;
    (id > 0 && id.to_string() == transactionid).then_some(id)
}

/// The three members of an answer, its signature not verified yet.
#[derive(Clone)]
pub struct Envelope {
    /// The status, in the table or not.
    pub status: u32,
    /// The text of `result` exactly as it was sent; JSON.
    pub result: String,
    /// The signature; empty if there is none.
    pub sign: String,
}

/// Why a body is no answer of this protocol. Its sender may still have accepted the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// No JSON object, or one inside that should be.
    Json(JsonError),
    /// A member is missing or of another type.
    Member(&'static str),
    /// The signature does not hold.
    Sign(SignError),
}

impl Envelope {
    /// Reads an answer. `result` is an object, or a string that holds one as in notifications.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Json`] and [`AnswerError::Member`].
    pub fn decode(body: &[u8]) -> Result<Self, AnswerError> {
        let object = Object::parse(body).map_err(AnswerError::Json)?;
        let member = |name| object.get(name).ok_or(AnswerError::Member(name));
        let status = member("status")?.integer().ok_or(AnswerError::Member("status"))?;
        let result = object.get("result").map(|result| match result.kind() {
            Kind::String => result.text().map(String::from).unwrap_or_default(),
            Kind::Null | Kind::Boolean | Kind::Number | Kind::Array | Kind::Object => {
                result.raw().to_owned()
            }
        });
        let sign = object.get("sign").and_then(|sign| sign.text()).unwrap_or_default();
        Ok(Self { status, result: result.unwrap_or_default(), sign: sign.into_owned() })
    }

    /// Verifies the signature.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Sign`]; [`SignError::Missing`] when it is empty.
    pub fn verify(&self, key: &SigningKey) -> Result<(), AnswerError> {
        if self.sign.is_empty() {
            return Err(AnswerError::Sign(SignError::Missing));
        }
        let status = self.status.to_string();
        key.verify_result(&self.result, &status, &self.sign).map_err(AnswerError::Sign)
    }

    /// The object in `result`.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Json`] when it is something else.
    pub fn object(&self) -> Result<Object<'_>, AnswerError> {
        Object::parse(self.result.as_bytes()).map_err(AnswerError::Json)
    }
}

/// A result may be about people, and a signature is half of a guess at the secret.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("status", &self.status).finish_non_exhaustive()
    }
}

/// An answer to a withdrawal request as its receiver reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Status 10000: the order was accepted. It is not paid yet.
    Accepted {
        /// The other side's id of the order.
        transactionid: String,
    },
    /// Any other status.
    Refused {
        /// The status.
        status: u32,
        /// The reason for people, at most 500 characters; empty if the answer has none.
        message: String,
        /// The id of the order that exists, on 10003.
        transactionid: Option<String>,
    },
}

impl Answer {
    /// Understands an answer whose signature was verified, or need not be.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when it claims success and names no order: then nothing is known.
    pub fn of(envelope: &Envelope) -> Result<Self, AnswerError> {
        let object = envelope.object();
        let transactionid = object.as_ref().ok().and_then(id_of);
        if envelope.status == Status::Success.number() {
            object?;
            let missing = AnswerError::Member("transactionid");
            return Ok(Self::Accepted { transactionid: transactionid.ok_or(missing)? });
        }
        let message = object.as_ref().map(message).unwrap_or_default();
        Ok(Self::Refused { status: envelope.status, message, transactionid })
    }
}

/// A `transactionid`: the table says integer, the example has a string.
pub(super) fn id_of(object: &Object<'_>) -> Option<String> {
    let value = object.get("transactionid")?;
    let text = value.text().map(String::from).or_else(|| value.number().map(String::from))?;
    let short = (1..=super::read::MAX_TRANSACTIONID).contains(&text.len());
    (short && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
}

/// The message of an answer that somebody else wrote, made fit for a console.
pub(super) fn message(object: &Object<'_>) -> String {
    let text = object.get("message").and_then(|message| message.text()).unwrap_or_default();
    text.chars().take(MAX_MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Member(name) => write!(f, "The answer has no {name} of the documented form."),
            Self::Sign(error) => write!(f, "The answer is not to be believed: {error}"),
        }
    }
}

impl std::error::Error for AnswerError {}
