use super::*;

/// 2021-01-29 16:46:01 in Istanbul: the end of Sipay's sample token (wire-facts 2.2).
const END: i64 = 1_611_927_961_000_000;

fn request(body: &str) -> Result<(String, String), String> {
    TokenRequest::decode(&Object::parse(body.as_bytes()).unwrap())
        .map(|found| (found.app_id, found.app_secret.expose().to_owned()))
        .map_err(|error| error.to_string())
}

#[test]
fn the_request_is_read_and_written() {
    let body = r#"{"app_id":"6d4a7e9374a76c15260fcc75e315b0b9","app_secret":"b46a67571aa1e7ef"}"#;
    let decoded = TokenRequest::decode(&Object::parse(body.as_bytes()).unwrap()).unwrap();
    assert_eq!(decoded.encode(), body.as_bytes());
    assert!(!format!("{decoded:?}").contains("b46a"));
    for (body, message) in [
        (r#"{"app_secret":"x"}"#, "app_id is required."),
        (r#"{"app_id":"x"}"#, "app_secret is required."),
        (r#"{"app_id":"","app_secret":"x"}"#, "app_id must not be empty."),
        (r#"{"app_id":"x","app_secret":1}"#, "app_secret must be a string."),
    ] {
        assert_eq!(request(body), Err(message.into()), "{body}");
    }
}

#[test]
fn a_request_is_read_from_any_body_that_clients_send() {
    let form = "application/x-www-form-urlencoded";
    let parts = |names: &[&str]| {
        let part = |name: &&str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{name}+1\r\n")
        };
        format!("{}--b--\r\n", names.iter().map(part).collect::<String>())
    };
    let multipart = Some("multipart/form-data; boundary=b");
    let json = r#"{"app_id":"app_id+1","app_secret":"app_secret+1"}"#;
    let encoded = "x=1&app_secret=app_secret%2B1&app_id=app_id%2b1";
    for (content_type, body) in [
        (None, json.to_owned()),
        (Some("application/json"), json.to_owned()),
        (Some("Application / JSON"), json.to_owned()),
        (Some(form), encoded.to_owned()),
        (Some("application/x-www-form-urlencoded; charset=UTF-8"), encoded.to_owned()),
        (multipart, parts(&["app_id", "app_secret"])),
        (multipart, parts(&["other", "app_secret", "app_id"])),
    ] {
        let read = TokenRequest::from_body(content_type, body.as_bytes()).expect("it is read");
        let both = (read.app_id.as_str(), read.app_secret.expose());
        assert_eq!(both, ("app_id+1", "app_secret+1"), "{content_type:?} {body}");
    }
    let of = |field, problem| TokenRequestError::Field(FieldError::new(field, problem));
    let itself = Problem::NotTogether { with: "itself" };
    for (content_type, body, error) in [
        (Some("text/plain"), json, TokenRequestError::ContentType),
        (Some("multipart/form-data"), "", TokenRequestError::ContentType),
        (Some(form), "app_id=1", of("app_secret", Problem::Missing)),
        (Some(form), "app_secret=1", of("app_id", Problem::Missing)),
        (Some(form), "app_id=&app_secret=1", of("app_id", Problem::Empty)),
        (Some(form), "app_id=1&app_id=2&app_secret=1", of("app_id", itself)),
        (Some(form), "app_id=%ff&app_secret=1", TokenRequestError::Form(BodyError::NotUtf8)),
        (multipart, json, TokenRequest::from_body(multipart, b"").unwrap_err()),
    ] {
        let answer = TokenRequest::from_body(content_type, body.as_bytes()).map(|_| ());
        assert_eq!(answer, Err(error), "{content_type:?} {body}");
    }
}

#[test]
fn a_refusal_has_no_data() {
    let mut out = Vec::new();
    crate::ccpayment::answer::encode_token_refusal(&mut out, AnswerCode::InvalidCredentials, "No.");
    let expected =
        r#"{"statuscode":30,"description":"No.","status_code":30,"status_description":"No."}"#;
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    let refused = TokenGranted::decode(expected.as_bytes()).unwrap_err();
    assert_eq!(refused, TokenError::Refused { code: 30, description: "No.".into() });
}

#[test]
fn the_answer_is_written_and_read() {
    let answer = TokenAnswer { token: "abc.def", is_3d: 2, expires_at: END };
    let mut out = Vec::new();
    answer.encode_into(&mut out);
    let expected = concat!(
        r#"{"statuscode":100,"description":"Successfully Generated token","data":"#,
        r#"{"token":"abc.def","is_3d":2,"expires_at":"2021-01-29 16:46:01"},"#,
        r#""status_code":100,"status_description":"Successfully Generated token"}"#
    );
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    let granted = TokenGranted::decode(expected.as_bytes()).unwrap();
    assert_eq!(granted.token.expose(), "abc.def");
    assert_eq!(granted.expires_at_micros(), Some(END));
    assert!(!format!("{answer:?}{granted:?}").contains("abc.def"));
}

#[test]
fn an_answer_without_a_token_is_refused() {
    let refused = TokenError::Refused { code: 30, description: "Invalid credentials".into() };
    for (body, error) in [
        (r#"{"status_code":30,"status_description":"Invalid credentials"}"#, refused),
        (r#"{"status_code":100,"data":[]}"#, TokenError::NoToken),
        (r#"{"status_code":100,"data":{"token":""}}"#, TokenError::NoToken),
        ("{}", TokenError::Answer(AnswerError::NoCode)),
    ] {
        assert_eq!(TokenGranted::decode(body.as_bytes()).unwrap_err(), error, "{body}");
        assert!(!error.to_string().is_empty());
    }
    let other = r#"{"status_code":100,"data":{"token":"t","expires_at":"29.01.2021"}}"#;
    assert_eq!(TokenGranted::decode(other.as_bytes()).unwrap().expires_at_micros(), None);
}
