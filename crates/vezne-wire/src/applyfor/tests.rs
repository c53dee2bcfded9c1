//! The samples of `applyfor-withdrawal.txt` through both sides of the protocol, byte for byte.

use super::form_rule::{decode_form, encode_form};
use super::{
    Answer, AnswerError, ApplyRequest, BoolStyle, Checks, Envelope, FormRuleRequest, Generation,
    Note, NotificationFormat, Parameters, SignError, SigningKey, answer, samples,
};
use crate::secret::SecretText;

const JSON: &str = "application/json";

fn key() -> SigningKey {
    SigningKey::new(SecretText::new("S3cret"))
}

/// A sample without its white space between tokens.
fn compact(json: &str) -> String {
    crate::bankopay::samples::compact(json)
}

#[test]
fn the_form_rule_request_is_read_and_written_as_shown() {
    let sample = samples::FORM_RULE_REQUEST;
    let parameters = Parameters::from_body(JSON, sample.as_bytes(), BoolStyle::Words).unwrap();
    let request = FormRuleRequest::decode(&parameters).unwrap();
    assert_eq!(request.timestamp, 1_758_210_270_000_000);
    let sign = parameters.signature().unwrap();
    let written = request.to_parameters().unwrap().to_json(sign);
    assert_eq!(String::from_utf8(written).unwrap(), compact(sample));
    // No published secret gives this signature: the same one stands under another pay_code.
    assert_eq!(key().verify(&parameters), Err(SignError::Mismatch));
}

#[test]
fn the_form_rule_answer_is_read_and_written_as_shown() {
    let sample = samples::FORM_RULE_ANSWER;
    let form = decode_form(&Envelope::decode(sample.as_bytes()).unwrap()).unwrap();
    let mut out = Vec::new();
    encode_form(&mut out, &form, &key());
    let written = String::from_utf8(out).unwrap();
    let shown = compact(sample);
    let unsigned = shown.strip_suffix('}').unwrap();
    let result = unsigned.strip_prefix(r#"{"status":10000,"result":"#).unwrap();
    let sign = key().sign_result(result, "10000");
    assert_eq!(written, format!(r#"{unsigned},"sign":"{sign}"}}"#));
    let envelope = Envelope::decode(written.as_bytes()).unwrap();
    assert_eq!(envelope.verify(&key()), Ok(()));
    assert_eq!(decode_form(&envelope), Ok(form));
}

#[test]
fn the_success_answer_is_read_and_written_as_shown() {
    let sample = samples::SUCCESS_ANSWER;
    let envelope = Envelope::decode(sample.as_bytes()).unwrap();
    assert_eq!(Answer::of(&envelope), Ok(Answer::Accepted { transactionid: "123".into() }));
    assert_eq!(envelope.verify(&key()), Err(AnswerError::Sign(SignError::Malformed)));
    let mut out = Vec::new();
    answer::encode_accepted(&mut out, "123", &key());
    let sign = "7E524386EDACC30087FBC217F5B07555";
    assert_eq!(String::from_utf8(out).unwrap(), compact(sample).replace("xxx", sign));
}

/// A whole order: written by the client, checked by the channel's form, noted, and told about.
#[test]
fn an_order_walks_through_both_sides() {
    let body = "uid=test1&currency=KRW&orderid=A1&notify_url=https%3A%2F%2Fm.example%2Fn%3Fa%3D1\
                &amount=5000&userip=%3A%3A1&timestamp=1758210270&pay_code=1004&bank_id=1001\
                &bank_account=Kim&custom=&sign=";
    let content_type = "application/x-www-form-urlencoded";
    let read = |body: &str| {
        Parameters::from_body(content_type, body.as_bytes(), BoolStyle::Words).unwrap()
    };
    let sign = key().sign(&read(body)).unwrap();
    let parameters = read(&format!("{body}{sign}"));
    assert_eq!(key().verify(&parameters), Ok(()));

    let request = ApplyRequest::decode(&parameters, Generation::Current).unwrap();
    assert_eq!(request.minor_units(0, 0), Ok(5000));
    let answer = Envelope::decode(samples::FORM_RULE_ANSWER.as_bytes()).unwrap();
    let form = decode_form(&answer).unwrap();
    assert_eq!(form.validate(&parameters, Checks::Strict), Ok(()));

    let note = Note::of(&request, NotificationFormat::Form);
    let note = Note::from_bytes(&note.to_bytes()).unwrap();
    assert_eq!(note.notify_url, "https://m.example/n?a=1");
    assert_eq!(note.details, request.details);
}
