//! The bounded queue in front of the engine, and the runner that commits it group by group.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc};

use super::Verb;
use super::group::{Group, Member, Seat};
use crate::port::{Clock, Fault, Store};

/// Why a caller got no outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure<R> {
    /// The verb said no, and says why. Committed like any outcome.
    Refused(R),
    /// The queue is full. Nothing was done.
    Busy,
    /// Our failure. Nothing was done.
    Fault(Fault),
}

impl<R: fmt::Display> fmt::Display for Failure<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Busy => f.write_str("too many commands are waiting; try again"),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

/// How much waits and how much goes together.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Commands that may wait; one more is answered "busy".
    pub queue: usize,
    /// Commands of one commit.
    pub group: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { queue: 4_096, group: 512 }
    }
}

/// Wakes the workers when a commit left them something to do.
#[derive(Clone, Debug, Default)]
pub struct Bells {
    /// Payouts may be due.
    pub dispatch: Arc<Notify>,
    /// Callbacks may be due.
    pub callbacks: Arc<Notify>,
}

/// The way in: hands a command to the group runner and waits for its commit.
#[derive(Clone)]
pub struct Engine {
    queue: mpsc::Sender<Box<dyn Member>>,
}

/// Takes what waits, as one group at a time. Whoever starts the program runs it.
pub struct GroupRunner {
    queue: mpsc::Receiver<Box<dyn Member>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    bells: Bells,
}

impl Engine {
    /// An engine on a store, and the runner that must be polled for it to move.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: Limits,
        bells: Bells,
    ) -> (Self, GroupRunner) {
        let (sender, queue) = mpsc::channel(limits.queue);
        (Self { queue: sender }, GroupRunner { queue, store, clock, limits, bells })
    }

    /// Runs one command. The answer comes after the commit that holds it.
    ///
    /// # Errors
    /// [`Failure`]: the verb's refusal, a full queue, or our fault.
    pub async fn run<V: Verb>(&self, verb: V) -> Result<V::Outcome, Failure<V::Refusal>> {
        let (seat, answer) = Seat::new(verb);
        self.queue.try_send(Box::new(seat)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Failure::Busy,
            mpsc::error::TrySendError::Closed(_) => Failure::Fault(stopped()),
        })?;
        answer.await.unwrap_or_else(|_| Err(Failure::Fault(stopped())))
    }

    /// How many commands wait now.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

fn stopped() -> Fault {
    Fault("the engine has stopped".into())
}

impl GroupRunner {
    /// Runs groups until every [`Engine`] is gone and the queue is empty.
    pub async fn run(mut self) {
        let mut members = Vec::with_capacity(self.limits.group);
        while self.queue.recv_many(&mut members, self.limits.group).await > 0 {
            self.commit(Group::new(self.clock.now(), std::mem::take(&mut members))).await;
        }
    }

    async fn commit(&self, group: Group) {
        let (group, committed) = self.store.transact(group).await;
        if committed.is_ok() {
            return self.finish(group, &committed);
        }
        match group.split() {
            Ok(lone) => {
                for group in lone {
                    let (group, committed) = self.store.transact(group).await;
                    self.finish(group, &committed);
                }
            }
            Err(group) => self.finish(group, &committed),
        }
    }

    fn finish(&self, group: Group, committed: &Result<(), Fault>) {
        let rings = group.rings();
        group.answer(committed);
        if committed.is_ok() && rings.dispatch {
            self.bells.dispatch.notify_one();
        }
        if committed.is_ok() && rings.callbacks {
            self.bells.callbacks.notify_one();
        }
    }
}
