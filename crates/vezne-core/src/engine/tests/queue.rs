//! The queue in front of the engine: groups, faults, answers after commits, bells.
//!
//! The store here is the [`Book`] behind a lock, with a gate in front of its commits so that a test
//! can look at what has happened before one. Nobody reads through it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::book::Book;
use super::table::{Table, check};
use crate::engine::approve::Approve;
use crate::engine::desk::Desk;
use crate::engine::group::Group;
use crate::engine::reject::Reject;
use crate::engine::top_up::TopUp;
use crate::engine::view::Wanted;
use crate::engine::{Bells, Decision, Engine, Failure, GroupRunner, Limits, Verb};
use crate::model::approval::Actor;
use crate::model::audit::AuditRecord;
use crate::model::callback::{Attempt, Callback};
use crate::model::directory::Directory;
use crate::model::identifier::{CallbackId, MerchantId, NodeId, PayoutId};
use crate::model::ledger::{Entry, LedgerAccount};
use crate::model::money::{Currency, Money};
use crate::model::payout::Payout;
use crate::model::quarantine::DeskState;
use crate::model::refusal::ActionRefusal;
use crate::model::time::Timestamp;
use crate::model::unread::Unsealed;
use crate::model::usage::Usage;
use crate::port::{CallbackFilter, Clock, Fault, Found, Later, Overview, PayoutFilter, Store};

/// A book that commits when its gate lets it.
struct GatedBook {
    book: Mutex<Book>,
    gate: Semaphore,
    commits: Mutex<Vec<usize>>,
    /// Nothing is committed, whoever asks.
    away: AtomicBool,
}

impl GatedBook {
    /// Each commit's or fault's number of postings on the book afterwards.
    fn commits(&self) -> Vec<usize> {
        self.commits.lock().unwrap().clone()
    }
}

fn nobody_reads<T>() -> Later<'static, Result<T, Fault>> {
    Box::pin(async { Err(Fault("these tests read nothing".into())) })
}

impl Store for GatedBook {
    fn transact(&self, mut group: Group) -> Later<'_, (Group, Result<(), Fault>)> {
        Box::pin(async move {
            self.gate.acquire().await.expect("the gate is never closed").forget();
            let mut book = self.book.lock().unwrap();
            let committed = match self.away.load(Ordering::Relaxed) {
                false => book.transact(&mut group),
                true => {
                    group.keep_together();
                    Err(Fault("it is away".into()))
                }
            };
            self.commits.lock().unwrap().push(book.entries.len());
            (group, committed)
        })
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.book.lock().unwrap().directory)
    }

    fn refresh(&self) -> Later<'_, Result<(), Fault>> {
        nobody_reads()
    }

    fn payout(&self, _: PayoutId) -> Later<'_, Result<Option<Payout>, Fault>> {
        nobody_reads()
    }

    fn payouts(&self, _: PayoutFilter) -> Later<'_, Result<Found<Payout>, Fault>> {
        nobody_reads()
    }

    fn callback(&self, _: CallbackId) -> Later<'_, Result<Option<Callback>, Fault>> {
        nobody_reads()
    }

    fn callbacks(&self, _: CallbackFilter) -> Later<'_, Result<Found<Callback>, Fault>> {
        nobody_reads()
    }

    fn unsealed(&self) -> Later<'_, Result<Unsealed, Fault>> {
        nobody_reads()
    }

    fn attempts(&self, _: CallbackId) -> Later<'_, Result<Vec<Attempt>, Fault>> {
        nobody_reads()
    }

    fn trail(&self, _: PayoutId) -> Later<'_, Result<Vec<AuditRecord>, Fault>> {
        nobody_reads()
    }

    fn entries(&self, _: PayoutId) -> Later<'_, Result<Vec<Entry>, Fault>> {
        nobody_reads()
    }

    fn balances(&self, _: MerchantId) -> Later<'_, Result<Vec<(LedgerAccount, i64)>, Fault>> {
        nobody_reads()
    }

    fn desk_state(&self) -> Later<'_, Result<DeskState, Fault>> {
        nobody_reads()
    }

    fn overview(&self) -> Later<'_, Result<Overview, Fault>> {
        nobody_reads()
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn share_usage(&self, _: &NodeId, _: Vec<Usage>) -> Later<'_, Result<Vec<Usage>, Fault>> {
        nobody_reads()
    }
}

