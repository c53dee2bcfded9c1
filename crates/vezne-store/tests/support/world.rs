//! An engine on a store of some backend, with helpers for what most tests do.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use vezne_core::engine::approve::Approve;
use vezne_core::engine::dispatch::{ClaimPayouts, Task};
use vezne_core::engine::merchant::{AddMerchant, EditMerchant};
use vezne_core::engine::room::Room;
use vezne_core::engine::settle::Settle;
use vezne_core::engine::submit::{Submission, SubmitPayout, Submitted};
use vezne_core::engine::top_up::TopUp;
use vezne_core::engine::{Bells, Engine, Failure, GroupRunner, Limits, Verb};
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::ledger::AccountKind;
use vezne_core::model::merchant::{Authenticated, Merchant};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::Payout;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_core::model::retention::KeptBounds;
use vezne_core::port::{Clock, PayoutFilter, Store};
use vezne_store::audit::Report;

use super::{FakeClock, KEY, NOON, dialect, merchant, submission};

/// A kind of store under test.
pub(crate) trait Backend: Sized {
    /// Room for a fresh database.
    fn fresh() -> Self;
    /// Opens it; everything from an earlier opening is closed by then.
    fn open(&self) -> impl Future<Output = Arc<dyn Store>>;
    /// Audits it.
    fn audit(&self) -> Report;
    /// Runs SQL past every protection, as somebody with a hand on the database does.
    fn by_hand(&self, sql: &str);
    /// How its SQL writes these bytes, given as hex.
    fn bytes(hex: &str) -> String;
}

/// A kind of store that several nodes share.
pub(crate) trait SharedBackend: Backend {
    /// Opens it as another node does, beside what is open.
    fn open_another(&self) -> impl Future<Output = Arc<dyn Store>>;
}

pub(crate) type Refused = SubmitRefusal;

/// A store at work.
pub(crate) struct World<B: Backend> {
    pub(crate) backend: B,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) engine: Engine,
    bounds: KeptBounds,
    runner: JoinHandle<()>,
}

fn start(
    store: &Arc<dyn Store>,
    clock: &Arc<FakeClock>,
    kept: KeptBounds,
) -> (Engine, JoinHandle<()>) {
    let clock: Arc<dyn Clock> = Arc::<FakeClock>::clone(clock);
    let limits = Limits { kept, ..Limits::default() };
    let (engine, runner) = Engine::new(Arc::clone(store), clock, limits, Bells::default());
    (engine, tokio::spawn(GroupRunner::run(runner)))
}

impl<B: Backend> World<B> {
    /// An empty store.
    pub(crate) async fn empty() -> Self {
        Self::on(B::fresh(), Arc::new(FakeClock::at(NOON))).await
    }

    /// Whatever is in a database.
    pub(crate) async fn on(backend: B, clock: Arc<FakeClock>) -> Self {
        Self::on_within(backend, clock, KeptBounds::default()).await
    }

    async fn on_within(backend: B, clock: Arc<FakeClock>, bounds: KeptBounds) -> Self {
        let store = backend.open().await;
        let (engine, runner) = start(&store, &clock, bounds);
        Self { backend, clock, store, engine, bounds, runner }
    }

    /// The same with other bounds of what is kept for nothing.
    pub(crate) async fn within(self, bounds: KeptBounds) -> Self {
        let (backend, clock) = self.close().await;
        Self::on_within(backend, clock, bounds).await
    }

    /// A store with merchant 1, which has 10,000.00.
    pub(crate) async fn new() -> Self {
        let world = Self::empty().await;
        world.add(merchant("site-1")).await;
        world.top_up(1, 1_000_000).await;
        world
    }

    pub(crate) async fn run<V: Verb>(&self, verb: V) -> Result<V::Outcome, Failure<V::Refusal>> {
        self.engine.run(verb).await
    }

