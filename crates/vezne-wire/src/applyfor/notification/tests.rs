use proptest::prelude::*;

use super::*;
use crate::secret::SecretText;

const FORM: &str = "application/x-www-form-urlencoded";

fn key() -> SigningKey {
    SigningKey::new(SecretText::new("S3cret"))
}

fn sample() -> Notification {
    Notification {
        status: 10000,
        transactionid: "123".into(),
        orderid: "ORD-1".into(),
        amount: "250.00".into(),
        real_amount: "250.00".into(),
        custom: "a&b=ş".into(),
        message: String::new(),
    }
}

/// A signed form whose result is any text.
fn signed(result: &str, status: &str) -> Vec<u8> {
    let sign = key().sign_result(result.trim(), status);
    let mut body = Vec::new();
    for (name, value) in [("status", status), ("result", result), ("sign", &sign)] {
        push_pair(&mut body, name, value);
    }
    body
}

#[test]
fn is_written_in_both_formats() {
    let result = concat!(
        r#"{"transactionid":"123","orderid":"ORD-1","amount":"250.00","real_amount":"250.00","#,
        r#""custom":"a&b=\u015f"}"#
    );
    let sign = key().sign_text(&format!("result={result}&status=10000"));
    let form = String::from_utf8(sample().encode(NotificationFormat::Form, &key())).unwrap();
    assert!(form.starts_with("status=10000&result=%7B%22transactionid%22%3A%22123%22%2C"));
    assert!(form.ends_with(&format!("a%26b%3D%5Cu015f%22%7D&sign={sign}")), "{form}");
    let json = String::from_utf8(sample().encode(NotificationFormat::Json, &key())).unwrap();
    let text = result.replace('\\', "\\\\").replace('"', "\\\"");
    assert_eq!(json, format!(r#"{{"status":10000,"result":"{text}","sign":"{sign}"}}"#));
}

#[test]
fn a_failure_names_its_order_and_reason() {
    let failed = Notification {
        status: Status::Failed.number(),
        real_amount: "0.00".into(),
        message: "Hesap kapalı".into(),
        ..sample()
    };
    assert!(!failed.is_paid() && sample().is_paid());
    let body = failed.encode(NotificationFormat::Form, &key());
    assert_eq!(Notification::decode(FORM, &body, &key()), Ok(failed));
}

#[test]
fn white_space_around_the_result_is_not_signed() {
    let body = signed("  {\"transactionid\":1,\"orderid\":\"A\"} ", "10000");
    let read = Notification::decode(FORM, &body, &key()).unwrap();
    assert_eq!((read.transactionid.as_str(), read.orderid.as_str()), ("1", "A"));
    assert_eq!((read.amount.as_str(), read.custom.as_str()), ("", ""));
}

#[test]
fn nothing_is_believed_without_its_signature() {
    let body = String::from_utf8(sample().encode(NotificationFormat::Form, &key())).unwrap();
    for (from, to) in
        [("123", "124"), ("10000", "10006"), ("250.00", "950.00"), ("sign=", "sign=0")]
    {
        let changed = body.replacen(from, to, 1);
        let error = Notification::decode(FORM, changed.as_bytes(), &key()).unwrap_err();
        assert!(matches!(error, NotificationError::Sign(_)), "{changed}: {error}");
    }
    let unsigned = &body[..body.find("&sign").unwrap()];
    let error = Notification::decode(FORM, unsigned.as_bytes(), &key()).unwrap_err();
    assert_eq!(error, NotificationError::Sign(SignError::Missing));
}

#[test]
fn signed_nonsense_is_refused() {
    for (result, status) in [
        ("", "10000"),
        ("{}", "10000"),
        (r#"{"transactionid":"1"}"#, "10000"),
        (r#"{"orderid":"1"}"#, "10000"),
        (r#"{"transactionid":"1","orderid":"1"}"#, "x"),
        (r#"{"transactionid":"1","orderid":"1"}"#, "+10000"),
        (r#"{"transactionid":"1","orderid":"1"}"#, "99999999999"),
        ("[]", "10000"),
    ] {
        let body = signed(result, status);
        assert!(Notification::decode(FORM, &body, &key()).is_err(), "{result} {status}");
    }
}

#[test]
fn answers_to_an_order_are_no_notifications() {
    let mut answer = Vec::new();
    crate::applyfor::answer::encode_accepted(&mut answer, "123", &key());
    let envelope = crate::applyfor::Envelope::decode(&answer).unwrap();
    let body = signed(&envelope.result, "10000");
    assert!(Notification::decode(FORM, &body, &key()).is_err());
}

#[test]
fn only_success_acknowledges() {
    for body in ["success", "SUCCESS", " Success\r\n", "\u{feff}success"] {
        assert_eq!(acknowledgement(200, body.as_bytes()), Acknowledgement::Acknowledged, "{body}");
        assert_eq!(acknowledgement(204, body.as_bytes()), Acknowledgement::Acknowledged);
    }
    for (status, body) in [
        (200, ""),
        (200, "ok"),
        (200, "fail"),
        (200, "\"success\""),
        (200, "success!"),
        (200, "unsuccess"),
        (200, "<html>success</html>"),
        (200, r#"{"status":"success"}"#),
        (199, "success"),
        (302, "success"),
        (500, "success"),
    ] {
        let found = acknowledgement(status, body.as_bytes());
        let Acknowledgement::NotUnderstood { reason } = found else { panic!("{status} {body}") };
        assert!(reason.starts_with(&format!("HTTP {status}: ")), "{reason}");
    }
    assert_ne!(acknowledgement(200, b"success\xff"), Acknowledgement::Acknowledged);
}

proptest! {
    #[test]
    fn round_trips(
        custom in "\\PC{0,100}",
        orderid in "[!-~]{1,32}",
        status in 10_000..11_000_u32,
    ) {
        let written = Notification { status, orderid, custom, ..sample() };
        for format in [NotificationFormat::Form, NotificationFormat::Json] {
            let body = written.encode(format, &key());
            let read = Notification::decode(format.content_type(), &body, &key());
            prop_assert_eq!(read, Ok(written.clone()));
        }
    }
}
