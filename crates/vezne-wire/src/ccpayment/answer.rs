//! Answers to a cash-out request (both documents, "Yanıt"), and the envelope of all answers.
//!
//! The order of the keys is `iqmoney-cashout.txt`'s, which has old and new ones; clients exist that
//! read only the one or only the other, so all five are always there (`research/wire-facts.md` 2.6,
//! A1). The row keys with a space are the document's.

use std::borrow::Cow;
use std::fmt;

use super::code::{AnswerCode, RowCode};
use super::profile::Profile;
use crate::amount;
use crate::decimal::Decimal;
use crate::json::{JsonError, Lexeme, Object, ObjectWriter};

#[cfg(test)]
mod tests;

/// The most rows read from an answer.
pub const MAX_ROWS: usize = 10_000;

/// The longest text taken from an answer, in characters.
const MAX_SHOWN: usize = 500;

/// `sipay-cashout.txt` prints this where `iqmoney-cashout.txt` prints "SUCCESS".
const SIPAY_SUCCESS: &str = "Success";

const MERCHANT_COMMISSION: &str = "merchant commission";
const RECEIVER_COMMISSION: &str = "receiver commission";

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOutcome<'a> {
    /// It was accepted, at these commissions.
    Accepted {
        /// What the merchant pays beside the amount, in minor units.
        merchant_commission_minor: i64,
        /// What is kept from the amount, in minor units.
        receiver_commission_minor: i64,
    },
    /// It was not.
    Refused {
        /// Why.
        code: RowCode,
        /// Why, for people.
        message: Cow<'a, str>,
    },
}

/// The answer to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowAnswer<'a> {
    /// The merchant's id of the row, or the one given to it; none on a refused row that sent none.
    pub unique_id: Option<Cow<'a, str>>,
    /// What became of it.
    pub outcome: RowOutcome<'a>,
}

impl RowAnswer<'_> {
    fn is_accepted(&self) -> bool {
        matches!(self.outcome, RowOutcome::Accepted { .. })
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut writer = ObjectWriter::open(out);
        if let Some(unique_id) = &self.unique_id {
            writer.text("unique_id", unique_id);
        }
        match &self.outcome {
            RowOutcome::Accepted { merchant_commission_minor, receiver_commission_minor } => writer
                .integer("response_code", RowCode::Success.number())
                .text("response_message", RowCode::Success.message())
                .raw(MERCHANT_COMMISSION, &amount::php_number(*merchant_commission_minor))
                .raw(RECEIVER_COMMISSION, &amount::php_number(*receiver_commission_minor)),
            RowOutcome::Refused { code, message } => {
                writer.integer("response_code", code.number()).text("response_message", message)
            }
        };
        writer.close();
    }
}

/// Appends the body that answers all rows, in their order, and tells its code.
pub fn encode_rows(out: &mut Vec<u8>, profile: Profile, rows: &[RowAnswer<'_>]) -> AnswerCode {
    let accepted = rows.iter().filter(|row| row.is_accepted()).count();
    let every = accepted == rows.len();
    let (code, description) = match (accepted, profile) {
        (0, _) => (AnswerCode::Failed, AnswerCode::Failed.message().into()),
        (_, Profile::Sipay) if every => (AnswerCode::Success, Cow::Borrowed(SIPAY_SUCCESS)),
        (_, Profile::Iqmoney) if every => (AnswerCode::Success, "SUCCESS".into()),
        (_, Profile::Sipay | Profile::Iqmoney) => {
            (AnswerCode::Success, format!("Successful {accepted} out of {}", rows.len()).into())
        }
    };
    let shown = if every && accepted > 0 && profile == Profile::Sipay { &[] } else { rows };
    out.reserve(256 + shown.len() * 160);
    envelope(out, code, &description, |out| push_rows(out, shown));
    code
}

fn push_rows(out: &mut Vec<u8>, rows: &[RowAnswer<'_>]) {
    out.push(b'[');
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        row.write(out);
    }
    out.push(b']');
}

/// Appends the body of a refusal: five keys, no data.
pub fn encode_refusal(out: &mut Vec<u8>, code: AnswerCode, message: &str) {
    envelope(out, code, message, |out| out.extend_from_slice(b"[]"));
}

/// Appends the body of a refused token: as [`encode_refusal`], but without the key `data`, which
/// typed clients read as an object wherever it is.
pub fn encode_token_refusal(out: &mut Vec<u8>, code: AnswerCode, message: &str) {
    ObjectWriter::open(out)
        .integer("statuscode", code.number())
        .text("description", message)
        .integer("status_code", code.number())
        .text("status_description", message)
        .close();
}

/// The five keys of every answer.
pub(super) fn envelope(
    out: &mut Vec<u8>,
    code: AnswerCode,
    description: &str,
    data: impl FnOnce(&mut Vec<u8>),
) {
    ObjectWriter::open(out)
        .integer("statuscode", code.number())
        .text("description", description)
        .nested("data", data)
        .integer("status_code", code.number())
        .text("status_description", description)
        .close();
}

/// An answer as its receiver reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 100 when at least one row was accepted.
    pub code: i64,
    /// The description for people, at most 500 characters; empty if the answer has none.
    pub description: String,
    /// The answers to the rows, in the request's order; empty if the answer has none.
    pub rows: Vec<RowResult>,
}

