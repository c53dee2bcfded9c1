use super::Credentials;
use crate::json::Object;

fn decode(body: &str) -> Result<(u64, String), String> {
    let object = Object::parse(body.as_bytes()).unwrap();
    Credentials::decode(&object)
        .map(|found| (found.site_id, found.site_key.expose().to_owned()))
        .map_err(|e| e.to_string())
}

#[test]
fn reads_both_members_and_no_other() {
    let expected = Ok((1001, "abc".to_owned()));
    assert_eq!(decode(r#"{"site_id":1001,"site_key":"abc"}"#), expected);
    assert_eq!(decode(r#"{"amount":[],"site_key":"a\u0062c","site_id":"1001"}"#), expected);
}

#[test]
fn refuses_what_cannot_be_credentials() {
    for (body, message) in [
        (r#"{"site_key":"abc"}"#, "site_id is required."),
        (r#"{"site_id":1001}"#, "site_key is required."),
        (r#"{"site_id":null,"site_key":"abc"}"#, "site_id must be an integer."),
        (r#"{"site_id":-1,"site_key":"abc"}"#, "site_id must be a whole number."),
        (r#"{"site_id":1.0,"site_key":"abc"}"#, "site_id must be a whole number."),
        (r#"{"site_id":"1|2","site_key":"abc"}"#, "site_id must be a whole number."),
        (r#"{"site_id":"01001","site_key":"abc"}"#, "site_id must be a whole number."),
        (r#"{"site_id":18446744073709551616,"site_key":"a"}"#, "site_id must be a whole number."),
        (r#"{"site_id":1001,"site_key":12}"#, "site_key must be a string."),
        (r#"{"site_id":1001,"site_key":""}"#, "site_key must not be empty."),
    ] {
        assert_eq!(decode(body), Err(message.to_owned()), "{body}");
    }
}
