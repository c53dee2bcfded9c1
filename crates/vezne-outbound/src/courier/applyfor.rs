//! Notifications to merchants that speak /applyfor (`documents/applyfor-withdrawal.txt`,
//! "Withdrawal Process", step 5).
//!
//! A merchant's client gives up on what names no order, so a failure is told with the same members
//! as a payment. The signature is made by the present key and in the merchant's pinned way; what
//! MD5 leaves to doubt the Standard Webhooks headers cover.

use vezne_core::model::callback::{AttemptOutcome, CallbackEvent};
use vezne_core::model::merchant::Merchant;
use vezne_core::model::money::Money;
use vezne_core::model::payout::Payout;
use vezne_core::port::{Delivery, Random};
use vezne_wire::applyfor::{
    Acknowledgement, Details, EmptyValues, Note, Notification, NotificationFormat, SignStyle,
    SigningKey, Status, acknowledgement, decimal_text, transactionid,
};
use vezne_wire::secret::SecretText;

use super::{Format, Verdict, Work, whole_url};
use crate::http::Answer;

#[cfg(test)]
mod tests;

/// The dialect's code.
const DIALECT: &str = "applyfor";

/// How the merchant joins its secret to the text, where it is not the default.
const STYLE_OPTION: &str = "sign_style";

/// Whether the merchant signs empty values, where it is not the default.
const EMPTIES_OPTION: &str = "sign_empties";

const FORM_HEADERS: &[(&str, &str)] =
    &[("content-type", NotificationFormat::Form.content_type()), ("accept", "*/*")];

const JSON_HEADERS: &[(&str, &str)] =
    &[("content-type", NotificationFormat::Json.content_type()), ("accept", "*/*")];

pub(super) struct ApplyFor;

impl Format for ApplyFor {
    fn dialect(&self) -> &'static str {
        DIALECT
    }

    /// The body was made from the same note.
    fn headers(&self, delivery: &Delivery) -> &'static [(&'static str, &'static str)] {
        let format = Note::from_bytes(&delivery.payout.note).map(|note| note.format);
        match format.unwrap_or_default() {
            NotificationFormat::Form => FORM_HEADERS,
            NotificationFormat::Json => JSON_HEADERS,
        }
    }

    fn url(&self, base: &str) -> Result<String, String> {
        whole_url(base)
    }

    fn sample_note(&self) -> Vec<u8> {
        let note = Note {
            currency: String::new(),
            amount: "1".to_owned(),
            notify_url: String::new(),
            format: NotificationFormat::default(),
            userip: String::new(),
            details: Details::default(),
            extras: Vec::new(),
        };
        note.to_bytes()
    }

    fn work(&self, delivery: &Delivery, _random: &dyn Random) -> Result<Work, String> {
        let note = Note::from_bytes(&delivery.payout.note).map_err(|error| error.to_string())?;
        let key = signing_key(&delivery.merchant)?;
        let body = notification(delivery, &note)?.encode(note.format, &key);
        Ok(Work::Done(body))
    }

    /// The protocol has no word for a merchant that says no: all but `success` is no answer.
    fn judge(&self, answer: Answer) -> Verdict {
        let body = match answer.body {
            Ok(body) => body,
            Err(reason) => return Verdict::failed(reason),
        };
        match acknowledgement(answer.status, &body) {
            Acknowledgement::Acknowledged => {
                Verdict { outcome: AttemptOutcome::Acknowledged, detail: String::new() }
            }
            Acknowledgement::NotUnderstood { reason } => Verdict::failed(reason),
        }
    }
}

fn notification(delivery: &Delivery, note: &Note) -> Result<Notification, String> {
    let Delivery { callback, payout, .. } = delivery;
    let status = status(callback.event);
    let paid = status == Status::Success;
    Ok(Notification {
        status: status.number(),
        transactionid: transactionid(payout.id.0),
        orderid: payout.reference.text.clone(),
        amount: note.amount.clone(),
        real_amount: real_amount(payout, paid)?,
        custom: note.details.custom.clone().unwrap_or_default(),
        message: if paid { String::new() } else { reason(&callback.message, status) },
    })
}

const fn status(event: CallbackEvent) -> Status {
    match event {
        CallbackEvent::Settled => Status::Success,
        CallbackEvent::Rejected => Status::Rejected,
        CallbackEvent::Failed => Status::Failed,
        CallbackEvent::Returned => Status::Returned,
    }
}

fn real_amount(payout: &Payout, paid: bool) -> Result<String, String> {
    let currency = payout.amount.currency();
    let money = if paid { payout.paid() } else { Ok(Money::zero(currency)) };
    let minor = money.map_err(|error| error.to_string())?.minor();
    let decimals = u8::try_from(currency.decimals()).map_err(|error| error.to_string())?;
    Ok(decimal_text(minor, decimals))
}

fn reason(message: &str, status: Status) -> String {
    if message.is_empty() { status.message() } else { message }.to_owned()
}

/// The merchant's key and way to sign. An option that nobody knows is never guessed at: the
/// merchant would take the notification for a forgery.
fn signing_key(merchant: &Merchant) -> Result<SigningKey, String> {
    let missing = || format!("merchant {} has no /applyfor access", merchant.id);
    let access = merchant.access(&DIALECT.into()).ok_or_else(missing)?;
    let style = match merchant.option(STYLE_OPTION) {
        None | Some("key") => SignStyle::KeyParameter,
        Some("append") => SignStyle::Append,
        Some(_) => return Err(format!("{STYLE_OPTION} is neither key nor append")),
    };
    let empties = match merchant.option(EMPTIES_OPTION) {
        None | Some("included") => EmptyValues::Included,
        Some("skipped") => EmptyValues::Skipped,
        Some(_) => return Err(format!("{EMPTIES_OPTION} is neither included nor skipped")),
    };
    Ok(SigningKey { secret: SecretText::new(access.key.expose()), style, empties })
}
