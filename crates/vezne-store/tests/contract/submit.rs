//! Submissions: accepted, repeated, refused.

use vezne_core::engine::submit::SubmitPayout;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::ledger::{AccountKind, EntryReason, Posting};
use vezne_core::model::merchant::{Merchant, MerchantStatus, ReferenceScope};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::PayoutState;

use crate::support::{Backend, HOUR, Refused, World, merchant, refused, submission};

fn lira(minor: i64) -> Money {
    Money::new(minor, Currency::TRY)
}

pub(crate) async fn accepts_and_books<B: Backend>() {
    let world = World::<B>::new().await;
    let first = world.submit("r-1", 25_000).await.expect("it is accepted");
    assert_eq!((first.payout, first.replayed), (PayoutId(1), false));
    assert_eq!(world.accepted("r-2", 100).await, PayoutId(2));
    let payout = world.payout(first.payout).await;
    assert_eq!((payout.amount, payout.commission), (lira(25_000), lira(375)));
    assert_eq!(payout.state, PayoutState::AwaitingApproval);
    let entries = world.store.entries(first.payout).await.expect("they read");
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    let (debit, credit) = (AccountKind::Available, AccountKind::Held);
    assert_eq!(entry.postings, [Posting { debit, credit, amount_minor: 25_375 }]);
    assert_eq!((entry.reason, entry.at), (EntryReason::Hold, payout.created_at));
    assert_eq!(world.balance(1, "available").await, 1_000_000 - 25_375 - 102);
    assert_eq!(world.balance(1, "held").await, 25_375 + 102);
    world.finish().await;
}

pub(crate) async fn replays_the_same_content<B: Backend>() {
    let world = World::<B>::new().await;
    let first = world.submit("r-1", 25_000).await.expect("it is accepted");
    world.clock.advance(HOUR);
    let again = world.submit("r-1", 25_000).await.expect("it is the same");
    assert_eq!((again.payout, again.created_at), (first.payout, first.created_at));
    assert!(again.replayed);
    world.edit(1, |merchant| merchant.status = MerchantStatus::Suspended).await;
    let again = world.submit("r-1", 25_000).await.expect("a suspension changes nothing of it");
    assert!(again.replayed);
    assert_eq!(world.balance(1, "held").await, 25_375);
    world.finish().await;
}

pub(crate) async fn refuses_a_reused_reference<B: Backend>() {
    let world = World::<B>::new().await;
    let existing = world.accepted("r-1", 25_000).await;
    for _ in 0..2 {
        let answer = refused(world.submit("r-1", 25_001).await);
        assert_eq!(answer, (Refused::ReferenceReused { existing }, false));
    }
    assert_eq!(world.payout(existing).await.amount, lira(25_000));
    world.finish().await;
}

/// Everything is wrong at first; what is mended uncovers the next refusal.
pub(crate) async fn refusals_in_order_of_precedence<B: Backend>() {
    let world = World::<B>::new().await;
    world
        .edit(1, |merchant| {
            merchant.status = MerchantStatus::Suspended;
            merchant.retry_refused = true;
            merchant.day_limit_minor = Some(5_000);
            merchant.terms[0].channel = "payco".into();
            merchant.terms[0].amount.minimum_minor = Some(60_000_000);
        })
        .await;
    type Mend = fn(&mut Merchant);
    let steps: [(Mend, Refused); 6] = [
        (|_| {}, Refused::MerchantSuspended),
        (
            |merchant| merchant.status = MerchantStatus::Active,
            Refused::ChannelNotOffered { channel: "bank-transfer".into() },
        ),
        (
            |merchant| merchant.terms[0].channel = "bank-transfer".into(),
            Refused::AmountBelowMinimum { minimum: lira(60_000_000) },
        ),
        (
            |merchant| {
                let bounds = &mut merchant.terms[0].amount;
                (bounds.minimum_minor, bounds.maximum_minor) = (None, Some(40_000_000));
            },
            Refused::AmountAboveMaximum { maximum: lira(40_000_000) },
        ),
        (
            |merchant| merchant.terms[0].amount.maximum_minor = None,
            Refused::DayLimitReached { limit: lira(5_000) },
        ),
        (
            |merchant| merchant.day_limit_minor = None,
            Refused::InsufficientBalance { needed: lira(50_750_000) },
        ),
    ];
    for (mend, expected) in steps {
        world.edit(1, mend).await;
        let answer = refused(world.submit("r-1", 50_000_000).await);
        assert_eq!(answer, (expected, false));
    }
    world.finish().await;
}