struct StoppedClock(Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A command that is always our fault.
struct Faulty;

impl Verb for Faulty {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, _: &mut Wanted) {}

    fn decide(&mut self, _: &mut Desk) -> Decision<Self> {
        Err(Fault("broken".into()))
    }
}

struct Bench {
    store: Arc<GatedBook>,
    engine: Engine,
    runner: GroupRunner,
    bells: Bells,
}

/// An engine whose runner is not started yet, with a payout that awaits approval.
fn bench(limits: Limits) -> Bench {
    let Table { book, now } = check(
        "merchant A \n top-up A 50.00 \n submit A ref-1 papara 10.00 \n submit A ref-2 papara 1.00",
    );
    let (gate, commits) = (Semaphore::new(0), Mutex::default());
    let away = AtomicBool::new(false);
    let store = Arc::new(GatedBook { book: Mutex::new(book), gate, commits, away });
    let (clock, bells) = (Arc::new(StoppedClock(now)), Bells::default());
    let shared: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let (engine, runner) = Engine::new(shared, clock, limits, bells.clone());
    Bench { store, engine, runner, bells }
}

fn top_up(minor: i64) -> TopUp {
    let (amount, by) = (Money::new(minor, Currency::TRY), Actor::System);
    TopUp { merchant: MerchantId(1), amount, by, note: String::new() }
}

fn approve(id: i64) -> Approve {
    Approve { payout: PayoutId(id), by: Actor::System }
}

/// Lets everything that can move do so.
async fn settle_down() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn has_rung(bell: &Notify) -> bool {
    tokio::select! {
        biased;
        () = bell.notified() => true,
        () = settle_down() => false,
    }
}

#[tokio::test]
async fn what_waits_is_committed_together_and_answered_in_kind() {
    let Bench { store, engine, runner, .. } = bench(Limits::default());
    store.gate.add_permits(1);
    let (first, second, third, _) = tokio::join!(
        engine.run(top_up(100)),
        engine.run(approve(7)),
        engine.run(top_up(1)),
        async {
            tokio::spawn(runner.run());
        }
    );
    assert_eq!(first.map(Money::minor), Ok(4_000));
    assert_eq!(second, Err(Failure::Refused(ActionRefusal::NotFound)));
    assert_eq!(third.map(Money::minor), Ok(4_001));
    assert_eq!(store.commits(), [5]);
}

#[tokio::test]
async fn one_command_s_fault_is_no_other_s() {
    let Bench { store, engine, runner, .. } = bench(Limits::default());
    store.gate.add_permits(10);
    let (first, faulty, last, _) =
        tokio::join!(engine.run(top_up(100)), engine.run(Faulty), engine.run(top_up(1)), async {
            tokio::spawn(runner.run());
        });
    assert_eq!(first.map(Money::minor), Ok(4_000));
    assert_eq!(faulty, Err(Failure::Fault(Fault("broken".into()))));
    assert_eq!(last.map(Money::minor), Ok(4_001));
    // The whole group, which came to nothing, and then each of its members.
    assert_eq!(store.commits(), [3, 4, 4, 5]);
}

#[tokio::test]
async fn a_store_that_is_away_is_asked_once_for_all() {
    let Bench { store, engine, runner, .. } = bench(Limits::default());
    store.gate.add_permits(10);
    store.away.store(true, Ordering::Relaxed);
    let (one, two, _) = tokio::join!(engine.run(top_up(1)), engine.run(top_up(1)), async {
        tokio::spawn(runner.run());
    });
    let away = Err(Failure::Fault(Fault("it is away".into())));
    assert_eq!((one, two), (away.clone(), away));
    assert_eq!(store.commits(), [3]);
}

