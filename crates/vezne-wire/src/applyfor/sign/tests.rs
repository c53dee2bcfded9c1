use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::applyfor::parameters::{BoolStyle, is_name};
use crate::json::Object;

const VECTORS: &str = include_str!("../../../tests/vectors/applyfor_sign.json");

fn key(secret: &str, style: SignStyle, empties: EmptyValues) -> SigningKey {
    SigningKey { secret: SecretText::new(secret), style, empties }
}

fn default_key() -> SigningKey {
    SigningKey::new(SecretText::new("S3cret"))
}

fn json(text: &str) -> Parameters {
    let object = Object::parse(text.as_bytes()).unwrap();
    Parameters::from_json(&object, BoolStyle::Words).unwrap()
}

fn of(pairs: &[(&str, &str)]) -> Parameters {
    let members: serde_json::Map<String, Value> =
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    json(&Value::Object(members).to_string())
}

fn signed(pairs: &[(&str, &str)], sign: &str) -> Parameters {
    of(&[pairs, &[("sign", sign)]].concat())
}

fn canonical_of(pairs: &[(&str, &str)]) -> Result<String, SignError> {
    canonical(&of(pairs), EmptyValues::Included)
}

#[test]
fn agrees_with_the_independent_vectors() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let parameters = json(&vector["params"].to_string());
        let secret = vector["secret"].as_str().unwrap();
        let text = canonical(&parameters, EmptyValues::Included).unwrap();
        for (style, joined, member) in
            [(SignStyle::KeyParameter, "&key=", "amp_key"), (SignStyle::Append, "", "append")]
        {
            let expected = &vector[member];
            assert_eq!(format!("{text}{joined}{secret}"), expected["string"], "{vector}");
            let key = key(secret, style, EmptyValues::Included);
            assert_eq!(key.sign(&parameters).unwrap(), expected["sign"], "{vector}");
        }
    }
}

#[test]
fn agrees_with_the_vectors_of_the_research() {
    let form_rule = [
        ("uid", "test1"),
        ("currency", "VND"),
        ("pay_code", "1004"),
        ("timestamp", "1758210270"),
        ("userip", "127.0.0.1"),
    ];
    for (style, sign) in [
        (SignStyle::KeyParameter, "3096FC8CEA30209B06DE97B58048A8D6"),
        (SignStyle::Append, "D66F59536B3C68939509D82370AA810E"),
    ] {
        let key = key("S3cret", style, EmptyValues::Included);
        assert_eq!(key.sign(&of(&form_rule)).unwrap(), sign);
        assert_eq!(key.verify(&signed(&form_rule, sign)), Ok(()));
    }
    let result = r#"{"transactionid":"123"}"#;
    let sign = "7E524386EDACC30087FBC217F5B07555";
    assert_eq!(default_key().sign_result(result, "10000"), sign);
    assert_eq!(default_key().verify_result(result, "10000", sign), Ok(()));
    assert_eq!(default_key().verify_result(result, "10001", sign), Err(SignError::Mismatch));
}

#[test]
fn the_signature_is_one_digest_in_one_case() {
    let pairs = [("uid", "test1")];
    let sign = default_key().sign(&of(&pairs)).unwrap();
    let mixed = format!("a{}", &sign.replace(|c: char| c.is_ascii_digit(), "B")[1..]);
    let mut wrong = sign.clone().into_bytes();
    wrong[31] = if wrong[31] == b'0' { b'1' } else { b'0' };
    for (given, verdict) in [
        (sign.clone(), Ok(())),
        (sign.to_lowercase(), Ok(())),
        (mixed, Err(SignError::Malformed)),
        (String::from_utf8(wrong).unwrap(), Err(SignError::Mismatch)),
        ("0".repeat(32), Err(SignError::Mismatch)),
        ("0".repeat(31), Err(SignError::Malformed)),
        ("0".repeat(33), Err(SignError::Malformed)),
        ("g".repeat(32), Err(SignError::Malformed)),
        (String::new(), Err(SignError::Malformed)),
        (format!(" {}", &sign[1..]), Err(SignError::Malformed)),
    ] {
        assert_eq!(default_key().verify(&signed(&pairs, &given)), verdict, "{given}");
    }
    assert_eq!(default_key().verify(&of(&pairs)), Err(SignError::Missing));
}

