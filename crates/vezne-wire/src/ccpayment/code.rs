//! The two tables of codes: of whole answers, and of rows.
//!
//! They are two namespaces: the documents give rows 2 and 21 a meaning that the platform's tables
//! do not have. Published for cash-outs are 100, 14, 41 and 422 for answers and 100, 2 and 21 for
//! rows; the others are the closest of the platform's tables (`research/wire-facts.md` 2.7, A13).
//! HTTP is 200 wherever the token is good, since clients read the body of a 200 (G5). The
//! documentation's tables are rendered from here.

use std::fmt::Write as _;

use crate::amount;
use crate::code_table::code_table;
use crate::field::FieldError;
use crate::json::JsonError;

#[cfg(test)]
mod tests;

/// What sending a row with the same `unique_id` once more can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same row gets the same success again.
    SameAnswer,
    /// The same row may be accepted later.
    Later,
    /// Nothing was stored: the corrected row may use the same `unique_id`.
    AfterCorrection,
    /// The refusal is final for this `unique_id` and is repeated: use a new one.
    NewUniqueId,
}

impl Retry {
    /// The column of the table.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::SameAnswer => "same answer",
            Self::Later => "yes, unchanged, after a pause",
            Self::AfterCorrection => "yes, once corrected",
            Self::NewUniqueId => "no, use a new one",
        }
    }
}

code_table! {
    /// A code of a whole answer: `statuscode` and `status_code`.
    AnswerCode,
    /// The HTTP status of the answer.
    pub http_status -> u16;
    Success = 100, "success", 200,
        "SUCCESS",
        "At least one row was accepted; the description counts them when not all were.";
    MalformedJson = 1, "malformed_json", 400,
        "The body is not a JSON object.",
        "The body is not JSON in UTF-8, not an object, has a member twice or nests too deep.";
    BodyTooLarge = 1, "body_too_large", 413,
        "The body is too large.",
        "The body has more bytes than are read.";
    NotJson = 1, "not_json", 415,
        "Send the body as application/json.",
        "The content type is not JSON.";
    Validation = 1, "validation", 200,
        "The request is not valid.",
        "A field outside the rows is missing or wrong, or the rows cannot be read or summed up.";
    MerchantNotFound = 14, "merchant_not_found", 200,
        "Merchant not found",
        "The merchant_key is unknown or not the token's.";
    InvalidCredentials = 30, "invalid_credentials", 200,
        "Invalid credentials",
        "The app_id is unknown or the app_secret is not its own.";
    TransactionNotFound = 31, "transaction_not_found", 200,
        "Transaction not found",
        "A status was asked for that the merchant has no cash-out of.";
    Failed = 41, "failed", 200,
        "FAILED",
        "No row was accepted; each row says why.";
    InvalidWebHookKey = 56, "invalid_web_hook_key", 200,
        "Invalid web hook key",
        "The reverse_web_hook_key names no webhook of the merchant.";
    InvalidHashKey = 422, "invalid_hash_key", 200,
        "Invalid hash key",
        "The hash_key is not of this request, for whatever reason.";
    Unauthenticated = 401, "unauthenticated", 401,
        "Unauthenticated.",
        "There is no token, or it is unknown or has expired: ask for a new one.";
    NotFound = 404, "not_found", 404,
        "There is no such path.",
        "The path is none of this interface.";
    MethodNotAllowed = 404, "method_not_allowed", 405,
        "Send a POST.",
        "The path is right, the method is not POST.";
    TooManyRequests = 429, "too_many_requests", 429,
        "Too many requests. Send the same request again later.",
        "The merchant sends more requests than it may, or its address more wrong credentials.";
    Busy = 503, "busy", 503,
        "The service is busy. Send the same request again later.",
        "The request was not looked at for lack of room; nothing was stored.";
    InternalFault = 99, "internal_fault", 500,
        "Something went wrong here. Send the same request again before refunding it.",
        "A fault of ours. Rows may have been accepted: a repeat of the same request tells.";
}

