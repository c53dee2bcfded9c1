//! The claim number, and a quarantine from its beginning to its release.

use std::time::Duration;

use vezne_core::engine::Failure;
use vezne_core::engine::approve::Approve;
use vezne_core::engine::dispatch::{Accept, ClaimPayouts, Claimed, Task};
use vezne_core::engine::doubt::{Resolution, ResolveDoubt};
use vezne_core::engine::quarantine::{BeginQuarantine, CompareMarker, ReleaseQuarantine, Released};
use vezne_core::engine::room::Room;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::PayoutState;
use vezne_core::model::quarantine::{DeskState, Marker, Quarantine};
use vezne_core::model::refusal::ActionRefusal;
use vezne_core::port::PayoutFilter;

use crate::support::{Backend, HOUR, SharedBackend, World};

fn ayse() -> Actor {
    Actor::Operator("ayse".into())
}

async fn state<B: Backend>(world: &World<B>) -> DeskState {
    world.store.desk_state().await.expect("it reads")
}

async fn begin<B: Backend>(world: &World<B>) {
    world.must(BeginQuarantine { by: ayse(), reason: "a copy of Monday".into() }).await;
}

async fn release<B: Backend>(world: &World<B>, after: i64, limit: usize) -> Released {
    world.must(ReleaseQuarantine { after: PayoutId(after), limit, by: ayse() }).await
}

async fn approve<B: Backend>(world: &World<B>, payout: PayoutId) {
    world.must(Approve { payout, by: ayse() }).await;
}

async fn claim<B: Backend>(world: &World<B>, marker: Option<Marker>) -> Claimed {
    world
        .must(ClaimPayouts { room: Room::undivided(100), lease: Duration::from_secs(60), marker })
        .await
}

/// The payouts in doubt, the newest first, as they are listed and as they are counted.
async fn in_doubt<B: Backend>(world: &World<B>) -> Vec<i64> {
    let filter = PayoutFilter { in_doubt: true, limit: 50, ..PayoutFilter::default() };
    let listed = world.store.payouts(filter).await.expect("it reads");
    let counted = world.store.overview().await.expect("it reads").in_doubt;
    assert_eq!(usize::try_from(counted).ok(), Some(listed.rows.len()));
    listed.rows.iter().map(|payout| payout.id.0).collect()
}

/// What is sent and what is asked about, in the order of ids.
fn ids(tasks: &[Task]) -> (Vec<i64>, Vec<i64>) {
    let (mut sent, mut asked) = (Vec::new(), Vec::new());
    for task in tasks {
        match task {
            Task::Send(payout) => sent.push(payout.id.0),
            Task::Query(payout) => asked.push(payout.id.0),
        }
    }
    sent.sort_unstable();
    asked.sort_unstable();
    (sent, asked)
}

pub(crate) async fn only_claims_for_sending_are_counted<B: Backend>() {
    let world = World::<B>::new().await;
    assert_eq!(world.claim().await.len(), 0);
    let first = state(&world).await;
    assert_eq!((first.claims, first.releases, &first.quarantine), (0, 0, &None));
    assert_eq!((first.incarnation.len(), first.moved), (32, false));
    world.settled("r-1", 1_000).await;
    world.sending("r-2", 1_000).await;
    world.clock.advance(HOUR);
    assert_eq!(ids(&world.claim().await), (vec![], vec![2]), "its lease ran out");
    assert_eq!(state(&world).await, DeskState { claims: 2, ..first.clone() });
    let world = world.reopen().await;
    assert_eq!(state(&world).await, DeskState { claims: 2, ..first });
    world.finish().await;
}

pub(crate) async fn it_outlives_a_restart<B: Backend>() {
    let world = World::<B>::new().await;
    let held = world.accepted("r-1", 1_000).await;
    approve(&world, held).await;
    begin(&world).await;
    let world = world.reopen().await;
    let (since, reason) = (world.payout(held).await.created_at, "a copy of Monday".to_owned());
    let begun = state(&world).await;
    assert_eq!(begun.quarantine, Some(Quarantine { since, reason }));
    assert_eq!(begun.doubtful_until, Some(since));
    assert!(world.store.overview().await.expect("it reads").quarantined);
    let claimed = claim(&world, None).await;
    assert_eq!((claimed.tasks.len(), claimed.quarantined), (0, Some(begun)));
    world.accepted("r-2", 1_000).await;
    assert!(matches!(
        world.run(BeginQuarantine { by: ayse(), reason: "again".into() }).await,
        Err(Failure::Refused(_))
    ));
    assert_eq!(world.payout(held).await.state, PayoutState::Approved);
    world.finish().await;
}