#[test]
fn every_way_to_sign_is_its_own() {
    let pairs = [("uid", "test1"), ("custom", "")];
    let keys = [
        key("S3cret", SignStyle::KeyParameter, EmptyValues::Included),
        key("S3cret", SignStyle::KeyParameter, EmptyValues::Skipped),
        key("S3cret", SignStyle::Append, EmptyValues::Included),
        key("S3cret", SignStyle::Append, EmptyValues::Skipped),
        key("s3cret", SignStyle::Append, EmptyValues::Skipped),
    ];
    for (at, own) in keys.iter().enumerate() {
        let request = signed(&pairs, &own.sign(&of(&pairs)).unwrap());
        for (other, key) in keys.iter().enumerate() {
            assert_eq!(key.verify(&request).is_ok(), at == other, "{at} {other}");
        }
    }
}

#[test]
fn an_empty_secret_proves_nothing() {
    let key = SigningKey::new(SecretText::new(""));
    let pairs = [("uid", "test1")];
    let request = signed(&pairs, &key.sign(&of(&pairs)).unwrap());
    assert_eq!(key.verify(&request), Err(SignError::Mismatch));
}

#[test]
fn numbers_sign_as_sent_and_null_as_absent_or_empty() {
    let text = |body: &str| canonical(&json(body), EmptyValues::Included).unwrap();
    assert_eq!(
        text(r#"{"amount":250.00,"bank_id":1e3,"a":true}"#),
        "a=true&amount=250.00&bank_id=1e3"
    );
    assert_eq!(text(r#"{"uid":"a","custom":null}"#), "uid=a");
    for absent_or_empty in ["uid=a", "custom=&uid=a"] {
        let sign = default_key().sign_text(absent_or_empty);
        let body = format!(r#"{{"uid":"a","custom":null,"sign":"{sign}"}}"#);
        assert_eq!(default_key().verify(&json(&body)), Ok(()), "{absent_or_empty}");
    }
    let sign = default_key().sign_text("custom=null&uid=a");
    let body = format!(r#"{{"uid":"a","custom":null,"sign":"{sign}"}}"#);
    assert_eq!(default_key().verify(&json(&body)), Err(SignError::Mismatch));
}

#[test]
fn unknown_parameters_are_signed_in_byte_order() {
    let text = canonical_of(&[("b", "1"), ("a_", "2"), ("aA", "3"), ("Z", "4"), ("a", "5")]);
    assert_eq!(text.unwrap(), "Z=4&a=5&aA=3&a_=2&b=1");
    let pairs = [("uid", "a"), ("zzz", "1")];
    let sign = default_key().sign(&of(&pairs)).unwrap();
    assert_eq!(default_key().verify(&signed(&pairs, &sign)), Ok(()));
    assert_eq!(default_key().verify(&signed(&pairs[..1], &sign)), Err(SignError::Mismatch));
}

#[test]
fn an_ampersand_is_a_letter_like_others() {
    let url = "https://merchant.example/notify?a=1&b=2&orderidx=3&&=&c&sign=1&lang=tr";
    for pairs in [
        &[("notify_url", url)] as &[(&str, &str)],
        &[("notify_url", url), ("orderid", "1")],
        &[("notify_url", url), ("orderid", "1"), ("zzz", "1")],
        &[("notify_url", "https://m.example/?x=y=z"), ("custom", "a=b==c= d")],
        &[("notify_url", "https://m.example/?orderid")],
        &[("bank_account", "TRAN & SONS"), ("bank_no", "1")],
        &[("bank_account", "TRAN&SONS"), ("bank_no", "1")],
        &[("custom", "a&b"), ("d", "1")],
        &[("custom", "a&"), ("uid", "1")],
        &[("custom", "&")],
        &[("custom", "a&b=c"), ("uid", "1")],
        &[("custom", ""), ("uid", "")],
        &[],
    ] {
        assert!(canonical_of(pairs).is_ok(), "{pairs:?}");
    }
}

#[test]
fn refuses_what_could_be_cut_in_another_way() {
    for pairs in [
        &[("custom", "hi&notify_url=https://evil.example/")] as &[(&str, &str)],
        &[("custom", "a&orderid=5")],
        &[("custom", "a&amount=5")],
        &[("custom", "a&sign=5")],
        &[("custom", "a&return_url=u")],
        // In the order of names, these could be parameters of a channel's own.
        &[("custom", "a&d=c")],
        &[("custom", "a&x=c"), ("uid", "1")],
        &[("user_name", "A&vpa=b")],
        &[("notify_url", "https://m.example/?a=1&orderid=2")],
        &[("notify_url", "https://m.example/?a=1&orderid="), ("uid", "1")],
        &[("notify_url", "https://m.example/?a=1&key=S3cret")],
        &[("notify_url", "https://m.example/"), ("o", "unknown, so it could be of the URL")],
        &[("zzz", "1&uid=2")],
    ] {
        assert_eq!(canonical_of(pairs), Err(SignError::Ambiguous), "{pairs:?}");
        assert_eq!(default_key().sign(&of(pairs)), Err(SignError::Ambiguous));
        let request = signed(pairs, &"0".repeat(32));
        assert_eq!(default_key().verify(&request), Err(SignError::Ambiguous));
    }
}

#[test]
fn neither_key_nor_secret_is_printed() {
    let printed = format!("{:?} {:?}", default_key(), of(&[("bank_no", "TR33")]));
    assert!(!printed.contains("S3cret") && !printed.contains("TR33"), "{printed}");
}

type Map = BTreeMap<String, String>;

/// Names that stand before, between and after those that the splitting knows.
const NAMES: &[&str] =
    &["a", "custom", "d", "notify_url", "o", "notify_urlx", "orderid", "uid", "x", "zzz"];

/// What values, like the text itself, are made of.
const PIECES: &[&str] =
    &["", "&", "=", "a", "orderid=", "uid", "zzz=1", "&o=", "&x=1", "notify_url=u", "?"];

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES).prop_map(String::from)
}

fn value() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..5).prop_map(|pieces| pieces.concat())
}

fn map() -> impl Strategy<Value = Map> {
    prop::collection::btree_map(name(), value(), 0..6)
}

fn unchecked(map: &Map) -> String {
    let pairs: Vec<String> = map.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

fn accepted(map: &Map, empties: EmptyValues) -> Option<String> {
    let pairs: Vec<(&str, &str)> = map.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    canonical(&of(&pairs), empties).ok()
}

/// The same text cut at some of its ampersands only.
fn recut(text: &str, cuts: u32) -> Option<Map> {
    let mut pairs: Vec<String> = Vec::new();
    for (at, segment) in text.split('&').enumerate() {
        match pairs.last_mut() {
            Some(last) if cuts >> (at % 32) & 1 == 0 => *last += &format!("&{segment}"),
            _ => pairs.push(segment.into()),
        }
    }
    let split = |pair: &String| {
        let (name, value) = pair.split_once('=')?;
        let valid = is_name(name) && name != "key";
        valid.then(|| (name.to_owned(), value.to_owned()))
    };
    pairs.iter().map(split).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// However a text is cut, at most one of the requests that have it is accepted.
    #[test]
    fn no_two_accepted_requests_share_a_text(one in map(), cuts in any::<u32>()) {
        let text = unchecked(&one);
        let Some(other) = recut(&text, cuts) else { return Ok(()) };
        if one == other || unchecked(&other) != text {
            return Ok(());
        }
        let both = [&one, &other].map(|map| accepted(map, EmptyValues::Included));
        prop_assert!(both.iter().any(Option::is_none), "{:?} {:?}", one, other);
    }

    /// Where empty values are skipped, maps that differ in them only mean the same.
    #[test]
    fn nor_where_empty_values_are_skipped(one in map(), cuts in any::<u32>()) {
        let mut one = one;
        one.retain(|_, value| !value.is_empty());
        let text = unchecked(&one);
        let Some(mut other) = recut(&text, cuts) else { return Ok(()) };
        other.retain(|_, value| !value.is_empty());
        if one == other {
            return Ok(());
        }
        let both = [&one, &other].map(|map| accepted(map, EmptyValues::Skipped));
        let [Some(first), Some(second)] = both else { return Ok(()) };
        prop_assert_ne!(first, second);
    }

    #[test]
    fn whole_random_requests_do_not_meet(one in map(), other in map()) {
        let [first, second] = [&one, &other].map(|map| accepted(map, EmptyValues::Included));
        if let (Some(first), Some(second)) = (first, second) {
            prop_assert_eq!(first == second, one == other);
        }
    }

    #[test]
    fn what_is_signed_is_verified(map in map(), secret in "[ -~]{1,40}") {
        let pairs: Vec<(&str, &str)> = map.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        for style in [SignStyle::KeyParameter, SignStyle::Append] {
            let key = key(&secret, style, EmptyValues::Included);
            if let Ok(sign) = key.sign(&of(&pairs)) {
                prop_assert_eq!(key.verify(&signed(&pairs, &sign)), Ok(()));
            }
        }
    }
}
