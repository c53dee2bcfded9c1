use std::collections::HashSet;

use super::*;
use crate::amount::AmountError;

#[test]
fn the_published_codes_are_exact() {
    let published = [
        (10000, "Success"),
        (10001, "Parameter Error"),
        (10002, "Signature Verification Failed"),
        (10003, "Duplicate Order Number"),
        (10004, "Amount Format Error"),
        (10005, "Bank ID Does Not Exist"),
        (10006, "Insufficient Balance"),
        (10007, "Withdrawal Limit Exceeded"),
    ];
    for (number, message) in published {
        let status = Status::from_number(number).unwrap();
        assert_eq!((status.number(), status.message()), (number, message));
        assert_eq!(status.http_status(), 200);
    }
}

#[test]
fn ours_are_in_our_range_and_distinct() {
    let numbers: HashSet<u32> = Status::ALL.iter().map(|status| status.number()).collect();
    let names: HashSet<&str> = Status::ALL.iter().map(|status| status.name()).collect();
    assert_eq!((numbers.len(), names.len()), (Status::ALL.len(), Status::ALL.len()));
    assert!(numbers.iter().all(|number| (10_000..11_000).contains(number)));
    assert_eq!(Status::from_number(20041), None);
}

#[test]
fn http_tells_only_transport_problems() {
    let others: Vec<(u32, u16)> = Status::ALL
        .iter()
        .map(|status| (status.number(), status.http_status()))
        .filter(|(_, http)| *http != 200)
        .collect();
    let expected =
        [(10012, 429), (10013, 503), (10014, 500), (10015, 413), (10016, 415), (10017, 404)];
    assert_eq!(others, expected);
}

#[test]
fn errors_have_their_codes() {
    let amount = FieldError::new("amount", Problem::NotAnAmount(AmountError::Zero));
    assert_eq!(Status::from(&amount), Status::AmountFormat);
    let missing = FieldError::new("amount", Problem::Missing);
    assert_eq!(Status::from(&missing), Status::ParameterError);
    assert_eq!(Status::from(SignError::Ambiguous), Status::ParameterError);
    for error in [SignError::Missing, SignError::Malformed, SignError::Mismatch] {
        assert_eq!(Status::from(error), Status::SignatureFailed);
    }
}

#[test]
fn the_table_has_a_row_for_each_code() {
    let table = markdown();
    assert_eq!(table.lines().count(), Status::ALL.len() + 2);
    assert!(table.lines().all(|line| line.matches('|').count() == 7), "{table}");
    assert!(table.contains("| 10003 | `duplicate_order` | 200 | Duplicate Order Number |"));
}
