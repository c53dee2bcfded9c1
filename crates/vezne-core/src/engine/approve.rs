//! Approve: a person lets a payout go.

use super::desk::Desk;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::PayoutId;
use crate::model::payout::PayoutState;
use crate::model::refusal::ActionRefusal;

/// Lets a payout that awaits approval be dispatched.
#[derive(Clone, Debug)]
pub struct Approve {
    /// The payout.
    pub payout: PayoutId,
    /// Who approves.
    pub by: Actor,
}

impl Verb for Approve {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        match desk.to_move(self.payout).map(|payout| &payout.state) {
            Err(refusal) => Ok(Err(refusal)),
            Ok(PayoutState::AwaitingApproval) => {
                desk.move_payout(self.payout, PayoutState::Approved, self.by.clone(), "");
                Ok(Ok(()))
            }
            Ok(other) => Ok(Err(other.wrong("awaiting-approval"))),
        }
    }
}
