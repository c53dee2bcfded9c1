//! The dispatch worker: sends approved payouts, asks rails what became of the others.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::{debug, error, info, warn};
use vezne_core::engine::dispatch::{Accept, CannotTell, ClaimPayouts, Claimed, NotSent, Task};
use vezne_core::engine::doubt::{MarkInDoubt, Resolution, ResolveDoubt};
use vezne_core::engine::fail::Fail;
use vezne_core::engine::returned::Return;
use vezne_core::engine::said::{Heard, Money, Said};
use vezne_core::engine::settle::Settle;
use vezne_core::engine::{Engine, Failure, Verb};
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::{PayoutId, RailCode};
use vezne_core::model::payout::{Dispatch, Payout, PayoutState};
use vezne_core::model::quarantine::Marker;
use vezne_core::model::rail::{PaymentOrder, RailAnswer, RailReturn};
use vezne_core::model::refusal::ActionRefusal;
use vezne_core::port::{Clock, Rail, Store};

use super::absence::Absences;
use super::booking::book;
use super::room::UnderWay;
use crate::marker::MarkerFile;

/// How the worker paces itself.
#[derive(Clone, Debug)]
pub struct DispatchSettings {
    /// Payouts that are being sent by one rail at the same time; as many may be asked about.
    pub concurrency: usize,
    /// Of one merchant, at most half of them.
    pub concurrency_per_merchant: usize,
    /// How long a send may take.
    pub lease: Duration,
    /// The first wait before a rail is asked again; each further one doubles it.
    pub ask_again: Duration,
    /// The longest of these waits.
    pub ask_again_most: Duration,
    /// How long a rail must say "never received" before an order is sent again.
    pub quarantine: Duration,
}

impl Default for DispatchSettings {
    fn default() -> Self {
        Self {
            concurrency: 128,
            concurrency_per_merchant: 64,
            lease: Duration::from_secs(60),
            ask_again: Duration::from_secs(5),
            ask_again_most: Duration::from_secs(3_600),
            quarantine: Duration::from_secs(120),
        }
    }
}

/// What a worker remembers of its claims, where no backup of the database takes it back.
#[derive(Clone)]
pub struct Memory {
    /// What was committed.
    pub store: Arc<dyn Store>,
    /// Where it is remembered.
    pub marker: Arc<MarkerFile>,
}

/// Sends payouts and follows them to their end.
#[derive(Clone)]
pub struct DispatchWorker {
    engine: Engine,
    clock: Arc<dyn Clock>,
    rails: Arc<HashMap<RailCode, Arc<dyn Rail>>>,
    memory: Memory,
    /// Whether rails may be asked: not before the first claim has found no quarantine.
    trusts: Arc<AtomicBool>,
    absences: Arc<Absences>,
    on_event: OnEvent,
    settings: DispatchSettings,
}

/// What the metrics count.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A rail was asked.
    Asked {
        /// Which.
        rail: &'a RailCode,
        /// Whether it was sent the order, or asked what became of it.
        sends: bool,
        /// What it said.
        answer: &'a RailAnswer,
        /// How long it took.
        took: Duration,
    },
    /// Its answer is not in the books, and why.
    Unbooked(&'static str),
}

