//! Dispatch: a worker takes what is due under a lease, and records how far a send got.
//!
//! The intent to send is committed here, before the rail is called. A lease that ran out on a send
//! puts the payout in doubt: the worker may have sent it before it stopped, so nobody sends again.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::desk::{Desk, Ground, Movable};
use super::quarantine::{DOUBT, doubtful_dispatch, object};
use super::room::{Errand, Line, Room};
use super::view::{View, Wanted};
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::{MerchantId, PayoutId, RailCode};
use crate::model::payout::{Dispatch, Payout, PayoutState, Progress};
use crate::model::quarantine::{DeskState, Marker};
use crate::model::refusal::ActionRefusal;
use crate::model::time::Timestamp;
use crate::port::Fault;

/// Takes payouts on which something is due; none while the database is in quarantine.
#[derive(Clone, Debug)]
pub struct ClaimPayouts {
    /// What may be under way, and what is already.
    pub room: Room,
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
    /// After which merchant the next look begins, for each kind of work.
    pub served: Vec<(Errand, MerchantId)>,
    /// What the database has committed with this, for the node to remember before it sends.
    pub seen: Option<Marker>,
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

impl Task {
    /// Whose place it takes, with which rail.
    pub fn line(&self) -> Option<Line> {
        let (payout, errand) = match self {
            Self::Send(payout) => (payout, Errand::Send),
            Self::Query(payout) => (payout, Errand::Query),
        };
        let PayoutState::Dispatched(dispatch) = &payout.state else { return None };
        Some(Line { merchant: payout.merchant, rail: dispatch.rail.clone(), errand })
    }
}

impl Verb for ClaimPayouts {
    type Outcome = Claimed;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.due_payouts.push(self.room.clone());
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let objection = self.marker.as_ref().and_then(|marker| marker.objection(desk.state()));
        object(desk, self.marker.as_ref(), objection);
        if desk.state().quarantine.is_some() {
            let quarantined = Some(desk.state().clone());
            return Ok(Ok(Claimed { quarantined, ..Claimed::default() }));
        }
        let (mut tasks, mut lines) = (Vec::new(), Vec::new());
        let mut due = waiting(desk);
        let mut left = self.shares(&due);
        due.retain(|(_, line)| take_one(&mut left, line));
        for (id, line) in due {
            if let Some(task) = self.claim(desk, id)? {
                tasks.push(task);
                lines.push(line);
            }
        }
        if tasks.iter().any(|task| matches!(task, Task::Send(_))) {
            desk.count_claim();
        }
        let seen = Some(Marker::of(desk.state()));
        let served = self.served(desk.view(), &lines);
        Ok(Ok(Claimed { tasks, served, seen, quarantined: None }))
    }
}

/// The due payouts that no other claim of the same group has taken already, and where each waits.
fn waiting(desk: &Desk) -> Vec<(PayoutId, Line)> {
    let due = desk.view().due_payouts.iter();
    due.filter_map(|id| Some((*id, line_of(desk, desk.payout(*id)?)?))).collect()
}

fn line_of(desk: &Desk, payout: &Payout) -> Option<Line> {
    let merchant = payout.merchant;
    let asked = payout.is_doubted(desk.state());
    let (rail, errand) = match &payout.state {
        PayoutState::Approved => {
            (desk.view().directory.get(merchant)?.rail(&payout.channel), Errand::Send)
        }
        PayoutState::Dispatched(dispatch) if dispatch.due_at <= desk.at() => {
            (dispatch.rail.clone(), dispatch.progress.errand())
        }
        PayoutState::AwaitingApproval
        | PayoutState::Dispatched(_)
        | PayoutState::Settled(_)
        | PayoutState::Rejected { .. }
        | PayoutState::Failed { .. }
        | PayoutState::Returned { .. } => return None,
    };
    // What is doubted is never sent, however far it had got.
    let errand = if asked { Errand::Query } else { errand };
    Some(Line { merchant, rail, errand })
}

fn take_one(left: &mut HashMap<Line, usize>, line: &Line) -> bool {
    let Some(left) = left.get_mut(line).filter(|left| **left > 0) else { return false };
    *left -= 1;
    true
}

impl Progress {
    /// What is due on a payout that got so far.
    pub fn errand(&self) -> Errand {
        match self {
            Self::Unsent => Errand::Send,
            Self::Sending | Self::Accepted | Self::InDoubt { .. } => Errand::Query,
        }
    }
}