/// What the other side says of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult {
    /// The id that the answer names.
    pub unique_id: Option<String>,
    /// 100 when it was accepted.
    pub code: i64,
    /// The message for people, at most 500 characters.
    pub message: String,
    /// What the merchant pays, in minor units, if it is told exactly.
    pub merchant_commission_minor: Option<i64>,
    /// What the receiver pays, in minor units, if it is told exactly.
    pub receiver_commission_minor: Option<i64>,
}

/// Why a body is no answer of this protocol. Its sender may still have accepted the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// No JSON object.
    Json(JsonError),
    /// Neither `status_code` nor `statuscode` is a whole number.
    NoCode,
    /// An element of `data` is not the answer to a row.
    Row {
        /// Which, counted from zero.
        index: usize,
    },
}

impl Answer {
    /// Reads an answer, its code from `status_code` or `statuscode`. Where `data` is no list, there
    /// are no rows.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when there is no code to read, or a row without one: then nothing is known.
    pub fn decode(body: &[u8]) -> Result<Self, AnswerError> {
        let object = Object::parse(body).map_err(AnswerError::Json)?;
        let (code, description) = head(&object)?;
        let list = object.get("data").and_then(|data| data.array(MAX_ROWS)).unwrap_or_default();
        let row = |(index, value): (usize, &Lexeme<'_>)| {
            RowResult::decode(*value).ok_or(AnswerError::Row { index })
        };
        let rows = list.iter().enumerate().map(row).collect::<Result<_, _>>()?;
        Ok(Self { code, description, rows })
    }

    /// Whether the answer says that at least one row was accepted.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.code == i64::from(AnswerCode::Success.number())
    }
}

/// Code and description of any answer.
pub(super) fn head(object: &Object<'_>) -> Result<(i64, String), AnswerError> {
    let code = |name| object.get(name).and_then(|code: Lexeme<'_>| code.integer());
    let code = code("status_code").or_else(|| code("statuscode")).ok_or(AnswerError::NoCode)?;
    let text = shown(object, "status_description");
    Ok((code, if text.is_empty() { shown(object, "description") } else { text }))
}

impl RowResult {
    fn decode(value: Lexeme<'_>) -> Option<Self> {
        let object = value.object().ok()?;
        Some(Self {
            unique_id: object.get("unique_id").and_then(text_or_number),
            code: object.get("response_code")?.integer()?,
            message: shown(&object, "response_message"),
            merchant_commission_minor: minor(&object, MERCHANT_COMMISSION),
            receiver_commission_minor: minor(&object, RECEIVER_COMMISSION),
        })
    }

    /// Whether the row was accepted.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.code == i64::from(RowCode::Success.number())
    }
}

/// The characters of a string or the digits of a number.
pub(super) fn text_or_number(value: Lexeme<'_>) -> Option<String> {
    value.number().map(String::from).or_else(|| value.text().map(Cow::into_owned))
}

/// An amount that may be nothing.
pub(super) fn minor(object: &Object<'_>, name: &str) -> Option<i64> {
    let text = text_or_number(object.get(name)?)?;
    Decimal::parse(text.as_bytes())?.exact_minor()
}

/// A text that somebody else wrote, made fit for a console.
pub(super) fn shown(object: &Object<'_>, name: &str) -> String {
    fit(&object.get(name).and_then(|text| text.text()).unwrap_or_default())
}

/// At most 500 characters, none of them a control character.
pub(super) fn fit(text: &str) -> String {
    text.chars().take(MAX_SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::NoCode => f.write_str("The answer has no status_code that is a whole number."),
            Self::Row { index } => {
                write!(f, "data[{index}] of the answer has no response_code.")
            }
        }
    }
}

impl std::error::Error for AnswerError {}
