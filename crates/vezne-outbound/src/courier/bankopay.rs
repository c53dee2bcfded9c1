//! Callbacks to merchants that speak BankoPay (`documents/bankopay.txt`, "Callback Service:
//! withdraw").
//!
//! The key stands in the body and in the hash, so a callback is as secret as the key. What the hash
//! leaves open (amount, status) the Standard Webhooks headers cover.

use url::Url;
use vezne_core::model::callback::{AttemptOutcome, CallbackEvent};
use vezne_core::model::merchant::{Access, Merchant};
use vezne_core::port::{Delivery, Fault, Random};
use vezne_wire::bankopay::signature::{MAX_COST, MIN_COST};
use vezne_wire::bankopay::{
    Acknowledgement, Extras, Note, Service, SignatureText, Status, WithdrawCallback,
    acknowledgement, sign, signature_text, transaction_id,
};
use vezne_wire::secret::SecretText;

use super::{Format, Verdict, Work};
use crate::http::Answer;

#[cfg(test)]
mod tests;

/// The dialect's code.
const DIALECT: &str = "bankopay";

/// The switch of a merchant whose verifier pins a cost.
const COST_OPTION: &str = "bcrypt_cost";

/// The key is random, so a higher work factor would protect nothing (DESIGN, section 6).
const DEFAULT_COST: u32 = 8;

/// Where the document's example receives callbacks below an origin.
const DEFAULT_PATH: &str = "/api/BankoPay";

/// The service's own part of the path.
const SERVICE_PATH: &str = "/withdraw/";

pub(super) struct BankoPay;

impl Format for BankoPay {
    fn dialect(&self) -> &'static str {
        DIALECT
    }

    fn headers(&self, _delivery: &Delivery) -> &'static [(&'static str, &'static str)] {
        &[("content-type", "application/json"), ("accept", "application/json")]
    }

    fn url(&self, base: &str) -> Result<String, String> {
        let url =
            Url::parse(base).map_err(|error| format!("the callback URL is wrong: {error}"))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err("the callback URL must end before any ? or #".to_owned());
        }
        let base = base.trim_end_matches('/');
        let path = if url.path() == "/" { DEFAULT_PATH } else { "" };
        Ok(format!("{base}{path}{SERVICE_PATH}"))
    }

    fn sample_note(&self) -> Vec<u8> {
        let (user_id, username) = ("1".to_owned(), "test".to_owned());
        let (service, extras) = (Service::BankTransfer, Extras::default());
        Note { service, user_id, username, extras }.to_bytes()
    }

    fn work(&self, delivery: &Delivery, random: &dyn Random) -> Result<Work, String> {
        let (mut callback, text) = parts(delivery)?;
        let cost = cost(&delivery.merchant);
        let mut salt = [0; 16];
        random.fill(&mut salt);
        Ok(Work::Slow(Box::new(move || {
            callback.hash = sign(&text, cost, salt).map_err(|error| Fault(error.to_string()))?;
            Ok(callback.encode())
        })))
    }

    fn judge(&self, answer: Answer) -> Verdict {
        let body = match answer.body {
            Ok(body) => body,
            Err(reason) => return Verdict::failed(reason),
        };
        let (outcome, detail) = match acknowledgement(answer.status, &body) {
            Acknowledgement::Acknowledged { message } => (AttemptOutcome::Acknowledged, message),
            Acknowledgement::Refused { code, message } => {
                (AttemptOutcome::Refused, format!("code {code}: {message}"))
            }
            Acknowledgement::NotUnderstood { reason } => (AttemptOutcome::Failed, reason),
        };
        Verdict { outcome, detail }
    }
}

/// The callback but for its hash, and the text to be hashed.
fn parts(delivery: &Delivery) -> Result<(WithdrawCallback, SignatureText), String> {
    let Delivery { callback, payout, merchant } = delivery;
    let access = access(merchant)?;
    let note = Note::from_bytes(&payout.note).map_err(|error| error.to_string())?;
    let site_id = access.login.parse().map_err(|_| "the site_id is not a number".to_owned())?;
    let site_key = SecretText::new(access.callback_key.expose());
    let trx = payout.reference.text.clone();
    let text = signature_text(site_id, &note.user_id, &trx, &site_key);
    let callback = WithdrawCallback {
        site_id,
        site_key,
        method: note.service,
        user_id: note.user_id,
        username: note.username,
        amount: payout.amount.minor(),
        transaction_id: transaction_id(payout.id.0),
        trx,
        status: status(callback.event),
        message: callback.message.clone(),
        hash: String::new(),
    };
    Ok((callback, text.map_err(|error| error.to_string())?))
}

fn access(merchant: &Merchant) -> Result<&Access, String> {
    let missing = || format!("merchant {} has no BankoPay access", merchant.id);
    merchant.access(&DIALECT.into()).ok_or_else(missing)
}

/// The document knows two outcomes: money that came back is money that was not paid.
fn status(event: CallbackEvent) -> Status {
    match event {
        CallbackEvent::Settled => Status::Approved,
        CallbackEvent::Rejected | CallbackEvent::Failed | CallbackEvent::Returned => Status::Reject,
    }
}

fn cost(merchant: &Merchant) -> u32 {
    let chosen = merchant.option(COST_OPTION).and_then(|text| text.parse().ok());
    chosen.unwrap_or(DEFAULT_COST).clamp(MIN_COST, MAX_COST)
}
