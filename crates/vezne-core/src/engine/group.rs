//! A group of commands that are decided in order and committed together.

use tokio::sync::oneshot;

use super::desk::Desk;
use super::quarantine::doubt_altered;
use super::queue::Failure;
use super::view::{Changes, View, Wanted};
use super::{Decision, Verb};
use crate::model::retention::KeptBounds;
use crate::model::time::Timestamp;
use crate::port::Fault;

/// What the caller of a verb waits for.
pub(super) type Answer<V> = Result<<V as Verb>::Outcome, Failure<<V as Verb>::Refusal>>;

/// One command in its group, whatever its verb.
pub(super) trait Member: Send {
    fn wants(&self, wanted: &mut Wanted);
    fn decide(&mut self, desk: &mut Desk) -> Result<(), Fault>;
    fn answer(self: Box<Self>, committed: Result<(), Fault>);
}

/// A command, the one who waits for it and what was decided last.
pub(super) struct Seat<V: Verb> {
    verb: V,
    decision: Option<Decision<V>>,
    reply: oneshot::Sender<Answer<V>>,
}

impl<V: Verb> Seat<V> {
    pub(super) fn new(verb: V) -> (Self, oneshot::Receiver<Answer<V>>) {
        let (reply, answer) = oneshot::channel();
        (Self { verb, decision: None, reply }, answer)
    }
}

impl<V: Verb> Member for Seat<V> {
    fn wants(&self, wanted: &mut Wanted) {
        self.verb.wants(wanted);
    }

    fn decide(&mut self, desk: &mut Desk) -> Result<(), Fault> {
        self.decision = None;
        desk.take_touched();
        let decision: Decision<V> = self.verb.decide(desk);
        // What it left half done would be written with the rest of the group.
        if desk.take_touched()
            && let Err(fault) = decision
        {
            return Err(fault);
        }
        self.decision = Some(decision);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), Fault>) {
        let Self { decision, reply, .. } = *self;
        let undecided = || Fault("a group was committed before it was decided".into());
        let decided = || decision.ok_or_else(undecided).flatten();
        let answer = match committed.and_then(|()| decided()) {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(refusal)) => Err(Failure::Refused(refusal)),
            Err(fault) => Err(Failure::Fault(fault)),
        };
        // The caller may have gone away; what it asked for is done all the same.
        drop(reply.send(answer));
    }
}

/// Commands that share one view and one commit.
pub struct Group {
    at: Timestamp,
    bounds: KeptBounds,
    members: Vec<Box<dyn Member>>,
    rings: Rings,
    writes: bool,
    together: bool,
}

/// Which workers have something new to do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rings {
    pub(super) dispatch: bool,
    pub(super) callbacks: bool,
}

impl Group {
    pub(super) fn new(at: Timestamp, bounds: KeptBounds, members: Vec<Box<dyn Member>>) -> Self {
        Self { at, bounds, members, rings: Rings::default(), writes: false, together: false }
    }

    /// The moment the group is decided at.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Has the group decided at another moment: that of a store with a clock of its own.
    pub fn decide_at(&mut self, at: Timestamp) {
        self.at = at;
    }

    /// Everything its members must see.
    pub fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::new(self.at);
        for member in &self.members {
            member.wants(&mut wanted);
        }
        wanted
    }

    /// Decides all members in order on one view. May be called again on another view. A member
    /// whose fault comes before it has changed anything fails alone, and the others go on.
    ///
    /// # Errors
    /// The first fault of a member that had changed something; nothing may be written then.
    pub fn decide(&mut self, view: View) -> Result<Changes, Fault> {
        let mut desk = Desk::new(view, self.at, self.bounds);
        doubt_altered(&mut desk);
        for member in &mut self.members {
            member.decide(&mut desk)?;
        }
        self.rings = desk.rings();
        let changes = desk.into_changes();
        self.writes = !changes.is_empty();
        Ok(changes)
    }

    /// How many commands it has.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether its commit has anything to write, as it was decided last.
    pub(super) fn writes(&self) -> bool {
        self.writes
    }

    pub(super) fn rings(&self) -> Rings {
        self.rings
    }

    /// Says that the fault is none of its members': each alone would meet it again. A store that is
    /// away says so, and nobody waits for as many tries as there are members.
    pub fn keep_together(&mut self) {
        self.together = true;
    }

    /// Each member as a group of its own, so that one command's fault is never another's.
    pub(super) fn split(self) -> Result<Vec<Self>, Self> {
        if self.members.len() < 2 || self.together {
            return Err(self);
        }
        let Self { at, bounds, members, .. } = self;
        Ok(members.into_iter().map(|member| Self::new(at, bounds, vec![member])).collect())
    }

    pub(super) fn answer(self, committed: &Result<(), Fault>) {
        for member in self.members {
            member.answer(committed.clone());
        }
    }
}
