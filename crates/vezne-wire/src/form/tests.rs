use proptest::prelude::*;

use super::*;

fn pairs(body: &str) -> Result<Vec<(String, String)>, FormError> {
    Form::parse(body.as_bytes()).map(|form| form.0)
}

#[test]
fn reads_what_browsers_send() {
    let owned = |list: &[(&str, &str)]| {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    for (body, expected) in [
        ("", vec![]),
        ("a=1&b=2", owned(&[("a", "1"), ("b", "2")])),
        ("a=x+y%2B&&%C5%9F=%7C", owned(&[("a", "x y+"), ("ş", "|")])),
        ("a&b=", owned(&[("a", ""), ("b", "")])),
        ("a=1=2%", owned(&[("a", "1=2%")])),
    ] {
        assert_eq!(pairs(body), Ok(expected), "{body}");
    }
}

#[test]
fn refuses_what_two_readers_would_read_differently() {
    let many = |count: usize| (0..count).map(|i| format!("f{i}=1&")).collect::<String>();
    assert_eq!(pairs("a=1&%61=2"), Err(FormError::Duplicate { name: "a".into() }));
    assert_eq!(pairs("a=%FF"), Err(FormError::NotText));
    assert_eq!(pairs("%C5=1"), Err(FormError::NotText));
    assert_eq!(pairs(&many(MAX_PAIRS)).map(|list| list.len()), Ok(MAX_PAIRS));
    assert_eq!(pairs(&many(MAX_PAIRS + 1)), Err(FormError::TooManyPairs));
}

#[test]
fn values_never_print() {
    let form = Form::parse(b"key=abc").unwrap();
    assert_eq!(format!("{form:?}"), r#"{"key"}"#);
    assert_eq!(format!("{:?}", FormWriter::default().text("key", "abc")), "[form]");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Form::parse(&body);
    }

    #[test]
    fn a_written_pair_is_read_back(name in "[^\u{FFFD}]{1,20}", value in "[^\u{FFFD}]{0,40}") {
        let body = FormWriter::default().text(&name, &value).finish();
        let form = Form::parse(body.as_bytes()).unwrap();
        prop_assert_eq!(form.get(&name), Some(value.as_str()));
    }
}
