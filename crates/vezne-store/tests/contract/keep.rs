//! What is let go when it is long done, and what is counted so that there is never too much of it.
//! Whatever was answered once is answered again.

use std::time::Duration;

use vezne_core::engine::batch::RowKind;
use vezne_core::engine::callback::{ClaimCallbacks, Composer, KeepBody, RecordAttempt, Resend};
use vezne_core::engine::reject::Reject;
use vezne_core::engine::submit::Submission;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::{AttemptOutcome, Callback, CallbackState, Schedule};
use vezne_core::model::identifier::{CallbackId, MerchantId};
use vezne_core::model::merchant::ReferenceScope;
use vezne_core::model::retention::{KeptBounds, KeptCounts, Pruned, Retention};
use vezne_core::port::{Clock, Delivered};

use super::batches::{batch, told};
use crate::support::{Backend, HOUR, Refused, SharedBackend, World, merchant, refused, submission};

const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 366 * DAY;
const TOO_MUCH: i64 = 90_000_000;

/// Lets go what may go now, step by step. Answers with all that went.
async fn prune<B: Backend>(world: &World<B>, most: usize) -> Pruned {
    let horizon = Retention::default().horizon(world.clock.now());
    let mut all = Pruned::default();
    loop {
        let step = world.store.prune(horizon, most).await.expect("it goes");
        all.callbacks += step.callbacks;
        all.refusals += step.refusals;
        all.proofs += step.proofs;
        if step.is_all(most) {
            return all;
        }
    }
}

/// Whether a reference is refused for want of balance, and whether as a repeat.
async fn is_refused<B: Backend>(world: &World<B>, reference: &str) -> bool {
    let (why, replayed) = refused(world.submit(reference, TOO_MUCH).await);
    assert!(matches!(why, Refused::InsufficientBalance { needed } if needed.minor() == 91_350_000));
    replayed
}

async fn reject<B: Backend>(world: &World<B>, reference: &str) {
    let payout = world.accepted(reference, 100).await;
    world.must(Reject { payout, by: Actor::System, reason: "no".into() }).await;
}

/// Claims whatever is due, keeps a body for it and records what came of the attempt.
async fn attempt<B: Backend>(world: &World<B>, body: &[u8], outcome: AttemptOutcome) -> Callback {
    let (room, lease) = (vec![(MerchantId(1), 1)], Duration::from_secs(60));
    let due =
        world.must(ClaimCallbacks { room, most: 64, lease, composer: Composer::default() }).await;
    let [delivery] = &due[..] else { panic!("one is due: {due:?}") };
    let (callback, number) = (delivery.callback.id, delivery.callback.attempts);
    let kept = world.must(KeepBody { callback, body: body.to_vec(), version: 0 }).await;
    assert_eq!(kept, body);
    let (http_status, detail, took) = (Some(500), "no".to_owned(), Duration::from_millis(3));
    let delivered = Delivered { outcome, http_status, detail, retry_after: None, took };
    let schedule = Schedule { after_failure: vec![], after_refusal: vec![Duration::from_secs(5)] };
    world.must(RecordAttempt { callback, number, delivered, schedule, jitter: 0 }).await;
    read(world, callback).await
}

async fn read<B: Backend>(world: &World<B>, id: CallbackId) -> Callback {
    world.store.callback(id).await.expect("it reads").expect("it is there")
}

async fn numbers<B: Backend>(world: &World<B>, id: CallbackId) -> Vec<u32> {
    let attempts = world.store.attempts(id).await.expect("they read");
    attempts.into_iter().map(|attempt| attempt.number).collect()
}

const NAMED: [(RowKind, &str, i64); 1] = [(RowKind::Named, "b-1", 100)];
const UNNAMED: [(RowKind, &str, i64); 1] = [(RowKind::Unnamed, "made-1", 100)];

