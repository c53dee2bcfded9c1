//! Approve: a person lets a payout go.

use super::desk::{Desk, Ground};
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
        let movable = match desk.movable(self.payout, Ground::Decision) {
            Ok(movable) => movable,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match desk.payout(self.payout).map(|payout| &payout.state) {
            None => Ok(Err(ActionRefusal::NotFound)),
            Some(PayoutState::AwaitingApproval) => {
                desk.move_payout(movable, PayoutState::Approved, self.by.clone(), "");
                Ok(Ok(()))
            }
            Some(other) => Ok(Err(other.wrong("awaiting-approval"))),
        }
    }
}
