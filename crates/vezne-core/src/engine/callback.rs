//! Callbacks: claimed under a lease, composed once, attempted until acknowledged or parked.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::desk::Desk;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::callback::{Attempt, AttemptOutcome, Callback, CallbackState, Schedule};
use crate::model::identifier::{CallbackId, MerchantId, PayoutId};
use crate::model::refusal::ActionRefusal;
use crate::port::{Courier, Delivered, Delivery, Fault};

/// Who makes the bytes of a callback within its claim, if anybody does.
#[derive(Clone, Default)]
pub struct Composer(Option<Arc<dyn Courier>>);

/// Takes callbacks that are due.
#[derive(Clone, Debug)]
pub struct ClaimCallbacks {
    /// How many of each merchant there is room for. The first ones are served first.
    pub room: Vec<(MerchantId, usize)>,
    /// How many there is room for in all.
    pub most: usize,
    /// For how long nobody else gets them.
    pub lease: Duration,
    /// Makes the bytes of those that have none yet.
    pub composer: Composer,
}

impl Composer {
    /// This courier makes them.
    pub fn new(courier: Arc<dyn Courier>) -> Self {
        Self(Some(courier))
    }

    fn at_once(&self, delivery: &Delivery) -> Option<Vec<u8>> {
        let courier = self.0.as_ref()?;
        // One that cannot be composed is its own attempt's trouble, and stops no claim.
        let made = catch_unwind(AssertUnwindSafe(|| courier.compose_at_once(delivery)));
        made.unwrap_or_default()
    }
}

impl fmt::Debug for Composer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Composer").field(&self.0.is_some()).finish()
    }
}

impl Verb for ClaimCallbacks {
    type Outcome = Vec<Delivery>;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.due_callbacks.extend(self.room.iter().copied());
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        // The view shows what all claims of the group have room for, so each counts its own.
        let mut due: HashMap<MerchantId, Vec<CallbackId>> = HashMap::new();
        for id in desk.view().due_callbacks.clone() {
            let is_due = |callback: &&Callback| match callback.state {
                CallbackState::Due(at) => at <= desk.at(),
                CallbackState::Acknowledged(_) | CallbackState::Parked(_) => false,
            };
            if let Some(callback) = desk.callback(id).filter(is_due) {
                due.entry(callback.merchant).or_default().push(id);
            }
        }
        let mut deliveries = Vec::new();
        for (merchant, most) in &self.room {
            let Some(ids) = due.get_mut(merchant) else { continue };
            let most = (*most).min(self.most - deliveries.len()).min(ids.len());
            for id in ids.drain(..most) {
                let Some(callback) = desk.callback(id).cloned() else { continue };
                deliveries.push(self.claim(desk, callback)?);
            }
        }
        Ok(Ok(deliveries))
    }
}

impl ClaimCallbacks {
    fn claim(&self, desk: &mut Desk, mut callback: Callback) -> Result<Delivery, Fault> {
        callback.attempts += 1;
        callback.state = CallbackState::Due(desk.at().plus(self.lease));
        let claimed = callback.clone();
        desk.change_callback(callback.id, |callback| *callback = claimed);
        let merchant = desk.merchant(callback.merchant)?;
        if callback.body_version != merchant.callback_version {
            // The merchant knows other keys by now, and is told with those.
            callback.body = None;
        }
        let missing = || Fault(format!("payout {} is not in view", callback.payout));
        let payout = desk.payout(callback.payout).cloned().ok_or_else(missing)?;
        let mut delivery = Delivery { callback, payout, merchant };
        if delivery.callback.body.is_none()
            && let Some(body) = self.composer.at_once(&delivery)
        {
            let version = delivery.merchant.callback_version;
            desk.keep_body(delivery.callback.id, body.clone(), version);
            delivery.callback.body = Some(body);
            delivery.callback.body_version = version;
        }
        Ok(delivery)
    }
}

/// Keeps the bytes of a callback before they are sent for the first time.
#[derive(Clone, Debug)]
pub struct KeepBody {
    /// The callback.
    pub callback: CallbackId,
    /// The bytes.
    pub body: Vec<u8>,
    /// The merchant's [`callback_version`](crate::model::merchant::Merchant::callback_version) that
    /// they were made with.
    pub version: u32,
}

