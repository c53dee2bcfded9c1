//! The queue in front of the engine: groups, faults, answers after commits, bells.
//!
//! The store here is the [`Book`] behind a lock, with a gate in front of its commits so that a test
//! can look at what has happened before one. Nobody reads through it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
use crate::engine::{Bells, Decision, Engine, Failure, GroupRunner, Limits, Verb, Waits};
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
use crate::model::retention::{Horizon, KeptCounts, Pruned};
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
            let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
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

    fn kept(&self) -> Later<'_, Result<Vec<(MerchantId, KeptCounts)>, Fault>> {
        nobody_reads()
    }

    fn prune(&self, _: Horizon, _: usize) -> Later<'_, Result<Pruned, Fault>> {
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

    fn ticks(&self) -> Duration {
        Duration::ZERO
    }
}

/// A command that is always our fault, before it has changed anything or after.
struct Faulty {
    late: bool,
}

impl Verb for Faulty {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, _: &mut Wanted) {}

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        if self.late {
            desk.record(Actor::System, "half.done", (None, None, None), "");
        }
        Err(Fault("broken".into()))
    }
}

/// A command that waits where a merchant's does. It is decided as a top-up, so that its place in
/// the order shows.
struct Asked(TopUp);

impl Verb for Asked {
    type Outcome = Money;
    type Refusal = <TopUp as Verb>::Refusal;
    const WAITS: Waits = Waits::Intake;

    fn wants(&self, wanted: &mut Wanted) {
        self.0.wants(wanted);
    }

    fn merchant(&self) -> Option<MerchantId> {
        self.0.merchant()
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        self.0.decide(desk)
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
    let Table { book, now, .. } = check(
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
    tokio::spawn(runner.run());
    let mut minor = 3_900;
    // One that has changed nothing fails alone, in the commit of the others. Of any other the whole
    // group comes to nothing, and then each of its members runs.
    for (late, commits) in [(false, &[5][..]), (true, &[5, 5, 6, 6, 7])] {
        let (first, faulty, last) = tokio::join!(
            engine.run(top_up(100)),
            engine.run(Faulty { late }),
            engine.run(top_up(1)),
        );
        assert_eq!(first.map(Money::minor), Ok(minor + 100));
        assert_eq!(faulty, Err(Failure::Fault(Fault("broken".into()))));
        assert_eq!(last.map(Money::minor), Ok(minor + 101));
        assert_eq!(store.commits(), commits);
        minor += 101;
    }
    assert!(store.book.lock().unwrap().trail.iter().all(|line| line.action != "half.done"));
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
async fn what_was_committed_and_undone_is_counted() {
    let Bench { store, engine, runner, .. } = bench(Limits::default());
    store.gate.add_permits(10);
    tokio::spawn(runner.run());
    let counts = || {
        let pulse = engine.pulse();
        (pulse.commits(), pulse.commands(), pulse.undone(), pulse.is_failing())
    };
    let (one, two) = tokio::join!(engine.run(top_up(1)), engine.run(top_up(1)));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(counts(), (1, 2, 0, false));
    assert!(engine.run(Faulty { late: true }).await.is_err());
    assert_eq!(counts(), (1, 2, 1, true));
    // A refusal writes nothing, so it shows nothing.
    assert!(matches!(engine.run(approve(7)).await, Err(Failure::Refused(_))));
    assert_eq!(counts(), (1, 2, 1, true));
    assert!(engine.run(top_up(1)).await.is_ok());
    assert_eq!(counts(), (2, 3, 1, false));
}

#[tokio::test]
async fn a_group_is_no_larger_than_its_limit() {
    let Bench { store, engine, runner, .. } =
        bench(Limits { queue: 10, group: 2, lanes: 1, ..Limits::default() });
    store.gate.add_permits(10);
    let (one, two, three, _) =
        tokio::join!(engine.run(top_up(1)), engine.run(top_up(1)), engine.run(top_up(1)), async {
            tokio::spawn(runner.run());
        });
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(store.commits(), [5, 6]);
}

/// So many commands of merchants that wait, each a top-up of one kurus.
async fn crowd(engine: &Engine, count: usize) -> JoinSet<Answer> {
    let mut waiting = JoinSet::new();
    for _ in 0..count {
        let engine = engine.clone();
        waiting.spawn(async move { engine.run(Asked(top_up(1))).await });
    }
    settle_down().await;
    waiting
}

type Answer = Result<Money, Failure<<TopUp as Verb>::Refusal>>;

#[tokio::test]
async fn a_full_queue_says_so_and_does_nothing() {
    let limits = Limits { queue: 2, group: 10, lanes: 1, ..Limits::default() };
    let Bench { store, engine, runner, .. } = bench(limits);
    let waiting = crowd(&engine, 2).await;
    assert_eq!(engine.waiting(), 2);
    assert_eq!(engine.run(Asked(top_up(1))).await, Err(Failure::Busy));
    store.gate.add_permits(10);
    tokio::spawn(runner.run());
    assert!(waiting.join_all().await.iter().all(Result::is_ok));
    assert_eq!(engine.waiting(), 0);
    assert_eq!(engine.run(Asked(top_up(1))).await.map(Money::minor), Ok(3_903));
}

/// However much merchants ask, an answer of a rail or a word of an operator is booked, and first.
#[tokio::test]
async fn a_full_queue_of_intake_stops_neither_workers_nor_operators() {
    let Bench { store, engine, runner, .. } =
        bench(Limits { queue: 6, group: 4, lanes: 1, ..Limits::default() });
    let waiting = crowd(&engine, 6).await;
    let mut desk = JoinSet::new();
    for _ in 0..10 {
        let engine = engine.clone();
        desk.spawn(async move { engine.run(top_up(100)).await });
    }
    settle_down().await;
    assert_eq!(engine.waiting(), 12, "six of each wait, and four for a place");
    assert_eq!(engine.run(Asked(top_up(1))).await, Err(Failure::Busy));
    store.gate.add_permits(1);
    tokio::spawn(runner.run());
    settle_down().await;
    assert_eq!(store.commits().len(), 1);
    assert_eq!(desk.len() - finished(&mut desk), 7, "three of the first four were the desk's");
    store.gate.add_permits(10);
    assert!(desk.join_all().await.iter().all(Result::is_ok));
    let asked = waiting.join_all().await;
    assert!(asked.iter().all(Result::is_ok), "and none of intake was kept out: {asked:?}");
    assert_eq!(store.commits().len(), 4);
}

/// How many have ended; they are taken out.
fn finished(running: &mut JoinSet<Answer>) -> usize {
    std::iter::from_fn(|| running.try_join_next()).filter(Result::is_ok).count()
}

/// A command whose group does not survive it.
struct Panics;

impl Verb for Panics {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, _: &mut Wanted) {
        panic!("on purpose");
    }

    fn decide(&mut self, _: &mut Desk) -> Decision<Self> {
        Ok(Ok(()))
    }
}

#[tokio::test]
async fn a_lane_outlives_a_group_that_panics() {
    let Bench { store, engine, runner, .. } = bench(Limits::default());
    store.gate.add_permits(10);
    tokio::spawn(runner.run());
    let Err(Failure::Fault(fault)) = engine.run(Panics).await else {
        panic!("its caller hears of it");
    };
    assert!(fault.0.contains("panicked"), "{fault}");
    assert_eq!(engine.run(top_up(100)).await.map(Money::minor), Ok(4_000));
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
    engine.run(Faulty { late: true }).await.expect_err("a fault");
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
