//! The callback that tells a withdrawal's outcome (section "Callback Service: withdraw").
//!
//! The member order is the example's, which has `service` though the table lacks it. The key stands
//! in the body: the document wants it there, so a callback is secret as a whole. Our transaction
//! ids look like the example's `MW10001`, which is the first.

use std::fmt;

use super::answer::message;
use super::credentials::MAX_SITE_KEY;
use super::request::{MAX_ID, MAX_USERNAME};
use super::service::Service;
use crate::amount;
use crate::field::{self, FieldError, Length, Problem};
use crate::json::{Object, ObjectWriter};
use crate::secret::SecretText;

#[cfg(test)]
mod tests;

/// The message of an approved withdrawal, as in the example.
pub const COMPLETED: &str = "Completed!";

/// A bcrypt hash has 60 characters.
const MAX_HASH: usize = 60;

const SERVICE: &str = "withdraw";
const CURRENCY: &str = "TRY";
const TRANSACTION_PREFIX: &str = "MW";

/// The example's first transaction is 10001.
const TRANSACTION_BASE: i128 = 10_000;

/// How a withdrawal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The money was paid.
    Approved,
    /// It was not and will not be.
    Reject,
}

impl Status {
    /// The word on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Reject => "reject",
        }
    }
}

/// One callback. `service` is always `withdraw` and `currency` always `TRY`.
#[derive(Clone)]
pub struct WithdrawCallback {
    /// The site's number.
    pub site_id: u64,
    /// The key that this merchant is shown in callbacks.
    pub site_key: SecretText,
    /// The service that was asked for.
    pub method: Service,
    /// The customer's id, from the request.
    pub user_id: String,
    /// The customer's user name, from the request.
    pub username: String,
    /// The amount in kurus.
    pub amount: i64,
    /// Our id of the transaction.
    pub transaction_id: String,
    /// The merchant's id, from the request.
    pub trx: String,
    /// How it ended.
    pub status: Status,
    /// [`COMPLETED`], or the reason of a rejection.
    pub message: String,
    /// The bcrypt hash of `site_id|user_id|trx|site_key`.
    pub hash: String,
}

impl WithdrawCallback {
    /// The body, members in the example's order.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(512);
        ObjectWriter::open(&mut body)
            .integer("site_id", self.site_id)
            .text("site_key", self.site_key.expose())
            .text("service", SERVICE)
            .text("method", self.method.method())
            .text("user_id", &self.user_id)
            .text("username", &self.username)
            .text("amount", &amount::two_decimals(self.amount))
            .text("currency", CURRENCY)
            .text("transaction_id", &self.transaction_id)
            .text("trx", &self.trx)
            .text("status", self.status.word())
            .text("message", &self.message)
            .text("hash", &self.hash)
            .close();
        body
    }

    /// Reads a callback that somebody sends us. Its hash is not verified here.
    ///
    /// # Errors
    ///
    /// [`FieldError`] for the first field that is wrong.
    pub fn decode(object: &Object<'_>) -> Result<Self, FieldError> {
        let text = |field, max| field::text(object, field, Length::up_to(max)).map(String::from);
        one_of(object, "service", SERVICE, |word| (word == SERVICE).then_some(()))?;
        one_of(object, "currency", CURRENCY, |word| (word == CURRENCY).then_some(()))?;
        Ok(Self {
            site_id: field::integer(object, "site_id")?,
            site_key: SecretText::new(text("site_key", MAX_SITE_KEY)?),
            method: one_of(object, "method", METHODS, Service::from_method)?,
            user_id: field::signed_part(object, "user_id", Length::up_to(MAX_ID))?,
            username: text("username", MAX_USERNAME)?,
            amount: field::amount(object, "amount")?,
            transaction_id: text("transaction_id", MAX_ID)?,
            trx: field::signed_part(object, "trx", Length::up_to(MAX_ID))?,
            status: one_of(object, "status", "approved, reject", status)?,
            // Required too, but no reason to lose an outcome over.
            message: message(object),
            hash: text("hash", MAX_HASH)?,
        })
    }
}

const METHODS: &str = "BankTransfer, Papara, Popypara, Paratim, PayFix, PayCo";

fn status(word: &str) -> Option<Status> {
    [Status::Approved, Status::Reject].into_iter().find(|status| status.word() == word)
}

fn one_of<T>(
    object: &Object<'_>,
    field: &'static str,
    allowed: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, FieldError> {
    let word = field::text(object, field, Length::up_to(64))?;
    read(&word).ok_or(FieldError::new(field, Problem::NotOneOf { allowed }))
}

/// The transaction id of a payout, whose ids begin with 1: `MW10001` for the first.
#[must_use]
pub fn transaction_id(payout_id: i64) -> String {
    format!("{TRANSACTION_PREFIX}{}", TRANSACTION_BASE + i128::from(payout_id))
}

/// The payout of a transaction id, if it is one that [`transaction_id`] gives.
#[must_use]
pub fn payout_id(transaction: &str) -> Option<i64> {
    let number: i128 = transaction.strip_prefix(TRANSACTION_PREFIX)?.parse().ok()?;
    let payout = i64::try_from(number.checked_sub(TRANSACTION_BASE)?).ok()?;
    (payout > 0 && transaction_id(payout) == transaction).then_some(payout)
}

/// The rest of a callback is keys and personal data.
impl fmt::Debug for WithdrawCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithdrawCallback")
            .field("site_id", &self.site_id)
            .field("transaction_id", &self.transaction_id)
            .field("trx", &self.trx)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
