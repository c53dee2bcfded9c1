//! The webhook of an outcome to merchants that speak CCPayment: an extension of ours in the form of
//! the platform's sale webhook (`research/wire-facts.md` 2.8, A17).
//!
//! Nothing is published of what acknowledges it, so the rule is ours: HTTP 2xx does, whatever the
//! body is; 4xx is a merchant that says no, unless it only had no time; all else is no answer. The
//! `hash_key` leaves most fields open, which the Standard Webhooks headers cover.

use vezne_core::model::callback::{AttemptOutcome, CallbackEvent};
use vezne_core::port::{Delivery, Random};
use vezne_wire::ccpayment::{CashoutStatus, Outcome, Profile};
use vezne_wire::secret::SecretText;

use super::{Format, Verdict, Work, whole_url};
use crate::http::Answer;

#[cfg(test)]
mod tests;

/// The dialect's code.
const DIALECT: &str = "ccpayment";

/// The brand that a merchant's code knows, where it is not the default.
const BRAND_OPTION: &str = "brand";

/// The brand without that.
const DEFAULT_BRAND: &str = Profile::Iqmoney.name();

pub(super) struct CcPayment;

impl Format for CcPayment {
    fn dialect(&self) -> &'static str {
        DIALECT
    }

    fn headers(&self, _delivery: &Delivery) -> &'static [(&'static str, &'static str)] {
        &[("content-type", "application/x-www-form-urlencoded"), ("accept", "*/*")]
    }

    /// The platform's webhook URLs are whole ones, so this is too.
    fn url(&self, base: &str) -> Result<String, String> {
        whole_url(base)
    }

    fn sample_note(&self) -> Vec<u8> {
        Vec::new()
    }

    fn work(&self, delivery: &Delivery, random: &dyn Random) -> Result<Work, String> {
        let (mut iv, mut salt) = ([0; 8], [0; 2]);
        random.fill(&mut iv);
        random.fill(&mut salt);
        let body = outcome(delivery)?.encode(&app_secret(delivery)?, iv, salt).into_bytes();
        Ok(Work::Done(body))
    }

    fn judge(&self, answer: Answer) -> Verdict {
        let outcome = match answer.status {
            200..=299 => AttemptOutcome::Acknowledged,
            // It had no time for this one, which says nothing about it.
            408 | 425 | 429 => AttemptOutcome::Failed,
            400..=499 => AttemptOutcome::Refused,
            _ => AttemptOutcome::Failed,
        };
        let body = answer.body.map(|body| String::from_utf8_lossy(&body).into_owned());
        let text = body.unwrap_or_else(|reason| reason);
        let separator = if text.is_empty() { "" } else { ": " };
        Verdict { outcome, detail: format!("HTTP {}{separator}{text}", answer.status) }
    }
}

fn outcome(delivery: &Delivery) -> Result<Outcome<'_>, String> {
    let Delivery { callback, payout, merchant } = delivery;
    let unique_id = payout.reference.text.as_str();
    // The merchant's code would cut the decrypted text apart in another way.
    if unique_id.contains('|') {
        return Err("a unique_id with a | cannot be signed".to_owned());
    }
    let (status, reason) = match callback.event {
        CallbackEvent::Settled => (CashoutStatus::Completed, ""),
        CallbackEvent::Rejected | CallbackEvent::Failed => {
            (CashoutStatus::Failed, callback.message.as_str())
        }
        CallbackEvent::Returned => (CashoutStatus::Returned, callback.message.as_str()),
    };
    Ok(Outcome {
        brand: merchant.option(BRAND_OPTION).unwrap_or(DEFAULT_BRAND),
        unique_id,
        id: payout.id.0,
        status,
        reason,
        amount_minor: payout.amount.minor(),
        paid_minor: payout.paid().map_err(|error| error.to_string())?.minor(),
        merchant_commission_minor: payout.commission.minor(),
        receiver_commission_minor: payout.receiver_commission.minor(),
        currency: payout.amount.currency().code(),
    })
}

/// The present key: a merchant has to have it from the moment of a rotation on.
fn app_secret(delivery: &Delivery) -> Result<SecretText, String> {
    let merchant = &delivery.merchant;
    let missing = || format!("merchant {} has no CCPayment access", merchant.id);
    let access = merchant.access(&DIALECT.into()).ok_or_else(missing)?;
    Ok(SecretText::new(access.key.expose()))
}
