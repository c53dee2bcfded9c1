//! Take up: a person lets workers meet a payout again whose row did not read and was repaired.

use super::desk::Desk;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::PayoutId;
use crate::model::refusal::ActionRefusal;

/// Takes up a payout that was set aside, and its callbacks. One that reads and was not set aside
/// stays as it is. A callback alone is taken up by [`super::callback::Resend`].
#[derive(Clone, Debug)]
pub struct TakeUp {
    /// The payout.
    pub payout: PayoutId,
    /// Who takes it up.
    pub by: Actor,
}

impl Verb for TakeUp {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let merchant = match desk.to_move(self.payout) {
            Ok(payout) => payout.merchant,
            Err(refusal) => return Ok(Err(refusal)),
        };
        desk.take_up(self.payout);
        let subject = (Some(merchant), Some(self.payout), None);
        desk.record(self.by.clone(), "payout.taken-up", subject, "");
        Ok(Ok(()))
    }
}
