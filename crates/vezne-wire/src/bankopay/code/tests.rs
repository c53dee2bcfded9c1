use std::collections::HashSet;

use super::*;
use crate::amount::AmountError;

#[test]
fn the_published_codes_are_exact() {
    for (number, message) in
        [(200, "Withdrawal request created!"), (20014, "API credentials are incorrect!")]
    {
        let code = AnswerCode::from_number(number).unwrap();
        assert_eq!((code.number(), code.message(), code.http_status()), (number, message, 200));
    }
}

#[test]
fn ours_are_in_our_range_and_distinct() {
    let numbers: HashSet<u32> = AnswerCode::ALL.iter().map(|code| code.number()).collect();
    let names: HashSet<&str> = AnswerCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!((numbers.len(), names.len()), (AnswerCode::ALL.len(), AnswerCode::ALL.len()));
    assert!(numbers.iter().all(|number| *number == 200 || (20_000..21_000).contains(number)));
    assert_eq!(AnswerCode::from_number(999), None);
}

#[test]
fn a_final_refusal_says_to_use_a_new_trx() {
    for code in AnswerCode::ALL.iter().filter(|code| code.retry() == Retry::NewTrx) {
        assert!(code.message().contains("se a new one"), "{}", code.name());
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
        (20001, 400),
        (20004, 413),
        (20005, 415),
        (20006, 404),
        (20007, 429),
        (20008, 503),
        (20009, 500),
    ];
    assert_eq!(others, expected);
}

#[test]
fn field_errors_have_their_codes() {
    let empty = Problem::Empty;
    for (field, problem, code) in [
        ("trx", Problem::Missing, AnswerCode::MissingField),
        ("identity", Problem::Missing, AnswerCode::MissingField),
        ("trx", Problem::CannotBeSigned, AnswerCode::CannotBeSigned),
        ("trx", empty, AnswerCode::InvalidField),
        ("amount", Problem::NotAnAmount(AmountError::Zero), AnswerCode::InvalidField),
        ("identity", Problem::TooShort { min: 11 }, AnswerCode::InvalidIdentity),
        ("birth_date", Problem::NotADate, AnswerCode::InvalidBirthDate),
    ] {
        assert_eq!(AnswerCode::from(&FieldError::new(field, problem)), code, "{field} {problem:?}");
    }
    assert_eq!(AnswerCode::from(&JsonError::NotAnObject), AnswerCode::MalformedJson);
}

#[test]
fn the_table_has_a_row_for_each_code() {
    let table = markdown();
    assert_eq!(table.lines().count(), AnswerCode::ALL.len() + 2);
    for line in table.lines() {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 7, "{line}");
    }
    let row = "| 20014 | `wrong_credentials` | 200 | API credentials are incorrect! |";
    assert!(table.contains(row), "{table}");
}
