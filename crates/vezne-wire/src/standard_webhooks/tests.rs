use proptest::prelude::*;

use super::*;

const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;

// Made with Python's hmac, hashlib and base64; the first is also the specification's own example.
const FIRST: (&str, &str) =
    ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
const SECOND: (&str, &str) =
    ("whsec_dmV6bmUgcm90YXRpb24gc2VjcmV0ICMy", "v1,v0Gwtqj7CBE9RNJ7FMnlXQpao/Z+V6y6Foxj3Lgzjdc=");

fn secrets(texts: &[&str]) -> Vec<WebhookSecret> {
    texts.iter().map(|text| WebhookSecret::parse(text).unwrap()).collect()
}

#[test]
fn signs_with_each_secret() {
    assert_eq!(sign(&secrets(&[FIRST.0]), ID, AT, BODY), FIRST.1);
    let both = format!("{} {}", FIRST.1, SECOND.1);
    assert_eq!(sign(&secrets(&[FIRST.0, SECOND.0]), ID, AT, BODY), both);
    assert_eq!(sign(&[], ID, AT, BODY), "");
}

#[test]
fn believes_only_what_is_signed_and_recent() {
    let both = format!("{} {}", FIRST.1, SECOND.1);
    let noise = format!("v1a,xyz v2,{} v1, {}", FIRST.1, FIRST.1);
    let flood = format!("{}{}", "v1,AAAA ".repeat(MAX_SIGNATURES), FIRST.1);
    for (id, timestamp, signature, body, now, expected) in [
        (ID, "1614265330", FIRST.1, BODY, AT, Ok(())),
        (ID, "1614265330", FIRST.1, BODY, AT + 300, Ok(())),
        (ID, "1614265330", FIRST.1, BODY, AT - 300, Ok(())),
        (ID, "1614265330", both.as_str(), BODY, AT, Ok(())),
        (ID, "1614265330", noise.as_str(), BODY, AT, Ok(())),
        (ID, "1614265330", FIRST.1, BODY, AT + 301, Err(VerifyError::OutsideTolerance)),
        (ID, "1614265330", FIRST.1, BODY, AT - 301, Err(VerifyError::OutsideTolerance)),
        (ID, "1614265330", FIRST.1, BODY, i64::MIN, Err(VerifyError::OutsideTolerance)),
        (ID, "1614265331", FIRST.1, BODY, AT, Err(VerifyError::Mismatch)),
        (ID, "01614265330", FIRST.1, BODY, AT, Err(VerifyError::Mismatch)),
        (ID, "soon", FIRST.1, BODY, AT, Err(VerifyError::BadTimestamp)),
        (ID, "", FIRST.1, BODY, AT, Err(VerifyError::BadTimestamp)),
        (ID, "1614265330", FIRST.1, b"{}".as_slice(), AT, Err(VerifyError::Mismatch)),
        ("msg_2", "1614265330", FIRST.1, BODY, AT, Err(VerifyError::Mismatch)),
        ("", "1614265330", FIRST.1, BODY, AT, Err(VerifyError::BadId)),
        ("msg.1", "1614265330", FIRST.1, BODY, AT, Err(VerifyError::BadId)),
        (ID, "1614265330", SECOND.1, BODY, AT, Err(VerifyError::Mismatch)),
        (ID, "1614265330", "", BODY, AT, Err(VerifyError::Mismatch)),
        (ID, "1614265330", flood.as_str(), BODY, AT, Err(VerifyError::Mismatch)),
    ] {
        let headers = Headers { id, timestamp, signature };
        let found = verify(&secrets(&[FIRST.0]), headers, body, now, 300);
        assert_eq!(found, expected, "{headers:?} at {now}");
    }
}

#[test]
fn a_changed_secret_leaves_no_gap() {
    let signature = sign(&secrets(&[SECOND.0]), ID, AT, BODY);
    let headers = Headers { id: ID, timestamp: "1614265330", signature: &signature };
    assert_eq!(verify(&secrets(&[FIRST.0, SECOND.0]), headers, BODY, AT, 0), Ok(()));
}

#[test]
fn secrets_have_one_form() {
    for text in [FIRST.0, SECOND.0] {
        assert_eq!(WebhookSecret::parse(text).unwrap().to_text().as_str(), text);
    }
    for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_***"] {
        assert!(WebhookSecret::parse(text).is_none(), "{text}");
    }
    for (bytes, taken) in [(23, false), (24, true), (64, true), (65, false)] {
        assert_eq!(WebhookSecret::from_bytes(vec![7; bytes]).is_some(), taken, "{bytes}");
    }
    assert_eq!(format!("{:?}", WebhookSecret::from_bytes([7; 32]).unwrap()), "[secret]");
}

proptest! {
    #[test]
    fn what_is_signed_is_believed(
        id in "[a-z0-9_]{1,40}",
        at in any::<i64>(),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let secrets = secrets(&[FIRST.0]);
        let signature = sign(&secrets, &id, at, &body);
        let headers = Headers { id: &id, timestamp: &at.to_string(), signature: &signature };
        prop_assert_eq!(verify(&secrets, headers, &body, at, 0), Ok(()));
    }

    #[test]
    fn any_headers_are_judged(
        id in any::<String>(),
        at in any::<String>(),
        list in any::<String>(),
    ) {
        let headers = Headers { id: &id, timestamp: &at, signature: &list };
        prop_assert!(verify(&secrets(&[FIRST.0]), headers, b"", 0, u64::MAX).is_err());
    }
}
