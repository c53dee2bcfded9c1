//! What holds after every commit, whatever was done: computed anew from the rows, never trusted.

use std::collections::{BTreeMap, BTreeSet};

use super::book::Book;
use crate::engine::view::DayKey;
use crate::model::callback::{CallbackEvent, CallbackTarget};
use crate::model::ledger::{AccountKind, EntryReason, LedgerAccount};
use crate::model::payout::{Payout, PayoutState};

/// Checks a book after a commit against all invariants, and against the book before it.
pub(super) fn check(before: &Book, after: &Book) {
    balances_are_the_fold_of_postings(after);
    held_is_what_payouts_hold(after);
    nobody_sinks_below_the_credit_limit(before, after);
    a_reference_has_one_fate(after);
    days_are_the_sum_of_their_payouts(after);
    states_are_one_way(before, after);
    each_outcome_is_booked_and_told_once(after);
    each_booking_is_what_its_payout_says(after);
    what_is_written_stays(before, after);
}

fn balances_are_the_fold_of_postings(book: &Book) {
    let mut fold: BTreeMap<LedgerAccount, i64> = BTreeMap::new();
    for entry in &book.entries {
        let (merchant, currency) = (entry.merchant, entry.currency);
        assert!(!entry.postings.is_empty(), "an entry of nothing: {entry:?}");
        for posting in &entry.postings {
            let lively = posting.amount_minor > 0 && posting.debit != posting.credit;
            assert!(lively, "a posting of nothing: {posting:?}");
            for (kind, by) in
                [(&posting.debit, -posting.amount_minor), (&posting.credit, posting.amount_minor)]
            {
                let account = LedgerAccount { merchant, currency, kind: kind.clone() };
                *fold.entry(account).or_default() += by;
            }
        }
    }
    assert_eq!(fold.values().map(|minor| i128::from(*minor)).sum::<i128>(), 0);
    assert_eq!(book.balances, fold, "balances are the fold of postings");
}

fn held_is_what_payouts_hold(book: &Book) {
    let mut held: BTreeMap<LedgerAccount, i64> = BTreeMap::new();
    for payout in book.payouts.values().filter(|payout| payout.state.holds_money()) {
        let total = payout.total().expect("it fitted when it was accepted").minor();
        *held.entry(account(payout, AccountKind::Held)).or_default() += total;
    }
    let booked = book
        .balances
        .iter()
        .filter(|(account, minor)| account.kind == AccountKind::Held && **minor != 0);
    let booked: BTreeMap<_, _> = booked.map(|(account, minor)| (account.clone(), *minor)).collect();
    assert_eq!(booked, held, "held is the sum of the totals of payouts that hold");
}

fn account(payout: &Payout, kind: AccountKind) -> LedgerAccount {
    LedgerAccount { merchant: payout.merchant, currency: payout.amount.currency(), kind }
}

/// An operator may lower a limit below what is used already; spending more is what must not be.
fn nobody_sinks_below_the_credit_limit(before: &Book, after: &Book) {
    for (account, minor) in &after.balances {
        let merchant = after.directory.get(account.merchant).expect("accounts are a merchant's");
        let spent = *minor < before.balances.get(account).copied().unwrap_or(0);
        if account.kind == AccountKind::Available && spent {
            assert!(*minor >= -merchant.credit_limit_minor, "{} is at {minor}", merchant.name);
        }
        if account.kind == AccountKind::Held {
            assert!(*minor >= 0, "{} holds {minor}", merchant.name);
        }
    }
}

fn a_reference_has_one_fate(book: &Book) {
    let mut seen = BTreeSet::new();
    for payout in book.payouts.values() {
        let key = (payout.merchant, payout.reference.clone());
        assert!(!book.refusals.contains_key(&key), "{key:?} is refused and accepted");
        assert!(seen.insert(key.clone()), "{key:?} has two payouts");
        assert_eq!(book.references.get(&key), Some(&vec![payout.id]));
    }
}

