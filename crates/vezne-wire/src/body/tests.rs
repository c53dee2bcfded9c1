use super::*;

fn form(body: &[u8]) -> Result<Vec<Pair>, BodyError> {
    form_pairs(body)
}

fn pair(name: &str, value: &str) -> Pair {
    (name.into(), value.into())
}

#[test]
fn forms_are_decoded() {
    for (body, pairs) in [
        ("", vec![]),
        ("a=1", vec![pair("a", "1")]),
        ("a=&b=", vec![pair("a", ""), pair("b", "")]),
        ("a=1=2&b=x+y%20z", vec![pair("a", "1=2"), pair("b", "x y z")]),
        ("a=%E2%82%ac;b=2", vec![pair("a", "€;b=2")]),
        ("=1", vec![pair("", "1")]),
    ] {
        assert_eq!(form(body.as_bytes()), Ok(pairs), "{body}");
    }
}

#[test]
fn malformed_forms_are_refused() {
    for (body, error) in [
        (&b"a"[..], BodyError::NoValue),
        (b"a=1&", BodyError::NoValue),
        (b"&a=1", BodyError::NoValue),
        (b"a=1&&b=2", BodyError::NoValue),
        (b"a=%", BodyError::Percent),
        (b"a=%4", BodyError::Percent),
        (b"a=%4g", BodyError::Percent),
        (b"a=%+1", BodyError::Percent),
        (b"%zz=1", BodyError::Percent),
        (b"a=%ff", BodyError::NotUtf8),
        (b"a=\xC5", BodyError::NotUtf8),
        (b"a=%c0%80", BodyError::NotUtf8),
        (b"\xff=1", BodyError::NotUtf8),
    ] {
        assert_eq!(form(body), Err(error), "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(form("a=1&".repeat(70).as_bytes()), Err(BodyError::TooManyPairs));
}

const DISPOSITION: &str = "Content-Disposition: form-data; name=\"a\"";

#[test]
fn multipart_bodies_are_read() {
    for body in [
        format!("--b\r\n{DISPOSITION}\r\n\r\n1\r\n--b--"),
        format!("--b\r\n{DISPOSITION}\r\n\r\n1\r\n--b--\r\n"),
        format!("--b\r\n{DISPOSITION}\r\nContent-Length: 1\r\n\r\n1\r\n--b--\r\n"),
        format!(
            "--b\r\nContent-Type: text/plain; charset=UTF-8\r\n{DISPOSITION}\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n1\r\n--b--\r\n"
        ),
        "--b\r\ncontent-disposition: form-data;name=\"a\"\r\n\r\n1\r\n--b--\r\n".into(),
    ] {
        assert_eq!(multipart_pairs(body.as_bytes(), "b"), Ok(vec![pair("a", "1")]), "{body}");
    }
    let empty = format!("--b\r\n{DISPOSITION}\r\n\r\n\r\n--b--\r\n");
    assert_eq!(multipart_pairs(empty.as_bytes(), "b"), Ok(vec![pair("a", "")]));
    assert_eq!(multipart_pairs(b"--b--\r\n", "b"), Ok(vec![]));
}

#[test]
fn malformed_multipart_bodies_are_refused() {
    let with = |headers: &str, rest: &str| format!("--b\r\n{headers}{rest}");
    let value = "\r\n\r\n1\r\n--b--\r\n";
    for body in [
        String::new(),
        "--".into(),
        "--b".into(),
        "--b\r\n".into(),
        "preamble\r\n--b--".into(),
        "\r\n--b--".into(),
        "--b--x".into(),
        "--b--\r\nepilogue".into(),
        with(DISPOSITION, "\r\n\r\n1"),
        with(DISPOSITION, "\r\n\r\n1\r\n--bc--\r\n"),
        with(DISPOSITION, "\r\n\r\n1\r\n--b \r\n"),
        with(DISPOSITION, "\r\n1\r\n--b--\r\n"),
        with("", value),
        with("Content-Type: text/plain", value),
        with("Content-Disposition: attachment; name=\"a\"", value),
        with("Content-Disposition: form-data", value),
        with("Content-Disposition: form-data; name=a", value),
        with("Content-Disposition: form-data; name=\"a\\\"b\"", value),
        with("Content-Disposition: form-data; name=\"a\"; name=\"b\"", value),
        with("no colon", value),
        with(&format!("{DISPOSITION}\r\n{DISPOSITION}"), value),
        with(&format!("{DISPOSITION}\r\nContent-Type: text/html"), value),
        with(&format!("{DISPOSITION}\r\nContent-Type: text/plain; charset=utf-16"), value),
        with(&format!("{DISPOSITION}\r\nContent-Transfer-Encoding: base64"), value),
        with(&format!("{DISPOSITION}\r\nX-Other: 1"), value),
        with(&format!("{DISPOSITION}\r\nContent-Length: {}", "1".repeat(1024)), value),
    ] {
        let found = multipart_pairs(body.as_bytes(), "b");
        assert!(matches!(found, Err(BodyError::Multipart(_))), "{body}: {found:?}");
    }
}

#[test]
fn files_bytes_and_crowds_are_refused() {
    for attribute in ["filename=\"f.txt\"", "filename*=utf-8''f", "FileName=f"] {
        let body = format!("--b\r\n{DISPOSITION}; {attribute}\r\n\r\n1\r\n--b--\r\n");
        assert_eq!(multipart_pairs(body.as_bytes(), "b"), Err(BodyError::File), "{attribute}");
    }
    let mut body = format!("--b\r\n{DISPOSITION}\r\n\r\n").into_bytes();
    body.extend_from_slice(b"\xff\r\n--b--\r\n");
    assert_eq!(multipart_pairs(&body, "b"), Err(BodyError::NotUtf8));
    let crowd = format!("--b\r\n{DISPOSITION}\r\n\r\n1\r\n").repeat(MAX_PAIRS + 1) + "--b--\r\n";
    assert_eq!(multipart_pairs(crowd.as_bytes(), "b"), Err(BodyError::TooManyPairs));
}

#[test]
fn boundaries_are_checked() {
    for (header, boundary) in [
        (
            "multipart/form-data; boundary=----WebKitFormBoundaryA1b2",
            Some("----WebKitFormBoundaryA1b2"),
        ),
        ("Multipart/Form-Data;Boundary=\"a b:c\"", Some("a b:c")),
        ("multipart/form-data; charset=utf-8; boundary=x", Some("x")),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/form-data; boundary=\"a \"", None),
        ("multipart/form-data; boundary=a\"b", None),
        ("multipart/mixed; boundary=x", None),
    ] {
        assert_eq!(ContentType::parse(header), boundary.map(ContentType::Multipart), "{header}");
    }
    let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
    assert_eq!(ContentType::parse(&long), None);
}

#[test]
fn pairs_are_written_as_php_writes_them() {
    let mut out = Vec::new();
    push_pair(&mut out, "a_b", "x y-z.~*/ş&=+%");
    push_pair(&mut out, "c", "");
    assert_eq!(String::from_utf8(out).unwrap(), "a_b=x+y-z.%7E%2A%2F%C5%9F%26%3D%2B%25&c=");
}