/// What counts events.
pub type OnEvent = Arc<dyn Fn(Event<'_>) + Send + Sync>;

/// How long the worker sleeps when no bell rings.
const TICK: Duration = Duration::from_millis(500);

/// How often rails are asked for settled money that came back.
const RETURNS_TICK: Duration = Duration::from_secs(1);

impl DispatchWorker {
    /// A worker over these rails.
    pub fn new(
        engine: Engine,
        clock: Arc<dyn Clock>,
        rails: Vec<Arc<dyn Rail>>,
        memory: Memory,
        settings: DispatchSettings,
    ) -> Self {
        let rails = Arc::new(rails.into_iter().map(|rail| (rail.code(), rail)).collect());
        let (trusts, absences) = (Arc::default(), Arc::default());
        let on_event: OnEvent = Arc::new(|_| ());
        Self { engine, clock, rails, memory, trusts, absences, on_event, settings }
    }

    /// Has events counted.
    #[must_use]
    pub fn counting(self, on_event: OnEvent) -> Self {
        Self { on_event, ..self }
    }

    /// Claims what is due, acts on it, and books what came back. Returns how much was due.
    pub async fn step(&self) -> usize {
        let mut acting = self.nothing_under_way();
        let claimed = self.start(&mut acting).await;
        while acting.one().await.is_some() {}
        claimed + self.book_returns().await
    }

    /// Works until `stop` is done, then finishes what is under way and starts nothing more.
    pub async fn run(self, bell: Arc<Notify>, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        tokio::select! {
            () = self.follow_returns() => {}
            () = self.dispatch(&bell, &mut stop) => {}
        }
    }

    async fn dispatch(&self, bell: &Notify, mut stop: impl Future<Output = ()> + Unpin) {
        let mut acting = self.nothing_under_way();
        let mut ticks = tokio::time::interval(TICK);
        loop {
            // What was found may not have been all, so only a look that finds nothing waits.
            let waits = self.start(&mut acting).await == 0;
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(()) = acting.one() => {}
                () = std::future::ready(()), if !waits => {}
                () = bell.notified(), if waits => {}
                _ = ticks.tick(), if waits => {}
            }
            acting.all_ended();
        }
        while acting.one().await.is_some() {}
    }

    fn nothing_under_way(&self) -> UnderWay {
        let DispatchSettings { concurrency, concurrency_per_merchant, .. } = &self.settings;
        UnderWay::new(*concurrency, *concurrency_per_merchant)
    }

    /// Books returns beside the dispatch, so that a rail with many of them delays no payout.
    async fn follow_returns(&self) {
        let mut ticks = tokio::time::interval(RETURNS_TICK);
        loop {
            ticks.tick().await;
            self.book_returns().await;
        }
    }

    async fn start(&self, acting: &mut UnderWay) -> usize {
        // Taken before the claim is on its way, so it ends before the lease does, whatever clock
        // the lease goes by and however long the claim took.
        let deadline = Instant::now() + self.settings.lease;
        let marker = self.memory.marker.seen();
        let room = acting.room();
        let claim = ClaimPayouts { room, lease: self.settings.lease, marker };
        let claimed = match self.engine.run(claim).await {
            Ok(claimed) => claimed,
            Err(failure) => {
                error!("payouts cannot be claimed: {failure}");
                return 0;
            }
        };
        self.trusts.store(claimed.quarantined.is_none(), Ordering::Relaxed);
        self.memory.notice(&claimed).await;
        if let Some(state) = claimed.quarantined {
            self.memory.marker.distrust_from_now(state).await;
        }
        acting.serve_after(&claimed.served);
        let tasks = claimed.tasks;
        let count = tasks.len();
        for task in tasks {
            let Some(line) = task.line() else { continue };
            let (worker, claim) = (self.clone(), claimed.seen.clone());
            acting.start(line, async move { worker.act(task, claim, deadline).await });
        }
        count
    }

    async fn act(&self, task: Task, claim: Option<Marker>, deadline: Instant) {
        let (payout, sends) = match &task {
            Task::Send(payout) => (payout, true),
            Task::Query(payout) => (payout, false),
        };
        let PayoutState::Dispatched(dispatch) = &payout.state else {
            return;
        };
        let asked_at = self.clock.ticks();
        // The claim is on the disk outside the database before anything of it is sent.
        let answer = match sends && !self.memory.keep_claim(claim).await {
            true => Some(RailAnswer::NeverReceived),
            false => self.ask(payout, dispatch, sends, deadline).await,
        };
        let Some(answer) = answer else {
            return;
        };
        let never_received = answer == RailAnswer::NeverReceived;
        let booked = if never_received && !sends {
            let denied_for = self.absences.denied(payout.id, dispatch, asked_at);
            book(deadline, || self.never_received(payout, dispatch, denied_for)).await
        } else {
            self.absences.forget(payout.id);
            book(deadline, || self.book(payout, dispatch, answer.clone())).await
        };
        self.tell(payout.id, booked);
    }

    /// Says what became of a rail's answer that is not in the books.
    fn tell(&self, payout: PayoutId, booked: Booked) {
        let payout = payout.0;
        match booked {
            Ok(Heard::Booked) => {}
            // The rail moved money, or moved none, and the books say otherwise.
            Ok(Heard::Contradicts(state)) => {
                error!(payout, "the rail says otherwise than the books, where it is {state}");
                (self.on_event)(Event::Unbooked("contradicts"));
            }
            // Since the rail was asked, the database was restored and gave the id out again.
            Ok(Heard::OtherOrder) => {
                error!(payout, "an answer came late, and its payout is another one now");
                (self.on_event)(Event::Unbooked("other-order"));
            }
            // Someone else was faster: a person settled it while the rail was asked.
            Err(Failure::Refused(refusal)) => {
                info!(payout, "not booked: {refusal}");
                (self.on_event)(Event::Unbooked("refused"));
            }
            // The lease runs out, and the payout is looked at again.
            Err(failure) => {
                error!(payout, "an answer was not booked: {failure}");
                (self.on_event)(Event::Unbooked("fault"));
            }
        }
    }

    /// Calls the rail, for a little less long than the lease. Nothing when there was no time left
    /// for a question: then whoever has the payout now asks it.
    async fn ask(
        &self,
        payout: &Payout,
        dispatch: &Dispatch,
        sends: bool,
        deadline: Instant,
    ) -> Option<RailAnswer> {
        let Some(rail) = self.rails.get(&dispatch.rail) else {
            warn!(payout = payout.id.0, rail = %dispatch.rail, "there is no such rail");
            return Some(unasked(sends, format!("this program has no rail {}", dispatch.rail)));
        };
        let order = match self.order(payout, dispatch) {
            Ok(order) => order,
            Err(why) => return Some(unasked(sends, why)),
        };
        let asked = if sends { rail.send(&order) } else { rail.status(&order) };
        // Looked at last: between the claim and this moment the program may have been stopped for
        // any time, and another node has the payout by then.
        let patience = deadline.saturating_duration_since(Instant::now()) * 9 / 10;
        if patience.is_zero() {
            warn!(payout = payout.id.0, "the lease ran out before the rail was called");
            return sends.then_some(RailAnswer::NeverReceived);
        }
        let began = Instant::now();
        let in_time = tokio::time::timeout(patience, asked).await;
        let answer = in_time.unwrap_or_else(|_| RailAnswer::InDoubt {
            detail: format!("the rail did not answer within {} seconds", patience.as_secs()),
        });
        let (rail, took) = (&dispatch.rail, began.elapsed());
        (self.on_event)(Event::Asked { rail, sends, answer: &answer, took });
        Some(answer)
    }

    fn order(&self, payout: &Payout, dispatch: &Dispatch) -> Result<PaymentOrder, String> {
        let amount = payout.paid().map_err(|error| format!("what is to be paid: {error}"))?;
        let unknown = || "the reference that its rail knows it by is not known".to_owned();
        let reference = payout.rail_key.clone().ok_or_else(unknown)?;
        Ok(PaymentOrder {
            payout: payout.id,
            reference,
            channel: payout.channel.clone(),
            amount,
            beneficiary: payout.beneficiary.clone(),
            dispatched_at: dispatch.at,
            now: self.clock.now(),
        })
    }

    async fn book(&self, payout: &Payout, dispatch: &Dispatch, answer: RailAnswer) -> Booked {
        let (id, number) = (payout.id, dispatch.attempt);
        let (attempt, by) = (Some(number), Actor::Rail);
        let money = money(&answer);
        let ask_again_in = self.wait(dispatch);
        match answer {
            RailAnswer::Accepted { rail_reference } => {
                let accept = Accept { payout: id, attempt: number, rail_reference, ask_again_in };
                self.say(payout, money, accept).await
            }
            RailAnswer::Settled { rail_reference } => {
                let settle = Settle { payout: id, attempt, by, rail_reference };
                self.say(payout, money, settle).await
            }
            RailAnswer::Refused { reason } => {
                let fail = Fail { payout: id, attempt, by, reason: readable(&reason) };
                self.say(payout, money, fail).await
            }
            RailAnswer::InDoubt { detail } => self.doubt(payout, dispatch, detail, false).await,
            RailAnswer::CannotTell => {
                // A person finds out; nothing is gained by asking soon.
                let ask_again_in = self.settings.ask_again_most;
                let cannot_tell = CannotTell { payout: id, attempt: number, ask_again_in };
                self.say(payout, money, cannot_tell).await
            }
            RailAnswer::NeverReceived => self.not_sent(payout, dispatch).await,
        }
    }

    /// Not one byte left: it is sent again, under the same reference.
    async fn not_sent(&self, payout: &Payout, dispatch: &Dispatch) -> Booked {
        let doublings = dispatch.attempt.saturating_sub(1);
        let send_again_in = doubled(self.settings.ask_again, doublings, Duration::from_secs(300));
        let not_sent = NotSent { payout: payout.id, attempt: dispatch.attempt, send_again_in };
        self.say(payout, None, not_sent).await
    }

    /// A rail that knows nothing of an order may only be slow to show it, so the order is sent
    /// again only once the rail has said so, and nothing else, for the whole quarantine. What it
    /// took before is never sent again by itself: then it is the rail that is wrong, now or before.
    /// The span runs by no clock that anybody can set.
    async fn never_received(
        &self,
        payout: &Payout,
        dispatch: &Dispatch,
        denied_for: Duration,
    ) -> Booked {
        if denied_for >= self.settings.quarantine && !dispatch.accepted {
            let evidence =
                format!("for {} seconds the rail has never received it", denied_for.as_secs());
            let (by, resolution) = (Actor::Rail, Resolution::NeverSent);
            let (id, attempt) = (payout.id, Some(dispatch.attempt));
            let resolve = ResolveDoubt { payout: id, attempt, by, resolution, evidence };
            return self.say(payout, None, resolve).await;
        }
        let detail = match dispatch.accepted {
            true => "the rail took the order, and says now that it never received it",
            false => "the rail says that it never received the order",
        };
        self.doubt(payout, dispatch, detail.to_owned(), true).await
    }

    async fn doubt(
        &self,
        payout: &Payout,
        dispatch: &Dispatch,
        detail: String,
        absent: bool,
    ) -> Booked {
        let (id, attempt) = (payout.id, dispatch.attempt);
        let ask_again_in = self.wait(dispatch);
        let doubt = MarkInDoubt { payout: id, attempt, detail, absent, ask_again_in };
        self.say(payout, None, doubt).await
    }

    /// Books all returns that the rails tell, many at once, so that they share commits.
    async fn book_returns(&self) -> usize {
        if !self.trusts.load(Ordering::Relaxed) {
            return 0;
        }
        let now = self.clock.now();
        let mut booking = JoinSet::new();
        for rail in self.rails.values() {
            for returned in rail.returns(now).await {
                let (worker, rail) = (self.clone(), Arc::clone(rail));
                booking.spawn(async move { worker.book_return(&*rail, returned).await });
            }
        }
        booking.join_all().await.into_iter().map(usize::from).sum()
    }

    async fn book_return(&self, rail: &dyn Rail, returned: RailReturn) -> bool {
        let RailReturn { payout, reference, reason } = returned;
        let verb = Return { payout, by: Actor::Rail, reason: readable(&reason) };
        let (of, money) = (Some(reference.clone()), Some(Money::CameBack));
        let said = Said { payout, reference: of, money, verb };
        let number = payout.0;
        match self.engine.run(said).await {
            Ok(Heard::Booked) => {}
            contradicts @ Ok(Heard::Contradicts(_)) => self.tell(payout, contradicts),
            // Since the order was sent, the database was restored and gave its id out again.
            Ok(Heard::OtherOrder) => {
                debug!(payout = number, "a return of {reference} is of another payout now");
                return false;
            }
            // The answer that it settled is still on its way to the books; the return comes again.
            Err(Failure::Refused(refusal)) => {
                debug!(payout = number, "a return was not booked: {refusal}");
                return true;
            }
            Err(failure) => {
                warn!(payout = number, "a return was not booked: {failure}");
                return true;
            }
        }
        // Once the rail has forgotten it, a copy from before it is told from its original by the
        // marker alone.
        if self.memory.keep_up().await {
            rail.forget_return(&reference).await;
        }
        true
    }

    fn wait(&self, dispatch: &Dispatch) -> Duration {
        doubled(self.settings.ask_again, dispatch.checks, self.settings.ask_again_most)
    }

    /// Books what a rail says of a payout, by a verb.
    async fn say<V>(&self, payout: &Payout, money: Option<Money>, verb: V) -> Booked
    where
        V: Verb<Outcome = (), Refusal = ActionRefusal>,
    {
        let reference = payout.rail_key.clone();
        self.engine.run(Said { payout: payout.id, reference, money, verb }).await
    }
}

