//! Said: what a rail says of an order, held against what the books have under its payout's id.
//!
//! A rail answers about an order that it knows by a reference. The id that the worker remembers may
//! name another order by then, because a restored desk gives ids out again; and the books may say
//! the opposite of what the rail did. Both are found here, under the lock, whatever verb the answer
//! comes to: nothing is moved for another order, and no contradiction is dropped.

use super::desk::Desk;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::PayoutId;
use crate::model::payout::PayoutState;
use crate::model::refusal::ActionRefusal;

/// What the trail calls a rail's word that the books contradict.
pub const CONTRADICTED: &str = "payout.contradicted";

/// A rail's word about an order, and the verb that books it.
#[derive(Clone, Debug)]
pub struct Said<V> {
    /// The payout, as it was called when the rail was asked.
    pub payout: PayoutId,
    /// The reference that the rail knows the order by, where the payout has one.
    pub reference: Option<String>,
    /// What became of the money by the rail's word, if it says so.
    pub money: Option<Money>,
    /// What books it.
    pub verb: V,
}

/// What became of an order's money, by its rail's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// It was paid.
    Paid,
    /// It was not paid, and will not be.
    NotPaid,
    /// It was paid, and came back.
    CameBack,
}

/// What a rail's word came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is in the books.
    Booked,
    /// The payout of this id is another order's now.
    OtherOrder,
    /// The books say the opposite, in this state. A person must look; the trail says so.
    Contradicts(&'static str),
}

impl<V: Verb<Outcome = (), Refusal = ActionRefusal>> Verb for Said<V> {
    type Outcome = Heard;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
        self.verb.wants(wanted);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let known = desk.payout(self.payout);
        if known.is_some_and(|payout| payout.rail_key != self.reference) {
            return Ok(Ok(Heard::OtherOrder));
        }
        let refusal = match self.verb.decide(desk)? {
            Ok(()) => return Ok(Ok(Heard::Booked)),
            Err(refusal) => refusal,
        };
        let Some(state) = self.contradicts(desk) else { return Ok(Err(refusal)) };
        let what = self.money.map_or("", Money::words);
        let merchant = desk.payout(self.payout).map(|payout| payout.merchant);
        let subject = (merchant, Some(self.payout), None);
        desk.record(Actor::Rail, CONTRADICTED, subject, &format!("{what}, and here it is {state}"));
        Ok(Ok(Heard::Contradicts(state)))
    }
}

impl<V> Said<V> {
    /// The state that says the opposite of what the rail does, if the payout is in one and reads.
    /// What is doubted says nothing yet: once that has ended, the rail is heard again.
    fn contradicts(&self, desk: &Desk) -> Option<&'static str> {
        let payout = desk.to_move(self.payout).ok()?;
        if payout.is_doubted(desk.state()) {
            return None;
        }
        let state = &payout.state;
        let opposite = match (self.money?, state) {
            (
                Money::Paid | Money::CameBack,
                PayoutState::AwaitingApproval
                | PayoutState::Approved
                | PayoutState::Rejected { .. }
                | PayoutState::Failed { .. },
            )
            | (Money::NotPaid, PayoutState::Settled(_) | PayoutState::Returned { .. }) => true,
            // What is on its way may be answered again; the others say the same.
            (Money::Paid | Money::CameBack | Money::NotPaid, PayoutState::Dispatched(_))
            | (
                Money::NotPaid,
                PayoutState::AwaitingApproval
                | PayoutState::Approved
                | PayoutState::Rejected { .. }
                | PayoutState::Failed { .. },
            )
            | (
                Money::Paid | Money::CameBack,
                PayoutState::Settled(_) | PayoutState::Returned { .. },
            ) => false,
        };
        opposite.then(|| state.code())
    }
}

impl Money {
    const fn words(self) -> &'static str {
        match self {
            Self::Paid => "the rail says that it paid it",
            Self::NotPaid => "the rail says that it will not pay it",
            Self::CameBack => "the rail says that it paid it, and that the money came back",
        }
    }
}
