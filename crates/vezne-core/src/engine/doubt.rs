//! Doubt: nobody knows whether a rail paid, until an answer or a person with evidence says so.

use std::time::Duration;

use super::desk::{Desk, Ground, Movable};
use super::dispatch::last_send;
use super::fail::fail;
use super::reject::{check_line, check_reason};
use super::settle::settle;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::PayoutId;
use crate::model::payout::{Dispatch, Ending, PayoutState, Progress};
use crate::model::refusal::ActionRefusal;
use crate::port::Fault;

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
        let dispatch = match last_send(desk, self.payout, self.attempt) {
            Ok(dispatch) => dispatch,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let known = dispatch.doubt().is_some();
        let absent_since = dispatch.absent_since.or(Some(at)).filter(|_| self.absent);
        let doubted = Dispatch { due_at, absent_since, ..dispatch };
        desk.put_in_doubt(self.payout, doubted, &self.detail);
        if !known {
            desk.trail_of(self.payout, Actor::Rail, &self.detail);
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
    /// No rail ever received it: it stands where it stood. What was on its way is sent again, under
    /// the same reference; what awaited approval awaits it still.
    NeverSent,
}

/// Ends a doubt: of a send without a clear answer, or of whatever was there, or first seen, when
/// the desk had been restored. It is allowed while the desk is in quarantine too. Only a rail's own
/// word or a person with evidence does.
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
        let movable = match self.check(desk) {
            Ok(movable) => movable,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (id, by) = (self.payout, self.by.clone());
        let payout = desk.payout(id).ok_or_else(|| Fault(format!("payout {id} is not in view")))?;
        let (merchant, state) = (payout.merchant, payout.state.clone());
        let (rail, known) = match &state {
            PayoutState::Dispatched(dispatch) => {
                (dispatch.rail.clone(), dispatch.rail_reference.clone())
            }
            // If it was sent without a trace, then by the rail that it goes to.
            PayoutState::AwaitingApproval
            | PayoutState::Approved
            | PayoutState::Settled(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. } => {
                (desk.merchant(merchant)?.rail(&payout.channel), None)
            }
        };
        let subject = (Some(merchant), Some(id), None);
        desk.record(by.clone(), "payout.doubt-resolved", subject, &self.evidence);
        match &self.resolution {
            Resolution::Paid { rail_reference } => {
                let rail_reference = rail_reference.clone().or(known);
                settle(desk, movable, Ending { rail, rail_reference }, &by)?;
            }
            Resolution::NotPaid { reason } => fail(desk, movable, rail, &by, reason)?,
            Resolution::NeverSent => never_sent(desk, movable, state, by),
        }
        Ok(Ok(()))
    }
}

/// Checks the words of a resolution, which needs no payout.
///
/// # Errors
/// [`ActionRefusal::Invalid`] for words that [`ResolveDoubt`] would not take, whatever the payout.
pub fn check_words(resolution: &Resolution, evidence: &str) -> Result<(), ActionRefusal> {
    if evidence.trim().is_empty() {
        let why = "say what shows it: a statement line, a call with the bank";
        return Err(ActionRefusal::Invalid(why.to_owned()));
    }
    check_line("the evidence", evidence)?;
    match resolution {
        Resolution::Paid { rail_reference: Some(reference) } => {
            check_line("the rail's reference", reference)
        }
        Resolution::NotPaid { reason } => check_reason(reason),
        Resolution::Paid { rail_reference: None } | Resolution::NeverSent => Ok(()),
    }
}

/// Gives a payout back the place that it had.
fn never_sent(desk: &mut Desk, movable: Movable, state: PayoutState, by: Actor) {
    match state {
        PayoutState::Dispatched(dispatch) => {
            let (progress, due_at) = (Progress::Unsent, desk.at());
            let next = Dispatch { progress, due_at, absent_since: None, ..dispatch };
            let what = "it may be sent again";
            desk.move_payout(movable, PayoutState::Dispatched(next), by, what);
            desk.ring_dispatch();
        }
        same @ (PayoutState::AwaitingApproval
        | PayoutState::Approved
        | PayoutState::Settled(_)
        | PayoutState::Rejected { .. }
        | PayoutState::Failed { .. }
        | PayoutState::Returned { .. }) => desk.set_state(movable, same),
    }
}

impl ResolveDoubt {
    /// A rail speaks for the last send only, and lets it go out again only while it says that it
    /// never received what it never took; and not while the desk is in quarantine, because what it
    /// denied before that it may have received since.
    fn is_entitled(&self, dispatch: &Dispatch, desk: &Desk) -> bool {
        let Some(number) = self.attempt else { return true };
        let sends_again = matches!(self.resolution, Resolution::NeverSent);
        let never_seen = dispatch.absent_since.is_some() && !dispatch.accepted;
        let settled = desk.state().quarantine.is_none();
        number == dispatch.attempt && (!sends_again || (never_seen && settled))
    }

    fn check(&self, desk: &Desk) -> Result<Movable, ActionRefusal> {
        check_words(&self.resolution, &self.evidence)?;
        let movable = desk.movable(self.payout, Ground::Evidence)?;
        let payout = desk.payout(self.payout).ok_or(ActionRefusal::NotFound)?;
        let resolvable = match &payout.state {
            PayoutState::Dispatched(dispatch) => {
                let in_doubt = payout.state.in_doubt() || payout.is_doubted(desk.state());
                // Nobody knows what a rail says to a send that is still under way.
                let sending = dispatch.progress == Progress::Sending && dispatch.due_at > desk.at();
                if self.attempt.is_none() && sending {
                    let wanted = "in doubt and not being sent at this moment";
                    return Err(ActionRefusal::WrongState { state: "being sent", wanted });
                }
                in_doubt && self.is_entitled(dispatch, desk)
            }
            // No rail was sent it here, so none can speak for it.
            PayoutState::AwaitingApproval | PayoutState::Approved => {
                self.attempt.is_none() && payout.is_doubted(desk.state())
            }
            PayoutState::Settled(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. } => false,
        };
        if resolvable { Ok(movable) } else { Err(payout.state.wrong("in doubt")) }
    }
}