impl ClaimPayouts {
    /// How many of each line it takes. The view shows what all claims of the group have room for.
    fn shares(&self, due: &[(PayoutId, Line)]) -> HashMap<Line, usize> {
        let lines: BTreeSet<&Line> = due.iter().map(|(_, line)| line).collect();
        let lines: Vec<Line> = lines.into_iter().cloned().collect();
        let shares = self.room.shares(&lines);
        lines.into_iter().zip(shares).collect()
    }

    /// The next look goes on after the last merchant that was served, or where the view ended
    /// before it, so that none is passed over for ever.
    fn served(&self, view: &View, lines: &[Line]) -> Vec<(Errand, MerchantId)> {
        let next = |errand: Errand| {
            let turn = |merchant: &MerchantId| self.room.turn(errand, *merchant);
            let own = lines.iter().filter(|line| line.errand == errand);
            let last = own.map(|line| line.merchant).max_by_key(turn);
            let ends = view.due_until.iter().filter(|(end, _)| *end == errand);
            let next = last.into_iter().chain(ends.map(|(_, merchant)| *merchant)).min_by_key(turn);
            next.map(|merchant| (errand, merchant))
        };
        [Errand::Send, Errand::Query].into_iter().filter_map(next).collect()
    }
}

impl ClaimPayouts {
    fn claim(&self, desk: &mut Desk, id: PayoutId) -> Result<Option<Task>, Fault> {
        let Ok(payout) = desk.to_move(id).cloned() else {
            return Ok(None);
        };
        let (now, lease_until) = (desk.at(), desk.at().plus(self.lease));
        let movable = desk.movable(id, Ground::Decision).ok();
        let due = match payout.state {
            PayoutState::Approved => {
                let rail = desk.merchant(payout.merchant)?.rail(&payout.channel);
                match movable {
                    Some(_) => Due::first(rail, now),
                    None => Due::unseen(doubtful_dispatch(rail, now)),
                }
            }
            // Another claim of the same group may have taken it already.
            PayoutState::Dispatched(dispatch) if dispatch.due_at <= now => match movable {
                Some(_) => Due::again(dispatch, now),
                None => Due::doubted(dispatch, desk.state()),
            },
            PayoutState::AwaitingApproval
            | PayoutState::Dispatched(_)
            | PayoutState::Settled(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. } => return Ok(None),
        };
        let dispatch = Dispatch { due_at: lease_until, ..due.dispatch };
        match movable {
            Some(movable) => desk.set_state(movable, PayoutState::Dispatched(dispatch)),
            None => {
                let detail = dispatch.doubt().unwrap_or(DOUBT).to_owned();
                desk.put_in_doubt(id, dispatch, &detail);
            }
        }
        if let Some(news) = &due.news {
            desk.trail_of(id, Actor::System, news);
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

    /// What waited to be sent when the desk was restored may have been sent: its rail is asked.
    fn unseen(dispatch: Dispatch) -> Self {
        let dispatch = Dispatch { checks: 1, ..dispatch };
        Self { dispatch, sends: false, news: Some(DOUBT.to_owned()) }
    }

    /// What was there before a restore is never sent, however far it had got: its rail is asked.
    /// What the rail denied before the quarantine it has not denied since.
    fn doubted(dispatch: Dispatch, desk: &DeskState) -> Self {
        let known = dispatch.doubt().is_some();
        let before = |since: Timestamp| desk.doubtful_until.is_none_or(|until| since <= until);
        let absent_since = dispatch.absent_since.filter(|since| known && !before(*since));
        let checks = dispatch.checks + 1;
        let news = (!known).then(|| DOUBT.to_owned());
        Self { dispatch: Dispatch { absent_since, checks, ..dispatch }, sends: false, news }
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

/// Records that a rail took an order and will answer later, or still has it. That it will pay is no
/// evidence of what it did, so what is in doubt stays so.
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
        let mut dispatch = match last_send(desk, self.payout, self.attempt) {
            Ok(dispatch) => dispatch,
            Err(refusal) => return Ok(Err(refusal)),
        };
        dispatch.due_at = due_at;
        (dispatch.accepted, dispatch.absent_since) = (true, None);
        dispatch.rail_reference = self.rail_reference.clone().or(dispatch.rail_reference);
        let doubt = dispatch.doubt().map(str::to_owned);
        match (doubt, desk.movable(self.payout, Ground::Decision)) {
            (None, Ok(movable)) => {
                let news = dispatch.progress != Progress::Accepted;
                dispatch.progress = Progress::Accepted;
                desk.set_state(movable, PayoutState::Dispatched(dispatch));
                if news {
                    desk.trail_of(self.payout, Actor::Rail, "the rail took it");
                }
            }
            (doubt, _) => {
                let detail = doubt.as_deref().unwrap_or(DOUBT);
                desk.put_in_doubt(self.payout, dispatch, detail);
            }
        }
        Ok(Ok(()))
    }
}

/// Records that a rail has no way to know what became of an order. That is no evidence: whatever
/// the payout stands at, it stands there still.
#[derive(Clone, Debug)]
pub struct CannotTell {
    /// The payout.
    pub payout: PayoutId,
    /// The send that the answer belongs to.
    pub attempt: u32,
    /// When the rail is asked next.
    pub ask_again_in: Duration,
}

impl Verb for CannotTell {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.payouts.insert(self.payout);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let due_at = desk.at().plus(self.ask_again_in);
        match last_send(desk, self.payout, self.attempt) {
            Err(refusal) => Ok(Err(refusal)),
            // It was asked to send, and does not even know whether it did.
            Ok(dispatch) if dispatch.progress == Progress::Sending => {
                let what = "the rail cannot tell whether it took it";
                desk.put_in_doubt(self.payout, Dispatch { due_at, ..dispatch }, what);
                desk.trail_of(self.payout, Actor::Rail, what);
                Ok(Ok(()))
            }
            Ok(_) => {
                desk.postpone(self.payout, due_at);
                Ok(Ok(()))
            }
        }
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
        let movable = match desk.movable(self.payout, Ground::Decision) {
            Ok(movable) => movable,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match last_send(desk, self.payout, self.attempt) {
            Err(refusal) => Ok(Err(refusal)),
            Ok(dispatch) if dispatch.accepted => {
                let wanted = "dispatched and never taken by its rail";
                Ok(Err(ActionRefusal::WrongState { state: "with its rail", wanted }))
            }
            Ok(dispatch) => {
                let next = Dispatch { progress: Progress::Unsent, due_at, ..dispatch };
                let what = "the rail never received it";
                desk.move_payout(movable, PayoutState::Dispatched(next), Actor::Rail, what);
                Ok(Ok(()))
            }
        }
    }
}

/// The dispatch of a payout that is on its way, for an answer that names a send. It must be the
/// last one.
pub(super) fn last_send(
    desk: &Desk,
    id: PayoutId,
    attempt: u32,
) -> Result<Dispatch, ActionRefusal> {
    let dispatch = on_its_way(desk, id)?;
    match dispatch.attempt == attempt {
        true => Ok(dispatch.clone()),
        false => Err(ActionRefusal::Invalid("a later send has taken its place".to_owned())),
    }
}

/// Leave to end a payout that is on its way, and its dispatch. A rail that names the last send
/// gives evidence, which ends any doubt. A person speaks for payments made by hand, and must not
/// come while a worker is sending; a doubt is ended by [`super::doubt::ResolveDoubt`] only, which
/// asks for evidence.
pub(super) fn ended(
    desk: &Desk,
    id: PayoutId,
    attempt: Option<u32>,
) -> Result<(Movable, Dispatch), ActionRefusal> {
    match attempt {
        Some(number) => {
            let dispatch = last_send(desk, id, number)?;
            Ok((desk.movable(id, Ground::Evidence)?, dispatch))
        }
        None => {
            let movable = desk.movable(id, Ground::Decision)?;
            let dispatch = on_its_way(desk, id)?;
            by_hand(dispatch)?;
            Ok((movable, dispatch.clone()))
        }
    }
}

fn on_its_way(desk: &Desk, id: PayoutId) -> Result<&Dispatch, ActionRefusal> {
    let state = &desk.to_move(id)?.state;
    match state {
        PayoutState::Dispatched(dispatch) => Ok(dispatch),
        other @ (PayoutState::AwaitingApproval
        | PayoutState::Approved
        | PayoutState::Settled(_)
        | PayoutState::Rejected { .. }
        | PayoutState::Failed { .. }
        | PayoutState::Returned { .. }) => Err(other.wrong("dispatched")),
    }
}

/// Whether a person may say how it ended.
fn by_hand(dispatch: &Dispatch) -> Result<(), ActionRefusal> {
    match &dispatch.progress {
        Progress::Sending => {
            let wanted = "dispatched and not being sent at this moment";
            Err(ActionRefusal::WrongState { state: "being sent", wanted })
        }
        Progress::InDoubt { .. } => {
            let wanted = "dispatched without doubt; resolve the doubt with evidence";
            Err(ActionRefusal::WrongState { state: "in doubt", wanted })
        }
        Progress::Accepted if dispatch.rail.as_str() != RailCode::MANUAL => {
            let wanted = "paid by hand; a rail that took it answers for it";
            Err(ActionRefusal::WrongState { state: "with its rail", wanted })
        }
        Progress::Unsent | Progress::Accepted => Ok(()),
    }
}
