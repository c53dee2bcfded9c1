//! The road of a payout, each state as the store gives it back.

use std::time::Duration;

use vezne_core::engine::dispatch::{Accept, NotSent, Task};
use vezne_core::engine::doubt::{MarkInDoubt, Resolution, ResolveDoubt};
use vezne_core::engine::fail::Fail;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::engine::room::Room;
use vezne_core::engine::settle::Settle;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::{Dispatch, Ending, PayoutState, Progress};
use vezne_core::model::time::Timestamp;

use crate::support::{Backend, HOUR, NOON, World};

const MINUTE: Duration = Duration::from_secs(60);

fn ayse() -> Actor {
    Actor::Operator("ayse".into())
}

async fn doubtful<B: Backend>(world: &World<B>) -> PayoutId {
    let payout = world.sending("r-1", 1_000).await;
    let detail = "connection reset after the request".to_owned();
    world
        .must(MarkInDoubt { payout, attempt: 1, detail, absent: true, ask_again_in: MINUTE })
        .await;
    payout
}

async fn resolve<B: Backend>(world: &World<B>, payout: PayoutId, resolution: Resolution) {
    let evidence = "statement line 4".to_owned();
    world.must(ResolveDoubt { payout, attempt: None, by: ayse(), resolution, evidence }).await;
}

fn dispatch(state: PayoutState) -> Dispatch {
    match state {
        PayoutState::Dispatched(dispatch) => dispatch,
        other => panic!("it is {other:?}"),
    }
}

fn ending(rail_reference: Option<&str>) -> Ending {
    Ending { rail: "simulator".into(), rail_reference: rail_reference.map(str::to_owned) }
}

pub(crate) async fn rejected<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = world.accepted("r-1", 1_000).await;
    let reason = "wrong account".to_owned();
    world.must(Reject { payout, by: ayse(), reason: reason.clone() }).await;
    let state = world.payout(payout).await.state;
    assert_eq!(state, PayoutState::Rejected { by: ayse(), reason });
    assert_eq!(world.balance(1, "available").await, 1_000_000);
    world.finish().await;
}

pub(crate) async fn settled_and_returned<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = world.settled("r-1", 1_000).await;
    let ending = ending(Some("R-1"));
    assert_eq!(world.payout(payout).await.state, PayoutState::Settled(ending.clone()));
    assert_eq!(world.balance(1, "rail-clearing:simulator").await, 1_000);
    assert_eq!(world.balance(1, "commission-income").await, 15);
    world.clock.advance(HOUR);
    let reason = "account closed".to_owned();
    let returned = Return { payout, by: Actor::Rail, reason: reason.clone() };
    world.must(returned.clone()).await;
    world.must(returned).await;
    let state = world.payout(payout).await.state;
    assert_eq!(state, PayoutState::Returned { ending, reason });
    assert_eq!(world.balance(1, "available").await, 1_000_000 - 15);
    world.finish().await;
}

pub(crate) async fn failed<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = world.sending("r-1", 1_000).await;
    let reason = "no such account".to_owned();
    world.must(Fail { payout, attempt: Some(1), by: Actor::Rail, reason: reason.clone() }).await;
    let state = world.payout(payout).await.state;
    assert_eq!(state, PayoutState::Failed { rail: "simulator".into(), reason });
    assert_eq!(world.balance(1, "held").await, 0);
    world.finish().await;
}

pub(crate) async fn unsent_and_sent_again<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = world.sending("r-1", 1_000).await;
    world.must(NotSent { payout, attempt: 1, send_again_in: MINUTE }).await;
    assert_eq!(dispatch(world.payout(payout).await.state).progress, Progress::Unsent);
    assert!(world.claim().await.is_empty(), "it is not due yet");
    world.clock.advance(HOUR);
    let tasks = world.claim().await;
    assert!(matches!(&tasks[..], [Task::Send(_)]), "{tasks:?}");
    let again = dispatch(world.payout(payout).await.state);
    assert_eq!((again.attempt, again.progress, again.at.micros()), (2, Progress::Sending, NOON));
    world.finish().await;
}

