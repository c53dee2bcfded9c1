//! The bounded queue in front of the engine, and the runner that commits it group by group.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Notify;

use super::Verb;
use super::group::{Group, Seat};
use super::lane::{self, Sent, Taker, Way};
use super::pulse::Pulse;
use crate::model::identifier::MerchantId;
use crate::model::retention::KeptBounds;
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
    /// Commands of merchants that may wait in a lane; one more is answered "busy". What workers and
    /// operators ask for has as much room of its own, and waits for a place in it.
    pub queue: usize,
    /// Commands of one commit.
    pub group: usize,
    /// Groups that may be under way at the same time.
    pub lanes: usize,
    /// How much is kept of a merchant for nothing.
    pub kept: KeptBounds,
}

impl Default for Limits {
    fn default() -> Self {
        Self { queue: 4_096, group: 512, lanes: 1, kept: KeptBounds::default() }
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
///
/// There is a queue per lane. All commands of a merchant take the same one, so that its groups grow
/// and do not wait for each other's locks; those of no merchant in particular share the first.
#[derive(Clone)]
pub struct Engine {
    lanes: Arc<[Way]>,
    pulse: Arc<Pulse>,
}

/// Takes what waits, one group per lane at a time. Whoever starts the program runs it.
pub struct GroupRunner {
    lanes: Vec<Taker>,
    committer: Committer,
    limits: Limits,
}

/// Commits groups and sees to it that everybody hears of it.
#[derive(Clone)]
struct Committer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    bells: Bells,
    kept: KeptBounds,
    pulse: Arc<Pulse>,
}

impl Engine {
    /// An engine on a store, and the runner that must be polled for it to move.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        limits: Limits,
        bells: Bells,
    ) -> (Self, GroupRunner) {
        let queues = (0..limits.lanes.max(1)).map(|_| lane::lane(limits.queue));
        let (senders, lanes): (Vec<_>, Vec<_>) = queues.unzip();
        let pulse = Arc::<Pulse>::default();
        let (kept, shown) = (limits.kept, Arc::clone(&pulse));
        let committer = Committer { store, clock, bells, kept, pulse };
        (Self { lanes: senders.into(), pulse: shown }, GroupRunner { lanes, committer, limits })
    }

    /// Runs one command. The answer comes after the commit that holds it.
    ///
    /// # Errors
    /// [`Failure`]: the verb's refusal, a full queue, or our fault.
    pub async fn run<V: Verb>(&self, verb: V) -> Result<V::Outcome, Failure<V::Refusal>> {
        let lane = &self.lanes[self.lane_of(verb.merchant())];
        let (seat, answer) = Seat::new(verb);
        match lane.put(V::WAITS, Box::new(seat)).await {
            Sent::Taken => {}
            Sent::Full => return Err(Failure::Busy),
            Sent::Stopped => return Err(Failure::Fault(stopped())),
        }
        answer.await.unwrap_or_else(|_| Err(Failure::Fault(given_up())))
    }

    /// The first lane is for commands of no merchant in particular, where there are several.
    fn lane_of(&self, merchant: Option<MerchantId>) -> usize {
        let others = self.lanes.len() - 1;
        match merchant {
            Some(MerchantId(id)) if others > 0 => 1 + usize::try_from(id).unwrap_or(0) % others,
            Some(_) | None => 0,
        }
    }

    /// What the store made of the groups so far.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// How many commands wait now.
    pub fn waiting(&self) -> usize {
        self.lanes.iter().map(Way::waiting).sum()
    }
}

fn stopped() -> Fault {
    Fault("the engine has stopped".into())
}

fn given_up() -> Fault {
    Fault("the group of this command was given up: it panicked, or the engine stopped".into())
}

impl GroupRunner {
    /// A runner per lane, for those who can run them side by side.
    pub fn split(self) -> Vec<Self> {
        let Self { lanes, committer, limits } = self;
        let one = |lane| Self { lanes: vec![lane], committer: committer.clone(), limits };
        lanes.into_iter().map(one).collect()
    }

    /// Runs groups until every [`Engine`] is gone and the queues are empty.
    pub async fn run(self) {
        let Self { lanes, committer, limits } = self;
        let serve = |lane| committer.clone().serve(lane, limits.group);
        let mut running: Vec<_> = lanes.into_iter().map(|lane| Box::pin(serve(lane))).collect();
        std::future::poll_fn(|context| {
            running.retain_mut(|lane| lane.as_mut().poll(context).is_pending());
            if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Committer {
    async fn serve(self, mut lane: Taker, most: usize) {
        while let Some(members) = lane.next_group(most).await {
            // Whoever waits for a group that panics hears of it, and the lane goes on.
            contained(self.commit(Group::new(self.clock.now(), self.kept, members))).await;
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
        match committed {
            Ok(()) if group.writes() => self.pulse.committed(group.len()),
            Ok(()) => {}
            Err(_) => self.pulse.undid(),
        }
        group.answer(committed);
        if committed.is_ok() && rings.dispatch {
            self.bells.dispatch.notify_one();
        }
        if committed.is_ok() && rings.callbacks {
            self.bells.callbacks.notify_one();
        }
    }
}

/// Polls a future to its end, or to its panic.
async fn contained(work: impl Future<Output = ()>) {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.unwrap_or(Poll::Ready(()))
    })
    .await;
}
