//! Several commands in one commit.

use std::time::Duration;

use vezne_core::engine::desk::Desk;
use vezne_core::engine::dispatch::ClaimPayouts;
use vezne_core::engine::room::Room;
use vezne_core::engine::settle::Settle;
use vezne_core::engine::view::Wanted;
use vezne_core::engine::{Decision, Failure, Verb};
use vezne_core::model::approval::{Actor, Policy};
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::PayoutState;
use vezne_core::port::Fault;

use crate::support::{Backend, World, refused, submission, top_up};

pub(crate) async fn one_reference_many_times<B: Backend>() {
    let world = World::<B>::new().await;
    let commands = [100, 100, 200, 100].map(|minor| world.command(submission("r-1", minor)));
    let answers = world.group(commands.into()).await;
    let replayed: Vec<_> =
        answers.iter().map(|answer| answer.as_ref().map(|one| one.replayed).ok()).collect();
    assert_eq!(replayed, [Some(false), Some(true), None, Some(true)]);
    assert_eq!(world.balance(1, "held").await, 102);
    world.finish().await;
}

pub(crate) async fn a_refusal_and_its_reopening_in_one_group<B: Backend>() {
    let world = World::<B>::new().await;
    world.edit(1, |merchant| merchant.retry_refused = true).await;
    let commands = [9_000_000, 100, 100].map(|minor| world.command(submission("r-1", minor)));
    let mut answers = world.group(commands.into()).await.into_iter();
    refused(answers.next().expect("an answer"));
    let accepted = answers.next().expect("an answer").expect("it is accepted");
    let again = answers.next().expect("an answer").expect("it is the same");
    assert_eq!((accepted.replayed, again.replayed), (false, true));
    world.finish().await;
}

pub(crate) async fn submitted_and_paid_in_one_group<B: Backend>() {
    let world = World::<B>::new().await;
    world.edit(1, |merchant| merchant.policy = Policy { approve_below_minor: Some(1_000) }).await;
    world.accepted("r-1", 100).await;
    let lease = Duration::from_secs(60);
    let settle = |id| {
        let (by, rail_reference) = (Actor::Rail, Some("R-1".to_owned()));
        Settle { payout: PayoutId(id), attempt: Some(1), by, rail_reference }
    };
    let (submitted, claimed, settled, resettled) = tokio::join!(
        world.run(world.command(submission("r-2", 200))),
        world.run(ClaimPayouts { room: Room::undivided(5), lease, marker: None }),
        world.run(settle(1)),
        world.run(settle(1)),
    );
    assert_eq!(submitted.expect("it is accepted").payout, PayoutId(2));
    assert_eq!(claimed.expect("it is claimed").tasks.len(), 1);
    settled.expect("it is settled");
    assert!(matches!(resettled, Err(Failure::Refused(_))));
    let state = world.payout(PayoutId(1)).await.state;
    assert!(matches!(state, PayoutState::Settled(_)), "{state:?}");
    world.finish().await;
}

pub(crate) async fn a_fault_is_nobody_elses<B: Backend>() {
    let world = World::<B>::new().await;
    let (before, overflow, after) = tokio::join!(
        world.run(world.command(submission("r-1", 100))),
        world.run(top_up(1, i64::MAX)),
        world.run(world.command(submission("r-2", 200))),
    );
    assert_eq!(before.expect("it is accepted").payout, PayoutId(1));
    assert!(matches!(overflow, Err(Failure::Fault(_))));
    assert_eq!(after.expect("it is accepted").payout, PayoutId(2));
    assert_eq!(world.balance(1, "available").await, 1_000_000 - 102 - 203);
    world.finish().await;
}

/// A verb with a bug in it.
struct Buggy {
    panics: bool,
}

impl Verb for Buggy {
    type Outcome = ();
    type Refusal = ();

    fn wants(&self, _: &mut Wanted) {}

    fn decide(&mut self, _: &mut Desk) -> Decision<Self> {
        assert!(!self.panics, "this verb panics");
        Err(Fault("an invariant is broken".to_owned()))
    }
}

pub(crate) async fn a_panic_is_nobody_elses<B: Backend>() {
    let world = World::<B>::new().await;
    let (accepted, panicked) = tokio::join!(
        world.run(world.command(submission("r-1", 100))),
        world.run(Buggy { panics: true }),
    );
    accepted.expect("it is accepted");
    assert!(matches!(panicked, Err(Failure::Fault(_))));
    world.accepted("r-2", 100).await;
    world.finish().await;
}

pub(crate) async fn ids_leave_no_gap_after_a_fault<B: Backend>() {
    let world = World::<B>::new().await;
    for number in 1..4 {
        let command = world.command(submission(&format!("r-{number}"), 100));
        let (accepted, faulty) =
            tokio::join!(world.run(command), world.run(Buggy { panics: false }));
        assert_eq!(accepted.expect("it is accepted").payout, PayoutId(number));
        assert!(matches!(faulty, Err(Failure::Fault(_))));
    }
    world.finish().await;
}

pub(crate) async fn large_groups<B: Backend>() {
    let world = World::<B>::new().await;
    let commands = (0..700).map(|number| world.command(submission(&format!("r-{number}"), 10)));
    let answers = world.group(commands.collect()).await;
    let ids: Vec<i64> = answers.into_iter().map(|one| one.expect("accepted").payout.0).collect();
    assert_eq!(ids, (1..=700).collect::<Vec<_>>());
    world.finish().await;
}
