//! The BankoPay protocol: withdrawals, bank list, and the withdraw callback.
//!
//! Source: `bankopay.txt`, whose section names the modules repeat. What the document leaves open is
//! decided in `research/wire-facts.md` section 7 (B1 to B16) and stated where it applies:
//!
//! - an answer echoes the `site_id` that was sent, where the samples show another;
//! - `callback_data` holds the members really sent, with `site_key` masked unless a merchant asks
//!   for it;
//! - all codes but 200 and 20014 are ours ([`code`]).

pub mod acknowledgement;
pub mod answer;
pub mod bank_list;
pub mod callback;
pub mod code;
pub mod credentials;
pub mod note;
pub mod request;
pub mod samples;
pub mod service;
pub mod signature;

#[cfg(test)]
mod tests;

pub use crate::extras::{self, Extras};
pub use acknowledgement::{Acknowledgement, acknowledgement};
pub use answer::{Accepted, Answer, KeyShown};
pub use bank_list::{Bank, BankList};
pub use callback::{Status, WithdrawCallback, payout_id, transaction_id};
pub use code::{AnswerCode, Retry};
pub use credentials::Credentials;
pub use note::Note;
pub use request::{BankDetails, WithdrawRequest};
pub use service::Service;
pub use signature::{SignatureError, SignatureText, fits, sign, signature_text, verify};