/// Payouts 1 to 4 were on their way, 5 was only approved, 6 waits for a person, 7 is first seen in
/// the quarantine.
pub(crate) async fn a_release_goes_in_steps<B: Backend>() {
    let world = World::<B>::new().await;
    for number in 1..=4 {
        world.sending(&format!("r-{number}"), 1_000).await;
    }
    let (taken, rail_reference) = (PayoutId(2), Some("R-2".to_owned()));
    let ask_again_in = Duration::from_secs(900);
    world.must(Accept { payout: taken, attempt: 1, rail_reference, ask_again_in }).await;
    world.pay(PayoutId(4)).await;
    let approved = world.accepted("r-5", 1_000).await;
    approve(&world, approved).await;
    let waits = world.accepted("r-6", 1_000).await;
    begin(&world).await;
    world.clock.advance(HOUR);
    let later = world.accepted("r-7", 1_000).await;
    assert_eq!(world.payout(later).await.state, PayoutState::AwaitingApproval);
    assert_eq!(in_doubt(&world).await, [7, 6, 5, 3, 2, 1], "whatever is not finished");

    assert_eq!(release(&world, 0, 2).await, Released { doubted: 2, next: Some(PayoutId(2)) });
    assert_eq!(claim(&world, None).await.tasks.len(), 0, "it is not over");
    let world = world.reopen().await;
    assert_eq!(release(&world, 2, 3).await, Released { doubted: 2, next: None });
    let over = state(&world).await;
    assert_eq!((over.releases, &over.quarantine), (1, &None));
    assert!(!world.store.overview().await.expect("it reads").quarantined);
    assert!(world.run(ReleaseQuarantine { after: taken, limit: 1, by: ayse() }).await.is_err());

    for id in [1, 2, 3, 5] {
        assert!(world.payout(PayoutId(id)).await.state.in_doubt(), "payout {id}");
    }
    let world = world.reopen().await;
    assert_eq!(in_doubt(&world).await, [7, 6, 5, 3, 2, 1], "and so it stays");
    let refused = world.run(Approve { payout: waits, by: ayse() }).await;
    assert_eq!(refused, Err(Failure::Refused(ActionRefusal::Doubted)));
    for payout in [waits, later] {
        let (attempt, evidence) = (None, "the bank's list".to_owned());
        let resolution = Resolution::NeverSent;
        world.must(ResolveDoubt { payout, attempt, by: ayse(), resolution, evidence }).await;
    }
    let world = world.reopen().await;
    assert_eq!((world.payout(waits).await.trust, world.payout(taken).await.trust), (1, 0));
    assert_eq!(in_doubt(&world).await, [5, 3, 2, 1]);
    approve(&world, waits).await;
    assert_eq!(ids(&world.claim().await), (vec![6], vec![1, 2, 3, 5]));
    let fresh = world.accepted("r-8", 1_000).await;
    assert_eq!(world.payout(fresh).await.trust, 1, "made after the release");
    world.finish().await;
}

/// A lost payout that is submitted again meets its rail under the same reference.
pub(crate) async fn a_reference_has_one_name_at_its_rail<B: Backend>() {
    let (world, again) = (World::<B>::new().await, World::<B>::new().await);
    let first = world.accepted("r-1", 1_000).await;
    again.accepted("r-0", 1_000).await;
    let second = again.accepted("r-1", 2_000).await;
    assert_ne!(first, second);
    let key = world.payout(first).await.rail_key.expect("it is stored");
    assert_eq!(again.payout(second).await.rail_key.as_deref(), Some(key.as_str()));
    let claimed = world.payout(world.sending("r-2", 1_000).await).await.rail_key;
    assert!(claimed.is_some_and(|other| other != key));
    world.finish().await;
    again.finish().await;
}

pub(crate) async fn a_marker_that_is_ahead_begins_it<B: Backend>() {
    let world = World::<B>::new().await;
    world.sending("r-1", 1_000).await;
    let now = state(&world).await;
    let compare = |marker: &Marker| CompareMarker { marker: Some(marker.clone()), alone: true };
    let seen = Marker::of(&now);
    assert_eq!(world.must(compare(&seen)).await, now);
    assert_eq!(claim(&world, Some(seen.clone())).await.quarantined, None);
    let ahead = Marker { claims: 2, ..seen.clone() };
    let found = claim(&world, Some(ahead.clone())).await.quarantined.expect("it is behind");
    assert_eq!(world.must(compare(&ahead)).await, found, "it began once");
    assert_eq!(state(&world).await, found);
    assert_eq!(release(&world, 0, 9).await, Released { doubted: 1, next: None });
    assert_eq!(world.must(compare(&ahead)).await.quarantine, None, "a release counts above claims");
    let other = Marker { incarnation: "another".into(), ..seen };
    assert!(world.must(compare(&other)).await.quarantine.is_some());
    world.finish().await;
}

pub(crate) async fn claims_of_two_nodes_are_all_counted<B: SharedBackend>() {
    let world = World::<B>::new().await;
    let (store, other) = world.another_node().await;
    for round in 0..6 {
        for number in 0..4 {
            let id = world.accepted(&format!("r-{round}-{number}"), 100).await;
            approve(&world, id).await;
        }
        let claim = || ClaimPayouts {
            room: Room::undivided(2),
            lease: Duration::from_secs(60),
            marker: None,
        };
        let (ours, theirs) = tokio::join!(world.run(claim()), other.run(claim()));
        let claimed = [ours, theirs].map(|claimed| claimed.expect("it is claimed").tasks.len());
        assert_eq!(claimed, [2, 2]);
        assert_eq!(store.desk_state().await.expect("it reads").claims, 2 * (round + 1));
    }
    drop((store, other));
    world.finish().await;
}

pub(crate) async fn what_one_begins_holds_for_all<B: SharedBackend>() {
    let world = World::<B>::new().await;
    let (store, other) = world.another_node().await;
    let id = world.accepted("r-1", 1_000).await;
    approve(&world, id).await;
    let begin = BeginQuarantine { by: ayse(), reason: "a copy of Monday".into() };
    other.run(begin).await.expect("it begins");
    assert!(claim(&world, None).await.quarantined.is_some());
    assert_eq!(release(&world, 0, 9).await, Released { doubted: 1, next: None });
    assert_eq!(store.desk_state().await.expect("it reads"), state(&world).await);
    let claim =
        ClaimPayouts { room: Room::undivided(9), lease: Duration::from_secs(60), marker: None };
    let claimed = other.run(claim).await.expect("it is claimed");
    assert_eq!(ids(&claimed.tasks), (vec![], vec![1]));
    drop((store, other));
    world.finish().await;
}
