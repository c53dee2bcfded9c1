//! One line per refusal. The match behind them has no wildcard, so a new one cannot be forgotten.

use axum::body::to_bytes;
use axum::http::header::RETRY_AFTER;
use vezne_core::model::beneficiary::BeneficiaryError;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::refusal::SubmitRefusal;
use vezne_wire::bankopay::{Answer, AnswerCode, SignatureError};

use super::Refusal;
use crate::dialect::body::BodyRefusal;

fn lira(minor: i64) -> Money {
    Money::new(minor, Currency::TRY)
}

fn all_submission_refusals() -> [(SubmitRefusal, u32, &'static str); 7] {
    [
        (
            SubmitRefusal::ReferenceReused { existing: PayoutId(7) },
            20020,
            "This trx was used before for another withdrawal. Use a new one.",
        ),
        (SubmitRefusal::MerchantSuspended, 20021, "The site is suspended."),
        (
            SubmitRefusal::ChannelNotOffered { channel: "papara".into() },
            20022,
            "This service is not offered to the site.",
        ),
        (
            SubmitRefusal::AmountBelowMinimum { minimum: lira(10_000) },
            20023,
            "The amount is below the minimum of 100.00 TRY.",
        ),
        (
            SubmitRefusal::AmountAboveMaximum { maximum: lira(5_000_000) },
            20024,
            "The amount is above the maximum of 50000.00 TRY.",
        ),
        (
            SubmitRefusal::DayLimitReached { limit: lira(5_000_001) },
            20025,
            "The amount would pass the daily limit of 50000.01 TRY.",
        ),
        (
            SubmitRefusal::InsufficientBalance { needed: lira(25_375) },
            20026,
            "The balance does not cover 253.75 TRY, the amount and its commission.",
        ),
    ]
}

#[test]
fn each_refusal_of_the_engine_has_its_code_and_says_what_and_what_next() {
    for (why, code, reason) in all_submission_refusals() {
        for (retry_refused, next) in [(false, "se a new one."), (true, "may be sent again later.")]
        {
            let refusal = Refusal::of_submission(&why, retry_refused);
            assert_eq!(refusal.code().number(), code, "{why:?}");
            assert!(refusal.message.starts_with(reason), "{why:?}: {}", refusal.message);
            let reused = code == 20020;
            assert!(reused || refusal.message.ends_with(next), "{why:?}: {}", refusal.message);
        }
    }
}

#[tokio::test]
async fn every_code_renders_as_an_error_that_our_own_reader_takes() {
    for code in AnswerCode::ALL.iter().filter(|code| **code != AnswerCode::Created) {
        let response = Refusal::from(*code).into_response();
        assert_eq!(response.status().as_u16(), code.http_status(), "{code:?}");
        let waits = [AnswerCode::TooManyRequests, AnswerCode::Busy].contains(code);
        assert_eq!(response.headers().contains_key(RETRY_AFTER), waits, "{code:?}");
        let body = to_bytes(response.into_body(), 4_096).await.expect("a body");
        let expected =
            Answer::Refused { code: i64::from(code.number()), message: code.message().to_owned() };
        assert_eq!(Answer::decode(&body), Ok(expected), "{code:?}");
    }
}

#[tokio::test]
async fn the_documents_error_is_literal() {
    let response = Refusal::from(AnswerCode::WrongCredentials).into_response();
    let body = to_bytes(response.into_body(), 4_096).await.expect("a body");
    let expected = r#"{"code":20014,"message":"API credentials are incorrect!","type":"error"}"#;
    assert_eq!(body, expected);
}

#[test]
fn details_have_their_codes() {
    for (error, code, named) in [
        (BeneficiaryError::Iban, 20029, "account_number"),
        (BeneficiaryError::Wallet, 20003, "account_number"),
        (BeneficiaryError::Account, 20003, "account_number"),
        (BeneficiaryError::Identity, 20030, "identity"),
        (BeneficiaryError::BirthDate, 20031, "birth_date"),
    ] {
        let refusal = Refusal::from(error);
        assert_eq!(refusal.code().number(), code, "{error:?}");
        assert!(refusal.message.contains(named), "{error:?}: {}", refusal.message);
    }
    let refusal = Refusal::from(&SignatureError::TooLong { bytes: 73 });
    assert_eq!(refusal.code().number(), 20028);
}

#[test]
fn bodies_have_their_codes() {
    for (refusal, code, status) in [
        (BodyRefusal::NotJson, 20005, 415),
        (BodyRefusal::Encoded, 20005, 415),
        (BodyRefusal::TooLarge { most: 9 }, 20004, 413),
        (BodyRefusal::NoRoom, 20008, 503),
        (BodyRefusal::Late, 20001, 400),
        (BodyRefusal::Broken, 20001, 400),
    ] {
        let rendered = Refusal::from(refusal);
        assert_eq!((rendered.code.number(), rendered.status.as_u16()), (code, status));
    }
}

#[test]
fn a_refusal_that_cannot_be_kept_is_busy_whatever_the_switch() {
    for retry in [false, true] {
        let refusal = Refusal::of_submission(&SubmitRefusal::CannotRefuseNow, retry);
        assert_eq!(refusal, AnswerCode::Busy.into());
        let response = refusal.into_response();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key(RETRY_AFTER));
    }
}