fn days_are_the_sum_of_their_payouts(book: &Book) {
    let mut days: BTreeMap<DayKey, i64> = BTreeMap::new();
    for payout in book.payouts.values() {
        let (merchant, day, channel) = (payout.merchant, payout.day(), payout.channel.clone());
        let counted = if payout.state.counts_for_day() { payout.amount.minor() } else { 0 };
        *days.entry(DayKey { merchant, day, channel }).or_default() += counted;
    }
    assert_eq!(book.day_totals, days, "days are the sum of their payouts");
}

/// The place of a state on the road; none may go back, and an end is an end.
fn states_are_one_way(before: &Book, after: &Book) {
    for (id, earlier) in &before.payouts {
        let now = &after.payouts.get(id).expect("a payout stays").state;
        let may = match &earlier.state {
            PayoutState::AwaitingApproval => true,
            PayoutState::Approved => *now != PayoutState::AwaitingApproval,
            PayoutState::Dispatched(sent) => match now {
                PayoutState::Dispatched(next) => next.attempt >= sent.attempt && next.at == sent.at,
                PayoutState::Settled(_)
                | PayoutState::Failed { .. }
                | PayoutState::Returned { .. } => true,
                PayoutState::AwaitingApproval
                | PayoutState::Approved
                | PayoutState::Rejected { .. } => false,
            },
            PayoutState::Settled(paid) => {
                let returned =
                    matches!(now, PayoutState::Returned { ending, .. } if ending == paid);
                returned || *now == earlier.state
            }
            PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. } => *now == earlier.state,
        };
        assert!(may, "payout {id} went from {:?} to {now:?}", earlier.state);
    }
}

fn each_outcome_is_booked_and_told_once(book: &Book) {
    for payout in book.payouts.values() {
        let (booked, told): (&[EntryReason], &[CallbackEvent]) = match &payout.state {
            PayoutState::AwaitingApproval | PayoutState::Approved | PayoutState::Dispatched(_) => {
                (&[], &[])
            }
            PayoutState::Settled(_) => (&[EntryReason::Settle], &[CallbackEvent::Settled]),
            PayoutState::Rejected { .. } => (&[EntryReason::Release], &[CallbackEvent::Rejected]),
            PayoutState::Failed { .. } => (&[EntryReason::Release], &[CallbackEvent::Failed]),
            PayoutState::Returned { .. } => (
                &[EntryReason::Settle, EntryReason::Return],
                &[CallbackEvent::Settled, CallbackEvent::Returned],
            ),
        };
        let entries = book.entries.iter().filter(|entry| entry.payout == Some(payout.id));
        let reasons: Vec<_> = entries.map(|entry| entry.reason).collect();
        assert_eq!(reasons, [&[EntryReason::Hold], booked].concat(), "entries of {payout:?}");
        let callbacks = book.callbacks.values().filter(|callback| callback.payout == payout.id);
        let events: Vec<_> = callbacks.map(|callback| callback.event).collect();
        let told = if payout.callback_to == CallbackTarget::Nowhere { &[] } else { told };
        assert_eq!(events, told, "callbacks of {payout:?}");
    }
}

/// What is held, given back, paid, earned and returned, from the terms of the payout alone.
fn each_booking_is_what_its_payout_says(book: &Book) {
    for entry in &book.entries {
        let Some(payout) = entry.payout.and_then(|id| book.payouts.get(&id)) else {
            assert_eq!(entry.reason, EntryReason::TopUp);
            continue;
        };
        let amount = payout.amount.minor();
        let (merchants, receivers) =
            (payout.commission.minor(), payout.receiver_commission.minor());
        assert!((0..amount).contains(&receivers), "nothing is left to pay of {payout:?}");
        let (available, held) = (AccountKind::Available, AccountKind::Held);
        let income = AccountKind::CommissionIncome;
        let clearing = match &payout.state {
            PayoutState::Settled(ending) | PayoutState::Returned { ending, .. } => {
                AccountKind::RailClearing(ending.rail.clone())
            }
            PayoutState::AwaitingApproval
            | PayoutState::Approved
            | PayoutState::Dispatched(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. } => AccountKind::Funding,
        };
        let mut expected = match entry.reason {
            EntryReason::Hold => vec![(available, held, amount + merchants)],
            EntryReason::Release => vec![(held, available, amount + merchants)],
            EntryReason::Settle => vec![
                (held.clone(), clearing, amount - receivers),
                (held.clone(), income.clone(), merchants),
                (held, income, receivers),
            ],
            EntryReason::Return => vec![(clearing, available, amount - receivers)],
            EntryReason::TopUp => panic!("a top-up of {payout:?}"),
        };
        expected.retain(|(_, _, minor)| *minor != 0);
        let postings = entry.postings.iter();
        let booked = postings.map(|one| (one.debit.clone(), one.credit.clone(), one.amount_minor));
        assert_eq!(booked.collect::<Vec<_>>(), expected, "the booking of {payout:?}");
    }
}

