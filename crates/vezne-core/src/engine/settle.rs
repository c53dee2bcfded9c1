//! Settle: the rail paid, or a person saw that it was paid.

use super::desk::{Desk, Movable};
use super::dispatch::ended;
use super::reject::check_line;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::callback::CallbackEvent;
use crate::model::identifier::PayoutId;
use crate::model::ledger::{AccountKind, EntryReason};
use crate::model::payout::{Ending, PayoutState};
use crate::model::refusal::ActionRefusal;
use crate::port::Fault;

/// Turns what is held into what is paid and earned, and tells the merchant.
#[derive(Clone, Debug)]
pub struct Settle {
    /// The payout.
    pub payout: PayoutId,
    /// The send that the rail's answer belongs to; nothing when a person settles.
    pub attempt: Option<u32>,
    /// The rail, or who saw it.
    pub by: Actor,
    /// The rail's own reference.
    pub rail_reference: Option<String>,
}

impl Verb for Settle {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
        wanted.new_ids.add_ending();
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        // A rail's own word is booked however it is spelled; what a person types is checked.
        if let (Some(reference), None) = (&self.rail_reference, self.attempt)
            && let Err(refusal) = check_line("the rail's reference", reference)
        {
            return Ok(Err(refusal));
        }
        let (movable, dispatch) = match ended(desk, self.payout, self.attempt) {
            Ok(ended) => ended,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let rail_reference = self.rail_reference.clone().or(dispatch.rail_reference);
        let ending = Ending { rail: dispatch.rail, rail_reference };
        settle(desk, movable, ending, &self.by)?;
        Ok(Ok(()))
    }
}

/// Books a payment: held to rail clearing, and held to commission income, what the merchant and
/// what the beneficiary bears each by itself.
pub(super) fn settle(
    desk: &mut Desk,
    movable: Movable,
    ending: Ending,
    by: &Actor,
) -> Result<(), Fault> {
    let id = movable.payout();
    let payout = desk.payout(id).ok_or_else(|| Fault(format!("payout {id} is not in view")))?;
    let books = (payout.merchant, payout.amount.currency());
    let (clearing, income) =
        (AccountKind::RailClearing(ending.rail.clone()), AccountKind::CommissionIncome);
    let movements = [
        (AccountKind::Held, clearing, payout.paid()?.minor()),
        (AccountKind::Held, income.clone(), payout.commission.minor()),
        (AccountKind::Held, income, payout.receiver_commission.minor()),
    ];
    desk.post(EntryReason::Settle, books, Some(id), &movements)?;
    let what = ending.rail_reference.clone().unwrap_or_default();
    desk.move_payout(movable, PayoutState::Settled(ending), by.clone(), &what);
    desk.tell(id, CallbackEvent::Settled, "Completed!")?;
    Ok(())
}