#[tokio::test]
async fn a_group_is_no_larger_than_its_limit() {
    let Bench { store, engine, runner, .. } = bench(Limits { queue: 10, group: 2, lanes: 1 });
    store.gate.add_permits(10);
    let (one, two, three, _) =
        tokio::join!(engine.run(top_up(1)), engine.run(top_up(1)), engine.run(top_up(1)), async {
            tokio::spawn(runner.run());
        });
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(store.commits(), [5, 6]);
}

#[tokio::test]
async fn a_full_queue_says_so_and_does_nothing() {
    let Bench { store, engine, runner, .. } = bench(Limits { queue: 2, group: 10, lanes: 1 });
    let mut waiting = JoinSet::new();
    for _ in 0..2 {
        let engine = engine.clone();
        waiting.spawn(async move { engine.run(top_up(100)).await });
    }
    settle_down().await;
    assert_eq!(engine.waiting(), 2);
    assert_eq!(engine.run(top_up(1)).await, Err(Failure::Busy));
    store.gate.add_permits(10);
    tokio::spawn(runner.run());
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
    assert_eq!(engine.waiting(), 0);
    assert_eq!(engine.run(top_up(1)).await.map(Money::minor), Ok(4_101));
}

#[tokio::test]
async fn an_answer_comes_only_after_its_commit() {
    let Bench { store, engine, runner, bells } = bench(Limits::default());
    tokio::spawn(runner.run());
    let asked = tokio::spawn(async move { engine.run(approve(1)).await });
    settle_down().await;
    assert!(!asked.is_finished());
    assert!(!has_rung(&bells.dispatch).await);
    store.gate.add_permits(1);
    assert_eq!(asked.await.expect("it does not panic"), Ok(()));
    assert!(has_rung(&bells.dispatch).await);
}

#[tokio::test]
async fn bells_ring_for_those_who_have_something_to_do() {
    let Bench { store, engine, runner, bells } = bench(Limits::default());
    store.gate.add_permits(10);
    tokio::spawn(runner.run());
    engine.run(top_up(1)).await.expect("a top-up");
    assert!(!has_rung(&bells.dispatch).await && !has_rung(&bells.callbacks).await);
    engine.run(approve(1)).await.expect("an approval");
    assert!(has_rung(&bells.dispatch).await && !has_rung(&bells.callbacks).await);
    let (payout, by, reason) = (PayoutId(2), Actor::System, "Wrong name".to_owned());
    engine.run(Reject { payout, by, reason }).await.expect("a rejection");
    assert!(!has_rung(&bells.dispatch).await && has_rung(&bells.callbacks).await);
    engine.run(Faulty).await.expect_err("a fault");
    assert!(!has_rung(&bells.dispatch).await && !has_rung(&bells.callbacks).await);
}

/// The caller hung up; what it asked for is done all the same.
#[tokio::test]
async fn a_caller_that_goes_away_stops_nothing() {
    let Bench { store, engine, runner, .. } = bench(Limits::default());
    tokio::spawn(runner.run());
    let gone = engine.clone();
    let asked = tokio::spawn(async move { gone.run(top_up(100)).await });
    settle_down().await;
    asked.abort();
    store.gate.add_permits(2);
    assert_eq!(engine.run(top_up(1)).await.map(Money::minor), Ok(4_001));
}

#[tokio::test]
async fn an_engine_whose_runner_is_gone_says_so() {
    let Bench { engine, runner, .. } = bench(Limits::default());
    drop(runner);
    let stopped = Fault("the engine has stopped".into());
    assert_eq!(engine.run(top_up(1)).await, Err(Failure::Fault(stopped)));
}