pub(crate) async fn accepted_then_settled<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = world.sending("r-1", 1_000).await;
    let rail_reference = Some("EFT 9".to_owned());
    world
        .must(Accept {
            payout,
            attempt: 1,
            rail_reference: rail_reference.clone(),
            ask_again_in: MINUTE,
        })
        .await;
    let expected = Dispatch {
        rail: "simulator".into(),
        at: Timestamp::from_micros(NOON),
        attempt: 1,
        progress: Progress::Accepted,
        rail_reference,
        accepted: true,
        absent_since: None,
        checks: 0,
        due_at: Timestamp::from_micros(NOON).plus(MINUTE),
    };
    assert_eq!(dispatch(world.payout(payout).await.state), expected);
    world.clock.advance(HOUR);
    assert!(matches!(&world.claim().await[..], [Task::Query(_)]));
    assert_eq!(dispatch(world.payout(payout).await.state).checks, 1);
    world.must(Settle { payout, attempt: Some(1), by: Actor::Rail, rail_reference: None }).await;
    let state = world.payout(payout).await.state;
    assert_eq!(state, PayoutState::Settled(ending(Some("EFT 9"))));
    world.finish().await;
}

pub(crate) async fn in_doubt_and_paid<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = doubtful(&world).await;
    let progress = dispatch(world.payout(payout).await.state).progress;
    let detail = "connection reset after the request".to_owned();
    assert_eq!(progress, Progress::InDoubt { since: Timestamp::from_micros(NOON), detail });
    resolve(&world, payout, Resolution::Paid { rail_reference: None }).await;
    assert_eq!(world.payout(payout).await.state, PayoutState::Settled(ending(None)));
    world.finish().await;
}

pub(crate) async fn in_doubt_and_not_paid<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = doubtful(&world).await;
    resolve(&world, payout, Resolution::NotPaid { reason: "the bank has none".into() }).await;
    let state = world.payout(payout).await.state;
    assert!(matches!(state, PayoutState::Failed { .. }), "{state:?}");
    world.finish().await;
}

pub(crate) async fn in_doubt_and_sent_again<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = doubtful(&world).await;
    resolve(&world, payout, Resolution::NeverSent).await;
    assert!(matches!(&world.claim().await[..], [Task::Send(_)]));
    world.must(Settle { payout, attempt: Some(2), by: Actor::Rail, rail_reference: None }).await;
    world.finish().await;
}

pub(crate) async fn a_lost_lease_is_a_doubt<B: Backend>() {
    let world = World::<B>::new().await;
    let payout = world.sending("r-1", 1_000).await;
    assert!(world.claim().await.is_empty(), "the lease holds");
    world.clock.advance(HOUR);
    assert!(matches!(&world.claim().await[..], [Task::Query(_)]));
    assert!(world.payout(payout).await.state.in_doubt());
    world.finish().await;
}

/// What is due longest comes first, and no more than asked for.
pub(crate) async fn what_is_due_longest_comes_first<B: Backend>() {
    let world = World::<B>::new().await;
    for (number, wait) in [(1, 300), (2, 100), (3, 200)] {
        let payout = world.sending(&format!("r-{number}"), 1_000).await;
        let send_again_in = Duration::from_secs(wait);
        world.must(NotSent { payout, attempt: 1, send_again_in }).await;
    }
    world.clock.advance(HOUR);
    let lease = Duration::from_secs(1);
    let claim = vezne_core::engine::dispatch::ClaimPayouts {
        room: Room::undivided(2),
        lease,
        marker: None,
    };
    let ids: Vec<i64> = world
        .must(claim)
        .await
        .tasks
        .iter()
        .map(|task| match task {
            Task::Send(payout) | Task::Query(payout) => payout.id.0,
        })
        .collect();
    assert_eq!(ids, [2, 3]);
    world.finish().await;
}
