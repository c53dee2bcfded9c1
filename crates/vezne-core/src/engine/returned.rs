//! Return: the bank sent settled money back.

use super::desk::Desk;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::callback::CallbackEvent;
use crate::model::identifier::PayoutId;
use crate::model::ledger::{AccountKind, EntryReason};
use crate::model::payout::PayoutState;
use crate::model::refusal::ActionRefusal;

/// Gives returned money back to the merchant and tells it. Both commissions stay earned. A return
/// that was booked before changes nothing.
#[derive(Clone, Debug)]
pub struct Return {
    /// The payout.
    pub payout: PayoutId,
    /// The rail, or who saw it.
    pub by: Actor,
    /// Why it came back.
    pub reason: String,
}

impl Verb for Return {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
        wanted.new_ids.add_ending();
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let payout = match desk.to_move(self.payout) {
            Ok(payout) => payout,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let ending = match &payout.state {
            PayoutState::Settled(ending) => ending.clone(),
            PayoutState::Returned { .. } => return Ok(Ok(())),
            other @ (PayoutState::AwaitingApproval
            | PayoutState::Approved
            | PayoutState::Dispatched(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }) => return Ok(Err(other.wrong("settled"))),
        };
        if let Err(refusal) = super::reject::check_reason(&self.reason) {
            return Ok(Err(refusal));
        }
        let books = (payout.merchant, payout.amount.currency());
        let clearing = AccountKind::RailClearing(ending.rail.clone());
        let movement = (clearing, AccountKind::Available, payout.paid()?.minor());
        desk.post(EntryReason::Return, books, Some(self.payout), &[movement])?;
        let returned = PayoutState::Returned { ending, reason: self.reason.clone() };
        desk.move_payout(self.payout, returned, self.by.clone(), &self.reason);
        let message = format!("Returned by the bank: {}", self.reason);
        desk.tell(self.payout, CallbackEvent::Returned, &message)?;
        Ok(Ok(()))
    }
}
