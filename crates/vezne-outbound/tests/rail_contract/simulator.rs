//! The contract for the sandbox rail, and its magic values one by one.

use std::sync::Arc;

use vezne_core::model::rail::PaymentOrder;
use vezne_core::port::Rail as _;
use vezne_outbound::OutboundSettings;
use vezne_outbound::rail::simulator::magic::MAGIC;
use vezne_outbound::rail::simulator::{Simulator, SimulatorSettings};

use crate::contract::{Case, Kind, Subject, at, holds, kind, later, order};

const CASES: &[Case] = &[
    Case { minor: 25_000, first: Kind::Settled, last: Kind::Settled },
    Case { minor: 25_001, first: Kind::Refused, last: Kind::Refused },
    Case { minor: 25_002, first: Kind::Accepted, last: Kind::Settled },
    Case { minor: 25_003, first: Kind::InDoubt, last: Kind::Settled },
    Case { minor: 25_004, first: Kind::InDoubt, last: Kind::InDoubt },
    Case { minor: 25_005, first: Kind::Settled, last: Kind::Settled },
    Case { minor: 25_006, first: Kind::NeverReceived, last: Kind::NeverReceived },
    Case { minor: 25_007, first: Kind::Accepted, last: Kind::Refused },
];

fn simulator() -> Simulator {
    Simulator::open(SimulatorSettings::default()).expect("no file, no failure")
}

#[tokio::test]
async fn the_contract_holds() {
    assert_eq!(CASES.len(), MAGIC.len());
    let open = || -> Arc<dyn vezne_core::port::Rail> { Arc::new(simulator()) };
    let (code, unknown) = ("simulator", Kind::NeverReceived);
    holds(&Subject { open, code, cases: CASES, unknown }).await;
}

#[tokio::test]
async fn answers_turn_at_their_moments() {
    for (minor, turns_at, before, after) in [
        (25_002, 30, Kind::Accepted, Kind::Settled),
        (25_003, 60, Kind::InDoubt, Kind::Settled),
        (25_007, 30, Kind::Accepted, Kind::Refused),
    ] {
        let rail = simulator();
        let order = order(1, minor, 1_000);
        assert_eq!(kind(&rail.send(&order).await), before, "{minor}");
        for (seconds, expected) in [(0, before), (turns_at - 1, before), (turns_at, after)] {
            let answer = rail.status(&later(&order, 1_000 + seconds)).await;
            assert_eq!(kind(&answer), expected, "{minor} after {seconds} s");
        }
    }
}

#[tokio::test]
async fn returns_come_after_a_minute_and_may_be_told_again() {
    let rail = simulator();
    for (payout, minor) in [(1, 25_000), (2, 25_005), (3, 25_005)] {
        rail.send(&order(payout, minor, payout)).await;
    }
    for (seconds, payouts) in [(61, vec![]), (62, vec![2]), (63, vec![2, 3]), (64, vec![2, 3])] {
        let told: Vec<i64> =
            rail.returns(at(seconds)).await.iter().map(|one| one.payout.0).collect();
        assert_eq!(told, payouts, "after {seconds} s");
    }
}

#[tokio::test]
async fn duplicates_are_counted_and_second_sends_of_what_never_arrived_are_none() {
    let rail = simulator();
    let unreachable = order(1, 25_006, 0);
    let kinds = [kind(&rail.send(&unreachable).await), kind(&rail.send(&unreachable).await)];
    assert_eq!((kinds, rail.duplicates()), ([Kind::NeverReceived, Kind::Settled], 0));
    assert_eq!(kind(&rail.status(&unreachable).await), Kind::Settled);
    for (sends, minor) in [(1, 25_000), (2, 25_001), (3, 25_004)] {
        let order = order(10 + sends, minor, 0);
        rail.send(&order).await;
        assert_eq!(rail.duplicates(), u64::try_from(sends - 1).unwrap());
        rail.send(&order).await;
        assert_eq!(rail.duplicates(), u64::try_from(sends).unwrap());
    }
}

/// A bank that is sent another order under a reference that it knows pays neither twice nor wrong.
#[tokio::test]
async fn another_order_under_a_known_reference_is_in_doubt() {
    let rail = simulator();
    let known = order(1, 25_000, 0);
    assert_eq!(kind(&rail.send(&known).await), Kind::Settled);
    let amount = PaymentOrder { amount: order(1, 25_100, 0).amount, ..known.clone() };
    let mut account = known.clone();
    account.beneficiary.account = "TR330006100519786457841326".into();
    let mut name = known.clone();
    name.beneficiary.name = "Mehmet Demir".into();
    for other in [amount, account, name] {
        assert_eq!(kind(&rail.send(&other).await), Kind::InDoubt);
        assert_eq!(kind(&rail.status(&other).await), Kind::InDoubt);
    }
    assert_eq!((kind(&rail.send(&known).await), rail.duplicates()), (Kind::Settled, 1));
}

#[test]
fn the_registry_has_every_rail_once() {
    let rails = vezne_outbound::rail::all(&OutboundSettings::default()).unwrap();
    let codes: Vec<String> = rails.iter().map(|rail| rail.code().to_string()).collect();
    assert_eq!(codes, ["manual", "simulator"]);
}
