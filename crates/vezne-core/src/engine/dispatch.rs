//! Dispatch: a worker takes what is due under a lease, and records how far a send got.
//!
//! The intent to send is committed here, before the rail is called. A lease that ran out on a send
//! puts the payout in doubt: the worker may have sent it before it stopped, so nobody sends again.

use std::time::Duration;

use super::desk::Desk;
use super::quarantine::{DOUBT, doubtful_dispatch, object};
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::{PayoutId, RailCode};
use crate::model::payout::{Dispatch, Payout, PayoutState, Progress};
use crate::model::quarantine::{DeskState, Marker};
use crate::model::refusal::ActionRefusal;
use crate::model::time::Timestamp;
use crate::port::Fault;

/// Takes payouts on which something is due; none while the database is in quarantine.
#[derive(Clone, Debug)]
pub struct ClaimPayouts {
    /// At most so many.
    pub limit: usize,
    /// For how long nobody else gets them.
    pub lease: Duration,
    /// What the node has seen of the database, which goes into quarantine if it is behind that.
    pub marker: Option<Marker>,
}

/// What a worker got.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    /// What it must do.
    pub tasks: Vec<Task>,
    /// The database, if it is in quarantine; then there is nothing to do.
    pub quarantined: Option<DeskState>,
}

/// What a worker must do with a payout it claimed.
#[derive(Clone, Debug)]
pub enum Task {
    /// The intent is committed: send it.
    Send(Payout),
    /// Ask the rail what became of it.
    Query(Payout),
}

impl Verb for ClaimPayouts {
    type Outcome = Claimed;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.due_payouts += self.limit;
        wanted.desk_state = true;
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        object(desk, self.marker.as_ref().and_then(|marker| marker.objection(desk.state())));
        if desk.state().quarantine.is_some() {
            let quarantined = Some(desk.state().clone());
            return Ok(Ok(Claimed { quarantined, ..Claimed::default() }));
        }
        let mut tasks = Vec::new();
        // Another claim of the same group may have taken the first ones; then the next are ours.
        for id in desk.view().due_payouts.clone() {
            if tasks.len() == self.limit {
                break;
            }
            tasks.extend(self.claim(desk, id)?);
        }
        if tasks.iter().any(|task| matches!(task, Task::Send(_))) {
            desk.count_claim();
        }
        Ok(Ok(Claimed { tasks, quarantined: None }))
    }
}

impl ClaimPayouts {
    fn claim(&self, desk: &mut Desk, id: PayoutId) -> Result<Option<Task>, Fault> {
        let Ok(payout) = desk.to_move(id).cloned() else {
            return Ok(None);
        };
        let (now, lease_until) = (desk.at(), desk.at().plus(self.lease));
        let due = match payout.state {
            PayoutState::Approved => {
                let rail = desk.merchant(payout.merchant)?.rail(&payout.channel);
                match desk.state().doubts(payout.created_at) {
                    true => Due::doubtful(rail, now),
                    false => Due::first(rail, now),
                }
            }
            // Another claim of the same group may have taken it already.
            PayoutState::Dispatched(dispatch) if dispatch.due_at <= now => {
                Due::again(dispatch, now)
            }
            PayoutState::AwaitingApproval
            | PayoutState::Dispatched(_)
            | PayoutState::Settled(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. } => return Ok(None),
        };
        let next = PayoutState::Dispatched(Dispatch { due_at: lease_until, ..due.dispatch });
        match &due.news {
            Some(news) => desk.move_payout(id, next, Actor::System, news),
            None => desk.set_state(id, next),
        }
        let task = if due.sends { Task::Send } else { Task::Query };
        Ok(desk.payout(id).cloned().map(task))
    }
}

/// What is to be done with a due payout, and what of it is news for the trail.
struct Due {
    dispatch: Dispatch,
    sends: bool,
    news: Option<String>,
}

impl Due {
    fn first(rail: RailCode, at: Timestamp) -> Self {
        let news = Some(format!("send 1 by {rail}"));
        let dispatch = Dispatch {
            rail,
            at,
            attempt: 1,
            progress: Progress::Sending,
            rail_reference: None,
            accepted: false,
            absent_since: None,
            checks: 0,
            due_at: at,
        };
        Self { dispatch, sends: true, news }
    }

    /// A person let it go after a quarantine that it was there before: the rail is asked first.
    fn doubtful(rail: RailCode, at: Timestamp) -> Self {
        let dispatch = Dispatch { checks: 1, ..doubtful_dispatch(rail, at) };
        Self { dispatch, sends: false, news: Some(DOUBT.to_owned()) }
    }

