//! Random histories: whatever is asked in whatever order, the audit stays clean.

use std::time::Duration;

use vezne_core::engine::approve::Approve;
use vezne_core::engine::batch::RowKind;
use vezne_core::engine::callback::{ClaimCallbacks, Composer, KeepBody, RecordAttempt, Resend};
use vezne_core::engine::dispatch::{Accept, NotSent, Task};
use vezne_core::engine::doubt::{MarkInDoubt, Resolution, ResolveDoubt};
use vezne_core::engine::fail::Fail;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::engine::settle::Settle;
use vezne_core::model::approval::{Actor, Policy};
use vezne_core::model::callback::{AttemptOutcome, CallbackTarget, Schedule};
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::port::Delivered;

use super::batches::batch;
use crate::support::{Backend, HOUR, SeededRandom, World, submission};

const MINUTE: Duration = Duration::from_secs(60);

struct Chance<B: Backend> {
    world: World<B>,
    random: SeededRandom,
}

impl<B: Backend> Chance<B> {
    fn id(&self) -> i64 {
        1 + i64::try_from(self.random.below(12)).unwrap()
    }

    async fn step(&self) {
        self.world.clock.advance(i64::try_from(self.random.below(3)).unwrap() * HOUR);
        match self.random.below(9) {
            0..=2 => self.submit().await,
            8 => self.batch().await,
            3 => self.decide().await,
            4..=5 => self.dispatch().await,
            6 => self.resolve().await,
            _ => self.tell().await,
        }
    }

    /// Small numbers of references and amounts, so that repeats and refusals happen.
    async fn submit(&self) {
        let command = || {
            let minor = 40_000 * self.id();
            let mut given = submission(&format!("r-{}", self.id() * 2), minor);
            if self.random.below(4) == 0 {
                given.callback_to = CallbackTarget::Nowhere;
            }
            self.world.command(given)
        };
        self.world.group((0..self.random.below(6)).map(|_| command()).collect()).await;
    }

    /// Few proofs, contents and twins, too.
    async fn batch(&self) {
        let byte = |limit| u8::try_from(1 + self.random.below(limit)).unwrap();
        let references: Vec<_> = (0..4).map(|_| format!("r-{}", self.id() * 2)).collect();
        let kinds = [RowKind::Named, RowKind::Unnamed, RowKind::Unnamed, RowKind::Repeat];
        let row = |reference| (kinds[self.random.below(4)], reference, 40_000 * self.id());
        let rows: Vec<_> = references.iter().map(|reference| row(reference.as_str())).collect();
        let digests = (byte(20), byte(4), byte(2));
        drop(self.world.run(batch(&self.world, digests, &rows)).await);
    }

    async fn decide(&self) {
        let (payout, by) = (PayoutId(self.id()), Actor::Operator("ayse".into()));
        if self.random.below(3) > 0 {
            drop(self.world.run(Approve { payout, by }).await);
        } else {
            drop(self.world.run(Reject { payout, by, reason: "no".into() }).await);
        }
    }

    async fn dispatch(&self) {
        for task in self.world.claim().await {
            let (Task::Send(payout) | Task::Query(payout)) = task;
            self.answer(payout.id).await;
        }
    }

    async fn answer(&self, payout: PayoutId) {
        let (by, rail_reference, ask_again_in) = (Actor::Rail, Some("R".to_owned()), MINUTE);
        let attempt = u32::try_from(1 + self.random.below(2)).unwrap();
        let world = &self.world;
        match self.random.below(6) {
            0 => drop(world.run(Accept { payout, attempt, rail_reference, ask_again_in }).await),
            1 => drop(world.run(NotSent { payout, attempt, send_again_in: MINUTE }).await),
            2 => {
                let detail = "reset".to_owned();
                drop(
                    world
                        .run(MarkInDoubt { payout, attempt, detail, absent: false, ask_again_in })
                        .await,
                );
            }
            3 => {
                let (attempt, reason) = (Some(attempt), "no such account".to_owned());
                drop(world.run(Fail { payout, attempt, by, reason }).await);
            }
            4 => {
                let attempt = Some(attempt);
                drop(world.run(Settle { payout, attempt, by, rail_reference }).await);
            }
            _ => {}
        }
    }

    async fn resolve(&self) {
        let (payout, by) = (PayoutId(self.id()), Actor::Operator("ayse".into()));
        let resolution = match self.random.below(4) {
            0 => Resolution::Paid { rail_reference: None },
            1 => Resolution::NotPaid { reason: "no".into() },
            2 => Resolution::NeverSent,
            _ => return drop(self.world.run(Return { payout, by, reason: "back".into() }).await),
        };
        let evidence = "statement".to_owned();
        drop(
            self.world.run(ResolveDoubt { payout, attempt: None, by, resolution, evidence }).await,
        );
    }

    async fn tell(&self) {
        let room = vec![(MerchantId(1), self.random.below(5))];
        for delivery in self
            .world
            .must(ClaimCallbacks {
                room,
                most: usize::MAX,
                lease: MINUTE,
                composer: Composer::default(),
            })
            .await
        {
            let callback = delivery.callback.id;
            let body = format!("body {callback}").into_bytes();
            self.world.must(KeepBody { callback, body, version: 0 }).await;
            let outcome = match self.random.below(3) {
                0 => AttemptOutcome::Acknowledged,
                1 => AttemptOutcome::Refused,
                _ => AttemptOutcome::Failed,
            };
            let (http_status, detail, took) = (None, String::new(), MINUTE);
            let delivered = Delivered { outcome, http_status, detail, retry_after: None, took };
            let schedule = Schedule { after_failure: vec![MINUTE], after_refusal: vec![MINUTE] };
            let number = delivery.callback.attempts;
            self.world
                .must(RecordAttempt { callback, number, delivered, schedule, jitter: 0 })
                .await;
        }
        let callback = CallbackId(self.id());
        drop(self.world.run(Resend { callback, by: Actor::System }).await);
    }
}

/// The desk after a history that a seed decides.
pub(crate) async fn history<B: Backend>(seed: u64) -> World<B> {
    let world = World::<B>::new().await;
    let retry = seed.is_multiple_of(2);
    world
        .edit(1, move |merchant| {
            merchant.retry_refused = retry;
            merchant.terms[0].receiver_commission.percent_ppm = 10_000;
            merchant.policy = Policy { approve_below_minor: Some(200_000) };
            merchant.day_limit_minor = Some(900_000);
            merchant.credit_limit_minor = 300_000;
        })
        .await;
    let chance = Chance { world, random: SeededRandom::new(seed) };
    for _ in 0..60 {
        chance.step().await;
    }
    chance.world
}

pub(crate) async fn random_histories_stay_clean<B: Backend>() {
    for seed in 0..12 {
        history::<B>(seed).await.finish().await;
    }
}
