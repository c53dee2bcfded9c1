use proptest::prelude::*;

use super::*;
use crate::applyfor::parameters::BoolStyle;
use crate::applyfor::{EmptyValues, SignError, SigningKey, Status, canonical};
use crate::secret::SecretText;

/// The required parameters, and some of the others.
const SAMPLE: [(&str, &str); 11] = [
    ("uid", "test1"),
    ("currency", "TRY"),
    ("orderid", "ORD-1"),
    ("notify_url", "https://merchant.example/notify?x=1"),
    ("amount", "250.00"),
    ("userip", "10.0.0.1"),
    ("timestamp", "1758210270"),
    ("pay_code", "1001"),
    ("bank_account", "Şükrü Öztürk"),
    ("bank_no", "TR33 0006 1005 1978 6457 8413 26"),
    ("upi_id", "a@b"),
];

/// The sample with one parameter changed, added, or (by `None`) left out.
fn with(name: &str, value: Option<&str>) -> Parameters {
    let mut pairs: Vec<(&str, &str)> = SAMPLE.to_vec();
    pairs.retain(|(known, _)| *known != name);
    pairs.extend(value.map(|value| (name, value)));
    let mut parameters = Parameters::default();
    for (name, value) in pairs {
        parameters.push(name, value).unwrap();
    }
    parameters
}

fn decode(name: &str, value: Option<&str>) -> Result<ApplyRequest, FieldError> {
    ApplyRequest::decode(&with(name, value), Generation::Current)
}

fn sample() -> ApplyRequest {
    decode("", None).unwrap()
}

#[test]
fn reads_the_parameters() {
    let request = sample();
    assert_eq!(request.uid, "test1");
    assert_eq!(request.timestamp, 1_758_210_270_000_000);
    assert_eq!(request.details.bank_account.as_deref(), Some("Şükrü Öztürk"));
    assert_eq!(request.details.custom, None);
    assert_eq!(request.extras, [("upi_id".to_owned(), "a@b".to_owned())]);
    assert_eq!(request.minor_units(2, 2), Ok(25_000));
}

#[test]
fn required_parameters_are_required() {
    for name in REQUIRED {
        for absent in [None, Some("")] {
            let error = decode(name, absent).unwrap_err();
            assert_eq!((error.field, error.problem), (*name, Problem::Missing));
        }
    }
}

/// Each name of the document ends a URL in the signed text, also the ones that sort before it.
#[test]
fn no_url_hides_a_parameter_of_the_document() {
    let details = Details::FIELDS.iter().map(|(name, _)| name);
    for name in REQUIRED.iter().chain(details).chain(&["channel", "transactionid", "key"]) {
        let url = format!("https://m.example/?a=1&{name}=1");
        let parameters = with("notify_url", Some(&url));
        let found = canonical(&parameters, EmptyValues::Included);
        assert_eq!(found, Err(SignError::Ambiguous), "{name}");
    }
}

#[test]
fn refuses_wrong_values_by_name() {
    let long = "1".repeat(33);
    let (long_ip, long_id) = ("1".repeat(41), "1".repeat(65));
    for (name, value) in [
        ("uid", "  "),
        ("orderid", &long_id),
        ("orderid", "a\u{200b}b"),
        ("orderid", "a\u{202e}b"),
        ("userip", &long_ip),
        ("pay_code", &long),
        ("amount", &long),
        ("currency", "TÜRK"),
        ("currency", "TURKISHLIRA"),
        ("notify_url", "ftp://m.example/"),
        ("notify_url", "m.example"),
        ("notify_url", "https://m.example/a b"),
        ("notify_url", "https://müşteri.example/"),
        ("timestamp", "175821027"),
        ("timestamp", "17582102700"),
        ("timestamp", "+758210270"),
        ("timestamp", "1758210.27"),
        ("timestamp", "2025-09-18"),
        ("bank_city", "a city of more than twenty characters"),
    ] {
        assert_eq!(decode(name, Some(value)).unwrap_err().field, name, "{value}");
    }
    let message = decode("timestamp", Some("1")).unwrap_err().to_string();
    let expected =
        "timestamp must be a Unix timestamp of 10 digits (seconds) or 13 digits (milliseconds).";
    assert_eq!(message, expected);
}

#[test]
fn a_timestamp_has_ten_or_thirteen_digits() {
    let micros = |text| decode("timestamp", Some(text)).map(|request| request.timestamp);
    assert_eq!(micros("1758210270123"), Ok(1_758_210_270_123_000));
    assert_eq!(micros("9999999999"), Ok(9_999_999_999_000_000));
    let body = br#"{"timestamp":1758210270}"#;
    let parameters = Parameters::from_body("application/json", body, BoolStyle::Words).unwrap();
    assert_eq!(read::timestamp(&parameters), Ok(1_758_210_270_000_000));
}

