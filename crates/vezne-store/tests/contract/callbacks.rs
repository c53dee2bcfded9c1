//! The outbox: claimed, composed, attempted, acknowledged, parked and sent again.

use std::time::Duration;

use vezne_core::engine::callback::{ClaimCallbacks, Composer, KeepBody, RecordAttempt, Resend};
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::{
    AttemptOutcome, Callback, CallbackEvent, CallbackState, Schedule, Untold,
};
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::model::personal::Secret;
use vezne_core::port::{Delivered, Delivery};

use crate::support::{Backend, HOUR, World, merchant, submission};

const MINUTE: Duration = Duration::from_secs(60);

fn ayse() -> Actor {
    Actor::Operator("ayse".into())
}

async fn reject<B: Backend>(world: &World<B>, payout: PayoutId) {
    world.must(Reject { payout, by: ayse(), reason: "wrong account".into() }).await;
}

async fn claim<B: Backend>(world: &World<B>, rooms: &[(i64, usize)]) -> Vec<Delivery> {
    let room = rooms.iter().map(|(id, room)| (MerchantId(*id), *room)).collect();
    world
        .must(ClaimCallbacks {
            room,
            most: usize::MAX,
            lease: MINUTE,
            composer: Composer::default(),
        })
        .await
}

fn ids(deliveries: &[Delivery]) -> Vec<i64> {
    deliveries.iter().map(|delivery| delivery.callback.id.0).collect()
}

async fn read<B: Backend>(world: &World<B>, id: CallbackId) -> Callback {
    world.store.callback(id).await.expect("it reads").expect("it is there")
}

async fn record<B: Backend>(
    world: &World<B>,
    callback: CallbackId,
    number: u32,
    outcome: AttemptOutcome,
) -> CallbackState {
    let schedule = Schedule { after_failure: vec![MINUTE], after_refusal: vec![MINUTE] };
    record_by(world, callback, (number, outcome), schedule).await
}

async fn record_by<B: Backend>(
    world: &World<B>,
    callback: CallbackId,
    (number, outcome): (u32, AttemptOutcome),
    schedule: Schedule,
) -> CallbackState {
    let (http_status, detail) = (Some(503), "try later".to_owned());
    let delivered = Delivered {
        outcome,
        http_status,
        detail,
        retry_after: None,
        took: Duration::from_millis(120),
    };
    world.must(RecordAttempt { callback, number, delivered, schedule, jitter: 0 }).await
}

/// Three rejected payouts of merchant 1 and two of merchant 2, made in turns.
async fn five<B: Backend>() -> World<B> {
    let world = World::<B>::new().await;
    world.add(merchant("site-2")).await;
    world.top_up(2, 1_000_000).await;
    for (number, owner) in [(1, 1), (2, 2), (3, 1), (4, 2), (5, 1)] {
        let given = submission(&format!("r-{number}"), 100);
        let proof = world.proof(owner);
        let command = vezne_core::engine::submit::SubmitPayout::new(proof, given);
        let id = world.must(command).await.payout;
        world.clock.advance(1);
        reject(&world, id).await;
    }
    world
}

pub(crate) async fn claimed_oldest_first_within_room<B: Backend>() {
    let world = five::<B>().await;
    assert_eq!(ids(&claim(&world, &[(1, 2)]).await), [1, 3]);
    assert_eq!(ids(&claim(&world, &[(1, 0), (2, 9)]).await), [2, 4]);
    assert_eq!(ids(&claim(&world, &[(1, 9), (2, 9), (3, 9)]).await), [5]);
    world.finish().await;
}

pub(crate) async fn a_lease_hides_a_callback<B: Backend>() {
    let world = five::<B>().await;
    assert_eq!(ids(&claim(&world, &[(2, 9), (1, 1)]).await), [2, 4, 1]);
    assert!(claim(&world, &[(2, 9)]).await.is_empty());
    world.clock.advance(HOUR);
    // Callback 3 was due long before the leases ran out.
    let again = claim(&world, &[(1, 9), (2, 9)]).await;
    assert_eq!(ids(&again), [3, 5, 1, 2, 4]);
    assert_eq!(read(&world, CallbackId(1)).await.attempts, 2);
    world.finish().await;
}

