//! The suite.

use std::sync::Arc;

use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::rail::{PaymentOrder, RailAnswer};
use vezne_core::model::time::Timestamp;
use vezne_core::port::Rail;

/// The kind of an answer, without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Accepted,
    Settled,
    Refused,
    InDoubt,
    NeverReceived,
    CannotTell,
}

/// What a rail answers, by kind.
pub(crate) fn kind(answer: &RailAnswer) -> Kind {
    match answer {
        RailAnswer::Accepted { .. } => Kind::Accepted,
        RailAnswer::Settled { .. } => Kind::Settled,
        RailAnswer::Refused { .. } => Kind::Refused,
        RailAnswer::InDoubt { .. } => Kind::InDoubt,
        RailAnswer::NeverReceived => Kind::NeverReceived,
        RailAnswer::CannotTell => Kind::CannotTell,
    }
}

/// An order that a rail under test answers in a known way.
pub(crate) struct Case {
    /// The amount in minor units.
    pub(crate) minor: i64,
    /// What the first send is answered.
    pub(crate) first: Kind,
    /// What a status query is answered much later, the order having been sent once.
    pub(crate) last: Kind,
}

/// A rail and what the suite has to know of it.
pub(crate) struct Subject {
    /// A fresh one.
    pub(crate) open: fn() -> Arc<dyn Rail>,
    /// Its code.
    pub(crate) code: &'static str,
    /// Orders of every kind it can answer.
    pub(crate) cases: &'static [Case],
    /// What it says about an order that it was never sent.
    pub(crate) unknown: Kind,
}

/// A moment, in seconds since the epoch.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// An order, dispatched and sent at a moment.
pub(crate) fn order(payout: i64, minor: i64, seconds: i64) -> PaymentOrder {
    PaymentOrder {
        payout: PayoutId(payout),
        reference: format!("VZ{payout:010}"),
        channel: "bank-transfer".into(),
        amount: Money::new(minor, Currency::TRY),
        beneficiary: Beneficiary {
            name: "Ahmet Demir".into(),
            account: "TR123445678945613245645".into(),
            bank: None,
            bank_name: None,
            identity: None,
            birth_date: None,
        },
        dispatched_at: at(seconds),
        now: at(seconds),
    }
}

/// The same order at another moment.
pub(crate) fn later(order: &PaymentOrder, seconds: i64) -> PaymentOrder {
    PaymentOrder { now: at(seconds), ..order.clone() }
}

const MUCH_LATER: i64 = 86_400;

/// Runs the whole suite.
pub(crate) async fn holds(subject: &Subject) {
    assert_eq!((subject.open)().code().as_str(), subject.code);
    for case in subject.cases {
        first_answer_and_last(subject, case).await;
        a_repeat_is_answered_as_the_first_was(subject, case).await;
        asking_changes_nothing(subject, case).await;
        an_ending_is_final(subject, case).await;
    }
    orders_are_kept_apart(subject).await;
    returns_name_settled_payouts(subject).await;
}

async fn first_answer_and_last(subject: &Subject, case: &Case) {
    let rail = (subject.open)();
    let order = order(1, case.minor, 0);
    assert_eq!(kind(&rail.send(&order).await), case.first, "{}", case.minor);
    assert_eq!(kind(&rail.status(&later(&order, MUCH_LATER)).await), case.last, "{}", case.minor);
}

/// Unless the first send never arrived: then the next one is the first.
async fn a_repeat_is_answered_as_the_first_was(subject: &Subject, case: &Case) {
    let rail = (subject.open)();
    let order = order(1, case.minor, 0);
    let mut first = rail.send(&order).await;
    if first == RailAnswer::NeverReceived {
        first = rail.send(&later(&order, 1)).await;
        assert_ne!(first, RailAnswer::NeverReceived, "{}", case.minor);
    }
    assert_eq!(rail.send(&later(&order, 2)).await, first, "{}", case.minor);
    assert_eq!(rail.send(&later(&order, MUCH_LATER)).await, first, "{}", case.minor);
}

/// A status query never pays, and does not make an order known.
async fn asking_changes_nothing(subject: &Subject, case: &Case) {
    let (asked, silent) = ((subject.open)(), (subject.open)());
    let order = order(1, case.minor, 0);
    for seconds in 0..5 {
        assert_eq!(kind(&asked.status(&later(&order, seconds)).await), subject.unknown);
    }
    let sent = later(&order, 10);
    assert_eq!(asked.send(&sent).await, silent.send(&sent).await, "{}", case.minor);
    for seconds in [10, 20, MUCH_LATER] {
        let answers = [
            asked.status(&later(&order, seconds)).await,
            asked.status(&later(&order, seconds)).await,
        ];
        let other = silent.status(&later(&order, seconds)).await;
        assert_eq!(answers, [other.clone(), other], "{} at {seconds}", case.minor);
    }
}

/// Once settled or refused, an order stays so.
async fn an_ending_is_final(subject: &Subject, case: &Case) {
    let rail = (subject.open)();
    let order = order(1, case.minor, 0);
    let mut last = rail.send(&order).await;
    for seconds in (0..200).step_by(7).chain([MUCH_LATER]) {
        let answer = rail.status(&later(&order, seconds)).await;
        if matches!(kind(&last), Kind::Settled | Kind::Refused) {
            assert_eq!(answer, last, "{} at {seconds}", case.minor);
        }
        last = answer;
    }
}

async fn orders_are_kept_apart(subject: &Subject) {
    let rail = (subject.open)();
    for (payout, case) in (1..).zip(subject.cases) {
        assert_eq!(kind(&rail.send(&order(payout, case.minor, 0)).await), case.first);
    }
    for (payout, case) in (1..).zip(subject.cases) {
        let asked = later(&order(payout, case.minor, 0), MUCH_LATER);
        assert_eq!(kind(&rail.status(&asked).await), case.last, "{}", case.minor);
    }
}

async fn returns_name_settled_payouts(subject: &Subject) {
    let rail = (subject.open)();
    assert_eq!(rail.returns(at(MUCH_LATER)).await, []);
    let mut settled = Vec::new();
    for (payout, case) in (1..).zip(subject.cases) {
        rail.send(&order(payout, case.minor, 0)).await;
        settled.extend((case.last == Kind::Settled).then_some(PayoutId(payout)));
    }
    assert_eq!(rail.returns(at(0)).await, []);
    for one in rail.returns(at(MUCH_LATER)).await {
        assert!(settled.contains(&one.payout), "{one:?}");
        assert!(!one.reason.is_empty());
    }
}
