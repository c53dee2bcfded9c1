//! The webhook of an outcome: an extension of ours in the form of the platform's sale webhook.
//!
//! The documents have none for cash-outs, and only the name `reverse_web_hook_key` is public. The
//! form fields and the `hash_key` over `status|amount|unique_id|id|currency` are those of the sale
//! webhook, so that a merchant's own `validateHashKey` verifies it unchanged
//! (`research/wire-facts.md` 2.8, A17).

use std::fmt;

use super::answer::fit;
use super::code::AnswerCode;
use super::hash_key::{make, open};
use super::status::CashoutStatus;
use crate::amount;
use crate::decimal::Decimal;
use crate::form::{Form, FormError, FormWriter};
use crate::secret::SecretText;

#[cfg(test)]
mod tests;

/// The code of money that came back: the final state "returned" of the platform's successor
/// (`research/wire-facts.md` 2.1); no table of this platform has the number.
pub const RETURNED: u32 = 5;

/// The code of a cash-out that has no outcome yet, from the platform's table.
pub const NOT_PROCESSED: u32 = 69;

impl CashoutStatus {
    /// The `status_code` of the webhook.
    #[must_use]
    pub const fn webhook_code(self) -> u32 {
        match self {
            Self::Completed => AnswerCode::Success.number(),
            Self::Failed => AnswerCode::Failed.number(),
            Self::Returned => RETURNED,
            Self::Pending | Self::Processing => NOT_PROCESSED,
        }
    }
}

/// An outcome to tell; amounts in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The brand, which names the field `<brand>_status` in lower case.
    pub brand: &'a str,
    /// The merchant's id, or the one given to the row.
    pub unique_id: &'a str,
    /// Our id.
    pub id: i64,
    /// How it ended.
    pub status: CashoutStatus,
    /// Why it failed or came back; empty otherwise.
    pub reason: &'a str,
    /// The amount that was asked for.
    pub amount_minor: i64,
    /// What the receiver gets, after its commission.
    pub paid_minor: i64,
    /// What the merchant pays beside the amount.
    pub merchant_commission_minor: i64,
    /// What is kept from the amount.
    pub receiver_commission_minor: i64,
    /// The currency.
    pub currency: &'a str,
}

impl Outcome<'_> {
    /// The form's body. `iv` and `salt` have to be random.
    #[must_use]
    pub fn encode(&self, app_secret: &SecretText, iv: [u8; 8], salt: [u8; 2]) -> String {
        let number = amount::php_number;
        let (code, id) = (self.status.webhook_code().to_string(), self.id.to_string());
        let paid = self.status == CashoutStatus::Completed;
        let error_code = if paid { "" } else { code.as_str() };
        let hash_key = make(&self.plaintext(), app_secret.expose(), iv, salt);
        FormWriter::default()
            .text(&format!("{}_status", self.brand.to_lowercase()), self.flag())
            // Published handlers of the platform decide by this name.
            .text("payment_status", self.flag())
            .text("order_no", &id)
            .text("order_id", &id)
            .text("invoice_id", self.unique_id)
            .text("status_code", &code)
            .text("status_description", if paid { "SUCCESS" } else { self.reason })
            .text("status", self.status.text())
            .text("error_code", error_code)
            .text("error", self.reason)
            .text("amount", &number(self.amount_minor))
            .text("paid_amount", &number(self.paid_minor))
            .text("merchant_commission", &number(self.merchant_commission_minor))
            .text("receiver_commission", &number(self.receiver_commission_minor))
            .text("currency", self.currency)
            .text("hash_key", &hash_key)
            .finish()
    }

    /// "1" for money that was paid and stayed paid.
    fn flag(&self) -> &'static str {
        if self.status == CashoutStatus::Completed { "1" } else { "0" }
    }

    fn plaintext(&self) -> String {
        let amount = amount::php_number(self.amount_minor);
        let id = self.id.to_string();
        [self.flag(), &amount, self.unique_id, &id, self.currency].join("|")
    }
}

/// A webhook that came in and whose `hash_key` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Our id of the row.
    pub unique_id: String,
    /// The other side's id.
    pub id: String,
    /// How it ended.
    pub status: CashoutStatus,
    /// The reason, for people, at most 500 characters.
    pub reason: String,
    /// The amount in minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: String,
}

/// Why a webhook is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookError {
    /// No form.
    Form(FormError),
    /// A field is missing or cannot be read.
    Field(&'static str),
    /// The `hash_key` is not of these fields under this secret.
    HashKey,
}

impl Received {
    /// Reads a webhook of `brand` and verifies its `hash_key`.
    ///
    /// # Errors
    ///
    /// [`WebhookError`] names the first reason not to believe it.
    pub fn decode(body: &[u8], brand: &str, app_secret: &SecretText) -> Result<Self, WebhookError> {
        let form = Form::parse(body).map_err(WebhookError::Form)?;
        let field = |name| form.get(name).ok_or(WebhookError::Field(name));
        let signed = validate_hash_key(field("hash_key")?, app_secret);
        let signed = signed.ok_or(WebhookError::HashKey)?;
        let flag = form.get(&format!("{}_status", brand.to_lowercase()));
        let flag = flag.ok_or(WebhookError::Field("<brand>_status"))?;
        let sent =
            [flag, field("amount")?, field("invoice_id")?, field("order_id")?, field("currency")?];
        if !is_signed(&signed, sent) {
            return Err(WebhookError::HashKey);
        }
        Self::of(&form, sent)
    }

    fn of(form: &Form, sent: [&str; 5]) -> Result<Self, WebhookError> {
        let [flag, amount, unique_id, id, currency] = sent;
        let word = form.get("status").unwrap_or_default();
        let status = CashoutStatus::parse(word).ok_or(WebhookError::Field("status"))?;
        // The word is not signed and must not say more than the flag that is.
        if (flag == "1") != (status == CashoutStatus::Completed) {
            return Err(WebhookError::Field("status"));
        }
        let amount = Decimal::parse(amount.as_bytes()).and_then(Decimal::exact_minor);
        Ok(Self {
            unique_id: unique_id.to_owned(),
            id: id.to_owned(),
            status,
            reason: fit(form.get("error").unwrap_or_default()),
            amount_minor: amount.ok_or(WebhookError::Field("amount"))?,
            currency: currency.to_owned(),
        })
    }
}

/// The five values of a webhook's `hash_key`, as the platform's published function of this name
/// reads them: `None` when it does not decrypt to five values.
#[must_use]
pub fn validate_hash_key(hash_key: &str, app_secret: &SecretText) -> Option<[String; 5]> {
    let text = open(hash_key, app_secret.expose()).ok()?;
    let values: Vec<String> = text.split('|').map(String::from).collect();
    values.try_into().ok()
}

/// Whether the values are those of the form; the amount as a decimal.
fn is_signed(signed: &[String; 5], sent: [&str; 5]) -> bool {
    let amount = |text: &str| Decimal::parse(text.as_bytes());
    let [flag, total, unique_id, id, currency] = signed;
    let same_amount = amount(total).is_some() && amount(total) == amount(sent[1]);
    same_amount && [flag, unique_id, id, currency] == [sent[0], sent[2], sent[3], sent[4]]
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(error) => error.fmt(f),
            Self::Field(name) => write!(f, "The webhook has no {name} that can be read."),
            Self::HashKey => f.write_str("The webhook's hash_key does not hold."),
        }
    }
}

impl std::error::Error for WebhookError {}
