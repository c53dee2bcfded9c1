use super::*;
use crate::ccpayment::samples;

fn accepted(id: &str, commission: i64) -> RowAnswer<'_> {
    let outcome = RowOutcome::Accepted {
        merchant_commission_minor: commission,
        receiver_commission_minor: 0,
    };
    RowAnswer { unique_id: Some(id.into()), outcome }
}

fn refused(id: Option<&str>) -> RowAnswer<'_> {
    let code = RowCode::DayLimit;
    let outcome = RowOutcome::Refused { code, message: code.message().into() };
    RowAnswer { unique_id: id.map(Cow::Borrowed), outcome }
}

fn encode(profile: Profile, rows: &[RowAnswer<'_>]) -> (AnswerCode, Answer) {
    let mut out = Vec::new();
    let code = encode_rows(&mut out, profile, rows);
    (code, Answer::decode(&out).unwrap())
}

#[test]
fn counts_what_passed() {
    use AnswerCode::{Failed, Success};
    let (a, b, no) = (accepted("a", 210), accepted("b", 0), refused(Some("c")));
    for (rows, code, iqmoney, sipay, sipay_rows) in [
        (vec![a.clone()], Success, "SUCCESS", "Success", 0),
        (vec![a.clone(), b.clone()], Success, "SUCCESS", "Success", 0),
        (vec![a.clone(), no.clone()], Success, "Successful 1 out of 2", "Successful 1 out of 2", 2),
        (vec![no.clone(), a, b], Success, "Successful 2 out of 3", "Successful 2 out of 3", 3),
        (vec![no.clone(), refused(None)], Failed, "FAILED", "FAILED", 2),
        (vec![], Failed, "FAILED", "FAILED", 0),
    ] {
        let (found, answer) = encode(Profile::Iqmoney, &rows);
        assert_eq!((found, answer.description.as_str()), (code, iqmoney));
        assert_eq!(answer.rows.len(), rows.len());
        let (found, answer) = encode(Profile::Sipay, &rows);
        assert_eq!((found, answer.description.as_str()), (code, sipay));
        assert_eq!((answer.rows.len(), answer.is_success()), (sipay_rows, code == Success));
    }
}

#[test]
fn rows_are_read_back() {
    let rows = [accepted("a\"ş", 205), refused(Some("b")), refused(None)];
    let (_, answer) = encode(Profile::Iqmoney, &rows);
    let row = |id: Option<&str>, code: RowCode, commissions: Option<(i64, i64)>| RowResult {
        unique_id: id.map(String::from),
        code: code.number().into(),
        message: code.message().into(),
        merchant_commission_minor: commissions.map(|both| both.0),
        receiver_commission_minor: commissions.map(|both| both.1),
    };
    let expected = [
        row(Some("a\"ş"), RowCode::Success, Some((205, 0))),
        row(Some("b"), RowCode::DayLimit, None),
        row(None, RowCode::DayLimit, None),
    ];
    assert_eq!(answer.rows, expected);
    assert_eq!(answer.rows.iter().filter(|row| row.is_success()).count(), 1);
}

#[test]
fn either_generation_of_keys_is_read() {
    for (body, code, description) in [
        (r#"{"status_code":"100","status_description":"OK"}"#, 100, "OK"),
        (r#"{"statuscode":422,"description":"no\nway"}"#, 422, "no way"),
        (r#"{"statuscode":1,"status_code":2,"description":"x"}"#, 2, "x"),
        (r#"{"status_code":-1,"data":{"a":1}}"#, -1, ""),
    ] {
        let expected = Answer { code, description: description.into(), rows: Vec::new() };
        assert_eq!(Answer::decode(body.as_bytes()), Ok(expected), "{body}");
    }
    let long = format!(r#"{{"status_code":1,"description":"{}"}}"#, "x".repeat(600));
    assert_eq!(Answer::decode(long.as_bytes()).unwrap().description.len(), 500);
}

#[test]
fn what_tells_nothing_is_refused() {
    for (body, error) in [
        ("", AnswerError::Json(JsonError::Malformed { line: 1, column: 0 })),
        ("[]", AnswerError::Json(JsonError::NotAnObject)),
        ("{}", AnswerError::NoCode),
        (r#"{"status_code":1.5}"#, AnswerError::NoCode),
        (r#"{"status_code":100,"data":[1]}"#, AnswerError::Row { index: 0 }),
        (
            r#"{"status_code":100,"data":[{"response_code":2},{"unique_id":"1"}]}"#,
            AnswerError::Row { index: 1 },
        ),
    ] {
        assert_eq!(Answer::decode(body.as_bytes()), Err(error.clone()), "{body}");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn the_samples_are_understood() {
    let partial = Answer::decode(samples::IQMONEY_PARTIAL.as_bytes()).unwrap();
    assert_eq!((partial.code, partial.description.as_str()), (100, "Successful 1 out of 2"));
    assert_eq!(partial.rows[0].merchant_commission_minor, Some(210));
    assert_eq!((partial.rows[1].unique_id.as_deref(), partial.rows[1].code), (None, 2));
    let failed = Answer::decode(samples::SIPAY_FAILED.as_bytes()).unwrap();
    assert_eq!((failed.code, failed.description.as_str()), (422, "Invalid hash key"));
}
