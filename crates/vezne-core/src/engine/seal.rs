//! Seal: a person confirms the payouts of a desk that was begun before rows were sealed.

use super::desk::Desk;
use super::reject::check_reason;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::PayoutId;
use crate::model::refusal::ActionRefusal;

/// Takes one step of a confirmation: seals payouts as they stand, and ends it when it finds no
/// more. From then on a payout without a seal was altered.
#[derive(Clone, Debug)]
pub struct ConfirmSeals {
    /// Only payouts with later ids than this one: where the last step got to.
    pub after: PayoutId,
    /// At most so many.
    pub limit: usize,
    /// How many the steps before this one have sealed.
    pub sealed: u64,
    /// Who confirms.
    pub by: Actor,
    /// What shows that they are as they were accepted, in words for other operators.
    pub reason: String,
}

/// How far a confirmation got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// How many were sealed so far.
    pub sealed: u64,
    /// Where the next step goes on; nothing when it is confirmed.
    pub next: Option<PayoutId>,
}

impl Verb for ConfirmSeals {
    type Outcome = Sealed;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        let (after, limit) = wanted.unsealed.unwrap_or((self.after, 0));
        wanted.unsealed = Some((after.min(self.after), limit + self.step()));
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        if let Err(refusal) = check_reason(&self.reason) {
            return Ok(Err(refusal));
        }
        let old = &desk.view().unsealed;
        if old.confirmed {
            let (state, wanted) = ("confirmed", "a desk with payouts from before seals");
            return Ok(Err(ActionRefusal::WrongState { state, wanted }));
        }
        let ids: Vec<PayoutId> =
            old.ids.iter().filter(|id| **id > self.after).copied().take(self.step()).collect();
        let readable = old.payouts.iter().filter(|payout| ids.contains(&payout.id));
        let payouts: Vec<_> = readable.cloned().collect();
        let sealed = self.sealed + u64::try_from(payouts.len()).unwrap_or(0);
        let next = ids.last().copied().filter(|_| ids.len() == self.step());
        desk.seal(payouts);
        if next.is_none() {
            let what = format!("{sealed} payouts were sealed: {}", self.reason);
            desk.record(self.by.clone(), "seals.confirmed", (None, None, None), &what);
            desk.confirm_seals();
            // It is written as it stands, with its seal.
            desk.change_state(|state| state.sealed = true);
        }
        Ok(Ok(Sealed { sealed, next }))
    }
}

impl ConfirmSeals {
    /// A step of nothing would take itself for the last one.
    fn step(&self) -> usize {
        self.limit.max(1)
    }
}
