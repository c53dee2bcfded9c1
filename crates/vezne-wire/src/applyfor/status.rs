//! The one table of status codes.
//!
//! The document publishes 10000 to 10007 (section "Error Handling") and says that there are more.
//! The others are ours, in the same range: a client that knows only the document's takes any of
//! them for a failed request. A merchant may refund on it, so each code says what a repeat with the
//! same `orderid` does. Notifications and order queries use the table too (`research/wire-facts.md`
//! C13). The documentation's table is rendered from here.

use std::fmt::Write as _;

use super::sign::SignError;
use crate::code_table::code_table;
use crate::field::{FieldError, Problem};

#[cfg(test)]
mod tests;

/// What sending the same `orderid` once more can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The order exists: 10003, with the first `transactionid`.
    Exists,
    /// The same request may be accepted later.
    Later,
    /// Nothing was stored: the corrected request may use the same `orderid`.
    AfterCorrection,
    /// The end is final for this `orderid`: use a new one.
    NewOrderid,
}

impl Retry {
    /// The column of the table.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Exists => "10003 and the same transactionid",
            Self::Later => "yes, unchanged, after a pause",
            Self::AfterCorrection => "yes, once corrected",
            Self::NewOrderid => "no, use a new one",
        }
    }
}

code_table! {
    /// A code of the `status` member.
    Status,
    /// The HTTP status, and what sending the same `orderid` again does.
    told -> (u16, Retry);
    Success = 10000, "success", (200, Retry::Exists),
        "Success",
        "The request was accepted; in a notification and an order query: the money was paid.";
    ParameterError = 10001, "parameter_error", (200, Retry::AfterCorrection),
        "Parameter Error",
        "A parameter is missing, malformed or ambiguous, the timestamp is too far from now, or the \
         body cannot be read (then HTTP 400).";
    SignatureFailed = 10002, "signature_failed", (200, Retry::AfterCorrection),
        "Signature Verification Failed",
        "The merchant is unknown, its signature does not match, or the caller's address is not \
         registered.";
    DuplicateOrder = 10003, "duplicate_order", (200, Retry::Exists),
        "Duplicate Order Number",
        "An earlier request had this orderid. The earlier one stands; its transactionid is in \
         result.";
    AmountFormat = 10004, "amount_format", (200, Retry::AfterCorrection),
        "Amount Format Error",
        "The amount is not digits with at most the decimals of the channel, or is zero.";
    UnknownBank = 10005, "unknown_bank", (200, Retry::AfterCorrection),
        "Bank ID Does Not Exist",
        "The channel's bank list has no bank with this bank_id.";
    InsufficientBalance = 10006, "insufficient_balance", (200, Retry::NewOrderid),
        "Insufficient Balance",
        "The merchant's available balance is less than amount and commission.";
    LimitExceeded = 10007, "limit_exceeded", (200, Retry::NewOrderid),
        "Withdrawal Limit Exceeded",
        "The amount is below or above what one order may be, or the day's total would pass its \
         limit.";
    UnknownChannel = 10008, "unknown_channel", (200, Retry::AfterCorrection),
        "Channel Does Not Exist",
        "There is no channel with this pay_code for this currency.";
    ChannelNotOffered = 10009, "channel_not_offered", (200, Retry::NewOrderid),
        "Channel Not Offered",
        "The merchant may use other channels but not this one.";
    MerchantSuspended = 10010, "merchant_suspended", (200, Retry::NewOrderid),
        "Merchant Suspended",
        "The merchant is known and may not withdraw at present.";
    OrderNotFound = 10011, "order_not_found", (200, Retry::AfterCorrection),
        "Order Not Found",
        "The merchant has no order with this orderid or transactionid.";
    TooManyRequests = 10012, "too_many_requests", (429, Retry::Later),
        "Too Many Requests",
        "The merchant sends more requests than it may.";
    Busy = 10013, "busy", (503, Retry::Later),
        "Service Busy",
        "The request was not looked at for lack of room; nothing was stored.";
    InternalFault = 10014, "internal_fault", (500, Retry::Later),
        "Internal Error. Query The Order Before Refunding It",
        "A fault of ours. The order may exist: an order query or a repeat tells.";
    BodyTooLarge = 10015, "body_too_large", (413, Retry::AfterCorrection),
        "Body Too Large",
        "The body has more bytes than are read.";
    UnsupportedContentType = 10016, "unsupported_content_type", (415, Retry::AfterCorrection),
        "Unsupported Content Type",
        "The body is neither JSON nor one of the two forms, or not in UTF-8.";
    UnknownPath = 10017, "unknown_path", (404, Retry::AfterCorrection),
        "No Such API",
        "The path is no API, or its method is not POST (then HTTP 405).";
    Processing = 10030, "processing", (200, Retry::Exists),
        "Processing",
        "In an order query: the order was accepted and has not ended.";
    Rejected = 10031, "rejected", (200, Retry::NewOrderid),
        "Withdrawal Rejected",
        "In a notification and an order query: the order was reviewed and will not be paid.";
    Failed = 10032, "failed", (200, Retry::NewOrderid),
        "Withdrawal Failed",
        "In a notification and an order query: the bank or wallet did not take the payment.";
    Cancelled = 10033, "cancelled", (200, Retry::NewOrderid),
        "Withdrawal Cancelled",
        "In a notification and an order query: the order was withdrawn before it was paid.";
    Returned = 10034, "returned", (200, Retry::NewOrderid),
        "Withdrawal Returned",
        "In a notification and an order query: the bank sent money back that had been paid.";
}

impl Status {
    /// The HTTP status of the answer.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        self.told().0
    }

    /// What sending the same `orderid` again does.
    #[must_use]
    pub const fn retry(self) -> Retry {
        self.told().1
    }
}

impl Status {
    /// The status of a number, if it is in the table.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.number() == number)
    }
}

impl From<&FieldError> for Status {
    fn from(error: &FieldError) -> Self {
        match (error.field, error.problem) {
            ("amount", Problem::NotAnAmount(_)) => Self::AmountFormat,
            _ => Self::ParameterError,
        }
    }
}

impl From<SignError> for Status {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Ambiguous => Self::ParameterError,
            SignError::Missing | SignError::Malformed | SignError::Mismatch => {
                Self::SignatureFailed
            }
        }
    }
}

/// The table as Markdown, for the documentation.
#[must_use]
pub fn markdown() -> String {
    let mut table = String::from(
        "| Status | Name | HTTP | Message | When | Same `orderid` again |\n\
         |---:|---|---:|---|---|---|\n",
    );
    for status in Status::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {} | `{}` | {} | {} | {} | {} |",
            status.number(),
            status.name(),
            status.http_status(),
            status.message(),
            status.when(),
            status.retry().text()
        );
    }
    table
}
