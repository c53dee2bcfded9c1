//! The notification that tells a withdrawal's outcome (section "Withdrawal Process", step 5).
//!
//! The document names it and does not show it. Its form is the family's: a POST of `status`,
//! `result` and `sign`, where `result` is a JSON string, signed as it is sent without the white
//! space around it; 10000 is paid, anything else is failed (`research/wire-facts.md` 4.1, C11 to
//! C13). Clients acknowledge only what names an order, so a failure has the same members.

use std::fmt;

use super::answer::{AnswerError, ascii_json, id_of, message};
use super::parameters::{BoolStyle, Parameters, ParametersError};
use super::sign::{SignError, SigningKey};
use super::status::Status;
use crate::body::push_pair;
use crate::json::{Object, ObjectWriter};

#[cfg(test)]
mod tests;

/// The longest `result` that is read, in characters.
const MAX_RESULT: usize = 8 * 1024;

/// The longest answer to a notification that is read, in bytes.
pub const MAX_ANSWER: usize = 64 * 1024;

/// The text that acknowledges, in any case.
const ACKNOWLEDGED: &str = "success";

/// How a merchant takes notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotificationFormat {
    /// `application/x-www-form-urlencoded`, as the family's clients expect.
    #[default]
    Form,
    /// `application/json` with the same three members, `result` still a string.
    Json,
}

impl NotificationFormat {
    /// The content type of the request.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}

/// One notification.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification {
    /// 10000 when the money was paid.
    pub status: u32,
    /// Our id of the order.
    pub transactionid: String,
    /// The merchant's id of the order.
    pub orderid: String,
    /// The amount asked for, as text.
    pub amount: String,
    /// The amount paid, as text; zero for a failure.
    pub real_amount: String,
    /// The merchant's remark; empty if it made none.
    pub custom: String,
    /// Why it was not paid; empty, and then left out, if it was.
    pub message: String,
}

/// Why a notification is not believed or not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotificationError {
    /// The body gives no parameters.
    Parameters(ParametersError),
    /// A parameter is missing or of another form.
    Parameter(&'static str),
    /// The signature does not hold.
    Sign(SignError),
    /// `result` is not the JSON that it should be.
    Result(AnswerError),
}

impl Notification {
    /// Whether the money was paid.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.status == Status::Success.number()
    }

    /// The body, signed.
    #[must_use]
    pub fn encode(&self, format: NotificationFormat, key: &SigningKey) -> Vec<u8> {
        let result = ascii_json(|out| self.write_result(out));
        let status = self.status.to_string();
        let sign = key.sign_result(&result, &status);
        let mut body = Vec::with_capacity(512);
        match format {
            NotificationFormat::Form => {
                let pairs = [("status", &status), ("result", &result), ("sign", &sign)];
                pairs.iter().for_each(|(name, value)| push_pair(&mut body, name, value));
            }
            NotificationFormat::Json => ObjectWriter::open(&mut body)
                .raw("status", &status)
                .text("result", &result)
                .text("sign", &sign)
                .close(),
        }
        body
    }

    fn write_result(&self, out: &mut Vec<u8>) {
        let mut writer = ObjectWriter::open(out);
        writer
            .text("transactionid", &self.transactionid)
            .text("orderid", &self.orderid)
            .text("amount", &self.amount)
            .text("real_amount", &self.real_amount)
            .text("custom", &self.custom);
        if !self.message.is_empty() {
            writer.text("message", &self.message);
        }
        writer.close();
    }

    /// Reads and verifies a notification that somebody sends us.
    ///
    /// # Errors
    ///
    /// [`NotificationError`]; nothing in `result` is looked at before the signature holds.
    pub fn decode(
        content_type: &str,
        body: &[u8],
        key: &SigningKey,
    ) -> Result<Self, NotificationError> {
        let bools = BoolStyle::Words;
        let parameters = Parameters::from_body_within(content_type, body, bools, MAX_RESULT)
            .map_err(NotificationError::Parameters)?;
        let member = |name| parameters.get(name).ok_or(NotificationError::Parameter(name));
        let (status, result) = (member("status")?, member("result")?.trim());
        let sign = parameters.signature().ok_or(NotificationError::Sign(SignError::Missing))?;
        key.verify_result(result, status, sign).map_err(NotificationError::Sign)?;
        let digits = status.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { status.parse().ok() } else { None };
        Self::understand(number.ok_or(NotificationError::Parameter("status"))?, result)
    }

    fn understand(status: u32, result: &str) -> Result<Self, NotificationError> {
        let wrong = |name| NotificationError::Result(AnswerError::Member(name));
        let object = Object::parse(result.as_bytes())
            .map_err(|error| NotificationError::Result(AnswerError::Json(error)))?;
        let text = |name| {
            let value = object.get(name)?;
            value.text().map(String::from).or_else(|| value.number().map(String::from))
        };
        Ok(Self {
            status,
            transactionid: id_of(&object).ok_or(wrong("transactionid"))?,
            orderid: text("orderid").ok_or(wrong("orderid"))?,
            // A failure may come without amounts; a payment is compared with what was asked for.
            amount: text("amount").unwrap_or_default(),
            real_amount: text("real_amount").unwrap_or_default(),
            custom: text("custom").unwrap_or_default(),
            message: message(&object),
        })
    }
}

/// The answer to one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// The merchant has the news.
    Acknowledged,
    /// Any other answer: the attempt is repeated.
    NotUnderstood {
        /// Why, for the console; nothing of the body is in it.
        reason: String,
    },
}

/// Classifies the answer to a notification: HTTP 2xx and the text `success`, in any case, with
/// nothing but white space around it (`research/wire-facts.md` C12).
#[must_use]
pub fn acknowledgement(http_status: u16, body: &[u8]) -> Acknowledgement {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii();
    let success = text.eq_ignore_ascii_case(ACKNOWLEDGED.as_bytes());
    match (success, (200..300).contains(&http_status)) {
        (true, true) => Acknowledgement::Acknowledged,
        (true, false) => not_understood(http_status, "although the body is success"),
        (false, _) => not_understood(http_status, "the body is not the text success"),
    }
}

fn not_understood(http_status: u16, reason: &str) -> Acknowledgement {
    Acknowledgement::NotUnderstood { reason: format!("HTTP {http_status}: {reason}.") }
}

/// Amounts and remarks stay out of logs.
impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("status", &self.status)
            .field("transactionid", &self.transactionid)
            .field("orderid", &self.orderid)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for NotificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameters(error) => error.fmt(f),
            Self::Parameter(name) => write!(f, "The notification has no valid {name}."),
            Self::Sign(error) => error.fmt(f),
            Self::Result(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotificationError {}