fn what_is_written_stays(before: &Book, after: &Book) {
    assert!(after.entries.starts_with(&before.entries), "the ledger is append-only");
    assert!(after.trail.starts_with(&before.trail), "the trail is append-only");
    assert!(after.attempts.starts_with(&before.attempts), "attempts are append-only");
    for (id, earlier) in &before.callbacks {
        let now = after.callbacks.get(id).expect("a callback stays");
        let is_for_later_keys = now.body.is_some() && now.body_version > earlier.body_version;
        let stays = earlier.body.is_none() || now.body == earlier.body || is_for_later_keys;
        assert!(stays, "the bytes of {id} changed");
        assert!(now.attempts >= earlier.attempts, "attempts of {id} were taken back");
        assert!((now.event, &now.message) == (earlier.event, &earlier.message));
    }
    for (id, counts) in &before.kept {
        let now = after.kept.get(id).expect("counts stay");
        assert!(now.refusals >= counts.refusals && now.idle_proofs >= counts.idle_proofs);
    }
    for key in before.used_proofs.keys() {
        assert!(after.used_proofs.contains_key(key), "{key:?} was forgotten");
    }
}

/// Spoils a sound book and checks it; every invariant must be able to say no.
fn spoil(change: impl FnOnce(&mut Book)) {
    let table = super::table::check(
        "merchant A \n top-up A 50.00 \n submit A ref-1 papara 10.00 \n submit A ref-2 papara 5.00
         reject 1 no \n approve 2",
    );
    let mut spoiled = table.book.clone();
    change(&mut spoiled);
    check(&table.book, &spoiled);
}

fn change_payout(book: &mut Book, id: i64, change: impl FnOnce(&mut Payout)) {
    let id = crate::model::identifier::PayoutId(id);
    book.payouts.get_mut(&id).map(change).expect("the payout");
}

#[test]
fn a_sound_book_passes() {
    spoil(|_| {});
}

#[test]
#[should_panic(expected = "balances are the fold of postings")]
fn a_balance_without_postings_is_seen() {
    spoil(|book| *book.balances.values_mut().next().expect("a balance") += 1);
}

#[test]
#[should_panic(expected = "has two payouts")]
fn a_second_payout_under_a_reference_is_seen() {
    spoil(|book| {
        let first = book.payouts.values().next().expect("a payout").reference.clone();
        change_payout(book, 2, |payout| payout.reference = first);
    });
}

#[test]
#[should_panic(expected = "held is the sum of the totals of payouts that hold")]
fn an_end_without_its_entry_is_seen() {
    spoil(|book| {
        let reason = String::new();
        let failed = PayoutState::Failed { rail: "simulator".into(), reason };
        change_payout(book, 2, |payout| payout.state = failed);
    });
}

#[test]
#[should_panic(expected = "went from")]
fn a_state_that_goes_back_is_seen() {
    spoil(|book| change_payout(book, 2, |payout| payout.state = PayoutState::AwaitingApproval));
}

#[test]
#[should_panic(expected = "callbacks of")]
fn an_outcome_that_nobody_tells_is_seen() {
    spoil(|book| book.callbacks.clear());
}

#[test]
#[should_panic(expected = "days are the sum of their payouts")]
fn a_day_that_forgets_is_seen() {
    spoil(|book| book.day_totals.values_mut().for_each(|minor| *minor = 0));
}

#[test]
#[should_panic(expected = "the booking of")]
fn a_booking_of_another_amount_is_seen() {
    spoil(|book| change_payout(book, 1, |payout| payout.commission = payout.amount));
}
