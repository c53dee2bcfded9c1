//! The status query: an extension of ours, `POST /api/cashout/status`, as the documents have none.
//!
//! It is written in the platform's own style, and asks by the merchant's `unique_id` or by our
//! `id` (`research/wire-facts.md` A17).

use std::fmt;

use super::answer::{self, AnswerError, envelope, head};
use super::code::AnswerCode;
use super::request::MAX_MERCHANT_KEY;
use super::row::MAX_UNIQUE_ID;
use crate::amount;
use crate::field::{self, FieldError, Length, Problem};
use crate::json::{Object, ObjectWriter};
use crate::time;

#[cfg(test)]
mod tests;

/// Where a cash-out stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CashoutStatus {
    /// Accepted, not sent to the bank.
    Pending,
    /// Sent to the bank, not known how it ends.
    Processing,
    /// Paid.
    Completed,
    /// Not paid, and will not be.
    Failed,
    /// Paid, and sent back by the bank.
    Returned,
}

impl CashoutStatus {
    /// All, in the order of a cash-out's life.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Processing, Self::Completed, Self::Failed, Self::Returned];

    /// The word on the wire, as the platform writes them for card payments.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Processing => "Processing",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Returned => "Returned",
        }
    }

    /// The status of a word, spelled exactly.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.text() == word)
    }
}

/// By what a cash-out is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusKey {
    /// The merchant's id.
    UniqueId(String),
    /// Ours.
    Id(i64),
}

/// The question.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusRequest {
    /// The merchant's identifier.
    pub merchant_key: String,
    /// Which cash-out.
    pub by: StatusKey,
}

impl StatusRequest {
    /// Reads a question, which has exactly one of `unique_id` and `id`.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first field that is wrong.
    pub fn decode(object: &Object<'_>) -> Result<Self, FieldError> {
        let length = Length::up_to(MAX_MERCHANT_KEY);
        let merchant_key = field::text(object, "merchant_key", length)?.into_owned();
        let unique_id = field::optional_id(object, "unique_id", MAX_UNIQUE_ID)?;
        let has_id = field::optional_id(object, "id", MAX_UNIQUE_ID)?.is_some();
        let by = match (unique_id, has_id) {
            (Some(unique_id), false) => StatusKey::UniqueId(unique_id),
            (None, true) => StatusKey::Id(field::integer(object, "id")?),
            (Some(_), true) => {
                return Err(FieldError::new("unique_id", Problem::NotTogether { with: "id" }));
            }
            (None, false) => return Err(FieldError::new("unique_id or id", Problem::Missing)),
        };
        Ok(Self { merchant_key, by })
    }

    /// The body.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(160);
        let mut writer = ObjectWriter::open(&mut body);
        writer.text("merchant_key", &self.merchant_key);
        match &self.by {
            StatusKey::UniqueId(unique_id) => writer.text("unique_id", unique_id),
            StatusKey::Id(id) => writer.integer("id", *id),
        };
        writer.close();
        body
    }
}

/// The key stays out of logs.
impl fmt::Debug for StatusRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusRequest").field("by", &self.by).finish_non_exhaustive()
    }
}

/// A cash-out as the answer tells it; amounts in minor units, moments in Unix microseconds.
#[derive(Clone, Copy, Debug)]
pub struct StatusAnswer<'a> {
    /// The merchant's id, or the one given to the row.
    pub unique_id: &'a str,
    /// Our id.
    pub id: i64,
    /// Where it stands.
    pub status: CashoutStatus,
    /// Why it failed or came back; empty otherwise.
    pub reason: &'a str,
    /// The amount that was asked for.
    pub amount_minor: i64,
    /// Its currency.
    pub currency: &'a str,
    /// What the receiver gets, after its commission.
    pub paid_minor: i64,
    /// What the merchant pays beside the amount.
    pub merchant_commission_minor: i64,
    /// What is kept from the amount.
    pub receiver_commission_minor: i64,
    /// When it was accepted.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

impl StatusAnswer<'_> {
    /// Appends the answer's body.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        let success = AnswerCode::Success;
        envelope(out, success, success.message(), |out| self.write_data(out));
    }

    fn write_data(&self, out: &mut Vec<u8>) {
        let number = amount::php_number;
        ObjectWriter::open(out)
            .text("unique_id", self.unique_id)
            .integer("id", self.id)
            .text("status", self.status.text())
            .text("reason", self.reason)
            .raw("amount", &number(self.amount_minor))
            .text("currency", self.currency)
            .raw("paid amount", &number(self.paid_minor))
            .raw("merchant commission", &number(self.merchant_commission_minor))
            .raw("receiver commission", &number(self.receiver_commission_minor))
            .text("created_at", &time::istanbul_year_first(self.created_at))
            .text("updated_at", &time::istanbul_year_first(self.updated_at))
            .close();
    }
}

/// A cash-out as the one who asked reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusResult {
    /// The id that the answer names.
    pub unique_id: String,
    /// The other side's id.
    pub id: i64,
    /// Where it stands.
    pub status: CashoutStatus,
    /// Why it failed or came back; empty otherwise.
    pub reason: String,
    /// The amount that was asked for, in minor units.
    pub amount_minor: i64,
    /// Its currency.
    pub currency: String,
    /// What the receiver gets, in minor units, if the answer says so.
    pub paid_minor: Option<i64>,
}

/// Why an answer tells no status. Nothing is known of the cash-out then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusError {
    /// No answer of this protocol.
    Answer(AnswerError),
    /// The other side refused; 31 when it knows of no such cash-out.
    Refused {
        /// Its code.
        code: i64,
        /// Its reason.
        description: String,
    },
    /// A success without the member.
    Member(&'static str),
}

impl StatusResult {
    /// Reads the answer.
    ///
    /// # Errors
    ///
    /// [`StatusError`] when it tells no status.
    pub fn decode(body: &[u8]) -> Result<Self, StatusError> {
        let json = |error| StatusError::Answer(AnswerError::Json(error));
        let object = Object::parse(body).map_err(json)?;
        let (code, description) = head(&object).map_err(StatusError::Answer)?;
        if code != i64::from(AnswerCode::Success.number()) {
            return Err(StatusError::Refused { code, description });
        }
        let data = object.get("data").and_then(|data| data.object().ok());
        Self::decode_data(&data.ok_or(StatusError::Member("data"))?).map_err(StatusError::Member)
    }

    fn decode_data(data: &Object<'_>) -> Result<Self, &'static str> {
        let text = |name| data.get(name).and_then(answer::text_or_number).ok_or(name);
        Ok(Self {
            unique_id: text("unique_id")?,
            id: data.get("id").and_then(|id| id.integer()).ok_or("id")?,
            status: CashoutStatus::parse(&text("status")?).ok_or("status")?,
            reason: answer::shown(data, "reason"),
            amount_minor: answer::minor(data, "amount").ok_or("amount")?,
            currency: text("currency")?,
            paid_minor: answer::minor(data, "paid amount"),
        })
    }
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) => error.fmt(f),
            Self::Refused { code, description } => {
                write!(f, "Refused with code {code}: {description}")
            }
            Self::Member(name) => write!(f, "The answer has no {name} that can be read."),
        }
    }
}

impl std::error::Error for StatusError {}
