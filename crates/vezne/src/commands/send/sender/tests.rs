use vezne_outbound::http::HttpError;
use vezne_wire::ccpayment::samples;

use super::*;

fn word<T>(attempt: &Attempt<T>) -> &'static str {
    match attempt {
        Attempt::Done(_) => "done",
        Attempt::NoToken => "no token",
        Attempt::Refused { .. } => "refused",
        Attempt::Later { doubt: true, .. } => "later, in doubt",
        Attempt::Later { doubt: false, .. } => "later",
        Attempt::Impossible(_) => "impossible",
    }
}

fn answer(status: u16, body: &str) -> http::Answer {
    http::Answer::new(status, Ok(body.as_bytes().to_vec()))
}

#[test]
fn what_an_answer_to_cashouts_means() {
    for (status, body, expected) in [
        (200, samples::IQMONEY_SUCCESS, "done"),
        (200, samples::IQMONEY_PARTIAL, "done"),
        (200, samples::IQMONEY_FAILED, "done"),
        (200, samples::SIPAY_SUCCESS, "done"),
        (200, samples::SIPAY_FAILED, "refused"),
        (200, samples::IQMONEY_NOT_FOUND, "refused"),
        (200, "<html>", "later, in doubt"),
        (401, samples::SIPAY_FAILED, "no token"),
        (400, samples::SIPAY_FAILED, "refused"),
        (301, "", "refused"),
        (404, "", "refused"),
        (429, samples::IQMONEY_SUCCESS, "later"),
        (408, "", "later, in doubt"),
        (500, "", "later, in doubt"),
        (503, samples::SIPAY_FAILED, "later, in doubt"),
    ] {
        assert_eq!(word(&read(answer(status, body))), expected, "{status} {body}");
    }
    let broken = http::Answer::new(200, Err("it broke off".into()));
    assert_eq!(word(&read(broken)), "later, in doubt");
}

#[test]
fn what_no_answer_means() {
    let http = |error| unanswered::<()>(&PeerError::Http(error));
    assert_eq!(word(&http(HttpError::Unsent("refused".into()))), "later");
    assert_eq!(word(&http(HttpError::Unanswered("cut".into()))), "later, in doubt");
    assert_eq!(word(&unanswered::<()>(&PeerError::PlainText)), "impossible");
}

#[test]
fn what_an_answer_to_a_request_for_a_token_means() {
    let token = r#"{"status_code":100,"data":{"token":"t"}}"#;
    for (status, body, expected) in [
        (200, token, "done"),
        (200, r#"{"status_code":30,"status_description":"no"}"#, "refused"),
        (401, r#"{"status_code":30,"status_description":"no"}"#, "refused"),
        (401, "", "no token"),
        (200, "<html>", "refused"),
        (404, "", "refused"),
        (301, token, "refused"),
        (429, "", "later"),
        (503, token, "later"),
    ] {
        assert_eq!(word(&granted(Ok(answer(status, body)))), expected, "{status} {body}");
    }
}

#[test]
fn a_refusal_after_an_attempt_in_doubt_proves_nothing() {
    let refused = || Fate::Refused { code: Some(422), why: "no".into() };
    let fate = |told| match told {
        Told::End(fate) => fate,
        Told::Answer(_) => panic!("it has ended"),
    };
    assert_eq!(fate(end(false, refused())), refused());
    assert_eq!(fate(end(true, refused())), Fate::InDoubt("code 422: no".into()));
}
