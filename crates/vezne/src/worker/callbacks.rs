//! The callback worker: tells merchants the outcomes, each at its own pace.
//!
//! Every merchant has its own window, which opens while its server answers, so one that is slow
//! fills its own and delays nobody else's. Nobody gets more than a quarter of what is free, so that
//! however many are slow, something is free for the others; and where there are more merchants than
//! room, they take turns.
//!
//! All of an attempt, composing included, ends before its lease does, so that it is booked by
//! whoever began it: one that outlived its lease would be begun a second time beside itself.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{Id, JoinError};
use tokio::time::{Instant, timeout_at};
use tracing::{error, info, warn};
use vezne_core::engine::Engine;
use vezne_core::engine::callback::{ClaimCallbacks, Composer, KeepBody, RecordAttempt};
use vezne_core::model::callback::{AttemptOutcome, CallbackState, Schedule};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::Mode;
use vezne_core::port::{Clock, Courier, Delivered, Delivery, Random, Store};

use super::booking::book;
use super::started::Started;
use super::window::Window;

/// How the worker paces itself.
#[derive(Clone, Debug)]
pub struct CallbackSettings {
    /// Callbacks under way at the same time.
    pub concurrency: usize,
    /// Of one merchant, at most, while its server answers as quickly as with few.
    pub concurrency_per_merchant: usize,
    /// For how long a claim is kept; longer than any attempt takes.
    pub lease: Duration,
    /// The waits between attempts.
    pub schedule: Schedule,
}

impl Default for CallbackSettings {
    fn default() -> Self {
        Self {
            concurrency: 1_024,
            concurrency_per_merchant: 256,
            lease: Duration::from_secs(90),
            schedule: Schedule::default(),
        }
    }
}

/// What counts attempts, by the mode of the merchant.
pub type OnAttempt = Arc<dyn Fn(Mode, &AttemptOutcome) + Send + Sync>;

/// What the worker needs of the rest.
#[derive(Clone)]
pub struct CallbackWorker {
    /// Where attempts are booked.
    pub engine: Engine,
    /// Where the merchants are.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For the jitter.
    pub random: Arc<dyn Random>,
    /// How merchants are told.
    pub courier: Arc<dyn Courier>,
    /// How the worker paces itself.
    pub settings: CallbackSettings,
    /// Told of every attempt, for the metrics.
    pub on_attempt: OnAttempt,
}

const TICK: Duration = Duration::from_millis(500);

/// One merchant never gets more than this part of what is free.
const PART: usize = 4;

/// How an attempt went, as far as it says something about the merchant's server.
#[derive(Clone, Copy, Debug)]
struct Went {
    answered: bool,
    took: Duration,
}

/// Attempts that are being made, each in a place of its merchant's.
struct UnderWay {
    tasks: Started<Went>,
    /// How many places a merchant may have at most.
    most: usize,
    windows: HashMap<MerchantId, Window>,
    merchants: HashMap<Id, MerchantId>,
    taken: HashMap<MerchantId, usize>,
    /// Who was served last where not all could be.
    last: Option<MerchantId>,
}

impl UnderWay {
    fn none(most: usize) -> Self {
        let (merchants, taken, windows) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { tasks: Started::new(), most, windows, merchants, taken, last: None }
    }

    /// How many places of the merchant are taken.
    fn taken(&self, merchant: MerchantId) -> usize {
        self.taken.get(&merchant).copied().unwrap_or(0)
    }

    /// How many places its server is good for.
    fn window(&self, merchant: MerchantId) -> usize {
        self.windows.get(&merchant).copied().unwrap_or_default().size(self.most)
    }

    /// Starts an attempt, which takes a place of the merchant until it ends.
    fn start(&mut self, merchant: MerchantId, work: impl Future<Output = Went> + Send + 'static) {
        *self.taken.entry(merchant).or_default() += 1;
        let id = self.tasks.spawn(work).id();
        self.merchants.insert(id, merchant);
    }

    /// Waits for one attempt to end; nothing when none is under way.
    async fn one(&mut self) -> Option<()> {
        let ended = self.tasks.join_next_with_id().await?;
        self.end(ended);
        Some(())
    }

