//! No two payouts share a seal, and what a seal leaves out is what is said.

use std::sync::Arc;

use vezne_core::model::approval::Actor;
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::{
    ContentDigest, Dispatch, Ending, MerchantReference, Payout, PayoutState, Progress,
};
use vezne_core::model::personal::Personal;
use vezne_core::model::time::Timestamp;
use vezne_core::port::Random;

use super::seal;
use crate::key::MasterKey;
use crate::seal::Sealer;

struct Zeros;

impl Random for Zeros {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

fn sealer(key: u8) -> Sealer {
    Sealer::new(&MasterKey::generate([key; 32]), Arc::new(Zeros)).expect("a sealer")
}

const fn lira(minor: i64) -> Money {
    Money::new(minor, Currency::TRY)
}

fn dispatch() -> Dispatch {
    Dispatch {
        rail: "simulator".into(),
        at: Timestamp::from_micros(7),
        attempt: 1,
        progress: Progress::Sending,
        rail_reference: None,
        accepted: false,
        absent_since: None,
        checks: 0,
        due_at: Timestamp::from_micros(8),
    }
}

fn payout() -> Payout {
    Payout {
        id: PayoutId(1),
        merchant: MerchantId(2),
        dialect: "bankopay".into(),
        reference: MerchantReference { text: "r-1".to_owned(), scope: None },
        content: ContentDigest([3; 16]),
        channel: "papara".into(),
        amount: lira(1_000),
        commission: lira(15),
        receiver_commission: lira(0),
        beneficiary: Beneficiary {
            name: "Ada".to_owned(),
            account: "TR33".to_owned(),
            bank: None,
            bank_name: None,
            identity: None,
            birth_date: None,
        },
        note: Vec::new(),
        callback_to: CallbackTarget::Merchant,
        rail_key: Some("VZ1".to_owned()),
        trust: 0,
        created_at: Timestamp::from_micros(5),
        updated_at: Timestamp::from_micros(6),
        state: PayoutState::AwaitingApproval,
    }
}

type Change = fn(&mut Payout);

const COVERED: [(&str, Change); 26] = [
    ("id", |one| one.id = PayoutId(2)),
    ("merchant", |one| one.merchant = MerchantId(1)),
    ("dialect", |one| one.dialect = "applyfor".into()),
    ("reference", |one| one.reference.text = "r-2".to_owned()),
    ("scope", |one| one.reference.scope = Some("papara".into())),
    ("content", |one| one.content = ContentDigest([4; 16])),
    ("channel", |one| one.channel = "iban".into()),
    ("amount", |one| one.amount = lira(1_001)),
    ("currency", |one| one.amount = Money::new(1_000, "USD".parse().expect("a currency"))),
    ("commission", |one| one.commission = lira(16)),
    ("receiver commission", |one| one.receiver_commission = lira(1)),
    ("name", |one| one.beneficiary.name = "Eve".to_owned()),
    ("account", |one| one.beneficiary.account = "TR34".to_owned()),
    ("bank", |one| one.beneficiary.bank = Some(1)),
    ("bank name", |one| one.beneficiary.bank_name = Some(String::new())),
    ("identity", |one| one.beneficiary.identity = Some(Personal::new("1"))),
    ("birth date", |one| one.beneficiary.birth_date = Some(Personal::new("1"))),
    ("note", |one| one.note = vec![1]),
    ("nowhere", |one| one.callback_to = CallbackTarget::Nowhere),
    ("URL", |one| one.callback_to = CallbackTarget::Url("https://x.example".to_owned())),
    ("rail key", |one| one.rail_key = Some("VZ2".to_owned())),
    ("no rail key", |one| one.rail_key = None),
    ("trust", |one| one.trust = 1),
    ("created", |one| one.created_at = Timestamp::from_micros(6)),
    ("approved", |one| one.state = PayoutState::Approved),
    ("a letter of the name that went to the account", |one| {
        one.beneficiary.name = "Ad".to_owned();
        one.beneficiary.account = "aTR33".to_owned();
    }),
];

fn dispatched(change: impl FnOnce(&mut Dispatch)) -> PayoutState {
    let mut dispatch = dispatch();
    change(&mut dispatch);
    PayoutState::Dispatched(dispatch)
}

fn states() -> Vec<PayoutState> {
    let doubt = |detail: &str, since| Progress::InDoubt {
        since: Timestamp::from_micros(since),
        detail: detail.to_owned(),
    };
    let ending = |reference: Option<&str>| Ending {
        rail: "simulator".into(),
        rail_reference: reference.map(str::to_owned),
    };
    let by = Actor::System;
    vec![
        dispatched(|_| {}),
        dispatched(|one| one.rail = "manual".into()),
        dispatched(|one| one.at = Timestamp::from_micros(8)),
        dispatched(|one| one.attempt = 2),
        dispatched(|one| one.progress = Progress::Unsent),
        dispatched(|one| one.progress = Progress::Accepted),
        dispatched(|one| one.progress = doubt("a", 1)),
        dispatched(|one| one.progress = doubt("b", 1)),
        dispatched(|one| one.progress = doubt("a", 2)),
        dispatched(|one| one.rail_reference = Some("R".to_owned())),
        dispatched(|one| one.accepted = true),
        dispatched(|one| one.absent_since = Some(Timestamp::from_micros(9))),
        PayoutState::Settled(ending(None)),
        PayoutState::Settled(ending(Some("R"))),
        PayoutState::Rejected { by: by.clone(), reason: "a".to_owned() },
        PayoutState::Rejected { by, reason: "b".to_owned() },
        PayoutState::Failed { rail: "simulator".into(), reason: "a".to_owned() },
        PayoutState::Returned { ending: ending(None), reason: "a".to_owned() },
    ]
}

#[test]
fn whatever_decides_is_covered() {
    let sealer = sealer(1);
    let mut seen = vec![("nothing".to_owned(), seal(&sealer, &payout()))];
    for (what, change) in COVERED {
        let mut changed = payout();
        change(&mut changed);
        seen.push((what.to_owned(), seal(&sealer, &changed)));
    }
    for state in states() {
        seen.push((format!("{state:?}"), seal(&sealer, &Payout { state, ..payout() })));
    }
    for (index, (what, one)) in seen.iter().enumerate() {
        let same = seen.iter().skip(index + 1).find(|(_, other)| one == other);
        assert!(same.is_none(), "{what} has the seal of {same:?}");
    }
}

#[test]
fn when_it_is_looked_at_next_is_not_covered() {
    let sealer = sealer(1);
    let state = dispatched(|_| {});
    let usual = seal(&sealer, &Payout { state: state.clone(), ..payout() });
    let later = Timestamp::from_micros(99);
    for other in [
        Payout { updated_at: later, state, ..payout() },
        Payout { state: dispatched(|one| one.due_at = later), ..payout() },
        Payout { state: dispatched(|one| one.checks = 9), ..payout() },
    ] {
        assert_eq!(seal(&sealer, &other), usual, "{:?}", other.state);
    }
}

#[test]
fn no_other_key_makes_it() {
    assert_ne!(seal(&sealer(1), &payout()), seal(&sealer(2), &payout()));
}
