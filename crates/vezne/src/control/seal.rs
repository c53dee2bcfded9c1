//! The operator's commands about the payouts from before payouts were sealed.

use vezne_core::engine::seal::ConfirmSeals;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::PayoutId;
use vezne_core::port::{Found, PayoutFilter};

use super::request::SealRequest;
use super::view::{PayoutView, Reply, SealsView};
use super::{Complaint, Control};
use crate::operator::is_person;

/// Payouts that are sealed in one commit.
const STEP: usize = 1_000;

/// The states in which a payout without a seal waits.
const WAITING: [&str; 3] = ["awaiting-approval", "approved", "dispatched"];

impl Control {
    pub(super) async fn seal(&self, by: Actor, request: SealRequest) -> Result<Reply, Complaint> {
        match request {
            SealRequest::Status => self.seal_status().await,
            SealRequest::Confirm { waiting, reason } => self.confirm(by, waiting, reason).await,
        }
    }

    async fn seal_status(&self) -> Result<Reply, Complaint> {
        let unsealed = self.store.unsealed().await?;
        let desk = self.store.desk_state().await?;
        let mut payouts = Vec::new();
        for state in WAITING {
            let (state, unsealed, limit) = (Some(state.to_owned()), true, 1_000);
            let filter = PayoutFilter { state, unsealed, limit, ..PayoutFilter::default() };
            let Found { rows, unread } = self.store.payouts(filter).await?;
            payouts.extend(rows.iter().map(|payout| self.payout_view(payout, &desk)));
            payouts.extend(unread.iter().map(|one| PayoutView::unread(one.id, &one.why)));
        }
        Ok(Reply::Seals(SealsView::new(&unsealed, payouts)))
    }

    /// What is confirmed is what was seen, by somebody with a name.
    async fn confirm(&self, by: Actor, waiting: u64, reason: String) -> Result<Reply, Complaint> {
        if matches!(&by, Actor::Operator(name) if !is_person(name)) {
            return Err(Complaint("say who confirms: --operator NAME".to_owned()));
        }
        let unsealed = self.store.unsealed().await?;
        let found = unsealed.unfinished();
        if !unsealed.confirmed && found != waiting {
            let why = format!("{found} payouts wait, not {waiting}: see vezne seal status");
            return Err(Complaint(why));
        }
        let (mut after, mut sealed) = (PayoutId(0), 0);
        loop {
            let (by, reason) = (by.clone(), reason.clone());
            let step = ConfirmSeals { after, limit: STEP, sealed, by, reason };
            let done = self.engine.run(step).await?;
            sealed = done.sealed;
            match done.next {
                Some(next) => after = next,
                None => break,
            }
        }
        Ok(Reply::Done(format!("confirmed; payouts sealed as they stand: {sealed}")))
    }
}
