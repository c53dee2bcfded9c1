//! The /applyfor protocol: withdrawals, channel forms, notifications, and queries of our own.
//!
//! Source: `applyfor-withdrawal.txt`, whose section names the modules repeat. What the document
//! leaves open is decided in `research/wire-facts.md` section 7 (C1 to C18) and stated where it
//! applies:
//!
//! - how the secret is joined and whether empty values are signed is pinned per merchant
//!   ([`sign`]);
//! - a request whose signed text could be another request's is refused ([`sign`]);
//! - every answer to a caller who has proved itself is signed, errors too ([`answer`]);
//! - all codes above 10007 are ours ([`status`]).
//!
//! MD5 signs here because the document says so. What limits the harm: short fields without control
//! characters, an `orderid` that is used once, and notifications that carry Standard Webhooks
//! headers as well (`research/reliability.md` 5.3).

mod read;

pub mod answer;
pub mod apply;
pub mod decimal;
pub mod details;
pub mod form;
pub mod form_rule;
pub mod link;
pub mod note;
pub mod notification;
pub mod parameters;
pub mod query;
pub mod rule;
pub mod samples;
pub mod sign;
pub mod status;

#[cfg(test)]
mod tests;

pub use crate::body::BodyError;
pub use answer::{Answer, AnswerError, Envelope, payout_id, transactionid};
pub use apply::{ApplyRequest, Generation, minor_units};
pub use decimal::decimal_text;
pub use details::Details;
pub use form::{Choice, FieldBroken, FieldProblem, FieldType, Form, FormError, FormField};
pub use form_rule::FormRuleRequest;
pub use link::{FixedParts, Language, Link, LinkAnswer, LinkRequest, SealedLink};
pub use note::Note;
pub use notification::{Acknowledgement, Notification, NotificationFormat, acknowledgement};
pub use parameters::{BoolStyle, Parameters, ParametersError};
pub use query::{Balance, BalanceQuery, OrderAnswer, OrderId, OrderQuery};
pub use read::{MAX_CURRENCY, MAX_ORDERID, MAX_PAY_CODE, MAX_TRANSACTIONID, MAX_UID, MAX_USERIP};
pub use rule::{Checks, Rule, RuleBroken, RuleError};
pub use sign::{EmptyValues, SignError, SignStyle, SigningKey, canonical, slip};
pub use status::{Retry, Status};
