use std::collections::HashSet;

use super::*;
use crate::field::Problem;

#[test]
fn the_published_codes_are_exact() {
    for (code, number, message) in [
        (AnswerCode::Success, 100, "SUCCESS"),
        (AnswerCode::MerchantNotFound, 14, "Merchant not found"),
        (AnswerCode::Failed, 41, "FAILED"),
        (AnswerCode::InvalidHashKey, 422, "Invalid hash key"),
    ] {
        assert_eq!((code.number(), code.message(), code.http_status()), (number, message, 200));
        assert_eq!(AnswerCode::from_number(number), Some(code));
    }
    for (code, number, message) in [
        (RowCode::Success, 100, "SUCCESS"),
        (RowCode::InsufficientBalance, 2, "Insufficient balance. Please, try again"),
    ] {
        assert_eq!((code.number(), code.message()), (number, message));
        assert_eq!(RowCode::from_number(number), Some(code));
    }
    let message = "Cashout to bank amount can't be less than 10 TRY";
    assert_eq!((RowCode::BelowMinimum.number(), below_minimum(1000, "TRY")), (21, message.into()));
    assert_eq!((AnswerCode::from_number(7), RowCode::from_number(7)), (None, None));
}

#[test]
fn names_are_distinct() {
    let answers: HashSet<&str> = AnswerCode::ALL.iter().map(|code| code.name()).collect();
    let rows: HashSet<&str> = RowCode::ALL.iter().map(|code| code.name()).collect();
    let numbers: HashSet<u32> = RowCode::ALL.iter().map(|code| code.number()).collect();
    assert_eq!((answers.len(), rows.len()), (AnswerCode::ALL.len(), RowCode::ALL.len()));
    assert_eq!(numbers.len(), RowCode::ALL.len());
}

/// Balance and minimum have the documents' words.
#[test]
fn a_final_refusal_says_to_use_a_new_id() {
    let literal = [RowCode::InsufficientBalance, RowCode::BelowMinimum];
    for code in RowCode::ALL.iter().filter(|code| code.retry() == Retry::NewUniqueId) {
        let says = code.message().contains("se a new one");
        assert_eq!(says, !literal.contains(code), "{}", code.name());
    }
}

#[test]
fn http_tells_only_transport_problems() {
    let others: Vec<(u32, u16)> = AnswerCode::ALL
        .iter()
        .map(|code| (code.number(), code.http_status()))
        .filter(|(_, http)| *http != 200)
        .collect();
    let expected = [
        (1, 400),
        (1, 413),
        (1, 415),
        (401, 401),
        (404, 404),
        (404, 405),
        (429, 429),
        (503, 503),
        (99, 500),
    ];
    assert_eq!(others, expected);
}

#[test]
fn errors_have_their_codes() {
    let currency = FieldError::new("currency", Problem::Missing);
    let iban = FieldError::new("iban", Problem::Missing);
    assert_eq!(RowCode::from(&currency), RowCode::InvalidCurrency);
    assert_eq!(RowCode::from(&iban), RowCode::Validation);
    assert_eq!(AnswerCode::from(&iban), AnswerCode::Validation);
    assert_eq!(AnswerCode::from(&JsonError::NotAnObject), AnswerCode::MalformedJson);
}

#[test]
fn the_tables_have_a_row_for_each_code() {
    let tables = markdown();
    let lines = tables.lines().filter(|line| line.starts_with('|'));
    assert_eq!(lines.clone().count(), AnswerCode::ALL.len() + RowCode::ALL.len() + 4);
    for line in lines {
        assert_eq!(line.matches('|').count(), 6, "{line}");
    }
    assert!(tables.contains("| 422 | `invalid_hash_key` | 200 | Invalid hash key |"), "{tables}");
    assert!(tables.contains("| 29 | `merchant_disabled` |"), "{tables}");
}
