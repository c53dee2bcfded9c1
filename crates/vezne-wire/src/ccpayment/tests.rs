//! The samples of both documents through both sides of the protocol, byte for byte.

use super::samples::{self, compact, expected};
use super::{
    AnswerCode, CashoutOrder, CashoutRequest, Profile, Row, RowAnswer, RowCode, RowOutcome,
    below_minimum, encode_refusal, encode_rows,
};
use crate::json::Object;

fn accepted(id: &str, commission: i64) -> RowAnswer<'_> {
    let outcome = RowOutcome::Accepted {
        merchant_commission_minor: commission,
        receiver_commission_minor: commission,
    };
    RowAnswer { unique_id: Some(id.into()), outcome }
}

fn refused(code: RowCode, message: &str) -> RowAnswer<'_> {
    RowAnswer { unique_id: None, outcome: RowOutcome::Refused { code, message: message.into() } }
}

fn rows(profile: Profile, rows: &[RowAnswer<'_>]) -> String {
    let mut out = Vec::new();
    encode_rows(&mut out, profile, rows);
    String::from_utf8(out).unwrap()
}

fn refusal(code: AnswerCode) -> String {
    let mut out = Vec::new();
    encode_refusal(&mut out, code, code.message());
    String::from_utf8(out).unwrap()
}

#[test]
fn the_iqmoney_request_is_written_as_shown() {
    let sample = samples::IQMONEY_REQUEST;
    let request = CashoutRequest::decode(&Object::parse(sample.as_bytes()).unwrap(), 2).unwrap();
    let rows: Vec<Row> = request.rows.into_iter().map(Result::unwrap).collect();
    let order =
        CashoutOrder { merchant_key: &request.merchant_key, web_hook_key: None, rows: &rows };
    let body = String::from_utf8(order.write(&request.hash_key)).unwrap();
    assert_eq!(body, compact(sample));
}

/// As shown, but for the optional fields that the sample sends empty, and the bank, which stands
/// before the IBAN there.
#[test]
fn the_sipay_request_is_written_as_shown() {
    let sample = samples::SIPAY_REQUEST;
    let request = CashoutRequest::decode(&Object::parse(sample.as_bytes()).unwrap(), 2).unwrap();
    let rows: Vec<Row> = request.rows.into_iter().map(Result::unwrap).collect();
    let order =
        CashoutOrder { merchant_key: &request.merchant_key, web_hook_key: None, rows: &rows };
    let body = order.write(&request.hash_key);
    let without = compact(sample).replace(r#","description":"""#, "");
    let without = without.replace(r#""id_tc_kn":"","#, "");
    let value = |json: &[u8]| serde_json::from_slice::<serde_json::Value>(json).unwrap();
    assert_eq!(value(&body), value(without.as_bytes()));
    assert_eq!(body.len(), without.len());
}

#[test]
fn refusals_are_written_as_shown() {
    assert_eq!(refusal(AnswerCode::InvalidHashKey), expected(samples::SIPAY_FAILED, &[]));
    assert_eq!(refusal(AnswerCode::MerchantNotFound), expected(samples::IQMONEY_NOT_FOUND, &[]));
}

#[test]
fn full_success_is_written_as_shown() {
    let both = [accepted("a", 210), accepted("b", 420)];
    assert_eq!(rows(Profile::Sipay, &both), expected(samples::SIPAY_SUCCESS, &[]));
    assert_eq!(rows(Profile::Iqmoney, &both), expected(samples::IQMONEY_SUCCESS, &["a", "b"]));
    let printed = [accepted("8402133", 210), accepted("8402133", 420)];
    assert_eq!(rows(Profile::Iqmoney, &printed), compact(samples::IQMONEY_SUCCESS));
}

#[test]
fn partial_success_is_written_as_shown() {
    let code = RowCode::InsufficientBalance;
    let both = [accepted("8402133", 210), refused(code, code.message())];
    assert_eq!(rows(Profile::Iqmoney, &both), compact(samples::IQMONEY_PARTIAL));
}

#[test]
fn failure_is_written_as_shown() {
    let message = below_minimum(1000, "TRY");
    let both = [(); 2].map(|()| refused(RowCode::BelowMinimum, &message));
    assert_eq!(rows(Profile::Iqmoney, &both), compact(samples::IQMONEY_FAILED));
}

#[test]
fn an_answer_with_all_keys_is_expected_as_printed() {
    for sample in [samples::IQMONEY_NOT_FOUND, samples::IQMONEY_FAILED] {
        assert_eq!(expected(sample, &[]), compact(sample));
    }
    let swapped = expected(samples::IQMONEY_SUCCESS, &["1", "8402133"]);
    assert!(swapped.find(r#""1""#) < swapped.find(r#""8402133""#), "{swapped}");
}

#[test]
fn profiles_have_names() {
    for profile in Profile::ALL {
        assert_eq!(Profile::parse(profile.name()), Some(profile));
    }
    assert_eq!(Profile::parse("Sipay"), None);
}
