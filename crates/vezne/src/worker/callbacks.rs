//! The callback worker: tells merchants the outcomes, each at its own pace.
//!
//! Every merchant has its own room, so one that is slow fills its own and delays nobody else's.
//! When more than half of all the room is taken, a merchant gets one more only while it has none;
//! and where there are more merchants than room, they take turns.
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
use vezne_core::engine::callback::{ClaimCallbacks, KeepBody, RecordAttempt};
use vezne_core::model::callback::{AttemptOutcome, CallbackState, Schedule};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::Mode;
use vezne_core::port::{Clock, Courier, Delivered, Delivery, Random, Store};

use super::booking::book;
use super::started::Started;

/// How the worker paces itself.
#[derive(Clone, Debug)]
pub struct CallbackSettings {
    /// Callbacks under way at the same time.
    pub concurrency: usize,
    /// Of one merchant.
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
            concurrency_per_merchant: 8,
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

/// Attempts that are being made, each in a place of its merchant's.
struct UnderWay {
    tasks: Started<()>,
    merchants: HashMap<Id, MerchantId>,
    taken: HashMap<MerchantId, usize>,
    /// Who was served last where not all could be.
    last: Option<MerchantId>,
}

impl UnderWay {
    fn none() -> Self {
        let (merchants, taken) = (HashMap::new(), HashMap::new());
        Self { tasks: Started::new(), merchants, taken, last: None }
    }

    /// How many places of the merchant are taken.
    fn taken(&self, merchant: MerchantId) -> usize {
        self.taken.get(&merchant).copied().unwrap_or(0)
    }

    /// Starts an attempt, which takes a place of the merchant until it ends.
    fn start(&mut self, merchant: MerchantId, work: impl Future<Output = ()> + Send + 'static) {
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

    fn end(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                error!("an attempt stopped before it was booked: {error}");
                error.id()
            }
        };
        let Some(merchant) = self.merchants.remove(&id) else { return };
        let left = self.taken(merchant).saturating_sub(1);
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
        let mut under_way = UnderWay::none();
        let claimed = self.start(&mut under_way).await;
        while under_way.one().await.is_some() {}
        claimed
    }

    /// Works until `stop` is done, then finishes what is under way.
    pub async fn run(self, bell: Arc<Notify>, stop: impl Future<Output = ()> + Send) {
        let mut under_way = UnderWay::none();
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

    /// How many callbacks of each merchant may start now, those first whose turn it is. What is
    /// left of all the room is shared out evenly, at least one to everybody as far as it goes.
    fn room(&self, under_way: &UnderWay) -> Vec<(MerchantId, usize)> {
        let busy = under_way.tasks.len();
        let scarce = busy * 2 > self.settings.concurrency;
        let most = if scarce { 1 } else { self.settings.concurrency_per_merchant };
        let directory = self.store.directory();
        let left = self.settings.concurrency.saturating_sub(busy);
        let share = (left / directory.iter().count().max(1)).max(1);
        let free = |id: MerchantId| most.saturating_sub(under_way.taken(id)).min(share);
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
        let claim = ClaimCallbacks { room, most, lease: self.settings.lease };
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

    async fn attempt(&self, delivery: Delivery, lease_end: Instant) {
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

    use super::UnderWay;
    use vezne_core::model::identifier::MerchantId;

    /// While another attempt of the same merchant goes on.
    #[tokio::test]
    async fn a_place_comes_back_however_the_attempt_ends() {
        let (one, other) = (MerchantId(1), MerchantId(2));
        let mut under_way = UnderWay::none();
        under_way.start(one, async {});
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
