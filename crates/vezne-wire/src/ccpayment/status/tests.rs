use super::*;
use crate::json::JsonError;

fn request(body: &str) -> Result<StatusRequest, String> {
    StatusRequest::decode(&Object::parse(body.as_bytes()).unwrap()).map_err(|e| e.to_string())
}

#[test]
fn the_question_is_read_and_written() {
    let merchant_key = "m".to_owned();
    for (body, by) in [
        (r#"{"merchant_key":"m","unique_id":"a"}"#, StatusKey::UniqueId("a".into())),
        (r#"{"merchant_key":"m","id":12}"#, StatusKey::Id(12)),
    ] {
        let expected = StatusRequest { merchant_key: merchant_key.clone(), by };
        assert_eq!(expected.encode(), body.as_bytes());
        assert_eq!(request(body), Ok(expected));
    }
    let lenient = r#"{"merchant_key":"m","unique_id":"","id":"12"}"#;
    assert_eq!(request(lenient).unwrap().by, StatusKey::Id(12));
    let number = r#"{"merchant_key":"m","unique_id":5,"id":null}"#;
    assert_eq!(request(number).unwrap().by, StatusKey::UniqueId("5".into()));
}

#[test]
fn exactly_one_key_is_asked_for() {
    for (body, message) in [
        (r#"{"unique_id":"a"}"#, "merchant_key is required."),
        (r#"{"merchant_key":"m"}"#, "unique_id or id is required."),
        (
            r#"{"merchant_key":"m","unique_id":"a","id":1}"#,
            "unique_id must not be sent together with id.",
        ),
        (r#"{"merchant_key":"m","id":"x"}"#, "id must be a whole number."),
        (r#"{"merchant_key":"m","id":-1}"#, "id must be a whole number."),
    ] {
        assert_eq!(request(body), Err(message.into()), "{body}");
    }
}

#[test]
fn the_answer_is_written_and_read() {
    for status in CashoutStatus::ALL {
        let answer = StatusAnswer {
            unique_id: "a",
            id: 7,
            status,
            reason: "ret\"",
            amount_minor: 1000,
            currency: "TRY",
            paid_minor: 790,
            merchant_commission_minor: 0,
            receiver_commission_minor: 210,
            created_at: 1_708_118_926_000_000,
            updated_at: 1_708_118_927_000_000,
        };
        let mut out = Vec::new();
        answer.encode_into(&mut out);
        let expected = StatusResult {
            unique_id: "a".into(),
            id: 7,
            status,
            reason: "ret\"".into(),
            amount_minor: 1000,
            currency: "TRY".into(),
            paid_minor: Some(790),
        };
        assert_eq!(StatusResult::decode(&out), Ok(expected));
        let text = String::from_utf8(out).unwrap();
        let data = concat!(
            r#","amount":10,"currency":"TRY","paid amount":7.9,"merchant commission":0,"#,
            r#""receiver commission":2.1,"created_at":"2024-02-17 00:28:46","#,
            r#""updated_at":"2024-02-17 00:28:47"},"status_code":100,"status_description":"SUCCESS"}"#
        );
        assert!(text.ends_with(data), "{text}");
    }
}

#[test]
fn an_answer_without_a_status_is_refused() {
    let refused = StatusError::Refused { code: 31, description: "Transaction not found".into() };
    let json = AnswerError::Json(JsonError::NotAnObject);
    for (body, error) in [
        ("[]", StatusError::Answer(json)),
        (r#"{"status_code":31,"status_description":"Transaction not found"}"#, refused),
        (r#"{"status_code":100,"data":[]}"#, StatusError::Member("data")),
        (r#"{"status_code":100,"data":{}}"#, StatusError::Member("unique_id")),
        (
            r#"{"status_code":100,"data":{"unique_id":"a","id":1,"status":"Paid"}}"#,
            StatusError::Member("status"),
        ),
    ] {
        assert_eq!(StatusResult::decode(body.as_bytes()), Err(error.clone()), "{body}");
        assert!(!error.to_string().is_empty());
    }
}