pub(crate) async fn outcomes_are_told_in_order<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = world.settled("r-1", 100).await;
    world.clock.advance(1);
    world.must(Return { payout, by: Actor::Rail, reason: "closed".into() }).await;
    let first = claim(&world, &[(1, 9)]).await;
    assert_eq!(ids(&first), [1]);
    assert!(claim(&world, &[(1, 9)]).await.is_empty(), "the first is still under way");
    record(&world, CallbackId(1), 1, AttemptOutcome::Acknowledged).await;
    let second = claim(&world, &[(1, 9)]).await;
    let events: Vec<_> = second.iter().map(|one| one.callback.event).collect();
    assert_eq!(events, [CallbackEvent::Returned]);
    world.finish().await;
}

pub(crate) async fn the_first_body_is_kept<B: Backend>() {
    let world = five::<B>().await;
    let callback = CallbackId(1);
    let first = KeepBody { callback, body: b"CANARY-BODY \x00\xff".to_vec(), version: 0 };
    let kept = world.must(first.clone()).await;
    assert_eq!(kept, first.body);
    let later = KeepBody { callback, body: b"other".to_vec(), version: 0 };
    assert_eq!(world.must(later).await, kept);
    claim(&world, &[(1, 9)]).await;
    record(&world, callback, 1, AttemptOutcome::Failed).await;
    let world = world.reopen().await;
    assert_eq!(read(&world, callback).await.body, Some(kept));
    world.finish().await;
}

/// What a merchant's callbacks are made with changes between two attempts.
pub(crate) async fn a_body_is_made_afresh_for_other_keys<B: Backend>() {
    let world = five::<B>().await;
    let callback = CallbackId(1);
    let next = async |world: &World<B>| {
        let mut claimed = claim(world, &[(1, 9)]).await;
        claimed.swap_remove(ids(&claimed).iter().position(|id| *id == 1).expect("it is due"))
    };
    let body = |version: u32| format!("made with {version}").into_bytes();
    world.must(KeepBody { callback, body: body(0), version: 0 }).await;
    world.edit(1, |merchant| merchant.requests_per_second = Some(9)).await;
    assert_eq!(next(&world).await.callback.body, Some(body(0)), "the same keys");
    record(&world, callback, 1, AttemptOutcome::Failed).await;
    world.clock.advance(HOUR);

    world.edit(1, |merchant| merchant.access[0].callback_key = Secret::new("another")).await;
    let world = world.reopen().await;
    let claimed = next(&world).await;
    assert_eq!((claimed.callback.body, claimed.merchant.callback_version), (None, 1));
    assert_eq!(world.must(KeepBody { callback, body: body(1), version: 1 }).await, body(1));
    // The one before was slow to compose.
    assert_eq!(world.must(KeepBody { callback, body: body(0), version: 0 }).await, body(1));
    record(&world, callback, 2, AttemptOutcome::Refused).await;
    world.clock.advance(HOUR);
    let world = world.reopen().await;
    let kept = read(&world, callback).await;
    assert_eq!((kept.body, kept.body_version), (Some(body(1)), 1));
    assert_eq!(next(&world).await.callback.body, Some(body(1)));
    world.finish().await;
}

/// Two merchants take nothing; each is known by what waits longest of it.
pub(crate) async fn who_takes_nothing_is_known<B: Backend>() {
    let world = five::<B>().await;
    let untold = async || world.store.overview().await.expect("it tells").untold;
    for number in 1..=5 {
        assert_eq!(untold().await, [], "before attempt {number}");
        let claimed = claim(&world, &[(1, 9), (2, 9)]).await;
        assert_eq!(claimed.len(), 5);
        for delivery in claimed {
            let again = Schedule { after_failure: vec![Duration::ZERO; 9], after_refusal: vec![] };
            let (callback, outcome) = (delivery.callback.id, AttemptOutcome::Failed);
            record_by(&world, callback, (number, outcome), again).await;
        }
    }
    let since = async |id| {
        let Callback { merchant, created_at: since, .. } = read(&world, CallbackId(id)).await;
        Untold { merchant, since }
    };
    let [first, second, third] = [since(1).await, since(2).await, since(3).await];
    assert_eq!(untold().await, [first, second]);
    claim(&world, &[(1, 9)]).await;
    record(&world, CallbackId(1), 6, AttemptOutcome::Acknowledged).await;
    assert_eq!(untold().await, [third, second]);
    assert!(!second.is_long(second.since.plus(Duration::from_secs(86_399))));
    assert!(second.is_long(second.since.plus(Duration::from_secs(86_400))));
    world.finish().await;
}

