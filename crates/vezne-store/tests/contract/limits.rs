//! Day limits and credit limits, as the store shows their sums.

use vezne_core::engine::reject::Reject;
use vezne_core::model::approval::Actor;
use vezne_core::model::money::{Currency, Money};

use crate::support::{Backend, HOUR, NOON, Refused, World, refused, submission};

/// 2026-11-20 23:59:59.999999 in Istanbul.
const LAST: i64 = NOON + 12 * HOUR - 1;

pub(crate) async fn a_day_ends_at_midnight_in_istanbul<B: Backend>() {
    let world = World::<B>::new().await;
    world.edit(1, |merchant| merchant.terms[0].day_limit_minor = Some(1_000)).await;
    let limit = Money::new(1_000, Currency::TRY);
    world.accepted("r-1", 600).await;
    world.clock.set(LAST);
    world.accepted("r-2", 400).await;
    let (why, _) = refused(world.submit("r-3", 1).await);
    assert_eq!(why, Refused::DayLimitReached { limit });
    world.clock.advance(1);
    world.accepted("r-4", 1_000).await;
    let (why, _) = refused(world.submit("r-5", 1).await);
    assert_eq!(why, Refused::DayLimitReached { limit });
    world.finish().await;
}

pub(crate) async fn a_rejection_gives_the_day_back<B: Backend>() {
    let world = World::<B>::new().await;
    world.edit(1, |merchant| merchant.terms[0].day_limit_minor = Some(1_000)).await;
    world.clock.set(LAST);
    let first = world.accepted("r-1", 1_000).await;
    // The day that is given back is the one it was submitted on.
    world.clock.advance(HOUR);
    world.accepted("r-2", 900).await;
    let (by, reason) = (Actor::Operator("ayse".into()), "wrong account".to_owned());
    world.must(Reject { payout: first, by, reason }).await;
    refused(world.submit("r-3", 101).await);
    world.accepted("r-4", 100).await;
    world.clock.set(LAST);
    world.accepted("r-5", 1_000).await;
    world.finish().await;
}

pub(crate) async fn the_day_of_all_channels<B: Backend>() {
    let world = World::<B>::new().await;
    world.edit(1, |merchant| merchant.day_limit_minor = Some(1_000)).await;
    world.accepted("r-1", 700).await;
    let mut papara = submission("r-2", 301);
    papara.channel = "papara".into();
    refused(world.run(world.command(papara.clone())).await);
    papara.reference = "r-3".to_owned();
    papara.amount = Money::new(300, Currency::TRY);
    world.must(world.command(papara)).await;
    let world = world.reopen().await;
    refused(world.submit("r-4", 1).await);
    world.finish().await;
}

pub(crate) async fn credit_is_spent_to_its_limit<B: Backend>() {
    let world = World::<B>::new().await;
    world.edit(1, |merchant| merchant.terms[0].commission.percent_ppm = 0).await;
    world.accepted("r-1", 1_000_000).await;
    refused(world.submit("r-2", 1).await);
    world.edit(1, |merchant| merchant.credit_limit_minor = 500).await;
    refused(world.submit("r-3", 501).await);
    world.accepted("r-4", 500).await;
    assert_eq!(world.balance(1, "available").await, -500);
    refused(world.submit("r-5", 1).await);
    world.finish().await;
}

/// What an account has moved in all may be more than one number holds; what it has may not.
pub(crate) async fn a_turnover_beyond_every_number<B: Backend>() {
    const HUGE: i64 = 4_000_000_000_000_000_000;
    let world = World::<B>::empty().await;
    world.add(crate::support::merchant("site-1")).await;
    world.top_up(1, 9_000_000_000_000_000_000).await;
    for reference in ["r-1", "r-2", "r-3"] {
        let payout = world.accepted(reference, HUGE).await;
        world.must(Reject { payout, by: Actor::System, reason: "no".into() }).await;
    }
    world.accepted("r-4", HUGE).await;
    world.accepted("r-5", HUGE).await;
    world.finish().await;
}
