//! The one table of answer codes.
//!
//! The document publishes two: 200 and 20014 (section "Response Codes"), and one rule: any code but
//! 200 means rejected. A merchant may refund on it, so each code of ours also says what a repeat of
//! the same `trx` does. HTTP is 200 wherever the sender proved who it is or a field is wrong,
//! because old clients read the body of a 200 only (`research/wire-facts.md` G5). The
//! documentation's table is rendered from here.

use std::fmt::Write as _;

use crate::code_table::code_table;
use crate::field::{FieldError, Problem};
use crate::json::JsonError;

#[cfg(test)]
mod tests;

/// What sending the same `trx` once more can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same request gets the same success again, with the same id.
    SameAnswer,
    /// The same request may be accepted later.
    Later,
    /// Nothing was stored: the corrected request may use the same `trx`.
    AfterCorrection,
    /// The refusal is final for this `trx` and is repeated: use a new one.
    NewTrx,
}

impl Retry {
    /// The column of the table.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::SameAnswer => "same answer, same id",
            Self::Later => "yes, unchanged, after a pause",
            Self::AfterCorrection => "yes, once corrected",
            Self::NewTrx => "no, use a new one",
        }
    }
}

code_table! {
    /// A code of the answers' `code` member.
    AnswerCode,
    /// The HTTP status, and what sending the same `trx` again does.
    told -> (u16, Retry);
    Created = 200, "created", (200, Retry::SameAnswer),
        "Withdrawal request created!",
        "The withdrawal was accepted.";
    MalformedJson = 20001, "malformed_json", (400, Retry::AfterCorrection),
        "The body is not a JSON object.",
        "The body is not JSON in UTF-8, not an object, has a member twice or nests too deep.";
    MissingField = 20002, "missing_field", (200, Retry::AfterCorrection),
        "A required field is missing.",
        "A field that the document requires is not in the body.";
    InvalidField = 20003, "invalid_field", (200, Retry::AfterCorrection),
        "A field is not valid.",
        "A field has another type, is empty, too long, or is not what its name says.";
    BodyTooLarge = 20004, "body_too_large", (413, Retry::AfterCorrection),
        "The body is too large.",
        "The body has more bytes than are read.";
    NotJson = 20005, "not_json", (415, Retry::AfterCorrection),
        "Send the body as application/json.",
        "The content type is not JSON.";
    UnknownService = 20006, "unknown_service", (404, Retry::AfterCorrection),
        "There is no such service.",
        "The path is no service, or its method is not POST (then HTTP 405).";
    TooManyRequests = 20007, "too_many_requests", (429, Retry::Later),
        "Too many requests. Send the same trx again later.",
        "The site sends more requests than it may.";
    Busy = 20008, "busy", (503, Retry::Later),
        "The service is busy. Send the same trx again later.",
        "The request was not looked at for lack of room; nothing was stored.";
    InternalFault = 20009, "internal_fault", (500, Retry::Later),
        "Something went wrong here. Send the same trx again before refunding it.",
        "A fault of ours. The withdrawal may exist: a repeat of the same request tells.";
    WrongCredentials = 20014, "wrong_credentials", (200, Retry::AfterCorrection),
        "API credentials are incorrect!",
        "The site or its key is unknown, or the caller's address is not registered.";
    TrxReused = 20020, "trx_reused", (200, Retry::NewTrx),
        "This trx was used before for another withdrawal. Use a new one.",
        "An earlier request with this trx had other content. The earlier one stands.";
    MerchantSuspended = 20021, "merchant_suspended", (200, Retry::NewTrx),
        "The site is suspended. This trx is closed: use a new one later.",
        "The site is known and may not withdraw at present.";
    ServiceNotOffered = 20022, "service_not_offered", (200, Retry::NewTrx),
        "This service is not offered to the site. This trx is closed: use a new one.",
        "The site may use other services but not this one.";
    BelowMinimum = 20023, "below_minimum", (200, Retry::NewTrx),
        "The amount is below the minimum. This trx is closed: use a new one.",
        "The amount is smaller than the service allows.";
    AboveMaximum = 20024, "above_maximum", (200, Retry::NewTrx),
        "The amount is above the maximum. This trx is closed: use a new one.",
        "The amount is larger than the service allows.";
    DailyLimit = 20025, "daily_limit", (200, Retry::NewTrx),
        "The daily limit is reached. This trx is closed: use a new one later.",
        "The day's total of the site would pass its limit.";
    InsufficientBalance = 20026, "insufficient_balance", (200, Retry::NewTrx),
        "The balance is not sufficient. This trx is closed: use a new one.",
        "The site's available balance is less than amount and commission.";
    UnknownProvider = 20027, "unknown_provider", (200, Retry::AfterCorrection),
        "provider_id is not in the bank list.",
        "No bank of the bank list has this provider_id.";
    CannotBeSigned = 20028, "cannot_be_signed", (200, Retry::AfterCorrection),
        "site_id|user_id|trx|site_key is too long to be signed, or one of its parts contains |.",
        "The callback's hash could not be made, so the withdrawal is not begun.";
    InvalidIban = 20029, "invalid_iban", (200, Retry::AfterCorrection),
        "account_number is not a valid IBAN.",
        "The IBAN of a bank transfer has a wrong length or checksum.";
    InvalidIdentity = 20030, "invalid_identity", (200, Retry::AfterCorrection),
        "identity is not a valid identity number.",
        "The identity number has a wrong form or checksum.";
    InvalidBirthDate = 20031, "invalid_birth_date", (200, Retry::AfterCorrection),
        "birth_date is not a valid date of birth.",
        "The date of birth is no calendar date, or not in the past.";
}

impl AnswerCode {
    /// The HTTP status of the answer.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        self.told().0
    }

    /// What sending the same `trx` again does.
    #[must_use]
    pub const fn retry(self) -> Retry {
        self.told().1
    }
}

impl AnswerCode {
    /// The code of a number, if it is in the table.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

impl From<&JsonError> for AnswerCode {
    fn from(_: &JsonError) -> Self {
        Self::MalformedJson
    }
}

impl From<&FieldError> for AnswerCode {
    fn from(error: &FieldError) -> Self {
        match (error.field, error.problem) {
            (_, Problem::Missing) => Self::MissingField,
            (_, Problem::CannotBeSigned) => Self::CannotBeSigned,
            ("identity", _) => Self::InvalidIdentity,
            ("birth_date", _) => Self::InvalidBirthDate,
            _ => Self::InvalidField,
        }
    }
}

/// The table as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut table = String::from(
        "| Code | Name | HTTP | Message | When | Same `trx` again |\n|---:|---|---:|---|---|---|\n",
    );
    for code in AnswerCode::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {} | `{}` | {} | {} | {} | {} |",
            code.number(),
            code.name(),
            code.http_status(),
            code.message().replace('|', "\\|"),
            code.when(),
            code.retry().text()
        );
    }
    table
}
