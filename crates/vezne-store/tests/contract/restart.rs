//! A restart keeps everything.

use std::time::Duration;

use vezne_core::engine::approve::Approve;
use vezne_core::engine::dispatch::Accept;
use vezne_core::engine::doubt::MarkInDoubt;
use vezne_core::engine::fail::Fail;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::payout::Payout;
use vezne_core::port::PayoutFilter;

use crate::support::{Backend, World};

const MINUTE: Duration = Duration::from_secs(60);

/// Named one by one, so that a field that is added must be added here.
fn assert_same(left: &Payout, right: &Payout) {
    let Payout {
        id,
        merchant,
        dialect,
        reference,
        content,
        channel,
        amount,
        commission,
        receiver_commission,
        beneficiary,
        note,
        callback_to,
        created_at,
        updated_at,
        state,
    } = left;
    assert_eq!((id, merchant, dialect), (&right.id, &right.merchant, &right.dialect));
    assert_eq!((reference, content), (&right.reference, &right.content));
    assert_eq!((channel, amount, commission), (&right.channel, &right.amount, &right.commission));
    assert_eq!(receiver_commission, &right.receiver_commission);
    assert_eq!((beneficiary, note), (&right.beneficiary, &right.note));
    assert_eq!(callback_to, &right.callback_to);
    assert_eq!((created_at, updated_at), (&right.created_at, &right.updated_at));
    assert_eq!(state, &right.state);
}

/// One payout in every state and progress that lasts.
async fn every_state<B: Backend>() -> World<B> {
    let world = World::<B>::new().await;
    world.accepted("awaiting", 100).await;
    let payout = world.accepted("rejected", 100).await;
    let reason = "wrong account".to_owned();
    let by = Actor::Operator("ayse".into());
    world.must(Reject { payout, by: by.clone(), reason: reason.clone() }).await;
    let payout = world.sending("failed", 100).await;
    let fail = Fail { payout, attempt: Some(1), by: Actor::Rail, reason: reason.clone() };
    world.must(fail).await;
    world.settled("settled", 100).await;
    let payout = world.settled("returned", 100).await;
    world.clock.advance(5);
    world.must(Return { payout, by: Actor::Rail, reason }).await;
    let payout = world.sending("accepted", 100).await;
    let rail_reference = Some("EFT".to_owned());
    world.must(Accept { payout, attempt: 1, rail_reference, ask_again_in: MINUTE }).await;
    let (payout, detail) = (world.sending("in doubt", 100).await, "reset".to_owned());
    world
        .must(MarkInDoubt { payout, attempt: 1, detail, absent: true, ask_again_in: MINUTE })
        .await;
    world.sending("sending", 100).await;
    let payout = world.accepted("approved", 100).await;
    world.must(Approve { payout, by }).await;
    world
}

async fn payouts<B: Backend>(world: &World<B>) -> Vec<Payout> {
    let filter = PayoutFilter { limit: 100, ..PayoutFilter::default() };
    world.store.payouts(filter).await.expect("they read")
}

pub(crate) async fn a_payout_in_every_state<B: Backend>() {
    let world = every_state::<B>().await;
    let before = payouts(&world).await;
    assert_eq!(before.len(), 9);
    let world = world.reopen().await;
    let after = payouts(&world).await;
    assert_eq!(after.len(), 9);
    before.iter().zip(&after).for_each(|(before, after)| assert_same(before, after));
    let first = after.last().expect("nine");
    assert_eq!(first.note, b"CANARY-NOTE \x00\xff");
    let birth = first.beneficiary.birth_date.as_ref().expect("it is there");
    assert_eq!(birth.expose(), "29.02.1988");
    world.finish().await;
}

pub(crate) async fn the_books_and_the_trail<B: Backend>() {
    let world = every_state::<B>().await;
    let mut before = Vec::new();
    for round in 0..2 {
        let mut all = Vec::new();
        for id in (1..=9).map(PayoutId) {
            let entries = world.store.entries(id).await.expect("they read");
            let trail = world.store.trail(id).await.expect("it reads");
            all.push((entries, trail));
        }
        let balances = world.store.balances(MerchantId(1)).await.expect("they read");
        if round == 0 {
            before.push((all, balances));
        } else {
            assert_eq!(before, [(all, balances)]);
        }
    }
    let world = world.reopen().await;
    let (all, balances) = before.pop().expect("the first round");
    assert_eq!(world.store.balances(MerchantId(1)).await.expect("they read"), balances);
    for (id, (entries, trail)) in (1..).map(PayoutId).zip(all) {
        assert_eq!(world.store.entries(id).await.expect("they read"), entries);
        assert_eq!(world.store.trail(id).await.expect("it reads"), trail);
    }
    let trail = world.store.trail(PayoutId(2)).await.expect("it reads");
    let [line] = &trail[..] else { panic!("{trail:?}") };
    assert_eq!((line.action.as_str(), line.detail.as_str()), ("payout.rejected", "wrong account"));
    assert_eq!(line.actor, Actor::Operator("ayse".into()));
    world.finish().await;
}

pub(crate) async fn ids_go_on<B: Backend>() {
    let world = every_state::<B>().await;
    let world = world.reopen().await;
    assert_eq!(world.accepted("next", 100).await, PayoutId(10));
    let entries = world.store.entries(PayoutId(10)).await.expect("they read");
    let before = world.store.entries(PayoutId(9)).await.expect("they read");
    assert_eq!(entries[0].id.0, before[0].id.0 + 1);
    world.finish().await;
}
