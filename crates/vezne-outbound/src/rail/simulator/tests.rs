use std::time::Duration;

use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::rail::{PaymentOrder, RailAnswer};
use vezne_core::model::time::Timestamp;
use vezne_core::port::Rail as _;

use super::magic::{Behaviour, MAGIC, markdown};
use super::{Simulator, SimulatorSettings};

const ACCOUNT: &str = "TR123445678945613245645";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn order(payout: i64, minor: i64, seconds: i64) -> PaymentOrder {
    PaymentOrder {
        payout: PayoutId(payout),
        reference: format!("VZ{payout:010}"),
        channel: "bank-transfer".into(),
        amount: Money::new(minor, Currency::TRY),
        beneficiary: Beneficiary {
            name: "Ahmet Demir".into(),
            account: ACCOUNT.into(),
            bank: None,
            bank_name: None,
            identity: None,
            birth_date: None,
        },
        dispatched_at: at(seconds),
        now: at(seconds),
    }
}

#[test]
fn magic_values_ask_for_behaviour() {
    for (minor, account, behaviour) in [
        (25_000, ACCOUNT, Behaviour::Settle),
        (25_001, ACCOUNT, Behaviour::Refuse),
        (25_002, ACCOUNT, Behaviour::SettleLater),
        (3, ACCOUNT, Behaviour::DoubtThenSettle),
        (104, ACCOUNT, Behaviour::DoubtForEver),
        (105, ACCOUNT, Behaviour::SettleThenReturn),
        (106, ACCOUNT, Behaviour::UnreachableOnce),
        (107, ACCOUNT, Behaviour::RefuseLater),
        (108, ACCOUNT, Behaviour::Settle),
        (110, ACCOUNT, Behaviour::Settle),
        (25_000, "TR12344567894561329901", Behaviour::Refuse),
        (25_000, "2024001389907", Behaviour::RefuseLater),
        (25_004, "TR12344567894561329901", Behaviour::DoubtForEver),
        (25_000, "TR12344567894561329900", Behaviour::Settle),
    ] {
        assert_eq!(Behaviour::of(minor, account), behaviour, "{minor} to {account}");
    }
}

#[test]
fn every_behaviour_has_one_row_and_reads_back() {
    for row in MAGIC {
        assert_eq!(MAGIC.iter().filter(|other| other.behaviour == row.behaviour).count(), 1);
        assert_eq!(Behaviour::from_code(row.code), Some(row.behaviour));
        assert_eq!(row.behaviour.code(), row.code);
    }
    assert_eq!(Behaviour::from_code("something else"), None);
}

#[test]
fn the_table_is_written_for_people() {
    let text = markdown();
    assert_eq!(text.lines().count(), 2 + MAGIC.len());
    assert!(text.contains(
        "| `.06` | `9906` | never received by the first send, settled by the second |\n"
    ));
}

/// The meanings name the default delays, so both change together.
#[test]
fn the_table_tells_the_default_delays() {
    let defaults = SimulatorSettings::default();
    for (behaviour, delay) in [
        (Behaviour::SettleLater, defaults.settle_after),
        (Behaviour::RefuseLater, defaults.refuse_after),
        (Behaviour::DoubtThenSettle, defaults.doubt_for),
        (Behaviour::SettleThenReturn, defaults.return_after),
    ] {
        let row = MAGIC.iter().find(|row| row.behaviour == behaviour).unwrap();
        assert!(row.meaning.contains(&format!("after {} s", delay.as_secs())), "{}", row.meaning);
    }
}

#[tokio::test]
async fn what_was_forgotten_is_in_doubt_and_what_is_newer_was_never_received() {
    let settings = SimulatorSettings { remembered_orders: 3, ..SimulatorSettings::default() };
    let simulator = Simulator::open(settings).unwrap();
    for payout in 1..=5 {
        simulator.send(&order(payout, 25_000, payout)).await;
    }
    for (payout, forgotten) in [(1, true), (2, true), (3, false), (4, false), (5, false)] {
        let answer = simulator.status(&order(payout, 25_000, payout)).await;
        assert_eq!(matches!(answer, RailAnswer::InDoubt { .. }), forgotten, "{payout}");
    }
    assert_eq!(simulator.status(&order(6, 25_000, 6)).await, RailAnswer::NeverReceived);
}

#[tokio::test]
async fn returns_are_told_for_a_while_and_then_forgotten() {
    let tell_returns_for = Duration::from_secs(100);
    let settings = SimulatorSettings { tell_returns_for, ..SimulatorSettings::default() };
    let simulator = Simulator::open(settings).unwrap();
    simulator.send(&order(7, 25_005, 0)).await;
    for (seconds, told) in [(59, 0), (1_000, 1), (1_001, 1), (1_099, 1), (1_100, 0), (1_101, 0)] {
        let returns = simulator.returns(at(seconds)).await;
        assert_eq!(returns.len(), told, "after {seconds} s");
        assert!(returns.iter().all(|one| one.payout == PayoutId(7)));
    }
}
