use super::*;

/// The vector of `research/wire-facts.md` section 6.
const SECRET: &str = "S3cret";
const TEXT: &str = "currency=VND&pay_code=1004&timestamp=1758210270&uid=test1&userip=127.0.0.1";
const BY_KEY: &str = "3096FC8CEA30209B06DE97B58048A8D6";
const APPENDED: &str = "D66F59536B3C68939509D82370AA810E";

const BODY: &str = r#"{"uid":"test1","userip":"127.0.0.1","timestamp":1758210270,
    "currency":"VND","pay_code":"1004"}"#;

fn flags() -> Vec<(String, String)> {
    let mut pairs: Vec<_> = TEXT.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    pairs.reverse();
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn verdict(parameters: &Parameters) -> Verdict {
    Verdict::of(parameters, &SecretText::new(SECRET)).unwrap()
}

#[test]
fn a_body_and_its_parameters_are_signed_alike() {
    let with_mark = format!("\u{feff}{BODY}");
    for parameters in [
        of_body(BODY.as_bytes(), None).unwrap(),
        of_body(with_mark.as_bytes(), None).unwrap(),
        of_flags(&flags(), None).unwrap(),
    ] {
        let ways = Way::all(&parameters, &SecretText::new(SECRET)).unwrap();
        let signs: Vec<&str> = ways.iter().map(|way| way.sign.as_str()).collect();
        assert_eq!(signs, [BY_KEY, BY_KEY, APPENDED, APPENDED]);
        assert!(ways.iter().all(|way| way.text == TEXT));
    }
}

#[test]
fn the_way_that_fits_is_told() {
    for (sign, style) in [(BY_KEY, "key"), (APPENDED, "append")] {
        let expected = ["included", "skipped"]
            .map(|empties| format!("sign_style {style}, sign_empties {empties}"));
        for sign in [sign.to_owned(), sign.to_lowercase()] {
            let found = verdict(&of_body(BODY.as_bytes(), Some(&sign)).unwrap());
            assert!(found.valid && found.why.is_none());
            assert_eq!(found.fits, expected);
        }
    }
}

#[test]
fn an_empty_value_tells_all_four_ways_apart() {
    let mut pairs = flags();
    pairs.push(("custom".into(), String::new()));
    let ways = Way::all(&of_flags(&pairs, None).unwrap(), &SecretText::new(SECRET)).unwrap();
    assert_eq!(ways[0].text, TEXT.replacen("&pay_code", "&custom=&pay_code", 1));
    assert_eq!((ways[1].text.as_str(), ways[1].sign.as_str()), (TEXT, BY_KEY));
    for way in &ways {
        let found = verdict(&of_flags(&pairs, Some(&way.sign)).unwrap());
        assert_eq!(found.fits, [way.name()]);
    }
}

#[test]
fn the_given_sign_stands_for_the_bodys_own() {
    let body = BODY.replace('}', &format!(r#","sign":"{BY_KEY}"}}"#));
    assert!(verdict(&of_body(body.as_bytes(), None).unwrap()).valid);
    assert!(!verdict(&of_body(body.as_bytes(), Some(&"0".repeat(32))).unwrap()).valid);
    assert!(verdict(&of_body(body.as_bytes(), Some(APPENDED)).unwrap()).valid);
}

#[test]
fn what_is_wrong_is_said() {
    for (sign, why) in [
        (None, "sign is required."),
        (Some("abc"), "sign must be an MD5 digest: 32 hexadecimal digits."),
        (Some("3096FC8CEA30209B06DE97B58048A8D7"), "sign does not match."),
    ] {
        let found = verdict(&of_body(BODY.as_bytes(), sign).unwrap());
        assert_eq!((found.valid, found.why.as_deref()), (false, Some(why)));
        assert!(found.fits.is_empty());
    }
    for body in ["", "[]", r#"{"a":{}}"#, r#"{"a":1,"a":1}"#, r#"{"key":"x"}"#] {
        assert!(of_body(body.as_bytes(), Some(BY_KEY)).is_err(), "{body}");
    }
    let ambiguous = of_body(br#"{"custom":"a&uid=b"}"#, Some(BY_KEY)).unwrap();
    let error = Verdict::of(&ambiguous, &SecretText::new(SECRET)).unwrap_err();
    assert!(error.to_string().contains("cannot be told apart"), "{error}");
}
