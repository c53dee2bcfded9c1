use proptest::prelude::*;

use super::*;
use crate::json::JsonError;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

fn read(content_type: &str, body: &str) -> Result<Parameters, ParametersError> {
    Parameters::from_body(content_type, body.as_bytes(), BoolStyle::Words)
}

fn part(name: &str, value: &str) -> String {
    format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

fn multipart(pairs: &[(&str, &str)]) -> String {
    let parts: String = pairs.iter().map(|(name, value)| part(name, value)).collect();
    format!("{parts}--b--\r\n")
}

fn pairs(parameters: &Parameters) -> Vec<(&str, &str)> {
    parameters.iter().collect()
}

fn problem(content_type: &str, body: &str) -> (String, ParameterProblem) {
    let error = read(content_type, body).unwrap_err();
    let ParametersError::Parameter { name, problem } = error else { panic!("{body}: {error}") };
    (name, problem)
}

#[test]
fn the_three_content_types_give_the_same() {
    let expected = [("uid", "test1"), ("custom", "Şükrü & Öz+=%"), ("amount", "250.00")];
    let json = r#"{"uid":"test1","custom":"Şükrü & \u00d6z+=%","amount":250.00,"sign":"AB"}"#;
    let form = "uid=test1&custom=%C5%9E%c3%bckr%C3%BC+%26+Öz%2B=%25&amount=250.00&sign=AB";
    let multipart = multipart(&[&expected[..], &[("sign", "AB")]].concat());
    for (content_type, body) in [(JSON, json), (FORM, form), (MULTIPART, multipart.as_str())] {
        let parameters = read(content_type, body).unwrap();
        assert_eq!(pairs(&parameters), expected, "{content_type}");
        assert_eq!(parameters.signature(), Some("AB"));
        assert_eq!(parameters.get("amount"), Some("250.00"));
        assert_eq!(parameters.get("sign"), None);
    }
}

#[test]
fn content_types_are_read_as_sent() {
    for (content_type, read) in [
        ("application/json", true),
        ("Application/JSON; charset=UTF-8", true),
        ("application/json;charset=\"utf-8\"", true),
        ("application/json; charset=iso-8859-9", false),
        ("application/jsonp", false),
        ("text/json", false),
        ("", false),
    ] {
        let found = super::tests::read(content_type, "{}");
        assert_eq!(found.is_ok(), read, "{content_type}");
    }
}

#[test]
fn problems_have_their_statuses() {
    let large = " ".repeat(MAX_BODY + 1);
    for (content_type, body, statuses) in [
        ("text/plain", "{}", (10016, 415)),
        (JSON, large.as_str(), (10015, 413)),
        (JSON, "{", (10001, 400)),
        (FORM, "a", (10001, 400)),
        (MULTIPART, "--x", (10001, 400)),
        (JSON, r#"{"a":{}}"#, (10001, 200)),
        (FORM, "key=1", (10001, 200)),
    ] {
        let error = read(content_type, body).unwrap_err();
        assert_eq!((error.status().number(), error.http_status()), statuses, "{error}");
    }
}

#[test]
fn booleans_have_two_styles() {
    let body = br#"{"a":true,"b":false}"#;
    let texts = |bools| {
        let parameters = Parameters::from_body(JSON, body, bools).unwrap();
        [parameters.get("a").unwrap().to_owned(), parameters.get("b").unwrap().to_owned()]
    };
    assert_eq!(texts(BoolStyle::Words), ["true", "false"]);
    assert_eq!(texts(BoolStyle::Php), ["1", ""]);
}

#[test]
fn null_is_absent_and_its_name_is_taken() {
    let parameters = read(JSON, r#"{"a":null,"b":"1"}"#).unwrap();
    assert_eq!(pairs(&parameters), [("b", "1")]);
    assert_eq!(pairs(&parameters.with_empty_nulls().unwrap()), [("b", "1"), ("a", "")]);
    assert!(read(JSON, r#"{"b":"1"}"#).unwrap().with_empty_nulls().is_none());
}

#[test]
fn a_name_comes_once() {
    let duplicate = |name: &str| (name.to_owned(), ParameterProblem::Duplicate);
    assert_eq!(problem(FORM, "a=1&b=2&a=1"), duplicate("a"));
    assert_eq!(problem(FORM, "sign=1&sign=1"), duplicate("sign"));
    assert_eq!(problem(FORM, "a=1&%61=2"), duplicate("a"));
    assert_eq!(problem(MULTIPART, &multipart(&[("a", "1"), ("a", "2")])), duplicate("a"));
    for body in [r#"{"a":1,"a":1}"#, r#"{"a":null,"a":1}"#, r#"{"a":1,"\u0061":1}"#] {
        let error = read(JSON, body).unwrap_err();
        assert_eq!(error, ParametersError::Json(JsonError::Duplicate { name: "a".into() }));
    }
}

#[test]
fn refuses_names_and_values_by_name() {
    use ParameterProblem::{BadCharacter, BadName, Nested, Reserved, TooLong};
    let long_name = "n".repeat(MAX_NAME + 1);
    let long = "ş".repeat(MAX_VALUE + 1);
    for (name, value, expected) in [
        ("key", "1", Reserved),
        ("", "1", BadName),
        ("a b", "1", BadName),
        ("a=b", "1", BadName),
        ("a&b", "1", BadName),
        ("a[]", "1", BadName),
        ("ş", "1", BadName),
        ("a\0", "1", BadName),
        ("a", "x\0y", BadCharacter),
        ("a", "x\ny", BadCharacter),
        ("a", "x\u{7f}", BadCharacter),
        ("a", "x\u{85}", BadCharacter),
        ("a", &long, TooLong { max: MAX_VALUE }),
    ] {
        let json = serde_json::json!({ name: value }).to_string();
        assert_eq!(problem(JSON, &json), (name.to_owned(), expected), "{json}");
        let mut form = Vec::new();
        crate::body::push_pair(&mut form, name, value);
        let form = String::from_utf8(form).unwrap();
        assert_eq!(problem(FORM, &form), (name.to_owned(), expected), "{form}");
        let multipart = multipart(&[(name, value)]);
        assert_eq!(problem(MULTIPART, &multipart), (name.to_owned(), expected), "{multipart}");
    }
    for json in [r#"{"a":{}}"#, r#"{"a":[1]}"#, r#"{"a":[]}"#] {
        assert_eq!(problem(JSON, json), ("a".into(), Nested));
    }
    assert_eq!(problem(JSON, r#"{"a":"\ud800"}"#), ("a".into(), BadCharacter));
    assert_eq!(problem(FORM, &format!("{long_name}=1")).1, BadName);
    assert!(read(FORM, &format!("a={}", "ş".repeat(MAX_VALUE))).is_ok());
}

#[test]
fn has_limits() {
    let form = |count: usize| (0..count).map(|at| format!("p{at}=1")).collect::<Vec<_>>().join("&");
    assert_eq!(read(FORM, &form(MAX_PARAMETERS)).unwrap().iter().count(), MAX_PARAMETERS);
    assert!(read(FORM, &form(MAX_PARAMETERS + 1)).is_err());
    let large = format!("{{}}{}", " ".repeat(MAX_BODY));
    assert_eq!(read(JSON, &large).unwrap_err(), ParametersError::TooLarge);
    let mut own = Parameters::default();
    for at in 0..MAX_PARAMETERS {
        own.push(&format!("p{at}"), "1").unwrap();
    }
    assert_eq!(own.push("one", "1"), Err(ParametersError::TooMany));
    assert_eq!(own.push("one", ""), Ok(()));
}

#[test]
fn a_problem_never_repeats_a_value() {
    let error = read(FORM, "bank_no=TR33\x01").unwrap_err().to_string();
    assert!(!error.contains("TR33"), "{error}");
    assert_eq!(error, "The parameter bank_no has a control character or is not proper text.");
}

/// What multipart bodies are made of.
const PIECES: &[&str] = &[
    "--b",
    "\r\n",
    "--",
    "Content-Disposition: form-data; name=\"a\"",
    "x",
    "\r\n\r\n",
    "; filename=\"f\"",
    ":",
    "\"",
];

proptest! {
    #[test]
    fn what_is_written_is_read(
        values in prop::collection::btree_map(
            "[a-jl-z_][a-zA-Z0-9_.-]{0,20}",
            "[^\\p{Cc}]{1,60}",
            0..20,
        ),
    ) {
        let mut written = Parameters::default();
        for (name, value) in values.iter().filter(|(name, _)| *name != "sign") {
            written.push(name, value).unwrap();
        }
        let json = Parameters::from_body(JSON, &written.to_json("AB"), BoolStyle::Words).unwrap();
        let form = Parameters::from_body(FORM, &written.to_form("AB"), BoolStyle::Words).unwrap();
        for read in [json, form] {
            prop_assert_eq!(pairs(&read), pairs(&written));
            prop_assert_eq!(read.signature(), Some("AB"));
        }
    }

    #[test]
    fn no_body_breaks_the_reader(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for content_type in [JSON, FORM, MULTIPART] {
            let _ = Parameters::from_body(content_type, &body, BoolStyle::Php);
        }
    }

    #[test]
    fn no_almost_multipart_body_breaks_the_reader(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20),
    ) {
        let _ = read(MULTIPART, &pieces.concat());
    }
}
