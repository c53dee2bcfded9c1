//! Reject: a person turns a payout down before it is sent.

use super::desk::Desk;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::callback::CallbackEvent;
use crate::model::identifier::PayoutId;
use crate::model::payout::PayoutState;
use crate::model::refusal::ActionRefusal;

/// Turns down a payout that was not sent: its money goes back, and the merchant is told why.
#[derive(Clone, Debug)]
pub struct Reject {
    /// The payout.
    pub payout: PayoutId,
    /// Who rejects.
    pub by: Actor,
    /// Why, in words the merchant reads.
    pub reason: String,
}

impl Verb for Reject {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
        wanted.new_ids.add_ending();
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        if let Err(refusal) = check_reason(&self.reason) {
            return Ok(Err(refusal));
        }
        match desk.to_move(self.payout).map(|payout| &payout.state) {
            Err(refusal) => return Ok(Err(refusal)),
            Ok(PayoutState::AwaitingApproval | PayoutState::Approved) => {}
            Ok(other) => return Ok(Err(other.wrong("awaiting-approval or approved"))),
        }
        desk.release(self.payout)?;
        let (by, reason) = (self.by.clone(), self.reason.clone());
        let rejected = PayoutState::Rejected { by: by.clone(), reason };
        desk.move_payout(self.payout, rejected, by, &self.reason);
        desk.tell(self.payout, CallbackEvent::Rejected, &self.reason)?;
        Ok(Ok(()))
    }
}

/// A reason reaches the merchant's customer, so it must say something and stay short.
pub(super) fn check_reason(reason: &str) -> Result<(), ActionRefusal> {
    if reason.trim().is_empty() || !is_line(reason) {
        let why = "give a reason of one line and at most 200 characters";
        return Err(ActionRefusal::Invalid(why.to_owned()));
    }
    Ok(())
}

/// What else people type may be empty, but is short too.
pub(super) fn check_line(what: &str, text: &str) -> Result<(), ActionRefusal> {
    if is_line(text) {
        return Ok(());
    }
    Err(ActionRefusal::Invalid(format!("{what} is one line of at most 200 characters")))
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= 200 && !text.chars().any(char::is_control)
}