    /// Frees the places of what has ended meanwhile, so that one claim serves them all.
    fn all_ended(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.end(ended);
        }
    }

    fn end(&mut self, ended: Result<(Id, Went), JoinError>) {
        let (id, went) = match ended {
            Ok((id, went)) => (id, Some(went)),
            Err(error) => {
                error!("an attempt stopped before it was booked: {error}");
                (error.id(), None)
            }
        };
        let Some(merchant) = self.merchants.remove(&id) else { return };
        let taken = self.taken(merchant);
        let window = self.windows.entry(merchant).or_default();
        match went {
            Some(Went { answered: true, took }) => window.answered(took, taken, self.most),
            Some(Went { answered: false, .. }) => window.failed(),
            None => {}
        }
        let left = taken.saturating_sub(1);
        if left == 0 {
            self.taken.remove(&merchant);
        } else {
            self.taken.insert(merchant, left);
        }
    }
}

impl CallbackWorker {
    /// Claims what is due, attempts it, and books what came of it. Returns how much was due.
    pub async fn step(&self) -> usize {
        let mut under_way = UnderWay::none(self.settings.concurrency_per_merchant);
        let claimed = self.start(&mut under_way).await;
        while under_way.one().await.is_some() {}
        claimed
    }

    /// Works until `stop` is done, then finishes what is under way.
    pub async fn run(self, bell: Arc<Notify>, stop: impl Future<Output = ()> + Send) {
        let mut under_way = UnderWay::none(self.settings.concurrency_per_merchant);
        let mut stop = std::pin::pin!(stop);
        let mut ticks = tokio::time::interval(TICK);
        loop {
            self.start(&mut under_way).await;
            tokio::select! {
                () = &mut stop => break,
                () = bell.notified() => {}
                Some(()) = under_way.one() => under_way.all_ended(),
                _ = ticks.tick() => {}
            }
        }
        while under_way.one().await.is_some() {}
    }

    /// How many callbacks of each merchant may start now, those first whose turn it is. Nobody's
    /// places grow beyond a part of what is left, and what is left is shared out evenly among those
    /// who have something under way and among those who have not, at least one to everybody as far
    /// as it goes: so a claim stays small however many merchants there are.
    fn room(&self, under_way: &UnderWay) -> Vec<(MerchantId, usize)> {
        let directory = self.store.directory();
        let left = self.settings.concurrency.saturating_sub(under_way.tasks.len());
        let most = (left / PART).max(1);
        let busy = under_way.taken.len();
        let idle = directory.iter().count().saturating_sub(busy);
        let [of_busy, of_idle] = [busy, idle].map(|count| (left / count.max(1)).max(1));
        let free = |id: MerchantId| {
            let taken = under_way.taken(id);
            let share = if taken > 0 { of_busy } else { of_idle };
            under_way.window(id).min(most).saturating_sub(taken).min(share)
        };
        let all = directory.iter().map(|merchant| (merchant.id, free(merchant.id)));
        let mut room: Vec<_> = all.filter(|(_, free)| *free > 0 && left > 0).collect();
        let turn = room.partition_point(|(id, _)| Some(*id) <= under_way.last);
        room.rotate_left(turn);
        room
    }

    async fn start(&self, under_way: &mut UnderWay) -> usize {
        let room = self.room(under_way);
        if room.is_empty() {
            return 0;
        }
        // Taken before the claim is on its way, so it ends before the lease does.
        let lease_end = Instant::now() + self.settings.lease;
        let most = self.settings.concurrency.saturating_sub(under_way.tasks.len());
        let composer = Composer::new(Arc::clone(&self.courier));
        let claim = ClaimCallbacks { room, most, lease: self.settings.lease, composer };
        let deliveries = match self.engine.run(claim).await {
            Ok(deliveries) => deliveries,
            Err(failure) => {
                error!("callbacks cannot be claimed: {failure}");
                return 0;
            }
        };
        let claimed = deliveries.len();
        if let Some(last) = deliveries.last().filter(|_| claimed >= most) {
            under_way.last = Some(last.merchant.id);
        }
        for delivery in deliveries {
            let (worker, merchant) = (self.clone(), delivery.merchant.id);
            under_way.start(merchant, async move { worker.attempt(delivery, lease_end).await });
        }
        claimed
    }

