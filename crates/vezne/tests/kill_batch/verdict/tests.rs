//! The positive control: a true cycle passes, and every way of breaking it is seen.

use vezne_wire::ccpayment::answer::encode_rows;
use vezne_wire::ccpayment::{Profile, Row, RowAnswer, RowCode, RowOutcome};

use super::{Booked, Evidence, complaints};
use crate::batch::Batch;
use crate::dice::Dice;
use crate::moment::Moment;
use crate::wire::Answer;

/// As many rows as show every rule.
const FEW: usize = 4;
/// The one that is refused.
const REFUSED: usize = 2;
const COMMISSIONS: [i64; 2] = [475, 70];

fn rows() -> Vec<Row> {
    let mut rows = Batch::random(1, &mut Dice::new(1)).rows;
    rows.truncate(FEW);
    rows
}

/// The id of a row, its own or the one made for it.
fn id(rows: &[Row], at: usize) -> String {
    rows[at].unique_id.clone().unwrap_or_else(|| format!("made-{at}"))
}

fn answer(rows: &[Row], commissions: [i64; 2], order: impl Iterator<Item = usize>) -> Answer {
    let row = |at| {
        let [merchant_commission_minor, receiver_commission_minor] = commissions;
        let accepted =
            RowOutcome::Accepted { merchant_commission_minor, receiver_commission_minor };
        let refused = RowOutcome::Refused { code: RowCode::AboveMaximum, message: "no".into() };
        let outcome = if at == REFUSED { refused } else { accepted };
        RowAnswer { unique_id: Some(id(rows, at).into()), outcome }
    };
    let (answers, mut body) = (order.map(row).collect::<Vec<_>>(), Vec::new());
    let code = encode_rows(&mut body, Profile::Iqmoney, &answers).number().into();
    Answer { code, id: None, body }
}

/// What an honest desk leaves behind when it is killed after its answer.
fn truth() -> Evidence {
    let rows = rows();
    let answer = answer(&rows, COMMISSIONS, 0..FEW);
    let booked = |at: usize| Booked {
        reference: id(&rows, at),
        amount_minor: rows[at].amount_minor,
        commissions_minor: COMMISSIONS,
    };
    let payouts: Vec<_> = (0..FEW).filter(|at| *at != REFUSED).map(booked).collect();
    let (first, found) = (Some(answer.clone()), payouts.len());
    let [control, again, once_more] = [(); 3].map(|()| answer.clone());
    Evidence { control, first, found, again, once_more, payouts }
}

/// Tampers with the truth, and expects the judge to complain of exactly that.
fn check(complaint: &str, tamper: impl FnOnce(&mut Evidence)) {
    let mut evidence = truth();
    tamper(&mut evidence);
    let found = complaints(&rows(), &evidence);
    assert!(found.iter().any(|found| found.contains(complaint)), "{complaint}: {found:?}");
}

#[test]
fn the_truth_passes_whenever_the_kill_came() {
    let mut evidence = truth();
    for (found, answered, moment) in [
        (FEW - 1, true, Moment::AfterAnswer),
        (FEW - 1, false, Moment::BeforeAnswer),
        (0, false, Moment::BeforeCommit),
    ] {
        evidence.found = found;
        evidence.first = evidence.first.filter(|_| answered);
        assert_eq!(complaints(&rows(), &evidence), Vec::<String>::new());
        assert_eq!(evidence.moment(), moment);
    }
}

#[test]
fn half_a_batch_is_seen() {
    check("a kill left 1 of 3 payouts", |evidence| {
        (evidence.first, evidence.found) = (None, 1);
    });
    check("a kill left 0 of 3 payouts", |evidence| evidence.found = 0);
    check("is booked as []", |evidence| drop(evidence.payouts.remove(1)));
}

#[test]
fn a_doubled_invented_or_changed_payout_is_seen() {
    check("is booked as [Booked", |evidence| {
        let doubled = evidence.payouts[0].clone();
        evidence.payouts.push(doubled);
    });
    check("is too much", |evidence| {
        let invented = Booked { reference: "other".to_owned(), ..evidence.payouts[0].clone() };
        evidence.payouts.push(invented);
    });
    check("is too much", |evidence| {
        let refused = Booked { reference: id(&rows(), REFUSED), ..evidence.payouts[0].clone() };
        evidence.payouts.push(refused);
    });
    check("is booked as", |evidence| evidence.payouts[2].amount_minor += 1);
    check("is booked as", |evidence| evidence.payouts[2].commissions_minor[1] -= 1);
}

#[test]
fn another_answer_is_seen() {
    let other = || answer(&rows(), [0, 0], 0..FEW);
    check("answered first with", |evidence| evidence.first = Some(other()));
    check("answered again with", |evidence| evidence.again = other());
    check("answered once more with", |evidence| evidence.once_more = other());
    check("answered again with", |evidence| evidence.again.body.push(b' '));
}

#[test]
fn a_control_that_proves_nothing_is_seen() {
    let control = |order: &[usize]| answer(&rows(), COMMISSIONS, order.iter().copied());
    check("has not every row", |evidence| evidence.control = control(&[0, 1, 2]));
    check("names a row by another id", |evidence| evidence.control = control(&[2, 1, 0, 3]));
    check("refuses most rows", |evidence| evidence.control = control(&[2, 2, 2, 3]));
    check("refuses no row", |evidence| evidence.control = control(&[0, 1, 1, 3]));
    check("the control answer is none", |evidence| evidence.control.body.clear());
}
