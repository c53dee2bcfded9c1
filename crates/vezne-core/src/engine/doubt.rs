//! Doubt: nobody knows whether a rail paid, until an answer or a person with evidence says so.

use std::time::Duration;

use super::desk::Desk;
use super::dispatch::dispatched;
use super::fail::fail;
use super::reject::{check_line, check_reason};
use super::settle::settle;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::PayoutId;
use crate::model::payout::{Dispatch, Ending, PayoutState, Progress};
use crate::model::refusal::ActionRefusal;

/// Marks a payout in doubt, or keeps it so.
#[derive(Clone, Debug)]
pub struct MarkInDoubt {
    /// The payout.
    pub payout: PayoutId,
    /// The send that the rail's answer belongs to.
    pub attempt: u32,
    /// What happened.
    pub detail: String,
    /// Whether what happened is that the rail says it never received the order.
    pub absent: bool,
    /// When the rail is asked next.
    pub ask_again_in: Duration,
}

impl Verb for MarkInDoubt {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let (at, due_at) = (desk.at(), desk.at().plus(self.ask_again_in));
        let dispatch = match dispatched(desk, self.payout, Some(self.attempt)) {
            Ok(dispatch) => dispatch,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let before = match &dispatch.progress {
            Progress::InDoubt { since, .. } => Some(*since),
            Progress::Sending | Progress::Accepted | Progress::Unsent => None,
        };
        let since = before.unwrap_or(at);
        let progress = Progress::InDoubt { since, detail: self.detail.clone() };
        let absent_since = dispatch.absent_since.or(Some(at)).filter(|_| self.absent);
        let doubted = Dispatch { progress, due_at, absent_since, ..dispatch };
        let next = PayoutState::Dispatched(doubted);
        match before {
            None => desk.move_payout(self.payout, next, Actor::Rail, &self.detail),
            Some(_) => desk.set_state(self.payout, next),
        }
        Ok(Ok(()))
    }
}

/// What became of a payout in doubt.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// It was paid.
    Paid {
        /// The rail's own reference.
        rail_reference: Option<String>,
    },
    /// It was not, and will not be; the merchant reads why.
    NotPaid {
        /// Why.
        reason: String,
    },
    /// The rail never received it: it may be sent again, under the same reference.
    SendAgain,
}

/// Ends a doubt. Only a rail's own word or a person with evidence does.
#[derive(Clone, Debug)]
pub struct ResolveDoubt {
    /// The payout.
    pub payout: PayoutId,
    /// The send that the rail's answer belongs to; nothing when a person resolves.
    pub attempt: Option<u32>,
    /// The rail, or the person.
    pub by: Actor,
    /// What became of it.
    pub resolution: Resolution,
    /// What shows it: a statement line, a call with the bank.
    pub evidence: String,
}

impl Verb for ResolveDoubt {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
        wanted.new_ids.add_ending();
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let dispatch = match self.check(desk) {
            Ok(dispatch) => dispatch,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (id, by) = (self.payout, self.by.clone());
        let merchant = desk.payout(id).map(|payout| payout.merchant);
        let subject = (merchant, Some(id), None);
        desk.record(by.clone(), "payout.doubt-resolved", subject, &self.evidence);
        match &self.resolution {
            Resolution::Paid { rail_reference } => {
                let rail_reference = rail_reference.clone().or(dispatch.rail_reference);
                settle(desk, id, Ending { rail: dispatch.rail, rail_reference }, &by)?;
            }
            Resolution::NotPaid { reason } => fail(desk, id, dispatch.rail, &by, reason)?,
            Resolution::SendAgain => {
                let (progress, due_at) = (Progress::Unsent, desk.at());
                let next = PayoutState::Dispatched(Dispatch { progress, due_at, ..dispatch });
                desk.move_payout(id, next, by, "it may be sent again");
                desk.ring_dispatch();
            }
        }
        Ok(Ok(()))
    }
}

impl ResolveDoubt {
    /// A rail speaks for the last send only, and lets it go out again only while it says that it
    /// never received what it never took.
    fn is_entitled(&self, dispatch: &Dispatch) -> bool {
        let sends_again = matches!(self.resolution, Resolution::SendAgain);
        let never_seen = dispatch.absent_since.is_some() && !dispatch.accepted;
        self.attempt.is_none_or(|number| number == dispatch.attempt && (never_seen || !sends_again))
    }

    fn check(&self, desk: &Desk) -> Result<Dispatch, ActionRefusal> {
        if self.evidence.trim().is_empty() {
            let why = "say what shows it: a statement line, a call with the bank";
            return Err(ActionRefusal::Invalid(why.to_owned()));
        }
        check_line("the evidence", &self.evidence)?;
        if let Resolution::Paid { rail_reference: Some(reference) } = &self.resolution {
            check_line("the rail's reference", reference)?;
        }
        if let Resolution::NotPaid { reason } = &self.resolution {
            check_reason(reason)?;
        }
        let state = &desk.to_move(self.payout)?.state;
        match state {
            PayoutState::Dispatched(
                dispatch @ Dispatch { progress: Progress::InDoubt { .. }, .. },
            ) if self.is_entitled(dispatch) => Ok(dispatch.clone()),
            other @ (PayoutState::AwaitingApproval
            | PayoutState::Approved
            | PayoutState::Dispatched(_)
            | PayoutState::Settled(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. }) => Err(other.wrong("in doubt")),
        }
    }
}
