use super::*;
use crate::bankopay::Service;

const REQUEST: &str = r#"{"site_key":"k62F","site_id":1001,"user_id":"u\"1","username":"demo123",
    "trx":"t1","fullname":"Ahmet Demir","amount":"250.50","account_number":"2024","lang": "tr"}"#;

fn answer(key: KeyShown) -> String {
    let object = Object::parse(REQUEST.as_bytes()).unwrap();
    let request = WithdrawRequest::decode(Service::Papara, &object).unwrap();
    let at = 1_708_118_926_000_000;
    let later = at + 1_000_000;
    let accepted = Accepted { request: &request, id: 7, created_at: at, updated_at: later, key };
    let mut out = Vec::new();
    accepted.encode_into(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn tells_what_was_accepted() {
    let expected = concat!(
        r#"{"message":"Withdrawal request created","code":200,"type":"success","data":{"#,
        r#""site_id":1001,"user_id":"u\"1","username":"demo123","trx":"t1","#,
        r#""fullname":"Ahmet Demir","amount":250.5,"account_number":"2024","#,
        r#""callback_data":"{\"site_id\":1001,\"site_key\":\"***\",\"user_id\":\"u\\\"1\","#,
        r#"\"username\":\"demo123\",\"trx\":\"t1\",\"fullname\":\"Ahmet Demir\","#,
        r#"\"amount\":250.5,\"account_number\":\"2024\",\"lang\":\"tr\"}","#,
        r#""updated_at":"17.02.2024 00:28:47","created_at":"17.02.2024 00:28:46","id":7}}"#,
    );
    assert_eq!(answer(KeyShown::Masked), expected);
    let verbatim = expected.replace("***", "k62F");
    assert_eq!(answer(KeyShown::Verbatim), verbatim);
}

#[test]
fn a_refusal_has_no_data() {
    let mut out = Vec::new();
    encode_refusal(&mut out, AnswerCode::DailyLimit, "No \"more\" today");
    let expected = r#"{"code":20025,"message":"No \"more\" today","type":"error"}"#;
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn only_the_code_decides() {
    let accepted = |id, trx: Option<&str>| Ok(Answer::Accepted { id, trx: trx.map(String::from) });
    let refused = |code, message: &str| Ok(Answer::Refused { code, message: message.into() });
    for (body, expected) in [
        (r#"{"code":200,"data":{"id":2,"trx":"t1"}}"#, accepted(Some(2), Some("t1"))),
        (r#"{"code":"200","data":{"id":"2"}}"#, accepted(Some(2), None)),
        (r#"{"code":200,"type":"error"}"#, accepted(None, None)),
        (r#"{"code":200,"data":[]}"#, accepted(None, None)),
        (
            r#"{"code":20014,"message":"API credentials are incorrect!","type":"error"}"#,
            refused(20014, "API credentials are incorrect!"),
        ),
        (r#"{"code":-1,"message":"a\nb","data":{"id":2}}"#, refused(-1, "a b")),
        (r#"{"code":201}"#, refused(201, "")),
        (r#"{"message":"Withdrawal request created"}"#, Err(AnswerError::NoCode)),
        (r#"{"code":200.0}"#, Err(AnswerError::NoCode)),
        (r#"{"code":null}"#, Err(AnswerError::NoCode)),
        ("<html>", Err(AnswerError::Json(JsonError::Malformed { line: 1, column: 1 }))),
        (
            r#"{"code":200,"code":20014}"#,
            Err(AnswerError::Json(JsonError::Duplicate { name: "code".into() })),
        ),
    ] {
        assert_eq!(Answer::decode(body.as_bytes()), expected, "{body}");
    }
}

#[test]
fn our_answers_are_understood() {
    let ours = Answer::decode(answer(KeyShown::Masked).as_bytes());
    assert_eq!(ours, Ok(Answer::Accepted { id: Some(7), trx: Some("t1".into()) }));
}

#[test]
fn a_long_message_is_cut() {
    let body = format!("{{\"code\":1,\"message\":\"{}\"}}", "ş".repeat(501));
    let expected = Answer::Refused { code: 1, message: "ş".repeat(500) };
    assert_eq!(Answer::decode(body.as_bytes()), Ok(expected));
}