impl Verb for KeepBody {
    /// The bytes to send: these, or those that were kept earlier with the same keys or later ones.
    type Outcome = Vec<u8>;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.callbacks.insert(self.callback);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let Some(callback) = desk.callback(self.callback) else {
            return Ok(Err(desk.no_callback(self.callback)));
        };
        if let Some(body) = &callback.body
            && callback.body_version >= self.version
        {
            return Ok(Ok(body.clone()));
        }
        desk.keep_body(self.callback, self.body.clone(), self.version);
        Ok(Ok(self.body.clone()))
    }
}

/// Records what an attempt came to, and when the next one is.
#[derive(Clone, Debug)]
pub struct RecordAttempt {
    /// The callback.
    pub callback: CallbackId,
    /// Which try, as claimed.
    pub number: u32,
    /// What it came to.
    pub delivered: Delivered,
    /// The waits between attempts.
    pub schedule: Schedule,
    /// A random number for the jitter.
    pub jitter: u64,
}

impl Verb for RecordAttempt {
    /// Where the callback stands now.
    type Outcome = CallbackState;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.callbacks.insert(self.callback);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let Some(callback) = desk.callback(self.callback) else {
            return Ok(Err(desk.no_callback(self.callback)));
        };
        let Delivered { outcome, http_status, detail, took, .. } = self.delivered.clone();
        let (number, at) = (self.number, desk.at());
        // Only the last claim moves the callback, and nothing takes an acknowledgement back; every
        // attempt is recorded all the same.
        let done = matches!(callback.state, CallbackState::Acknowledged(_));
        let last = number == callback.attempts && !done;
        let moves = last || outcome == AttemptOutcome::Acknowledged;
        let next = if moves { self.next(callback, &outcome, at) } else { callback.state };
        let refused = u32::from(outcome == AttemptOutcome::Refused);
        let failed = u32::from(outcome == AttemptOutcome::Failed);
        let id = self.callback;
        desk.add_attempt(Attempt { callback: id, number, at, took, outcome, http_status, detail });
        if moves {
            desk.change_callback(id, |callback| {
                callback.refusals += refused;
                callback.refusal_step += refused;
                callback.failure_step += failed;
                callback.state = next;
            });
        }
        Ok(Ok(next))
    }
}

impl RecordAttempt {
    fn next(
        &self,
        callback: &Callback,
        outcome: &AttemptOutcome,
        at: crate::model::time::Timestamp,
    ) -> CallbackState {
        if *outcome == AttemptOutcome::Acknowledged {
            return CallbackState::Acknowledged(at);
        }
        // Each schedule is walked on its own: a merchant that was down and then says no has all its
        // refusals before it.
        let step = match outcome {
            AttemptOutcome::Refused => callback.refusal_step,
            AttemptOutcome::Failed | AttemptOutcome::Acknowledged => callback.failure_step,
        };
        match self.schedule.wait(outcome, step, self.delivered.retry_after, self.jitter) {
            Some(wait) => CallbackState::Due(at.plus(wait)),
            None => CallbackState::Parked(at),
        }
    }
}

/// Sends a callback again from the start of its schedule, parked, acknowledged or waiting.
#[derive(Clone, Debug)]
pub struct Resend {
    /// The callback.
    pub callback: CallbackId,
    /// Who asks.
    pub by: Actor,
}

impl Verb for Resend {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.callbacks.insert(self.callback);
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let (id, now) = (self.callback, desk.at());
        let Some(callback) = desk.callback(id) else {
            return Ok(Err(desk.no_callback(id)));
        };
        if let Err(refusal) = told(desk, callback.payout) {
            return Ok(Err(refusal));
        }
        let subject = (Some(callback.merchant), Some(callback.payout), Some(id));
        desk.change_callback(id, |callback| {
            callback.failure_step = 0;
            callback.refusal_step = 0;
            callback.state = CallbackState::Due(now);
        });
        desk.record(self.by.clone(), "callback.resent", subject, "");
        Ok(Ok(()))
    }
}

/// Whether a payout is there to be told of. A callback that nobody can tell must not become due.
fn told(desk: &Desk, payout: PayoutId) -> Result<(), ActionRefusal> {
    if desk.payout(payout).is_some() {
        return Ok(());
    }
    match desk.to_move(payout) {
        Ok(_) => Ok(()),
        Err(ActionRefusal::NotFound) => Err(ActionRefusal::Invalid(format!(
            "payout {payout} was taken out with its month: it can no longer be looked at, resent \
             or returned"
        ))),
        Err(refusal) => Err(refusal),
    }
}
