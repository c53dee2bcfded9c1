//! The operator's commands about the quarantine of the database.

use vezne_core::engine::quarantine::{BeginQuarantine, ReleaseQuarantine};
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::PayoutId;

use super::request::QuarantineRequest;
use super::view::{QuarantineView, Reply};
use super::{Complaint, Control};

/// Payouts whose rails are asked after one commit.
const STEP: usize = 200;

impl Control {
    pub(super) async fn quarantine(
        &self,
        by: Actor,
        request: QuarantineRequest,
    ) -> Result<Reply, Complaint> {
        match request {
            QuarantineRequest::Status => {}
            QuarantineRequest::Begin { reason } => {
                self.engine.run(BeginQuarantine { by, reason }).await?;
            }
            QuarantineRequest::Release => return self.release(by).await,
        }
        let state = self.store.desk_state().await?;
        Ok(Reply::Quarantine(QuarantineView::from(&state)))
    }

    async fn release(&self, by: Actor) -> Result<Reply, Complaint> {
        let (mut after, mut doubted) = (PayoutId(0), 0);
        loop {
            let step = ReleaseQuarantine { after, limit: STEP, by: by.clone() };
            let released = self.engine.run(step).await?;
            doubted += released.doubted;
            match released.next {
                Some(next) => after = next,
                None => break,
            }
        }
        let waiting = self.store.overview().await?.in_doubt;
        Ok(Reply::Done(format!(
            "the quarantine is over; payouts in doubt: {waiting} (see vezne payout list \
             --in-doubt); those whose rails are asked now: {doubted}"
        )))
    }
}
