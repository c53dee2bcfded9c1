//! The positive control: a true history passes, and every way of tampering with it is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use vezne_wire::bankopay::{Service, transaction_id};

use super::{ACCEPTED, Evidence, Line, Listed, complaints};
use crate::history::{Tried, differs};
use crate::order::Order;
use crate::shop::{Outcome, Told};
use crate::wire::Answer;

/// One of each: settled, refused by the rail, sent twice, returned.
const CASES: [(i64, &str); 4] =
    [(25_000, "settled"), (25_001, "failed"), (25_006, "settled"), (25_005, "returned")];

fn order(number: i64, amount: i64) -> Order {
    let (trx, account) = (format!("kill-{number}"), "2024001389");
    Order { site: crate::SITES[0], trx, service: Service::Papara, amount, account }
}

fn view(id: i64, reference: &str, state: &str) -> Listed {
    Listed { id, reference: reference.to_owned(), state: state.to_owned() }
}

fn accepted(id: i64) -> Answer {
    Answer { code: ACCEPTED, id: Some(id), body: format!("accepted {id}").into_bytes() }
}

fn line(payout: i64, amount_minor: i64, send: u32, received: bool) -> Line {
    Line { reference: format!("VZ{payout}"), payout, amount_minor, send, received }
}

fn outcome(order: &Order) -> Outcome {
    let (trx, service, amount) = (order.trx.clone(), order.service, order.amount);
    let bodies = BTreeSet::from([b"body".to_vec()]);
    Outcome { trx, service, amount, bodies, times: 2 }
}

fn key(id: i64, status: &'static str) -> (String, &'static str) {
    (transaction_id(id), status)
}

/// What an honest desk leaves behind.
fn truth() -> Evidence {
    let (mut tried, mut told) = (BTreeMap::new(), Told::new());
    let (mut payouts, mut journal) = (Vec::new(), Vec::new());
    for (id, (amount, state)) in (1..).zip(CASES) {
        let order = order(id, amount);
        payouts.push(view(id, &order.trx, state));
        let twice = amount % 100 == 6;
        if twice {
            journal.push(line(id, amount, 1, false));
        }
        journal.push(line(id, amount, 1 + u32::from(twice), true));
        for status in super::statuses(state) {
            told.insert(key(id, status), outcome(&order));
        }
        let (trx, answer) = (order.trx.clone(), Some(accepted(id)));
        tried.insert(trx, Tried { order: Arc::new(order), answer, sends: 1, lost: 0 });
    }
    Evidence { tried, payouts, journal, told }
}

/// Tampers with the truth, and expects the judge to complain of exactly that.
fn check(complaint: &str, tamper: impl FnOnce(&mut Evidence)) {
    let mut evidence = truth();
    tamper(&mut evidence);
    let found = complaints(&evidence);
    assert!(found.iter().any(|found| found.contains(complaint)), "{complaint}: {found:?}");
}

#[test]
fn the_truth_passes() {
    assert_eq!(complaints(&truth()), Vec::<String>::new());
}

#[test]
fn a_lost_payout_is_seen() {
    check("kill-1 was acknowledged as Some(1) and is []", |evidence| {
        evidence.payouts.remove(0);
    });
    check("payout 1 was sent but is none", |evidence| {
        evidence.payouts.remove(0);
    });
}

#[test]
fn a_doubled_or_changed_payout_is_seen() {
    check("kill-1 was acknowledged as Some(1) and is [1, 9]", |evidence| {
        evidence.payouts.push(view(9, "kill-1", "settled"));
    });
    check("kill-2 was acknowledged as Some(2) and is [8]", |evidence| evidence.payouts[1].id = 8);
    check("payout 9 was never asked for", |evidence| {
        evidence.payouts.push(view(9, "kill-9", "settled"));
    });
}

#[test]
fn a_payout_behind_a_refusal_is_seen() {
    check("kill-1 was acknowledged as None and is [1]", |evidence| {
        let tried = evidence.tried.get_mut("kill-1").unwrap();
        tried.answer = Some(Answer { code: 20026, id: None, body: Vec::new() });
    });
    check("kill-1 was answered None, not 200", |evidence| {
        evidence.tried.get_mut("kill-1").unwrap().answer = None;
    });
}

#[test]
fn a_second_send_is_seen() {
    check("payout 1 (kill-1) in the journal", |evidence| {
        let doubled = evidence.journal[0].clone();
        evidence.journal.push(doubled);
    });
    check("payout 1 (kill-1) in the journal", |evidence| {
        evidence.journal.push(line(1, 25_000, 2, true));
    });
    check("payout 3 (kill-3) in the journal", |evidence| {
        evidence.journal.push(line(3, 25_006, 3, true));
    });
    check("payout 3 (kill-3) in the journal", |evidence| {
        evidence.journal.iter_mut().for_each(|line| line.received = true);
    });
    check("payout 2 (kill-2) in the journal", |evidence| {
        evidence.journal.retain(|line| line.payout != 2);
    });
    check("payout 2 (kill-2) in the journal", |evidence| evidence.journal[1].amount_minor += 1);
}

#[test]
fn a_wrong_end_is_seen() {
    check("payout 2 (kill-2) is settled", |evidence| {
        evidence.payouts[1].state = "settled".to_owned();
    });
    check("payout 1 (kill-1) is dispatched (in doubt)", |evidence| {
        evidence.payouts[0].state = "dispatched (in doubt)".to_owned();
    });
}

#[test]
fn a_missing_or_changed_callback_is_seen() {
    check(r#"("MW10001", "approved") of kill-1 was never told"#, |evidence| {
        evidence.told.remove(&key(1, "approved"));
    });
    check(r#"("MW10004", "reject") of kill-4 was never told"#, |evidence| {
        evidence.told.remove(&key(4, "reject"));
    });
    check("was told in 2 ways", |evidence| {
        let outcome = evidence.told.get_mut(&key(1, "approved")).unwrap();
        outcome.bodies.insert(b"another body".to_vec());
    });
    check("was told about", |evidence| {
        evidence.told.get_mut(&key(1, "approved")).unwrap().amount += 1;
    });
    check(r#"("MW10002", "approved") was told and did not happen"#, |evidence| {
        evidence.told.insert(key(2, "approved"), outcome(&order(2, 25_001)));
    });
}

#[test]
fn another_answer_to_a_repeat_is_seen() {
    let order = order(1, 25_000);
    assert_eq!(differs(&order, &accepted(1), &accepted(1)), None);
    assert!(differs(&order, &accepted(1), &accepted(2)).is_some());
}
