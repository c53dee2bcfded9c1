use proptest::prelude::*;

use super::{JsonError, Kind, MAX_DEPTH, MAX_MEMBERS, Object, ObjectWriter, push_string};

fn parse(body: &[u8]) -> Result<Vec<(String, String)>, JsonError> {
    let object = Object::parse(body)?;
    let pair = |m: &super::Member<'_>| (m.name.to_string(), m.value.raw().to_owned());
    Ok(object.members().iter().map(pair).collect())
}

fn nested(levels: usize) -> String {
    format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1))
}

fn members(count: usize) -> String {
    let list: Vec<String> = (0..count).map(|i| format!("\"m{i}\":{i}")).collect();
    format!("{{{}}}", list.join(","))
}

#[test]
fn keeps_order_and_text() {
    let body = br#" { "b" : 250.00 , "a":"\u0041", "\u0063":[1, {"x":null}],"d":-1E+2,"":true } "#;
    let found = parse(body).unwrap();
    let expected = [
        ("b", "250.00"),
        ("a", r#""\u0041""#),
        ("c", r#"[1, {"x":null}]"#),
        ("d", "-1E+2"),
        ("", "true"),
    ];
    assert_eq!(found, expected.map(|(name, raw)| (name.to_owned(), raw.to_owned())));
}

#[test]
fn refuses_what_is_not_one_object() {
    let malformed = |line, column| JsonError::Malformed { line, column };
    let cases: &[(&[u8], JsonError)] = &[
        (b"", malformed(1, 0)),
        (b"{", malformed(1, 1)),
        (b"{\n \"a\": x}", malformed(2, 7)),
        (b"{\"a\":1} {}", malformed(1, 9)),
        (b"{\"a\":1,}", malformed(1, 8)),
        (b"{'a':1}", malformed(1, 2)),
        (b"{\"a\":01}", malformed(1, 7)),
        (b"{\"a\":NaN}", malformed(1, 6)),
        (b"{\"a\":\"x\ny\"}", malformed(1, 7)),
        (b"\xef\xbb\xbf{}", malformed(1, 1)),
        (b"{\"a\":\n\"\xff\"}", JsonError::NotUtf8 { line: 2, column: 2 }),
        (b"[]", JsonError::NotAnObject),
        (b"null", JsonError::NotAnObject),
        (b"\"{}\"", JsonError::NotAnObject),
        (b"12", JsonError::NotAnObject),
        (b"{\"a\":1,\"b\":2,\"a\":3}", JsonError::Duplicate { name: "a".into() }),
        (b"{\"a\":1,\"\\u0061\":3}", JsonError::Duplicate { name: "a".into() }),
    ];
    for (body, expected) in cases {
        assert_eq!(parse(body).as_ref(), Err(expected), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn bounds_depth_and_members() {
    let brackets_in_text = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(1000));
    let side_by_side = format!("{{\"a\":[{}1]}}", "[1],".repeat(1000));
    let cases = [
        (nested(MAX_DEPTH), None),
        (nested(MAX_DEPTH + 1), Some(JsonError::TooDeep)),
        (nested(200_000), Some(JsonError::TooDeep)),
        (brackets_in_text, None),
        (side_by_side, None),
        (members(MAX_MEMBERS), None),
        (members(MAX_MEMBERS + 1), Some(JsonError::TooManyMembers)),
    ];
    for (body, expected) in cases {
        assert_eq!(parse(body.as_bytes()).err(), expected, "{} bytes", body.len());
    }
}

#[test]
fn an_error_says_where() {
    let cases: &[(&[u8], &str)] = &[
        (b"{\n\"a\" 1}", "The body is not valid JSON (line 2, byte 5)."),
        (b"{\"a\":1,\"a\":2}", "The body has the member a more than once."),
        (b"[]", "The body must be a JSON object."),
    ];
    for (body, message) in cases {
        assert_eq!(parse(body).unwrap_err().to_string(), *message);
    }
}

#[test]
fn reads_a_value_by_its_kind() {
    for (raw, kind, text, number, integer) in [
        ("null", Kind::Null, None, None, None),
        ("false", Kind::Boolean, None, None, None),
        ("12", Kind::Number, None, Some("12"), Some(12)),
        ("-7", Kind::Number, None, Some("-7"), Some(-7)),
        ("12.0", Kind::Number, None, Some("12.0"), None),
        ("1e2", Kind::Number, None, Some("1e2"), None),
        ("99999999999999999999", Kind::Number, None, Some("99999999999999999999"), None),
        (r#""12""#, Kind::String, Some("12"), None, Some(12)),
        (r#""012""#, Kind::String, Some("012"), None, None),
        (r#""+12""#, Kind::String, Some("+12"), None, None),
        (r#"" 12""#, Kind::String, Some(" 12"), None, None),
        (r#""""#, Kind::String, Some(""), None, None),
        (r#""-""#, Kind::String, Some("-"), None, None),
        (r#""\u0131\n\/""#, Kind::String, Some("ı\n/"), None, None),
        (r#""\ud800""#, Kind::String, None, None, None),
        ("[1]", Kind::Array, None, None, None),
        ("{}", Kind::Object, None, None, None),
    ] {
        let body = format!("{{\"v\": {raw} }}");
        let value = Object::parse(body.as_bytes()).unwrap().get("v").unwrap();
        assert_eq!(value.kind(), kind, "{raw}");
        assert_eq!(value.text().as_deref(), text, "{raw}");
        assert_eq!(value.number(), number, "{raw}");
        assert_eq!(value.integer::<i64>(), integer, "{raw}");
    }
}

#[test]
fn opens_arrays_and_objects() {
    let object = Object::parse(br#"{"list":[1,"2",{"x":3}],"x":{"y":4}}"#).unwrap();
    let list = object.get("list").unwrap();
    assert_eq!(list.array(2).map(|l| l.len()), None);
    let items = list.array(3).unwrap();
    assert_eq!(items.iter().map(|i| i.raw()).collect::<Vec<_>>(), ["1", "\"2\"", "{\"x\":3}"]);
    assert_eq!(object.get("x").unwrap().object().unwrap().get("y").unwrap().raw(), "4");
    assert!(object.get("x").unwrap().array(9).is_none());
    assert!(list.object().is_err());
}

#[test]
fn values_never_print() {
    let object = Object::parse(br#"{"site_key":"abc"}"#).unwrap();
    assert!(!format!("{object:?}").contains("abc"));
}

#[test]
fn writes_members_in_order() {
    let mut out = Vec::new();
    let mut writer = ObjectWriter::open(&mut out);
    writer.text("a\"", "İş\u{1}\n").integer("n", -5_i64).raw("r", "250.00");
    writer
        .nested("o", |out| ObjectWriter::open(out).close())
        .nested_text("t", b"{\"x\":1}")
        .close();
    let expected = r#"{"a\"":"İş\u0001\n","n":-5,"r":250.00,"o":{},"t":"{\"x\":1}"}"#;
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&body);
    }

    #[test]
    fn any_jsonish_text_agrees_with_serde(body in r#"[\{\}\[\]:,"\\ a1e\.\-]{0,40}"#) {
        let ours = parse(body.as_bytes()).is_ok();
        let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&body);
        // Where we refuse more (duplicates) or read less (numbers stay text), theirs may differ.
        if ours && !body.contains('e') {
            prop_assert!(theirs.is_ok());
        }
    }

    #[test]
    fn a_written_string_is_read_back(text in any::<String>()) {
        let mut body = b"{\"v\":".to_vec();
        push_string(&mut body, text.as_bytes());
        body.push(b'}');
        let value = Object::parse(&body).unwrap().get("v").unwrap().text().unwrap().into_owned();
        prop_assert_eq!(value, text);
    }
}
