//! The samples of `bankopay.txt` through both sides of the protocol, byte for byte.

use super::answer::encode_refusal;
use super::samples::{Sample, WITHDRAWALS, compact};
use super::{
    Accepted, Acknowledgement, Answer, AnswerCode, BankList, Credentials, KeyShown, Service,
    WithdrawCallback, WithdrawRequest, acknowledgement, payout_id, samples,
};
use crate::json::Object;

/// 17.02.2024 00:28:46 in Istanbul.
const SAMPLE_INSTANT: i64 = 1_708_118_926_000_000;

fn decode(service: Service, body: &str) -> WithdrawRequest {
    WithdrawRequest::decode(service, &Object::parse(body.as_bytes()).unwrap()).unwrap()
}

fn answer(request: &WithdrawRequest) -> String {
    let accepted = Accepted {
        request,
        id: 2,
        created_at: SAMPLE_INSTANT,
        updated_at: SAMPLE_INSTANT,
        key: KeyShown::Masked,
    };
    let mut out = Vec::new();
    accepted.encode_into(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn requests_are_read_and_written_as_shown() {
    for Sample { service, request, .. } in WITHDRAWALS {
        let written = decode(service, request).encode();
        assert_eq!(String::from_utf8(written).unwrap(), compact(request));
    }
}

#[test]
fn answers_are_written_as_shown() {
    for sample in WITHDRAWALS {
        let written = answer(&decode(sample.service, sample.request));
        assert_eq!(written, sample.expected(2, "17.02.2024 00:28:46"));
    }
}

#[test]
fn answers_are_understood() {
    for Sample { answer: sample, .. } in WITHDRAWALS {
        let expected = Answer::Accepted { id: Some(2), trx: Some("456454646".into()) };
        assert_eq!(Answer::decode(sample.as_bytes()), Ok(expected));
    }
}

#[test]
fn the_error_is_written_and_understood() {
    let sample = samples::ERROR_ANSWER;
    let code = AnswerCode::WrongCredentials;
    let mut out = Vec::new();
    encode_refusal(&mut out, code, code.message());
    assert_eq!(String::from_utf8(out).unwrap(), compact(sample));
    let expected = Answer::Refused { code: 20014, message: code.message().into() };
    assert_eq!(Answer::decode(sample.as_bytes()), Ok(expected));
}

#[test]
fn the_bank_list_is_written_and_understood() {
    let request = samples::BANK_LIST_REQUEST;
    let credentials = Credentials::decode(&Object::parse(request.as_bytes()).unwrap()).unwrap();
    assert_eq!(String::from_utf8(credentials.encode()).unwrap(), compact(request));

    let sample = samples::BANK_LIST_ANSWER;
    let banks = BankList::decode(sample.as_bytes()).unwrap();
    let mut out = Vec::new();
    banks.encode_into(&mut out);
    assert_eq!(String::from_utf8(out).unwrap(), compact(sample));
}

#[test]
fn the_callback_is_written_and_understood() {
    let sample = samples::WITHDRAW_CALLBACK;
    let callback = WithdrawCallback::decode(&Object::parse(sample.as_bytes()).unwrap()).unwrap();
    assert_eq!(payout_id(&callback.transaction_id), Some(1));
    assert_eq!(String::from_utf8(callback.encode()).unwrap(), compact(sample));
}

#[test]
fn acknowledgements_are_understood() {
    let done = samples::ACKNOWLEDGED;
    let message = "Balance added to the account!".into();
    assert_eq!(acknowledgement(200, done.as_bytes()), Acknowledgement::Acknowledged { message });
    let refused = samples::REFUSED;
    let expected = Acknowledgement::Refused { code: 999, message: "ERROR MESSAGE".into() };
    assert_eq!(acknowledgement(200, refused.as_bytes()), expected);
}
