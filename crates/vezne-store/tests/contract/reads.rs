//! Lists, filters and pages.

use std::time::Duration;

use vezne_core::engine::approve::Approve;
use vezne_core::engine::doubt::MarkInDoubt;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::submit::SubmitPayout;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::port::{CallbackFilter, Overview, PayoutFilter};

use crate::support::{Backend, World, merchant, submission};

/// Payouts 1 to 6: 1 and 4 wait, 2 is rejected, 3 in doubt, 5 and 6 are merchant 2's; 6 has the
/// reference of 1.
async fn six<B: Backend>() -> World<B> {
    let world = World::<B>::new().await;
    world.add(merchant("site-2")).await;
    world.top_up(2, 1_000_000).await;
    world.accepted("r-1", 100).await;
    let payout = world.accepted("r-2", 100).await;
    world.must(Reject { payout, by: Actor::System, reason: "no".into() }).await;
    let payout = world.sending("r-3", 100).await;
    let ask_again_in = Duration::from_secs(60);
    world
        .must(MarkInDoubt {
            payout,
            attempt: 1,
            detail: "reset".into(),
            absent: false,
            ask_again_in,
        })
        .await;
    world.accepted("r-4", 100).await;
    for reference in ["r-5", "r-1"] {
        world.must(SubmitPayout::new(world.proof(2), submission(reference, 100))).await;
    }
    world
}

fn all() -> PayoutFilter {
    PayoutFilter { limit: 100, ..PayoutFilter::default() }
}

async fn list<B: Backend>(world: &World<B>, filter: PayoutFilter) -> Vec<i64> {
    let found = world.store.payouts(filter).await.expect("they read");
    assert!(found.unread.is_empty(), "{:?}", found.unread);
    found.rows.iter().map(|payout| payout.id.0).collect()
}

/// What is tried is there afterwards as it was.
pub(crate) async fn a_commit_is_proved<B: Backend>() {
    let world = six::<B>().await;
    let before = list(&world, all()).await;
    for _ in 0..3 {
        world.store.prove_commits().await.expect("it takes commits");
    }
    let world = world.reopen().await;
    assert_eq!(list(&world, all()).await, before);
    world.finish().await;
}

pub(crate) async fn payouts_by_filter<B: Backend>() {
    let world = six::<B>().await;
    let reference = Some("r-1".to_owned());
    let one = Some(MerchantId(1));
    for (filter, expected) in [
        (all(), &[6, 5, 4, 3, 2, 1][..]),
        (PayoutFilter { merchant: one, ..all() }, &[4, 3, 2, 1]),
        (PayoutFilter { merchant: Some(MerchantId(9)), ..all() }, &[]),
        (PayoutFilter { state: Some("rejected".into()), ..all() }, &[2]),
        (PayoutFilter { state: Some("awaiting-approval".into()), merchant: one, ..all() }, &[4, 1]),
        (PayoutFilter { state: Some("x' OR 1=1 --".into()), ..all() }, &[]),
        (PayoutFilter { in_doubt: true, ..all() }, &[3]),
        (PayoutFilter { reference: reference.clone(), ..all() }, &[6, 1]),
        (PayoutFilter { reference, merchant: one, ..all() }, &[1]),
    ] {
        assert_eq!(list(&world, filter.clone()).await, expected, "{filter:?}");
    }
    world.finish().await;
}

pub(crate) async fn pages_follow_ids<B: Backend>() {
    let world = six::<B>().await;
    let mut before = None;
    let mut seen = Vec::new();
    loop {
        let page = list(&world, PayoutFilter { before, limit: 4, ..all() }).await;
        let Some(last) = page.last() else { break };
        before = Some(PayoutId(*last));
        seen.push(page);
    }
    assert_eq!(seen, [vec![6, 5, 4, 3], vec![2, 1]]);
    world.finish().await;
}

pub(crate) async fn lists_are_bounded<B: Backend>() {
    let world = World::<B>::new().await;
    let commands = (0..1_003).map(|number| world.command(submission(&format!("r-{number}"), 1)));
    world.group(commands.collect()).await;
    assert_eq!(list(&world, PayoutFilter { limit: u32::MAX, ..all() }).await.len(), 1_000);
    assert!(list(&world, PayoutFilter { limit: 0, ..all() }).await.is_empty());
    world.finish().await;
}

pub(crate) async fn callbacks_by_filter<B: Backend>() {
    let world = six::<B>().await;
    let payout = PayoutId(5);
    world.must(Reject { payout, by: Actor::System, reason: "no".into() }).await;
    let all = CallbackFilter { limit: 10, ..CallbackFilter::default() };
    for (filter, expected) in [
        (all.clone(), &[2, 1][..]),
        (CallbackFilter { merchant: Some(MerchantId(1)), ..all.clone() }, &[1]),
        (CallbackFilter { payout: Some(payout), ..all.clone() }, &[2]),
        (CallbackFilter { state: Some("parked".into()), ..all.clone() }, &[]),
        (CallbackFilter { limit: 1, ..all }, &[2]),
    ] {
        let found = world.store.callbacks(filter.clone()).await.expect("they read");
        let found: Vec<i64> = found.rows.iter().map(|callback| callback.id.0).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
    world.finish().await;
}

pub(crate) async fn the_overview<B: Backend>() {
    let world = World::<B>::new().await;
    assert_eq!(world.store.overview().await.expect("it reads"), Overview::default());
    world.finish().await;
    let world = six::<B>().await;
    let mut overview = world.store.overview().await.expect("it reads");
    overview.payouts.sort();
    let count = |(code, count): (&str, i64)| (code.to_owned(), count);
    let payouts = [("awaiting-approval", 4), ("dispatched", 1), ("rejected", 1)].map(count);
    assert_eq!(overview.payouts, payouts);
    assert_eq!((overview.in_doubt, overview.callbacks), (1, vec![count(("due", 1))]));
    let due = world.store.callback(CallbackId(1)).await.expect("it reads").expect("it is there");
    assert_eq!(overview.oldest_due_callback, Some(due.created_at));
    assert_eq!(overview.oldest_approved, None);
    for payout in [4, 1, 5].map(PayoutId) {
        world.clock.advance(1);
        world.must(Approve { payout, by: Actor::System }).await;
    }
    let first = world.store.payout(PayoutId(1)).await.expect("it reads").expect("it is there");
    let overview = world.store.overview().await.expect("it reads");
    assert_eq!(overview.oldest_approved, Some(first.updated_at));
    world.finish().await;
}

pub(crate) async fn what_is_not_there<B: Backend>() {
    let world = World::<B>::new().await;
    assert!(world.store.payout(PayoutId(9)).await.expect("it reads").is_none());
    assert!(world.store.callback(CallbackId(9)).await.expect("it reads").is_none());
    assert!(world.store.attempts(CallbackId(9)).await.expect("it reads").is_empty());
    assert!(world.store.trail(PayoutId(9)).await.expect("it reads").is_empty());
    assert!(world.store.entries(PayoutId(9)).await.expect("it reads").is_empty());
    assert!(world.store.balances(MerchantId(9)).await.expect("it reads").is_empty());
    let missing = Reject { payout: PayoutId(9), by: Actor::System, reason: "no".into() };
    world.run(missing).await.expect_err("there is nothing to reject");
    world.finish().await;
}