pub(crate) async fn a_refusal_is_final<B: Backend>() {
    let world = World::<B>::new().await;
    let needed = lira(2_030_000);
    let first = refused(world.submit("r-1", 2_000_000).await);
    assert_eq!(first, (Refused::InsufficientBalance { needed }, false));
    world.top_up(1, 9_000_000).await;
    for minor in [2_000_000, 1] {
        let again = refused(world.submit("r-1", minor).await);
        assert_eq!(again, (Refused::InsufficientBalance { needed }, true));
    }
    let world = world.reopen().await;
    let again = refused(world.submit("r-1", 2_000_000).await);
    assert_eq!(again, (Refused::InsufficientBalance { needed }, true));
    world.accepted("r-2", 2_000_000).await;
    world.finish().await;
}

pub(crate) async fn retry_refused_opens_again<B: Backend>() {
    let world = World::<B>::new().await;
    world.edit(1, |merchant| merchant.retry_refused = true).await;
    for minor in [2_000_000, 3_000_000] {
        let (_, replayed) = refused(world.submit("r-1", minor).await);
        assert!(!replayed);
    }
    world.top_up(1, 9_000_000).await;
    let id = world.accepted("r-1", 2_000_000).await;
    world.edit(1, |merchant| merchant.retry_refused = false).await;
    let again = world.submit("r-1", 2_000_000).await.expect("the payout stands, not the refusal");
    assert_eq!((again.payout, again.replayed), (id, true));
    world.finish().await;
}

pub(crate) async fn a_lack_may_leave_a_reference_open<B: Backend>() {
    let world = World::<B>::new().await;
    let open = |text, minor| world.command(submission(text, minor)).open_after_lack();
    for _ in 0..2 {
        let (why, replayed) = refused(world.run(open("r-1", 2_000_000)).await);
        assert!(matches!(why, Refused::InsufficientBalance { .. }) && !replayed, "{why:?}");
    }
    // Whoever does not ask for that hears the first answer again.
    assert!(refused(world.submit("r-1", 2_000_000).await).1);
    // Any other refusal closes it all the same.
    world.edit(1, |merchant| merchant.status = MerchantStatus::Suspended).await;
    assert_eq!(refused(world.run(open("r-2", 100)).await), (Refused::MerchantSuspended, false));
    world.edit(1, |merchant| merchant.status = MerchantStatus::Active).await;
    assert_eq!(refused(world.run(open("r-2", 100)).await), (Refused::MerchantSuspended, true));
    world.top_up(1, 9_000_000).await;
    let accepted = world.must(open("r-1", 2_000_000)).await;
    let again = world.must(open("r-1", 2_000_000)).await;
    assert_eq!((again.payout, again.replayed), (accepted.payout, true));
    world.finish().await;
}

pub(crate) async fn references_per_channel<B: Backend>() {
    let world = World::<B>::new().await;
    let on = |channel: &str| {
        let mut submission = submission("r-1", 100);
        submission.channel = channel.into();
        world.command(submission)
    };
    world.must(on("papara")).await;
    let (why, _) = refused(world.run(world.command(submission("r-1", 200))).await);
    assert_eq!(why, Refused::ReferenceReused { existing: PayoutId(1) });
    world.edit(1, |merchant| merchant.reference_scope = ReferenceScope::Channel).await;
    let transfer = on("bank-transfer");
    let second = world.must(transfer).await.payout;
    let papara = on("papara");
    let third = world.must(papara).await.payout;
    assert_eq!(world.places(&[second, third]).await, [2, 3]);
    let papara = on("papara");
    assert!(world.must(papara).await.replayed);
    let scope = world.payout(second).await.reference.scope;
    assert_eq!(scope, Some("bank-transfer".into()));
    world.finish().await;
}

pub(crate) async fn references_are_each_merchants_own<B: Backend>() {
    let world = World::<B>::new().await;
    world.add(merchant("site-2")).await;
    world.top_up(2, 1_000_000).await;
    let first = world.accepted("r-1", 100).await;
    let other = SubmitPayout::new(world.proof(2), submission("r-1", 200));
    assert_ne!(world.must(other).await.payout, first);
    assert_eq!(world.balance(2, "held").await, 203);
    world.finish().await;
}

pub(crate) async fn details_may_be_absent<B: Backend>() {
    let world = World::<B>::new().await;
    for (index, (identity, birth, note)) in
        [(true, true, true), (true, false, false), (false, true, false), (false, false, true)]
            .into_iter()
            .chain([(false, false, false)])
            .enumerate()
    {
        let mut given = submission(&format!("r-{index}"), 100);
        given.beneficiary.identity = given.beneficiary.identity.filter(|_| identity);
        given.beneficiary.birth_date = given.beneficiary.birth_date.filter(|_| birth);
        given.beneficiary.bank = given.beneficiary.bank.filter(|_| note);
        given.note.retain(|_| note);
        let id = world.must(world.command(given.clone())).await.payout;
        let kept = world.payout(id).await;
        assert_eq!((kept.beneficiary, kept.note), (given.beneficiary, given.note), "{index}");
    }
    world.finish().await;
}
