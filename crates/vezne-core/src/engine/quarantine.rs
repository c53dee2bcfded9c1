//! Quarantine: a database that may be a restored copy sends nothing and asks no rail, until a
//! person releases it. Then what may have been sent without a trace is in doubt, and its rail is
//! asked.

use super::desk::Desk;
use super::reject::check_line;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::identifier::{PayoutId, RailCode};
use crate::model::payout::{Dispatch, Payout, PayoutState, Progress};
use crate::model::quarantine::{DeskState, Marker, objection_at_start};
use crate::model::refusal::ActionRefusal;
use crate::model::time::Timestamp;
use crate::port::Fault;

/// What is said of a payout that may have been sent without a trace.
pub(super) const DOUBT: &str = "restored from a backup: it may have been sent after that was made";

/// What the trail calls the beginning of a quarantine.
pub const BEGUN: &str = "quarantine.begun";

/// Compares the marker of a node that starts with the database, which goes into quarantine when it
/// may be a restored copy.
#[derive(Clone, Debug)]
pub struct CompareMarker {
    /// The node's marker, if it has one.
    pub marker: Option<Marker>,
    /// Whether no other node shares the database.
    pub alone: bool,
}

impl Verb for CompareMarker {
    /// The database, as it stands now.
    type Outcome = DeskState;
    type Refusal = ActionRefusal;

    fn wants(&self, _wanted: &mut Wanted) {}

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let objection = objection_at_start(self.marker.as_ref(), desk.state(), self.alone);
        object(desk, self.marker.as_ref(), objection);
        Ok(Ok(desk.state().clone()))
    }
}

/// Begins a quarantine if there is an objection and none yet. Its release must end above all that
/// the node has seen, or another copy that is put back after this one would look like the original.
pub(super) fn object(desk: &mut Desk, marker: Option<&Marker>, objection: Option<String>) {
    let Some(why) = objection else { return };
    let seen = marker.map_or(0, |marker| marker.releases);
    if desk.state().releases < seen {
        desk.change_state(|state| state.releases = seen);
    }
    if desk.state().quarantine.is_none() {
        begin(desk, Actor::System, why);
    }
}

/// Begins a quarantine where what the database says of itself is not the desk's own word. Whoever
/// looks first does, whatever it came for.
pub(super) fn doubt_altered(desk: &mut Desk) {
    if let Some(why) = desk.state().altered.clone() {
        begin(desk, Actor::System, why);
    }
}

fn begin(desk: &mut Desk, by: Actor, reason: String) {
    desk.record(by, BEGUN, (None, None, None), &reason);
    let since = desk.at();
    desk.change_state(|state| *state = std::mem::take(state).quarantined(since, reason));
}

/// Begins a quarantine by hand, for what nobody can detect.
#[derive(Clone, Debug)]
pub struct BeginQuarantine {
    /// Who begins it.
    pub by: Actor,
    /// Why, in words for other operators.
    pub reason: String,
}

impl Verb for BeginQuarantine {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, _wanted: &mut Wanted) {}

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        if self.reason.trim().is_empty() {
            return Ok(Err(ActionRefusal::Invalid("give a reason".to_owned())));
        }
        if let Err(refusal) = check_line("the reason", &self.reason) {
            return Ok(Err(refusal));
        }
        if desk.state().quarantine.is_some() {
            let wanted = "not in quarantine";
            return Ok(Err(ActionRefusal::WrongState { state: "in quarantine", wanted }));
        }
        begin(desk, self.by.clone(), self.reason.clone());
        Ok(Ok(()))
    }
}

/// Takes one step of a release: has the rails asked what became of payouts that may have been sent,
/// and ends the quarantine when it finds no more. What is doubted stays so, whichever step it met.
#[derive(Clone, Debug)]
pub struct ReleaseQuarantine {
    /// Only payouts with later ids than this one: where the last step got to.
    pub after: PayoutId,
    /// At most so many.
    pub limit: usize,
    /// Who releases.
    pub by: Actor,
}

/// How far a release got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// How many payouts of this step have their rails asked.
    pub doubted: usize,
    /// Where the next step goes on; nothing when the quarantine is over.
    pub next: Option<PayoutId>,
}

impl Verb for ReleaseQuarantine {
    type Outcome = Released;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        let (after, limit) = wanted.unfinished.unwrap_or((self.after, 0));
        wanted.unfinished = Some((after.min(self.after), limit + self.step()));
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        if desk.state().quarantine.is_none() {
            let wanted = "in quarantine";
            return Ok(Err(ActionRefusal::WrongState { state: "not in quarantine", wanted }));
        }
        let shown = desk.view().unfinished.iter().filter(|id| **id > self.after);
        let ids: Vec<PayoutId> = shown.copied().take(self.step()).collect();
        let mut doubted = 0;
        for id in &ids {
            doubted += usize::from(self.doubt(desk, *id)?);
        }
        let next = ids.last().copied().filter(|_| ids.len() == self.step());
        if next.is_none() {
            self.end(desk);
        }
        Ok(Ok(Released { doubted, next }))
    }
}

impl ReleaseQuarantine {
    /// A step of nothing would take itself for the last one.
    fn step(&self) -> usize {
        self.limit.max(1)
    }

    /// Has a payout's rail asked at once, unless somebody with evidence has vouched for it since.
    fn doubt(&self, desk: &mut Desk, id: PayoutId) -> Result<bool, Fault> {
        let doubted = |payout: &&Payout| payout.is_doubted(desk.state());
        let Some(payout) = desk.to_move(id).ok().filter(doubted).cloned() else {
            return Ok(false);
        };
        let now = desk.at();
        let dispatch = match payout.state {
            PayoutState::Approved => {
                let rail = desk.merchant(payout.merchant)?.rail(&payout.channel);
                doubtful_dispatch(rail, now)
            }
            PayoutState::Dispatched(dispatch) => asked_anew(dispatch, now),
            // There is no rail yet that could be asked: a person finds out.
            PayoutState::AwaitingApproval
            | PayoutState::Settled(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. } => return Ok(false),
        };
        desk.put_in_doubt(id, dispatch, DOUBT);
        desk.trail_of(id, self.by.clone(), DOUBT);
        Ok(true)
    }

    fn end(&self, desk: &mut Desk) {
        desk.record(self.by.clone(), "quarantine.released", (None, None, None), "");
        desk.change_state(|state| {
            state.quarantine = None;
            state.releases += 1;
        });
        desk.ring_dispatch();
    }
}

/// The dispatch of a payout that this database never sent, and that may have been sent all the
/// same. Its rail is asked at once.
pub(super) fn doubtful_dispatch(rail: RailCode, now: Timestamp) -> Dispatch {
    Dispatch {
        rail,
        at: now,
        attempt: 1,
        progress: Progress::InDoubt { since: now, detail: DOUBT.to_owned() },
        rail_reference: None,
        accepted: false,
        absent_since: None,
        checks: 0,
        due_at: now,
    }
}

/// What a rail took it is known to have taken. How long it has denied the order counts anew.
pub(super) fn asked_anew(dispatch: Dispatch, now: Timestamp) -> Dispatch {
    Dispatch { absent_since: None, checks: 0, due_at: now, ..dispatch }
}