    fn again(mut dispatch: Dispatch, now: Timestamp) -> Self {
        let (sends, news) = match dispatch.progress {
            Progress::Unsent => {
                dispatch.attempt += 1;
                dispatch.checks = 0;
                (dispatch.accepted, dispatch.absent_since) = (false, None);
                dispatch.progress = Progress::Sending;
                (true, Some(format!("send {} by {}", dispatch.attempt, dispatch.rail)))
            }
            Progress::Sending => {
                let detail = "the worker that sent it stopped before it heard the answer";
                let (since, detail) = (now, detail.to_owned());
                dispatch.checks += 1;
                dispatch.progress = Progress::InDoubt { since, detail: detail.clone() };
                (false, Some(detail))
            }
            Progress::Accepted | Progress::InDoubt { .. } => {
                dispatch.checks += 1;
                (false, None)
            }
        };
        Self { dispatch, sends, news }
    }
}

/// Records that a rail took an order and will answer later, or still has it.
#[derive(Clone, Debug)]
pub struct Accept {
    /// The payout.
    pub payout: PayoutId,
    /// The send that the answer belongs to.
    pub attempt: u32,
    /// The rail's own reference.
    pub rail_reference: Option<String>,
    /// When the rail is asked next.
    pub ask_again_in: Duration,
}

impl Verb for Accept {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let due_at = desk.at().plus(self.ask_again_in);
        let mut dispatch = match dispatched(desk, self.payout, Some(self.attempt)) {
            Ok(dispatch) => dispatch,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let news = dispatch.progress != Progress::Accepted;
        dispatch.progress = Progress::Accepted;
        dispatch.due_at = due_at;
        (dispatch.accepted, dispatch.absent_since) = (true, None);
        dispatch.rail_reference = self.rail_reference.take().or(dispatch.rail_reference);
        let next = PayoutState::Dispatched(dispatch);
        if news {
            desk.move_payout(self.payout, next, Actor::Rail, "the rail took it");
        } else {
            desk.set_state(self.payout, next);
        }
        Ok(Ok(()))
    }
}

/// Records that not one byte of an order reached the rail: it is sent again, later.
#[derive(Clone, Debug)]
pub struct NotSent {
    /// The payout.
    pub payout: PayoutId,
    /// The send that the answer belongs to.
    pub attempt: u32,
    /// When it is sent again.
    pub send_again_in: Duration,
}

impl Verb for NotSent {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let due_at = desk.at().plus(self.send_again_in);
        match dispatched(desk, self.payout, Some(self.attempt)) {
            Err(refusal) => Ok(Err(refusal)),
            Ok(dispatch) if dispatch.accepted => {
                let wanted = "dispatched and never taken by its rail";
                Ok(Err(ActionRefusal::WrongState { state: "with its rail", wanted }))
            }
            Ok(dispatch) => {
                let next = Dispatch { progress: Progress::Unsent, due_at, ..dispatch };
                let what = "the rail never received it";
                desk.move_payout(self.payout, PayoutState::Dispatched(next), Actor::Rail, what);
                Ok(Ok(()))
            }
        }
    }
}

/// The dispatch of a payout that is on its way. An answer that names an attempt must belong to the
/// last one; one without is a person's, who speaks for payments made by hand, and must not come
/// while a worker is sending. A person ends a doubt by [`super::doubt::ResolveDoubt`] only, which
/// asks for evidence.
pub(super) fn dispatched(
    desk: &Desk,
    id: PayoutId,
    attempt: Option<u32>,
) -> Result<Dispatch, ActionRefusal> {
    let state = &desk.to_move(id)?.state;
    let PayoutState::Dispatched(dispatch) = state else {
        return Err(state.wrong("dispatched"));
    };
    match (attempt, &dispatch.progress) {
        (Some(number), _) if number == dispatch.attempt => Ok(dispatch.clone()),
        (Some(_), _) => Err(ActionRefusal::Invalid("a later send has taken its place".to_owned())),
        (None, Progress::Sending) => {
            let wanted = "dispatched and not being sent at this moment";
            Err(ActionRefusal::WrongState { state: "being sent", wanted })
        }
        (None, Progress::InDoubt { .. }) => {
            let wanted = "dispatched without doubt; resolve the doubt with evidence";
            Err(ActionRefusal::WrongState { state: "in doubt", wanted })
        }
        (None, Progress::Accepted) if dispatch.rail.as_str() != RailCode::MANUAL => {
            let wanted = "paid by hand; a rail that took it answers for it";
            Err(ActionRefusal::WrongState { state: "with its rail", wanted })
        }
        (None, Progress::Unsent | Progress::Accepted) => Ok(dispatch.clone()),
    }
}
