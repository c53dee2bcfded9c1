//! A desk with something of everything, whose books are right.

use std::time::Duration;

use vezne_core::engine::batch::RowKind;
use vezne_core::engine::callback::{ClaimCallbacks, Composer, RecordAttempt};
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::engine::submit::Submission;
use vezne_core::engine::token_keys::RotateTokenKey;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::{AttemptOutcome, CallbackTarget, Schedule};
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::personal::Secret;
use vezne_core::port::Delivered;

use crate::contract::batches::batch;
use crate::support::{Backend, World, refused, submission};

/// Payout 1 waits, 2 is rejected, 3 settled and told, 4 returned; one reference is refused. Of
/// payout 5 the beneficiary bears something, and nobody is told; 6 came with a batch and 7 with its
/// twin, and all three were paid. Two token keys are in use.
pub(crate) async fn healthy<B: Backend>() -> B {
    let world = World::<B>::new().await;
    world.accepted("r-1", 1_000).await;
    let payout = world.accepted("r-2", 1_000).await;
    world.must(Reject { payout, by: Actor::System, reason: "no".into() }).await;
    let told = world.settled("r-3", 1_000).await;
    let payout = world.settled("r-4", 1_000).await;
    world.clock.advance(1);
    world.must(Return { payout, by: Actor::Rail, reason: "closed".into() }).await;
    refused(world.submit("r-5", 90_000_000).await);
    tell(&world, told).await;
    newer_things(&world).await;
    world.finish().await
}

/// Has the callback of a payout acknowledged.
async fn tell<B: Backend>(world: &World<B>, payout: PayoutId) {
    let (room, lease) = (vec![(MerchantId(1), 9)], Duration::from_secs(60));
    let due = world
        .must(ClaimCallbacks { room, most: usize::MAX, lease, composer: Composer::default() })
        .await;
    let told = due.iter().find(|due| due.payout.id == payout).expect("it is due");
    let (callback, schedule) = (told.callback.id, Schedule::default());
    let (outcome, took) = (AttemptOutcome::Acknowledged, Duration::from_millis(1));
    let delivered = Delivered {
        outcome,
        http_status: Some(200),
        detail: String::new(),
        retry_after: None,
        took,
    };
    world.must(RecordAttempt { callback, number: 1, delivered, schedule, jitter: 0 }).await;
}

async fn newer_things<B: Backend>(world: &World<B>) {
    world
        .edit(1, |merchant| {
            merchant.terms[0].receiver_commission.percent_ppm = 20_000;
            merchant.endpoints.insert("refunds".to_owned(), "https://shop.example".to_owned());
        })
        .await;
    let untold = Submission { callback_to: CallbackTarget::Nowhere, ..submission("r-6", 1_000) };
    let mut all = vec![world.must(world.command(untold)).await.payout];
    for (number, reference) in [(1, "made-7"), (2, "made-8")] {
        let rows = [(RowKind::Unnamed, reference, 1_000)];
        let rows = world.must(batch(world, (number, number, 1), &rows)).await;
        all.extend(rows.into_iter().flatten().flatten().map(|row| row.payout));
    }
    for id in all {
        world.send(id).await;
        world.pay(id).await;
    }
    for id in ["k1", "k2"] {
        let (private, by) = (Secret::new("CANARY-TOKEN-KEY"), Actor::System);
        let (overlap, not_younger_than) = (Duration::ZERO, Duration::ZERO);
        let id = id.to_owned();
        world.must(RotateTokenKey { id, private, overlap, not_younger_than, by }).await;
        world.clock.advance(1);
    }
}
