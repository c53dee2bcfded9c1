use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use jsonwebtoken::jwk::JwkSet;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_611_920_761;

static OLD: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate("old").unwrap());
static NEW: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate("new").unwrap());

fn keys() -> Vec<VerifyingKey> {
    vec![OLD.public(), NEW.public()]
}

fn claims() -> Claims {
    Claims {
        audience: "17".into(),
        subject: "merchant \"Ş\"".into(),
        id: "0f1c".into(),
        issued_at: NOW,
        expires_at: NOW + 7200,
    }
}

fn token() -> String {
    sign(&OLD, &claims()).unwrap()
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// A token with a true signature by the old key, whatever it says.
fn signed(head: &Value, payload: &Value) -> String {
    let message = format!("{}.{}", part(head), part(payload));
    let signature = OLD.signature(message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn head(alg: &str) -> Value {
    json!({"typ": "JWT", "alg": alg, "kid": "old"})
}

fn payload() -> Value {
    json!({"aud": "17", "jti": "1", "iat": NOW, "nbf": NOW, "exp": NOW + 60, "sub": "5"})
}

fn with(name: &str, value: Value) -> Value {
    let mut payload = payload();
    payload[name] = value;
    payload
}

#[test]
fn a_token_is_read_back() {
    assert_eq!(verify(&keys(), &token(), NOW), Ok(claims()));
}

#[test]
fn a_token_has_the_claims_of_passport_in_their_order() {
    let token = token();
    let parts: Vec<&str> = token.split('.').collect();
    let json = |at: usize| String::from_utf8(URL_SAFE_NO_PAD.decode(parts[at]).unwrap()).unwrap();
    assert_eq!(json(0), r#"{"typ":"JWT","alg":"RS256","kid":"old"}"#);
    let payload = concat!(
        r#"{"aud":"17","jti":"0f1c","iat":1611920761,"nbf":1611920761,"exp":1611927961,"#,
        r#""sub":"merchant \"Ş\"","scopes":[]}"#
    );
    assert_eq!((json(1).as_str(), parts.len()), (payload, 3));
}

#[test]
fn a_token_holds_from_a_minute_before_its_first_to_before_its_last_second() {
    let token = token();
    for (now, expected) in [
        (NOW - 61, Err(JwtError::NotYetValid)),
        (NOW - 60, Ok(())),
        (NOW - 1, Ok(())),
        (NOW, Ok(())),
        (NOW + 7199, Ok(())),
        (NOW + 7200, Err(JwtError::Expired)),
        (NOW + 7201, Err(JwtError::Expired)),
        (i64::MIN, Err(JwtError::NotYetValid)),
        (i64::MAX, Err(JwtError::Expired)),
    ] {
        assert_eq!(verify(&keys(), &token, now).map(drop), expected, "{now}");
    }
}

#[test]
fn leeway_is_given_from_when_it_holds_and_not_from_when_it_was_made_or_ends() {
    for (name, value, expected) in [
        ("nbf", NOW + 60, Ok(())),
        ("nbf", NOW + 61, Err(JwtError::NotYetValid)),
        ("nbf", i64::MIN, Ok(())),
        ("nbf", i64::MAX, Err(JwtError::NotYetValid)),
        // RFC 7519 section 4.1.6 gives this one no say.
        ("iat", NOW + 3_600, Ok(())),
        ("exp", NOW + 1, Ok(())),
        ("exp", NOW, Err(JwtError::Expired)),
        ("exp", i64::MIN, Err(JwtError::Expired)),
    ] {
        let token = signed(&head("RS256"), &with(name, json!(value)));
        assert_eq!(verify(&keys(), &token, NOW).map(drop), expected, "{name} {value}");
    }
}

#[test]
fn keys_change_with_overlap() {
    let (old, new) = (token(), sign(&NEW, &claims()).unwrap());
    for (keys, token, expected) in [
        (vec![OLD.public()], &old, Ok(())),
        (keys(), &old, Ok(())),
        (keys(), &new, Ok(())),
        (vec![NEW.public()], &old, Err(JwtError::UnknownKey)),
        (vec![OLD.public()], &new, Err(JwtError::UnknownKey)),
        (vec![], &old, Err(JwtError::UnknownKey)),
    ] {
        assert_eq!(verify(&keys, token, NOW).map(drop), expected);
    }
}

#[test]
fn another_key_of_the_same_id_does_not_verify() {
    let other = SigningKey::from_der("old", &NEW.to_der()).unwrap();
    let signed = sign(&other, &claims()).unwrap();
    assert_eq!(verify(&keys(), &signed, NOW), Err(JwtError::BadSignature));
}

#[test]
fn only_rs256_is_believed() {
    for alg in ["none", "None", "HS256", "RS512", "PS256", "ES256", "rs256", ""] {
        let token = signed(&head(alg), &payload());
        assert_eq!(verify(&keys(), &token, NOW), Err(JwtError::WrongAlgorithm), "{alg}");
    }
    assert_eq!(verify(&keys(), &signed(&head("RS256"), &payload()), NOW).map(drop), Ok(()));
    let unsigned = format!("{}.{}.", part(&head("none")), part(&payload()));
    assert_eq!(verify(&keys(), &unsigned, NOW), Err(JwtError::WrongAlgorithm));
    let unsigned = format!("{}.{}.", part(&head("RS256")), part(&payload()));
    assert_eq!(verify(&keys(), &unsigned, NOW), Err(JwtError::BadSignature));
}

#[test]
fn the_public_key_is_no_hmac_secret() {
    let public = OLD.public();
    let spki = OLD.pair.public_key().as_der().unwrap();
    let secrets = [public.0.modulus.as_slice(), OLD.pair.public_key().as_ref(), spki.as_ref()];
    for (secret, alg) in secrets.into_iter().zip(["HS256"; 3]).chain([(secrets[0], "RS256")]) {
        let message = format!("{}.{}", part(&head(alg)), part(&payload()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        let expected =
            if alg == "RS256" { JwtError::BadSignature } else { JwtError::WrongAlgorithm };
        assert_eq!(verify(&keys(), &token, NOW), Err(expected), "{alg}");
    }
}

#[test]
fn the_library_alone_refuses_another_algorithm() {
    for alg in ["HS256", "RS512"] {
        let token = signed(&head(alg), &payload());
        let decoded = jsonwebtoken::decode::<Payload>(token, &OLD.public().0.decoding, &VALIDATION);
        assert_eq!(decoded.err().map(|error| reason(&error)), Some(JwtError::Malformed), "{alg}");
    }
}

#[test]
fn what_is_changed_is_not_believed() {
    let token = token();
    let parts: Vec<&str> = token.split('.').collect();
    let richer = part(&with("sub", json!("6")));
    let mut signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    signature[0] ^= 1;
    let signature = URL_SAFE_NO_PAD.encode(signature);
    let renamed = part(&json!({"typ": "JWT", "alg": "RS256", "kid": "new"}));
    for (token, expected) in [
        (format!("{}.{richer}.{}", parts[0], parts[2]), JwtError::BadSignature),
        (format!("{}.{}.{signature}", parts[0], parts[1]), JwtError::BadSignature),
        (format!("{renamed}.{}.{}", parts[1], parts[2]), JwtError::BadSignature),
        (format!("{}.{}.", parts[0], parts[1]), JwtError::BadSignature),
        (format!("{}.{}.{}AA", parts[0], parts[1], parts[2]), JwtError::BadSignature),
        (format!("{}.{}", parts[0], parts[1]), JwtError::Malformed),
        (format!("{token}.x"), JwtError::Malformed),
        (format!("{token}="), JwtError::Malformed),
        (format!(" {token}"), JwtError::Malformed),
        (format!("Bearer {token}"), JwtError::Malformed),
        (format!("{token}{}", "A".repeat(MAX_TOKEN_BYTES)), JwtError::Malformed),
        (String::new(), JwtError::Malformed),
        ("..".into(), JwtError::Malformed),
        ("e30.e30.".into(), JwtError::Malformed),
    ] {
        assert_eq!(verify(&keys(), &token, NOW), Err(expected), "{token}");
    }
}

#[test]
fn a_header_names_a_known_key_and_asks_for_nothing_else() {
    for (head, expected) in [
        (json!({"alg": "RS256"}), JwtError::UnknownKey),
        (json!({"alg": "RS256", "kid": ""}), JwtError::UnknownKey),
        (json!({"alg": "RS256", "kid": "OLD"}), JwtError::UnknownKey),
        (json!({"alg": "RS256", "kid": 1}), JwtError::Malformed),
        (json!({"alg": "RS256", "kid": "old", "crit": ["exp"]}), JwtError::Malformed),
        (json!({"kid": "old"}), JwtError::Malformed),
        (json!([]), JwtError::Malformed),
    ] {
        assert_eq!(verify(&keys(), &signed(&head, &payload()), NOW), Err(expected), "{head}");
    }
}

#[test]
fn claims_are_of_their_one_form() {
    for payload in [
        with("aud", json!(["17"])),
        with("aud", json!(17)),
        with("aud", json!(null)),
        with("sub", json!(5)),
        with("sub", json!(null)),
        with("jti", json!(null)),
        with("exp", json!("soon")),
        with("exp", json!(1_611_920_900.5)),
        with("exp", json!(u64::MAX)),
        with("nbf", json!(null)),
        json!({}),
        json!("claims"),
    ] {
        let token = signed(&head("RS256"), &payload);
        assert_eq!(verify(&keys(), &token, NOW), Err(JwtError::Malformed), "{payload}");
    }
    let more = signed(&head("RS256"), &with("scopes", json!(["*"])));
    assert_eq!(verify(&keys(), &more, NOW).map(drop), Ok(()));
}

#[test]
fn a_key_is_stored_and_read() {
    let read = SigningKey::from_der(OLD.id(), &OLD.to_der()).unwrap();
    assert_eq!(*read.to_der(), *OLD.to_der());
    // RS256 has no randomness: the same key makes the same token.
    assert_eq!(sign(&read, &claims()), sign(&OLD, &claims()));
    assert_eq!(read.pair.public_modulus_len(), 256);
    for wrong in [&[][..], b"-----BEGIN PRIVATE KEY-----", OLD.pair.public_key().as_ref()] {
        let refused = SigningKey::from_der("old", wrong).err();
        assert_eq!(refused, Some(JwtError::Key(KeyError::NotPkcs8)));
    }
}

#[test]
fn keys_print_their_id_only() {
    let printed = format!("{:?} {:?}", *OLD, OLD.public());
    assert_eq!(printed, r#"SigningKey { id: "old", .. } VerifyingKey { id: "old", .. }"#);
}

#[test]
fn the_key_set_verifies_for_others() {
    let json = jwks(&keys());
    let set: Value = serde_json::from_slice(&json).unwrap();
    let keys = set["keys"].as_array().unwrap();
    assert_eq!((set.as_object().unwrap().len(), keys.len()), (1, 2));
    for (key, id) in keys.iter().zip(["old", "new"]) {
        let member = |name: &str| key[name].as_str().unwrap();
        let fixed = (member("kty"), member("use"), member("alg"), member("kid"));
        assert_eq!(fixed, ("RSA", "sig", "RS256", id));
    }
    let number = |name: &str| URL_SAFE_NO_PAD.decode(keys[0][name].as_str().unwrap()).unwrap();
    let (n, e) = (number("n"), number("e"));
    assert_eq!((n.len(), e.as_slice()), (256, &[1, 0, 1][..]));
    let token = token();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    RsaPublicKeyComponents { n, e }
        .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature)
        .unwrap();
    let set: JwkSet = serde_json::from_slice(&json).unwrap();
    let key = DecodingKey::from_jwk(set.find("old").unwrap()).unwrap();
    assert!(jsonwebtoken::decode::<Payload>(token, &key, &VALIDATION).is_ok());
    assert_eq!(jwks(&[]), br#"{"keys":[]}"#);
}

#[test]
fn the_scheme_may_be_left_out() {
    for (header, token) in [
        ("Bearer a.b.c", Some("a.b.c")),
        ("bearer a.b.c", Some("a.b.c")),
        ("BEARER   a.b.c ", Some("a.b.c")),
        (" a.b.c\t", Some("a.b.c")),
        ("a.b.c", Some("a.b.c")),
        ("Bearera.b.c", Some("Bearera.b.c")),
        ("Bearer", None),
        ("Bearer ", None),
        ("", None),
        ("Basic YTpi", None),
        ("Bearer a b", None),
        ("a.b.c d", None),
    ] {
        assert_eq!(bearer(header), token, "{header}");
    }
}

#[test]
fn errors_say_what_is_wrong() {
    assert_eq!(JwtError::Expired.to_string(), "The token has expired.");
    let key = JwtError::Key(KeyError::NotSigned);
    assert_eq!(key.to_string(), "The signing key does not sign.");
}

proptest! {
    #[test]
    fn any_text_is_refused(text in any::<String>(), near in "[a-zA-Z0-9_.-]{0,200}") {
        for text in [text, near] {
            prop_assert!(verify(&keys(), &text, NOW).is_err());
            prop_assert!(bearer(&text).is_none_or(|token| text.contains(token)));
        }
    }
}