pub(crate) async fn attempts_are_recorded<B: Backend>() {
    let world = five::<B>().await;
    let callback = CallbackId(1);
    for (number, outcome) in (1..).zip([AttemptOutcome::Refused, AttemptOutcome::Acknowledged]) {
        claim(&world, &[(1, 9)]).await;
        record(&world, callback, number, outcome).await;
        world.clock.advance(HOUR);
    }
    let world = world.reopen().await;
    let attempts = world.store.attempts(callback).await.expect("they read");
    let outcomes: Vec<_> = attempts.iter().map(|one| (one.number, one.outcome.clone())).collect();
    assert_eq!(outcomes, [(1, AttemptOutcome::Refused), (2, AttemptOutcome::Acknowledged)]);
    let last = attempts.last().expect("two");
    assert_eq!((last.took, last.http_status), (Duration::from_millis(120), Some(503)));
    assert_eq!((last.detail.as_str(), last.callback), ("try later", callback));
    let kept = read(&world, callback).await;
    assert_eq!((kept.attempts, kept.refusal_step, kept.failure_step), (2, 1, 0));
    assert_eq!(kept.state, CallbackState::Acknowledged(last.at));
    world.finish().await;
}

pub(crate) async fn parked_and_sent_again<B: Backend>() {
    let world = five::<B>().await;
    let callback = CallbackId(1);
    for number in 1..3 {
        claim(&world, &[(1, 9)]).await;
        record(&world, callback, number, AttemptOutcome::Failed).await;
        world.clock.advance(HOUR);
    }
    assert!(matches!(read(&world, callback).await.state, CallbackState::Parked(_)));
    assert!(!ids(&claim(&world, &[(1, 9)]).await).contains(&1));
    world.must(Resend { callback, by: ayse() }).await;
    assert_eq!(ids(&claim(&world, &[(1, 9)]).await), [1]);
    record(&world, callback, 3, AttemptOutcome::Acknowledged).await;
    let trail = world.store.trail(PayoutId(1)).await.expect("it reads");
    let resent = trail.last().expect("a line");
    assert_eq!((resent.action.as_str(), resent.callback), ("callback.resent", Some(callback)));
    world.finish().await;
}

pub(crate) async fn a_late_answer_still_counts<B: Backend>() {
    let world = five::<B>().await;
    let callback = CallbackId(1);
    claim(&world, &[(1, 1)]).await;
    world.clock.advance(HOUR);
    claim(&world, &[(1, 9)]).await;
    record(&world, callback, 1, AttemptOutcome::Refused).await;
    assert_eq!(read(&world, callback).await.refusals, 0, "a stale refusal moves nothing");
    record(&world, callback, 2, AttemptOutcome::Acknowledged).await;
    world.finish().await;
}

pub(crate) async fn claims_see_payout_and_merchant<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = world.settled("r-1", 100).await;
    let world = world.reopen().await;
    let claimed = claim(&world, &[(1, 9)]).await;
    let [delivery] = &claimed[..] else { panic!("{claimed:?}") };
    assert_eq!((delivery.payout.id, delivery.merchant.id), (payout, MerchantId(1)));
    assert_eq!(delivery.callback.message, "Completed!");
    assert_eq!(delivery.callback.attempts, 1);
    let identity = delivery.payout.beneficiary.identity.as_ref().expect("it is there");
    assert_eq!(identity.expose(), "98765432109");
    world.finish().await;
}
