use super::{FixedParts, Language, Link, LinkAnswer, LinkRequest, MAX_TOKEN, SealedLink};
use crate::applyfor::{Envelope, Parameters, SigningKey};
use crate::secret::SecretText;

fn secret() -> SecretText {
    SecretText::new("S3cret")
}

fn fixed() -> FixedParts {
    FixedParts {
        uid: "test1".into(),
        currency: "TRY".into(),
        pay_code: "4001".into(),
        orderid: "A-1".into(),
        amount: "250.00".into(),
        notify_url: "https://merchant.example/n?a=1&b=2".into(),
        userip: None,
        custom: Some("ığüş \"<>\"".into()),
        return_url: Some("https://merchant.example/back?a=1&b=2".into()),
        language: Some(Language::English),
    }
}

fn link() -> Link {
    Link { fixed: fixed(), expires_at: 1_758_212_070 }
}

#[test]
fn a_token_gives_back_what_went_in() {
    let token = link().token(&secret());
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    let sealed = SealedLink::read(&token).expect("a token");
    assert!(sealed.holds(&secret()));
    assert_eq!(sealed.uid(), "test1");
    assert_eq!(sealed.into_link(), link());
    let bare = FixedParts { custom: None, return_url: None, language: None, ..fixed() };
    let bare = Link { fixed: bare, expires_at: 0 };
    let token = bare.token(&secret());
    assert_eq!(SealedLink::read(&token).expect("a token").into_link(), bare);
}

#[test]
fn nothing_else_holds() {
    let token = link().token(&secret());
    for other in ["", "S3cre", "S3cret ", "s3cret"] {
        let other = SecretText::new(other);
        assert!(!SealedLink::read(&token).expect("a token").holds(&other));
    }
    let empty = SecretText::new("");
    let of_empty = link().token(&empty);
    assert!(!SealedLink::read(&of_empty).expect("a token").holds(&empty));
    // Every single change either is no token or does not hold.
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("text");
        let sealed = SealedLink::read(&changed);
        assert!(!sealed.is_some_and(|sealed| sealed.holds(&secret())), "changed at {at}");
    }
}

#[test]
fn what_is_no_token_is_not_read() {
    let token = link().token(&secret());
    let (payload, tag) = token.split_once('.').expect("two parts");
    for wrong in [
        String::new(),
        ".".to_owned(),
        payload.to_owned(),
        format!("{payload}.{tag}="),
        format!("{payload}=.{tag}"),
        format!("{token}.{tag}"),
        format!("e30.{tag}"),
        format!("{}.{tag}", "A".repeat(MAX_TOKEN)),
    ] {
        assert!(SealedLink::read(&wrong).is_none(), "{wrong}");
    }
    let cut = format!("{payload}.{}", &tag[..tag.len() - 2]);
    assert!(!SealedLink::read(&cut).is_some_and(|sealed| sealed.holds(&secret())));
}

#[test]
fn the_longest_link_fits() {
    let url = format!("https://m.example/{}", "a".repeat(237));
    let longest = FixedParts {
        uid: "ş".repeat(64),
        currency: "A".repeat(10),
        pay_code: "\"".repeat(32),
        orderid: "😀".repeat(32),
        amount: "1".repeat(32),
        notify_url: url.clone(),
        userip: Some("ü".repeat(40)),
        custom: Some("😀".repeat(100)),
        return_url: Some(url),
        language: Some(Language::Turkish),
    };
    let token = Link { fixed: longest, expires_at: i64::MAX }.token(&secret());
    assert!(SealedLink::read(&token).expect("a token").holds(&secret()), "{}", token.len());
}

fn parameters(edit: &[(&str, &str)]) -> Parameters {
    let mut pairs = vec![
        ("uid", "test1"),
        ("currency", "TRY"),
        ("pay_code", "4001"),
        ("orderid", "A-1"),
        ("amount", "250.00"),
        ("notify_url", "https://merchant.example/n"),
        ("expires_in", "1800"),
        ("timestamp", "1758210270"),
    ];
    for (name, value) in edit {
        pairs.retain(|(own, _)| own != name);
        pairs.push((name, value));
    }
    let mut parameters = Parameters::default();
    for (name, value) in pairs {
        parameters.push(name, value).expect("a parameter");
    }
    parameters
}

#[test]
fn a_request_is_read_and_written() {
    let request = LinkRequest::decode(&parameters(&[("expires_in", "60")])).expect("a request");
    assert_eq!((request.expires_in, request.fixed.language), (60, None));
    let request = LinkRequest { fixed: fixed(), expires_in: 60, timestamp: 1_758_210_270_000_000 };
    let written = request.to_parameters().expect("parameters");
    assert!(SigningKey::new(secret()).sign(&written).is_ok(), "URLs may have an ampersand");
    assert_eq!(LinkRequest::decode(&written), Ok(request));
}

#[test]
fn a_wrong_parameter_is_named() {
    for (name, value, wants) in [
        ("orderid", "", "orderid is required."),
        ("notify_url", "", "notify_url is required."),
        ("notify_url", "merchant.example", "notify_url must be an http or https URL"),
        ("return_url", "javascript:alert(1)", "return_url must be an http or https URL"),
        ("expires_in", "", "expires_in is required."),
        ("bank_no", "TR1", "parameters must be one of: uid, currency, "),
        ("expires_in", "59", "expires_in must be a whole number of seconds from 60 to 86400."),
        ("expires_in", "86401", "expires_in must be"),
        ("expires_in", "+600", "expires_in must be"),
        ("expires_in", "999999", "expires_in must be"),
        ("lang", "de", "lang must be one of: tr, en."),
        ("lang", "english", "lang must be one of: tr, en."),
        ("timestamp", "1", "timestamp must be"),
    ] {
        let error = LinkRequest::decode(&parameters(&[(name, value)])).expect_err(name);
        assert!(error.to_string().starts_with(wants), "{error}");
    }
}

#[test]
fn an_answer_is_written_and_read() {
    let key = SigningKey::new(secret());
    let answer = LinkAnswer { url: "/pay-out/a.b".into(), expires_at: 1_758_212_070 };
    let mut body = Vec::new();
    answer.encode_into(&mut body, &key);
    let envelope = Envelope::decode(&body).expect("an envelope");
    assert_eq!(envelope.verify(&key), Ok(()));
    assert_eq!(LinkAnswer::of(&envelope), Ok(answer));
}
