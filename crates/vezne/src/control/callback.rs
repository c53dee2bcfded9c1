//! The operator's commands about callbacks.

use vezne_core::engine::callback::Resend;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::{CallbackId, PayoutId};
use vezne_core::port::CallbackFilter;

use super::request::CallbackRequest;
use super::view::{CallbackDetail, CallbackView, Reply, attempt_line};
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
        }
    }

    async fn show_callback(&self, id: CallbackId) -> Result<Reply, Complaint> {
        let found = self.store.callback(id).await?;
        let callback = found.ok_or_else(|| Complaint(format!("there is no callback {id}")))?;
        let attempts = self.store.attempts(id).await?;
        let attempts = attempts.iter().map(attempt_line).collect();
        Ok(Reply::Callback(Box::new(CallbackDetail { callback: (&callback).into(), attempts })))
    }
}