code_table! {
    /// A code of a row: `response_code`.
    RowCode,
    /// What sending the row with the same `unique_id` again does.
    pub retry -> Retry;
    Success = 100, "success", Retry::SameAnswer,
        "SUCCESS",
        "The cash-out was accepted.";
    InsufficientBalance = 2, "insufficient_balance", Retry::Later,
        "Insufficient balance. Please, try again",
        "The available balance is less than amount and commission. The same unique_id may come \
         again, and is paid once.";
    BelowMinimum = 21, "below_minimum", Retry::NewUniqueId,
        "Cashout to bank amount can't be less than the minimum",
        "The amount is smaller than the merchant may send; the message names the least.";
    Validation = 1, "validation", Retry::AfterCorrection,
        "The row is not valid.",
        "A field of the row is missing or wrong; the message names it.";
    InvalidCurrency = 12, "invalid_currency", Retry::AfterCorrection,
        "currency is not valid.",
        "The currency is no currency code, or not one that the merchant may send.";
    DuplicateUniqueId = 3, "duplicate_unique_id", Retry::NewUniqueId,
        "This unique_id was used before for another cashout. Use a new one.",
        "An earlier row with this unique_id had other content. The earlier one stands.";
    MerchantDisabled = 29, "merchant_disabled", Retry::NewUniqueId,
        "The merchant is disabled. This unique_id is closed: use a new one later.",
        "The merchant is known and may not cash out at present.";
    ChannelNotOffered = 34, "channel_not_offered", Retry::NewUniqueId,
        "Cashout to bank is not offered. This unique_id is closed: use a new one.",
        "The merchant may use other channels but not this one.";
    TakenByCommission = 42, "taken_by_commission", Retry::NewUniqueId,
        "The commission takes the whole amount. This unique_id is closed: use a new one.",
        "Nothing would be left to pay after the receiver's commission.";
    DayLimit = 45, "day_limit", Retry::NewUniqueId,
        "The daily limit is reached. This unique_id is closed: use a new one later.",
        "The day's total of the merchant would pass its limit.";
    AboveMaximum = 49, "above_maximum", Retry::NewUniqueId,
        "The amount is above the maximum. This unique_id is closed: use a new one.",
        "The amount is larger than the merchant may send.";
    Busy = 503, "busy", Retry::Later,
        "The service is busy. Send the same row again later.",
        "The row was not accepted, and there is no room to keep why; nothing was stored.";
    InternalFault = 99, "internal_fault", Retry::Later,
        "Something went wrong here. Send the same row again before refunding it.",
        "A fault of ours. The cash-out may exist: a repeat of the same row tells.";
}

impl AnswerCode {
    /// The first code of a number, if it is in the table.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

impl RowCode {
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
    fn from(_: &FieldError) -> Self {
        Self::Validation
    }
}

impl From<&FieldError> for RowCode {
    fn from(error: &FieldError) -> Self {
        if error.field == "currency" { Self::InvalidCurrency } else { Self::Validation }
    }
}

/// The message of [`RowCode::BelowMinimum`], in the document's words.
#[must_use]
pub fn below_minimum(minor: i64, currency: &str) -> String {
    format!("Cashout to bank amount can't be less than {} {currency}", amount::php_number(minor))
}

/// Both tables as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from(
        "## Answers\n\n| Code | Name | HTTP | Message | When |\n|---:|---|---:|---|---|\n",
    );
    for code in AnswerCode::ALL {
        let (number, name, http) = (code.number(), code.name(), code.http_status());
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {number} | `{name}` | {http} | {} | {} |",
            code.message(),
            code.when()
        );
    }
    text.push_str(
        "\n## Rows\n\n| Code | Name | Message | When | Same `unique_id` again |\n\
         |---:|---|---|---|---|\n",
    );
    for code in RowCode::ALL {
        let (number, name, again) = (code.number(), code.name(), code.retry().text());
        let _ = writeln!(
            text,
            "| {number} | `{name}` | {} | {} | {again} |",
            code.message(),
            code.when()
        );
    }
    text
}
