//! The operator's commands about callbacks.

use vezne_core::engine::callback::Resend;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::{AttemptOutcome, CallbackTarget};
use vezne_core::model::identifier::{CallbackId, PayoutId};
use vezne_core::port::CallbackFilter;
use vezne_outbound::courier::{destination, sample};

use super::request::CallbackRequest;
use super::view::{CallbackDetail, CallbackView, Reply};
use super::{Complaint, Control};

const STATES: [&str; 3] = ["due", "acknowledged", "parked"];

impl Control {
    pub(super) async fn callback(
        &self,
        by: Actor,
        request: CallbackRequest,
    ) -> Result<Reply, Complaint> {
        match request {
            CallbackRequest::List { merchant, payout, state, set_aside, limit } => {
                if let Some(state) = &state
                    && !STATES.contains(&state.as_str())
                {
                    let known = STATES.join(", ");
                    return Err(Complaint(format!("{state} is no state; the states are {known}")));
                }
                let merchant = merchant.map(|key| self.find_merchant(&key)).transpose()?;
                let merchant = merchant.map(|merchant| merchant.id);
                let payout = payout.map(PayoutId);
                let filter = CallbackFilter { merchant, payout, state, set_aside, limit };
                let callbacks = self.store.callbacks(filter).await?;
                Ok(Reply::Callbacks(CallbackView::all(&callbacks)))
            }
            CallbackRequest::Show { callback } => self.show_callback(CallbackId(callback)).await,
            CallbackRequest::Resend { callback } => {
                self.engine.run(Resend { callback: CallbackId(callback), by }).await?;
                Ok(Reply::Done(format!("callback {callback} is due now")))
            }
            CallbackRequest::Test { merchant, endpoint, url } => {
                let to = match (endpoint, url) {
                    (Some(name), _) => CallbackTarget::Endpoint(name),
                    (None, Some(url)) => CallbackTarget::Url(url),
                    (None, None) => CallbackTarget::Merchant,
                };
                self.test(&merchant, to).await
            }
        }
    }

    /// Sends one that is about no payout. Whatever the merchant's program says to it is good news;
    /// no answer is a complaint.
    async fn test(&self, key: &str, to: CallbackTarget) -> Result<Reply, Complaint> {
        let merchant = self.find_merchant(key)?;
        let none = || Complaint("nothing is sent from here".to_owned());
        let courier = self.courier.as_ref().ok_or_else(none)?;
        let mut delivery = sample(&merchant, to, self.clock.now())?;
        let url = shown(&destination(&delivery)?);
        delivery.callback.body = Some(courier.compose(&delivery).await?);
        let delivered = courier.deliver(&delivery, self.clock.now()).await;
        let reference = &delivery.payout.reference.text;
        let said = match delivered.detail.as_str() {
            "" => String::new(),
            detail => format!(", and said: {detail}"),
        };
        match delivered.outcome {
            AttemptOutcome::Acknowledged => {
                Ok(Reply::Done(format!("{url} took {reference}{said}")))
            }
            AttemptOutcome::Refused => Ok(Reply::Done(format!(
                "{url} refused {reference}, as it may: it never ordered it{said}"
            ))),
            AttemptOutcome::Failed => Err(Complaint(format!("{url}: {}", delivered.detail))),
        }
    }

    async fn show_callback(&self, id: CallbackId) -> Result<Reply, Complaint> {
        let found = self.store.callback(id).await?;
        let callback = found.ok_or_else(|| Complaint(format!("there is no callback {id}")))?;
        let attempts = self.store.attempts(id).await?;
        let attempts = attempts.iter().map(Into::into).collect();
        Ok(Reply::Callback(Box::new(CallbackDetail { callback: (&callback).into(), attempts })))
    }
}

/// A URL without the password that somebody may have put into it.
fn shown(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            // A URL with a password has a host, and so takes another one.
            let _ = parsed.set_password(Some("***"));
            parsed.to_string()
        }
        Ok(_) | Err(_) => url.to_owned(),
    }
}
