//! The CCPayment platform's cash-out to bank, as Sipay and iqmoney publish it.
//!
//! Sources: `sipay-cashout.txt` and `iqmoney-cashout.txt`, two brands of one platform, which are
//! two [`Profile`]s here. What they leave open is decided in `research/wire-facts.md` section 7
//! (A1 to A18) and stated where it applies:
//!
//! - an answer always has all five keys, old and new;
//! - a `hash_key` is compared as numbers and plain text, never as the text that a language printed;
//! - the status query ([`status`]) and the webhook of an outcome ([`webhook`]) are extensions of
//!   ours in the platform's own style, as the documents have neither.

pub mod answer;
pub mod code;
pub mod hash_key;
pub mod note;
pub mod order;
pub mod profile;
pub mod request;
pub mod row;
pub mod samples;
pub mod status;
pub mod token;
pub mod webhook;

#[cfg(test)]
mod tests;

pub use crate::extras::Extras;
pub use answer::{
    Answer, AnswerError, RowAnswer, RowOutcome, RowResult, encode_refusal, encode_rows,
};
pub use code::{AnswerCode, Retry, RowCode, below_minimum};
pub use hash_key::{Expected, OpenError};
pub use note::{Note, NoteError};
pub use order::CashoutOrder;
pub use profile::Profile;
pub use request::{CashoutRequest, First, RequestError};
pub use row::{Row, RowProblem};
pub use status::{
    CashoutStatus, StatusAnswer, StatusError, StatusKey, StatusRequest, StatusResult,
};
pub use token::{TokenAnswer, TokenError, TokenGranted, TokenRequest, TokenRequestError};
pub use webhook::{Outcome, Received, WebhookError};
