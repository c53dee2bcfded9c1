//! A restart keeps everything.

use std::time::Duration;

use vezne_core::engine::approve::Approve;
use vezne_core::engine::dispatch::Accept;
use vezne_core::engine::doubt::MarkInDoubt;
use vezne_core::engine::fail::Fail;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::engine::submit::Submission;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::commission::Commission;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::payout::Payout;
use vezne_core::port::{CallbackFilter, PayoutFilter};

use crate::support::{Backend, World, submission};

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
        rail_key,
        trust,
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
    assert_eq!((rail_key, trust), (&right.rail_key, &right.trust));
    assert_eq!((created_at, updated_at), (&right.created_at, &right.updated_at));
    assert_eq!(state, &right.state);
}

/// What payouts differ in, apart from their state: the percentage that the beneficiary bears, the
/// bank in the merchant's words, and where callbacks go.
fn kinds() -> [(u32, Option<&'static str>, CallbackTarget); 3] {
    [
        (0, None, CallbackTarget::Merchant),
        (20_000, Some("Ziraat Bankası"), CallbackTarget::Endpoint("refunds".to_owned())),
        (990_000, Some(""), CallbackTarget::Nowhere),
    ]
}

/// How many states there are for each kind, and callbacks of a kind that is told about.
const STATES: usize = 9;
const TOLD: usize = 5;

/// One payout of every kind in every state and progress that lasts.
pub(crate) async fn every_state<B: Backend>() -> World<B> {
    let world = World::<B>::new().await;
    for kind in 0..kinds().len() {
        every_lasting_state(&world, kind).await;
    }
    // Last, because a claim would take them.
    for kind in 0..kinds().len() {
        let payout = accepted(&world, "approved", kind).await;
        world.must(Approve { payout, by: Actor::Operator("ayse".into()) }).await;
    }
    world
}

async fn accepted<B: Backend>(world: &World<B>, state: &str, kind: usize) -> PayoutId {
    let (percent_ppm, bank_name, callback_to) = kinds().into_iter().nth(kind).expect("a kind");
    let tariff = Commission { percent_ppm, ..Commission::default() };
    world.edit(1, move |merchant| merchant.terms[0].receiver_commission = tariff).await;
    let mut given = Submission { callback_to, ..submission(&format!("{state} {kind}"), 100) };
    given.beneficiary.bank_name = bank_name.map(str::to_owned);
    world.must(world.command(given)).await.payout
}

async fn sending<B: Backend>(world: &World<B>, state: &str, kind: usize) -> PayoutId {
    let payout = accepted(world, state, kind).await;
    world.send(payout).await;
    payout
}

async fn settled<B: Backend>(world: &World<B>, state: &str, kind: usize) -> PayoutId {
    let payout = sending(world, state, kind).await;
    world.pay(payout).await;
    payout
}

async fn every_lasting_state<B: Backend>(world: &World<B>, kind: usize) {
    accepted(world, "awaiting", kind).await;
    let payout = accepted(world, "rejected", kind).await;
    let (reason, by) = ("wrong account".to_owned(), Actor::Operator("ayse".into()));
    world.must(Reject { payout, by, reason: reason.clone() }).await;
    let payout = sending(world, "failed", kind).await;
    let fail = Fail { payout, attempt: Some(1), by: Actor::Rail, reason: reason.clone() };
    world.must(fail).await;
    settled(world, "settled", kind).await;
    let payout = settled(world, "returned", kind).await;
    world.clock.advance(5);
    world.must(Return { payout, by: Actor::Rail, reason }).await;
    let payout = sending(world, "accepted", kind).await;
    let rail_reference = Some("EFT".to_owned());
    world.must(Accept { payout, attempt: 1, rail_reference, ask_again_in: MINUTE }).await;
    let (payout, detail) = (sending(world, "in doubt", kind).await, "reset".to_owned());
    world
        .must(MarkInDoubt { payout, attempt: 1, detail, absent: true, ask_again_in: MINUTE })
        .await;
    sending(world, "sending", kind).await;
}

async fn payouts<B: Backend>(world: &World<B>) -> Vec<Payout> {
    let filter = PayoutFilter { limit: 100, ..PayoutFilter::default() };
    world.store.payouts(filter).await.expect("they read").whole().expect("all of them")
}

pub(crate) async fn a_payout_in_every_state<B: Backend>() {
    let world = every_state::<B>().await;
    let before = payouts(&world).await;
    let world = world.reopen().await;
    let after = payouts(&world).await;
    assert_eq!((before.len(), after.len()), (27, 27));
    before.iter().zip(&after).for_each(|(before, after)| assert_same(before, after));
    let first = after.last().expect("one of them");
    assert_eq!(first.note, b"CANARY-NOTE \x00\xff");
    let birth = first.beneficiary.birth_date.as_ref().expect("it is there");
    assert_eq!(birth.expose(), "29.02.1988");
    for (percent_ppm, bank_name, target) in kinds() {
        let of_kind = after.iter().filter(|payout| {
            payout.callback_to == target
                && payout.beneficiary.bank_name.as_deref() == bank_name
                && payout.receiver_commission.minor() * 10_000 == i64::from(percent_ppm)
        });
        assert_eq!(of_kind.count(), STATES, "{target:?}");
    }
    world.finish().await;
}

pub(crate) async fn outcomes_are_told_to_whom_they_were_promised<B: Backend>() {
    let world = every_state::<B>().await.reopen().await;
    let filter = CallbackFilter { limit: 100, ..CallbackFilter::default() };
    let callbacks = world.store.callbacks(filter).await.expect("they read").rows;
    let mut told = [0, 0, 0];
    for callback in callbacks {
        let target = world.payout(callback.payout).await.callback_to;
        let kind = kinds().iter().position(|(.., of_kind)| *of_kind == target);
        told[kind.expect("a kind")] += 1;
    }
    assert_eq!(told, [TOLD, TOLD, 0]);
    world.finish().await;
}

pub(crate) async fn the_books_and_the_trail<B: Backend>() {
    let world = every_state::<B>().await;
    let mut before = Vec::new();
    for round in 0..2 {
        let mut all = Vec::new();
        for id in (1..=27).map(PayoutId) {
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
    assert_eq!(world.accepted("next", 100).await, PayoutId(28));
    let entries = world.store.entries(PayoutId(28)).await.expect("they read");
    let before = world.store.entries(PayoutId(27)).await.expect("they read");
    assert_eq!(entries[0].id.0, before[0].id.0 + 1);
    world.finish().await;
}