    /// Runs a verb that must succeed.
    pub(crate) async fn must<V: Verb<Refusal: Debug>>(&self, verb: V) -> V::Outcome {
        self.run(verb).await.unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    /// Runs verbs in one group, and gives their answers in order.
    pub(crate) async fn group<V: Verb>(
        &self,
        verbs: Vec<V>,
    ) -> Vec<Result<V::Outcome, Failure<V::Refusal>>> {
        let start = |verb| {
            let engine = self.engine.clone();
            tokio::spawn(async move { engine.run(verb).await })
        };
        let handles: Vec<_> = verbs.into_iter().map(start).collect();
        let mut answers = Vec::new();
        for handle in handles {
            answers.push(handle.await.unwrap());
        }
        answers
    }

    pub(crate) async fn add(&self, merchant: Merchant) -> MerchantId {
        self.must(AddMerchant { merchant, by: Actor::System }).await
    }

    pub(crate) async fn edit(
        &self,
        id: i64,
        mut change: impl FnMut(&mut Merchant) + Send + 'static,
    ) {
        let edit = Box::new(move |merchant: &mut Merchant| {
            change(merchant);
            Ok(())
        });
        let (by, detail) = (Actor::Operator("ayse".into()), "changed".to_owned());
        self.must(EditMerchant { merchant: MerchantId(id), edit, by, detail }).await;
    }

    pub(crate) async fn top_up(&self, id: i64, minor: i64) -> Money {
        self.must(top_up(id, minor)).await
    }

    pub(crate) fn proof(&self, id: i64) -> Authenticated {
        let directory = self.store.directory();
        let merchant = directory.get(MerchantId(id)).expect("the merchant is there");
        merchant.authenticate(&dialect(), KEY, self.clock.now()).expect("the key is right")
    }

    pub(crate) fn command(&self, submission: Submission) -> SubmitPayout {
        SubmitPayout::new(self.proof(1), submission)
    }

    pub(crate) async fn submit(
        &self,
        reference: &str,
        minor: i64,
    ) -> Result<Submitted, Failure<Declined>> {
        self.run(self.command(submission(reference, minor))).await
    }

    /// A payout that is accepted.
    pub(crate) async fn accepted(&self, reference: &str, minor: i64) -> PayoutId {
        self.submit(reference, minor).await.expect("it is accepted").payout
    }

    /// A payout that a worker is sending.
    pub(crate) async fn sending(&self, reference: &str, minor: i64) -> PayoutId {
        let id = self.accepted(reference, minor).await;
        self.send(id).await;
        id
    }

    /// Has an accepted payout approved and sent.
    pub(crate) async fn send(&self, id: PayoutId) {
        self.must(Approve { payout: id, by: Actor::Operator("ayse".into()) }).await;
        let tasks = self.claim().await;
        assert!(matches!(&tasks[..], [Task::Send(payout)] if payout.id == id), "{tasks:?}");
    }

    /// A payout that was paid.
    pub(crate) async fn settled(&self, reference: &str, minor: i64) -> PayoutId {
        let id = self.sending(reference, minor).await;
        self.pay(id).await;
        id
    }

    /// Has the rail pay what it was sent.
    pub(crate) async fn pay(&self, id: PayoutId) {
        let rail_reference = Some(format!("R-{id}"));
        self.must(Settle { payout: id, attempt: Some(1), by: Actor::Rail, rail_reference }).await;
    }

    pub(crate) async fn claim(&self) -> Vec<Task> {
        self.must(ClaimPayouts {
            room: Room::undivided(100),
            lease: Duration::from_secs(60),
            marker: None,
        })
        .await
        .tasks
    }

    pub(crate) async fn payout(&self, id: PayoutId) -> Payout {
        self.store.payout(id).await.expect("it reads").expect("it is there")
    }

    /// The how many-th payout of the desk each of them is. Ids tell that only where none is left
    /// out: what is undone leaves a gap where no connection keeps ids for the next group.
    pub(crate) async fn places(&self, of: &[PayoutId]) -> Vec<usize> {
        let filter = PayoutFilter { limit: u32::MAX, ..PayoutFilter::default() };
        let all = self.store.payouts(filter).await.expect("they read").rows;
        let place = |id: &PayoutId| all.iter().filter(|payout| payout.id <= *id).count();
        of.iter().map(place).collect()
    }

    pub(crate) async fn balance(&self, id: i64, kind: &str) -> i64 {
        let kind = AccountKind::parse(kind).expect("an account");
        let balances = self.store.balances(MerchantId(id)).await.expect("they read");
        balances.iter().find(|(account, _)| account.kind == kind).map_or(0, |(_, minor)| *minor)
    }

    /// Closes the store and opens it again, as a restart does.
    pub(crate) async fn reopen(self) -> Self {
        let bounds = self.bounds;
        self.within(bounds).await
    }

    /// Closes the store.
    pub(crate) async fn close(self) -> (B, Arc<FakeClock>) {
        let Self { backend, clock, store, engine, runner, .. } = self;
        drop(engine);
        runner.await.expect("the runner ends");
        assert_eq!(Arc::strong_count(&store), 1, "nothing else holds the store");
        drop(store);
        (backend, clock)
    }

    /// The end of every test: the audit is clean while the store is open, and after it is closed.
    pub(crate) async fn finish(self) -> B {
        assert_clean(&self.backend);
        let (backend, _) = self.close().await;
        assert_clean(&backend);
        backend
    }
}

impl<B: SharedBackend> World<B> {
    /// Another node at work on the same database; its runner ends with its engine.
    pub(crate) async fn another_node(&self) -> (Arc<dyn Store>, Engine) {
        let store = self.backend.open_another().await;
        let (engine, _) = start(&store, &self.clock, self.bounds);
        (store, engine)
    }
}

fn assert_clean<B: Backend>(backend: &B) {
    let report = backend.audit();
    assert!(report.is_clean(), "{report}");
}

pub(crate) fn top_up(id: i64, minor: i64) -> TopUp {
    let (merchant, amount) = (MerchantId(id), Money::new(minor, Currency::TRY));
    TopUp { merchant, amount, by: Actor::Operator("ayse".into()), note: "wire 1".into() }
}

/// Why a submission was refused, and whether that was a repeat.
pub(crate) fn refused(answer: Result<Submitted, Failure<Declined>>) -> (SubmitRefusal, bool) {
    match answer {
        Err(Failure::Refused(Declined { why, replayed })) => (why, replayed),
        other => panic!("it is not refused: {other:?}"),
    }
}