#[test]
fn the_channel_says_how_many_decimals() {
    let minor = |amount, channel, currency| {
        decode("amount", Some(amount)).unwrap().minor_units(channel, currency)
    };
    let too_many = |allowed| Err(AmountError::TooManyDecimals { allowed });
    assert_eq!(minor("250.5", 2, 2), Ok(25_050));
    assert_eq!(minor("250", 0, 2), Ok(25_000));
    assert_eq!(minor("250.50", 0, 2), too_many(0));
    assert_eq!(minor("250.505", 3, 2), too_many(2));
    assert_eq!(minor("250", 2, 0), Ok(250));
    // Zeros that the currency has no place for change nothing.
    assert_eq!(minor("250.0", 2, 0), Ok(250));
    assert_eq!(minor("50000.00", 0, 0), Ok(50_000));
    assert_eq!(minor("100.000", 2, 2), Ok(10_000));
    assert_eq!(minor("100.500", 2, 2), Ok(10_050));
    assert_eq!(minor("100.00", 0, 2), Ok(10_000));
    assert_eq!(minor("100.001", 2, 2), too_many(2));
    assert_eq!(minor("100.", 2, 2), Err(AmountError::Point));
    assert_eq!(minor(".00", 0, 2), Err(AmountError::Point));
    for (amount, error) in [
        ("0.00", AmountError::Zero),
        ("-1", AmountError::Sign),
        ("1e2", AmountError::Exponent),
        ("1,000", AmountError::Grouping),
        ("abc", AmountError::Character),
    ] {
        assert_eq!(minor(amount, 2, 2), Err(error), "{amount}");
        let field = FieldError::new("amount", Problem::NotAnAmount(error));
        assert_eq!(Status::from(&field), Status::AmountFormat);
    }
}

#[test]
fn the_older_generation_is_a_switch() {
    let older = Generation::Older { currency: "INR" };
    let mut parameters = with("pay_code", None);
    parameters.push("channel", "907").unwrap();
    let error = ApplyRequest::decode(&parameters, Generation::Current).unwrap_err();
    assert_eq!(error.field, "pay_code");
    let request = ApplyRequest::decode(&parameters, older).unwrap();
    assert_eq!((request.pay_code.as_str(), request.currency.as_str()), ("907", "TRY"));
    assert_eq!(request.extras.len(), 1);

    let request = ApplyRequest::decode(&with("currency", None), older).unwrap();
    assert_eq!(request.currency, "INR");
    let wrong = ApplyRequest::decode(&with("currency", Some("?")), older).unwrap_err();
    assert_eq!(wrong.field, "currency");
    let none = ApplyRequest::decode(&with("pay_code", None), older).unwrap_err();
    assert_eq!((none.field, none.problem), ("channel", Problem::Missing));
}

#[test]
fn a_repeat_is_the_same_request() {
    let digest = |name, value| decode(name, value).unwrap().content_digest();
    let first = sample().content_digest();
    for (name, value) in [
        ("timestamp", Some("1758210999")),
        ("userip", Some("10.0.0.2")),
        ("amount", Some("250")),
        ("amount", Some("250.0")),
        ("bank_no", Some("TR330006100519786457841326")),
        ("custom", Some("")),
        ("bank_account", Some("Şükrü Öztürk")),
    ] {
        assert_eq!(digest(name, value), first, "{name}");
    }
}

#[test]
fn other_content_is_another_request() {
    let first = sample().content_digest();
    for (name, value) in [
        ("uid", Some("test2")),
        ("currency", Some("USD")),
        ("orderid", Some("ORD-2")),
        ("notify_url", Some("https://merchant.example/")),
        ("amount", Some("2500")),
        ("pay_code", Some("1002")),
        ("bank_account", Some("Somebody Else")),
        ("bank_account", None),
        ("bank_no", Some("TR330006100519786457841327")),
        ("upi_id", Some("c@d")),
        ("upi_id", None),
        ("zzz", Some("1")),
        ("custom", Some("1")),
    ] {
        let other = decode(name, value).unwrap().content_digest();
        assert_ne!(other, first, "{name}");
    }
}

#[test]
fn names_and_accounts_are_not_printed() {
    let printed = format!("{:?}", sample());
    for secret in ["Öztürk", "TR33", "10.0.0.1", "a@b", "notify"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

proptest! {
    /// What the client side writes and signs, the server side verifies and reads, in both formats.
    #[test]
    fn round_trips(
        orderid in "[A-Za-z0-9-]{1,32}",
        name in "[^&\\p{Cc}\\s]{1,50}",
        custom in proptest::option::of("[^&\\p{Cc}\\s]{1,100}"),
        cents in 1..1_000_000_u32,
        secret in "[ -~]{16,40}",
    ) {
        let mut request = sample();
        request.orderid = orderid;
        request.details.bank_account = Some(name);
        request.details.custom = custom;
        request.amount = crate::applyfor::decimal_text(i64::from(cents), 2);
        let key = SigningKey::new(SecretText::new(secret));
        let written = request.to_parameters().unwrap();
        let sign = key.sign(&written).unwrap();
        for (content_type, body) in [
            ("application/json", written.to_json(&sign)),
            ("application/x-www-form-urlencoded", written.to_form(&sign)),
        ] {
            let read = Parameters::from_body(content_type, &body, BoolStyle::Words).unwrap();
            prop_assert_eq!(key.verify(&read), Ok(()));
            let decoded = ApplyRequest::decode(&read, Generation::Current).unwrap();
            prop_assert_eq!(decoded.content_digest(), request.content_digest());
            prop_assert_eq!(&decoded.details, &request.details);
            prop_assert_eq!(decoded.timestamp, request.timestamp);
            prop_assert_eq!(decoded.minor_units(2, 2), Ok(i64::from(cents)));
        }
    }
}