    async fn attempt(&self, delivery: Delivery, lease_end: Instant) -> Went {
        let (callback, number) = (delivery.callback.id, delivery.callback.attempts);
        let (merchant, mode) = (delivery.merchant.id.0, delivery.merchant.mode);
        // The last tenth of the lease is for the booking.
        let outside = lease_end - self.settings.lease / 10;
        let told = timeout_at(outside, self.tell(delivery, lease_end)).await;
        let delivered = told.unwrap_or_else(|_| {
            let seconds = self.settings.lease.as_secs();
            let detail = format!("it did not end within its lease of {seconds} seconds");
            error!(callback = callback.0, "a callback {detail}");
            failed(detail)
        });
        let answered = delivered.outcome != AttemptOutcome::Failed;
        let went = Went { answered, took: delivered.took };
        (self.on_attempt)(mode, &delivered.outcome);
        if delivered.outcome != AttemptOutcome::Acknowledged {
            let Delivered { outcome, http_status, detail, .. } = &delivered;
            let outcome = outcome.code();
            info!(
                callback = callback.0,
                merchant, number, outcome, http_status, detail, "not taken"
            );
        }
        let (schedule, jitter) = (self.settings.schedule.clone(), self.random.number());
        let record = RecordAttempt { callback, number, delivered, schedule, jitter };
        match book(lease_end, || self.engine.run(record.clone())).await {
            Ok(CallbackState::Parked(_)) => {
                warn!(
                    callback = callback.0,
                    merchant, "a callback is parked: every attempt failed"
                );
            }
            Ok(CallbackState::Due(_) | CallbackState::Acknowledged(_)) => {}
            // The lease runs out, and the callback is sent again.
            Err(failure) => error!(callback = callback.0, "an attempt was not booked: {failure}"),
        }
        went
    }

    /// Composes it, if that was not done before, and sends it.
    async fn tell(&self, mut delivery: Delivery, lease_end: Instant) -> Delivered {
        match self.body(&delivery, lease_end).await {
            Ok(body) => {
                delivery.callback.body = Some(body);
                self.courier.deliver(&delivery, self.clock.now()).await
            }
            Err(detail) => {
                let callback = delivery.callback.id.0;
                error!(callback, "a callback could not be composed: {detail}");
                failed(detail)
            }
        }
    }

    /// The bytes to send: those kept before, or fresh ones that are kept before they are sent.
    async fn body(&self, delivery: &Delivery, lease_end: Instant) -> Result<Vec<u8>, String> {
        if let Some(body) = &delivery.callback.body {
            return Ok(body.clone());
        }
        let body = self.courier.compose(delivery).await.map_err(|fault| fault.to_string())?;
        let callback = delivery.callback.id;
        let keep = KeepBody { callback, body, version: delivery.merchant.callback_version };
        let kept = book(lease_end, || self.engine.run(keep.clone())).await;
        kept.map_err(|failure| {
            info!(callback = callback.0, "a composed callback was not kept");
            failure.to_string()
        })
    }
}

fn failed(detail: String) -> Delivered {
    let (outcome, took) = (AttemptOutcome::Failed, Duration::ZERO);
    Delivered { outcome, http_status: None, detail, retry_after: None, took }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use super::{UnderWay, Went};
    use vezne_core::model::identifier::MerchantId;

    /// While another attempt of the same merchant goes on.
    #[tokio::test]
    async fn a_place_comes_back_however_the_attempt_ends() {
        let (one, other) = (MerchantId(1), MerchantId(2));
        let mut under_way = UnderWay::none(8);
        under_way.start(one, async { Went { answered: true, took: Duration::ZERO } });
        under_way.start(one, async { panic!("it falls") });
        under_way.start(one, pending());
        under_way.start(other, async { panic!("it falls too") });
        assert_eq!((under_way.taken(one), under_way.taken(other)), (3, 1));
        for _ in 0..3 {
            under_way.one().await.expect("it ends");
        }
        assert_eq!((under_way.taken(one), under_way.taken(other)), (1, 0));
        assert_eq!((under_way.merchants.len(), under_way.taken.len()), (1, 1), "nothing is kept");
    }
}
