//! Fail: the rail refused, or a person saw that it did not pay.

use super::desk::{Desk, Movable};
use super::dispatch::ended;
use super::reject::check_reason;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::callback::CallbackEvent;
use crate::model::identifier::{PayoutId, RailCode};
use crate::model::payout::PayoutState;
use crate::model::refusal::ActionRefusal;
use crate::port::Fault;

/// Gives the held money back and tells the merchant why.
#[derive(Clone, Debug)]
pub struct Fail {
    /// The payout.
    pub payout: PayoutId,
    /// The send that the rail's answer belongs to; nothing when a person fails it.
    pub attempt: Option<u32>,
    /// The rail, or who saw it.
    pub by: Actor,
    /// Why, in words the merchant reads.
    pub reason: String,
}

impl Verb for Fail {
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
        match ended(desk, self.payout, self.attempt) {
            Err(refusal) => Ok(Err(refusal)),
            Ok((movable, dispatch)) => {
                fail(desk, movable, dispatch.rail, &self.by, &self.reason).map(Ok)
            }
        }
    }
}

/// Books that a payout was not paid.
pub(super) fn fail(
    desk: &mut Desk,
    movable: Movable,
    rail: RailCode,
    by: &Actor,
    reason: &str,
) -> Result<(), Fault> {
    let id = movable.payout();
    desk.release(id)?;
    let failed = PayoutState::Failed { rail, reason: reason.to_owned() };
    desk.move_payout(movable, failed, by.clone(), reason);
    desk.tell(id, CallbackEvent::Failed, reason)?;
    Ok(())
}
