use proptest::prelude::*;

use super::*;
use crate::applyfor::{EmptyValues, SignStyle};
use crate::secret::SecretText;

fn key() -> SigningKey {
    SigningKey::new(SecretText::new("S3cret"))
}

fn accepted() -> String {
    let mut out = Vec::new();
    encode_accepted(&mut out, "123", &key());
    String::from_utf8(out).unwrap()
}

fn refusal(status: Status, message: &str, id: Option<&str>, key: Option<&SigningKey>) -> String {
    let mut out = Vec::new();
    encode_refusal(&mut out, status, message, id, key);
    String::from_utf8(out).unwrap()
}

fn verified(body: &str) -> Result<Answer, AnswerError> {
    let envelope = Envelope::decode(body.as_bytes())?;
    envelope.verify(&key())?;
    Answer::of(&envelope)
}

#[test]
fn success_has_the_known_signature() {
    let expected = concat!(
        r#"{"status":10000,"result":{"transactionid":"123"},"#,
        r#""sign":"7E524386EDACC30087FBC217F5B07555"}"#
    );
    assert_eq!(accepted(), expected);
    assert_eq!(verified(expected), Ok(Answer::Accepted { transactionid: "123".into() }));
    let append = SigningKey { style: SignStyle::Append, ..key() };
    let mut out = Vec::new();
    encode_accepted(&mut out, "123", &append);
    let sign = "04BC18F0C60AEA320EB9E2D66288F670";
    assert!(String::from_utf8(out).unwrap().ends_with(&format!("\"sign\":\"{sign}\"}}")));
}

#[test]
fn refusals_are_signed_ascii() {
    let message = "Tutar yanlış 🙂";
    let body = refusal(Status::AmountFormat, message, None, Some(&key()));
    let shown = r#"{"status":10004,"result":{"message":"Tutar yanl\u0131\u015f \ud83d\ude42"},"#;
    assert!(body.starts_with(shown) && body.is_ascii(), "{body}");
    let expected = Answer::Refused { status: 10004, message: message.into(), transactionid: None };
    assert_eq!(verified(&body), Ok(expected));
}

#[test]
fn a_duplicate_names_the_order_that_stands() {
    let body = refusal(Status::DuplicateOrder, "Duplicate", Some("7"), Some(&key()));
    assert!(body.contains(r#""result":{"transactionid":"7","message":"Duplicate"}"#), "{body}");
    let answer = verified(&body).unwrap();
    assert!(matches!(answer, Answer::Refused { transactionid: Some(id), .. } if id == "7"));
}

#[test]
fn a_stranger_gets_no_signature() {
    let body = refusal(Status::SignatureFailed, "No", None, None);
    assert_eq!(body, r#"{"status":10002,"result":{"message":"No"},"sign":""}"#);
    assert_eq!(verified(&body), Err(AnswerError::Sign(SignError::Missing)));
}

#[test]
fn a_changed_answer_is_not_believed() {
    let mismatch = Err(AnswerError::Sign(SignError::Mismatch));
    for (from, to) in [("123", "124"), ("10000", "10001"), (r#":{"t"#, r#":{ "t"#)] {
        assert_eq!(verified(&accepted().replacen(from, to, 1)), mismatch, "{from}");
    }
}

#[test]
fn results_may_be_text() {
    let sign = key().sign_result(r#"{"transactionid":123}"#, "10000");
    let body =
        format!(r#"{{"status":"10000","result":"{{\"transactionid\":123}}","sign":"{sign}"}}"#);
    assert_eq!(verified(&body), Ok(Answer::Accepted { transactionid: "123".into() }));
}

#[test]
fn results_may_be_missing_or_empty() {
    for (result, text) in [("", ""), (r#""result":null,"#, "null"), (r#""result":"","#, "")] {
        let sign = key().sign_result(text, "10001");
        let body = format!(r#"{{"status":10001,{result}"sign":"{sign}"}}"#);
        assert!(matches!(verified(&body), Ok(Answer::Refused { status: 10001, .. })), "{body}");
    }
    let skipping = SigningKey { empties: EmptyValues::Skipped, ..key() };
    assert_eq!(skipping.sign_result("", "10001"), key().sign_text("status=10001"));
}

#[test]
fn what_claims_success_must_name_an_order() {
    for result in [
        "{}",
        "[]",
        "\"\"",
        r#"{"transactionid":null}"#,
        r#"{"transactionid":""}"#,
        r#"{"transactionid":"1 2"}"#,
    ] {
        let envelope = Envelope::decode(
            format!(r#"{{"status":10000,"result":{result},"sign":""}}"#).as_bytes(),
        );
        assert!(Answer::of(&envelope.unwrap()).is_err(), "{result}");
    }
    for body in ["", "[]", "{}", r#"{"status":"x"}"#, r#"{"status":-1}"#, r#"{"status":1.5}"#] {
        assert!(Envelope::decode(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn transaction_ids_are_digits() {
    for id in [1, 42, i64::MAX] {
        assert_eq!(payout_id(&transactionid(id)), Some(id));
    }
    for text in ["", "0", "-1", "+1", "01", "1 ", "x", "9223372036854775808"] {
        assert_eq!(payout_id(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_message_arrives(message in "\\PC{0,100}") {
        let body = refusal(Status::ParameterError, &message, None, Some(&key()));
        prop_assert!(body.is_ascii());
        let expected = Answer::Refused { status: 10001, message, transactionid: None };
        prop_assert_eq!(verified(&body), Ok(expected));
    }
}