pub(crate) async fn ten_years_on<B: Backend>() {
    let world = World::<B>::new().await;
    assert!(!is_refused(&world, "r-1").await);
    assert_eq!(told(&world, batch(&world, (1, 1, 1), &NAMED)).await, ["1"]);
    assert_eq!(told(&world, batch(&world, (2, 2, 2), &UNNAMED)).await, ["2"]);
    reject(&world, "r-3").await;
    let refusing = attempt(&world, b"three", AttemptOutcome::Refused).await;
    world.clock.advance(HOUR);
    let taken = attempt(&world, b"three", AttemptOutcome::Acknowledged).await;
    assert_eq!((refusing.id, taken.attempts, taken.refusals), (taken.id, 2, 1));
    reject(&world, "r-4").await;
    let parked = attempt(&world, b"four", AttemptOutcome::Failed).await;
    reject(&world, "r-5").await;
    let due = attempt(&world, b"five", AttemptOutcome::Refused).await;

    world.clock.advance(10 * YEAR);
    assert_eq!(prune(&world, 100).await, Pruned { callbacks: 2, refusals: 1, proofs: 1 });
    let world = world.reopen().await;
    assert_eq!(prune(&world, 100).await, Pruned::default());

    assert!(is_refused(&world, "r-1").await, "the repeat is known");
    let again = world.submit("r-3", 100).await.expect("it stands");
    assert_eq!((world.places(&[again.payout]).await, again.replayed), (vec![3], true));
    assert_eq!(told(&world, batch(&world, (1, 1, 1), &NAMED)).await, ["1*"]);
    assert_eq!(told(&world, batch(&world, (1, 3, 1), &NAMED)).await, ["proof-reused"]);
    assert_eq!(told(&world, batch(&world, (2, 3, 2), &UNNAMED)).await, ["proof-reused"]);
    for (before, numbered, has_body) in
        [(taken, vec![], false), (parked, vec![], false), (due, vec![1], true)]
    {
        let now = read(&world, before.id).await;
        assert_eq!(numbers(&world, now.id).await, numbered, "of {}", now.id);
        assert_eq!(now.body.is_some(), has_body, "of {}", now.id);
        assert_eq!((now.state, now.attempts), (before.state, before.attempts));
        assert_eq!(now.refusals, before.refusals);
    }
    world.finish().await;
}

pub(crate) async fn what_is_young_stays<B: Backend>() {
    let world = World::<B>::new().await;
    is_refused(&world, "r-1").await;
    told(&world, batch(&world, (2, 2, 2), &UNNAMED)).await;
    reject(&world, "r-3").await;
    let taken = attempt(&world, b"three", AttemptOutcome::Acknowledged).await;
    // To the microsecond: the twin is looked for during two hours.
    for (moment, gone) in [
        (2 * HOUR, Pruned::default()),
        (2 * HOUR + 1, Pruned { proofs: 1, ..Pruned::default() }),
        (90 * DAY, Pruned::default()),
        (90 * DAY + 1, Pruned { callbacks: 1, ..Pruned::default() }),
        (400 * DAY, Pruned::default()),
        (400 * DAY + 1, Pruned { refusals: 1, ..Pruned::default() }),
    ] {
        world.clock.set(crate::support::NOON + moment);
        assert_eq!(prune(&world, 100).await, gone, "after {moment}");
    }
    assert_eq!(numbers(&world, taken.id).await, [0_u32; 0]);
    world.finish().await;
}

pub(crate) async fn an_old_refusal_opens_again<B: Backend>() {
    let world = World::<B>::new().await;
    for reference in ["r-1", "r-2", "r-3"] {
        is_refused(&world, reference).await;
    }
    world.clock.advance(2 * YEAR);
    assert_eq!(prune(&world, 100).await.refusals, 3);
    world.edit(1, |merchant| merchant.retry_refused = true).await;
    // Refused anew for another reason, twice in one group, and accepted.
    let other =
        |reference: &str| Submission { channel: "payco".into(), ..submission(reference, 5) };
    let twice = world.group(vec![world.command(other("r-1")), world.command(other("r-1"))]).await;
    for answer in twice {
        let (why, replayed) = refused(answer);
        assert!(matches!(why, Refused::ChannelNotOffered { .. }) && !replayed);
    }
    world.accepted("r-2", 100).await;
    let counts = KeptCounts { refusals: 3, idle_proofs: 0 };
    assert_eq!(world.store.kept().await.expect("it reads"), [(MerchantId(1), counts)]);
    world.edit(1, |merchant| merchant.retry_refused = false).await;
    let world = world.reopen().await;
    let (why, replayed) = refused(world.run(world.command(other("r-1"))).await);
    assert!(matches!(why, Refused::ChannelNotOffered { .. }) && replayed);
    assert!(is_refused(&world, "r-3").await);
    assert!(world.submit("r-2", 100).await.expect("it stands").replayed);
    // What a payout took the place of is not touched again.
    world.clock.advance(2 * YEAR);
    assert_eq!(prune(&world, 100).await.refusals, 1);
    world.finish().await;
}

pub(crate) async fn an_old_refusal_is_of_its_channel<B: Backend>() {
    let world = World::<B>::empty().await;
    let mut merchant = merchant("site-1");
    merchant.reference_scope = ReferenceScope::Channel;
    world.add(merchant).await;
    world.top_up(1, 1_000_000).await;
    assert!(!is_refused(&world, "r-1").await);
    world.clock.advance(2 * YEAR);
    assert_eq!(prune(&world, 100).await.refusals, 1);
    let papara = Submission { channel: "papara".into(), ..submission("r-1", 100) };
    world.must(world.command(papara)).await;
    assert!(is_refused(&world, "r-1").await);
    world.finish().await;
}