impl Memory {
    /// Has the claim on the disk outside the database, before anything of it is sent. Answers with
    /// whether it is.
    async fn keep_claim(&self, claim: Option<Marker>) -> bool {
        let Some(claim) = claim else { return false };
        self.marker.keep_claim(&*self.store, claim).await.is_ok()
    }

    /// Has what the database has committed on the disk outside it. Answers with whether it is.
    async fn keep_up(&self) -> bool {
        self.marker.keep_up(&*self.store).await.is_ok()
    }

    /// Remembers what others have committed that counts, such as a person's command without a
    /// server. What is sent with this claim is remembered before it is sent.
    async fn notice(&self, claimed: &Claimed) {
        let Some(found) = &claimed.seen else { return };
        let sends = claimed.tasks.iter().any(|task| matches!(task, Task::Send(_)));
        let is_news = || self.marker.seen().is_none_or(|seen| found.is_ahead_of(&seen));
        if !sends && is_news() {
            self.keep_up().await;
        }
    }
}

type Booked = Result<Heard, Failure<ActionRefusal>>;

fn doubled(first: Duration, times: u32, most: Duration) -> Duration {
    first.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX)).min(most)
}

/// A rail's words, fit for a merchant: one line of at most 200 characters, never empty.
fn readable(reason: &str) -> String {
    let line: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line: String = line.trim().chars().take(200).collect();
    if line.is_empty() { "Refused by the rail".to_owned() } else { line }
}

/// What an answer says became of the money.
fn money(answer: &RailAnswer) -> Option<Money> {
    match answer {
        RailAnswer::Settled { .. } => Some(Money::Paid),
        RailAnswer::Refused { .. } => Some(Money::NotPaid),
        RailAnswer::Accepted { .. }
        | RailAnswer::InDoubt { .. }
        | RailAnswer::NeverReceived
        | RailAnswer::CannotTell => None,
    }
}

/// The answer in place of a rail's that was not asked: nothing left, so nothing can have arrived.
fn unasked(sends: bool, detail: String) -> RailAnswer {
    if sends { RailAnswer::NeverReceived } else { RailAnswer::InDoubt { detail } }
}