pub(crate) async fn it_goes_step_by_step<B: Backend>() {
    let world = World::<B>::new().await;
    for number in 0..5 {
        is_refused(&world, &format!("r-{number}")).await;
    }
    world.clock.advance(2 * YEAR);
    let horizon = Retention::default().horizon(world.clock.now());
    for left in [2, 2, 1, 0] {
        let step = world.store.prune(horizon, 2).await.expect("it goes");
        assert_eq!((step.refusals, step.is_all(2)), (left, left < 2));
        for number in 0..5 {
            assert!(is_refused(&world, &format!("r-{number}")).await, "{number}");
        }
    }
    world.finish().await;
}

pub(crate) async fn counts_outlive_a_restart<B: Backend>() {
    let world = World::<B>::new().await;
    let bounds = KeptBounds { refusals: 2, ..KeptBounds::default() };
    let mut world = world.within(bounds).await;
    assert!(!is_refused(&world, "r-1").await && !is_refused(&world, "r-2").await);
    for _ in 0..2 {
        let (why, replayed) = refused(world.submit("r-3", TOO_MUCH).await);
        assert_eq!((why, replayed), (Refused::CannotRefuseNow, false));
        assert!(is_refused(&world, "r-1").await && is_refused(&world, "r-2").await);
        world = world.reopen().await;
        // Being old makes no room: a folded refusal is one all the same.
        world.clock.advance(2 * YEAR);
        prune(&world, 100).await;
    }
    assert!(!world.submit("r-3", 100).await.expect("nothing was stored").replayed);
    let counts = KeptCounts { refusals: 2, idle_proofs: 0 };
    assert_eq!(world.store.kept().await.expect("it reads"), [(MerchantId(1), counts)]);
    let world = world.within(KeptBounds { refusals: 3, ..bounds }).await;
    assert!(!is_refused(&world, "r-4").await);
    world.finish().await;
}

pub(crate) async fn proofs_that_bring_nothing_are_counted<B: Backend>() {
    let world = World::<B>::new().await;
    let bounds = KeptBounds { idle_proofs: 1, ..KeptBounds::default() };
    let world = world.within(bounds).await;
    let refused = [(RowKind::Named, "r-1", TOO_MUCH)];
    assert_eq!(told(&world, batch(&world, (1, 1, 1), &refused)).await, ["insufficient-balance"]);
    let world = world.reopen().await;
    let others = [(RowKind::Named, "r-2", TOO_MUCH), (RowKind::Repeat, "r-3", 1)];
    assert_eq!(told(&world, batch(&world, (2, 2, 2), &others)).await, ["no-room"]);
    let counts = KeptCounts { refusals: 1, idle_proofs: 1 };
    assert_eq!(world.store.kept().await.expect("it reads"), [(MerchantId(1), counts)]);
    assert_eq!(told(&world, batch(&world, (1, 1, 1), &refused)).await, ["insufficient-balance*"]);
    // PostgreSQL may have lost the ids that the others did not use.
    let accepted = told(&world, batch(&world, (3, 3, 3), &NAMED)).await;
    assert!(accepted[0].parse::<i64>().is_ok(), "{accepted:?}");
    assert!(!world.submit("r-2", 100).await.expect("nothing was stored").replayed);
    world.finish().await;
}

pub(crate) async fn what_was_emptied_is_sent_again<B: Backend>() {
    let world = World::<B>::new().await;
    reject(&world, "r-1").await;
    let taken = attempt(&world, b"one", AttemptOutcome::Acknowledged).await;
    world.clock.advance(YEAR);
    assert_eq!(prune(&world, 100).await.callbacks, 1);
    world.must(Resend { callback: taken.id, by: Actor::Operator("ayse".into()) }).await;
    let again = attempt(&world, b"made anew", AttemptOutcome::Acknowledged).await;
    assert_eq!((again.id, again.attempts), (taken.id, 2));
    assert_eq!(numbers(&world, again.id).await, [2]);
    assert!(matches!(again.state, CallbackState::Acknowledged(_)));
    let world = world.reopen().await;
    assert_eq!(prune(&world, 100).await, Pruned::default());
    world.clock.advance(YEAR);
    assert_eq!(prune(&world, 100).await.callbacks, 1);
    assert_eq!(numbers(&world, again.id).await, [0_u32; 0]);
    world.finish().await;
}

pub(crate) async fn two_tidy_at_once<B: SharedBackend>() {
    let world = World::<B>::new().await;
    for number in 0..40 {
        is_refused(&world, &format!("r-{number}")).await;
    }
    world.clock.advance(2 * YEAR);
    let (other, _engine) = world.another_node().await;
    let horizon = Retention::default().horizon(world.clock.now());
    let tidy = async |store: &std::sync::Arc<dyn vezne_core::port::Store>| {
        let mut folded = 0;
        for _ in 0..12 {
            folded += store.prune(horizon, 7).await.expect("it goes").refusals;
        }
        folded
    };
    let (one, two) = tokio::join!(tidy(&world.store), tidy(&other));
    assert_eq!(one + two, 40);
    for number in 0..40 {
        assert!(is_refused(&world, &format!("r-{number}")).await, "{number}");
    }
    world.finish().await;
}
