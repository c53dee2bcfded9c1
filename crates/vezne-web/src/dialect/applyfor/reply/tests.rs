//! One line per refusal. The match behind them has no wildcard, so a new one cannot be forgotten.

use vezne_core::model::identifier::PayoutId;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::refusal::SubmitRefusal;
use vezne_wire::applyfor::Status;

use super::Refusal;

#[test]
fn each_refusal_of_the_engine_has_its_status_and_says_whether_to_try_again() {
    let lira = |minor| Money::new(minor, Currency::TRY);
    for (why, status, word) in [
        (SubmitRefusal::MerchantSuspended, 10010, "suspended"),
        (SubmitRefusal::ChannelNotOffered { channel: "x".into() }, 10009, "not offered"),
        (SubmitRefusal::AmountBelowMinimum { minimum: lira(100) }, 10007, "1.00"),
        (SubmitRefusal::AmountAboveMaximum { maximum: lira(200) }, 10007, "2.00"),
        (SubmitRefusal::CommissionTakesAll { commission: lira(300) }, 10007, "3.00"),
        (SubmitRefusal::DayLimitReached { limit: lira(400) }, 10007, "4.00"),
        (SubmitRefusal::InsufficientBalance { needed: lira(500) }, 10006, "5.00"),
    ] {
        for (retry, end) in [(false, "use a new one."), (true, "sent again later.")] {
            let refusal = Refusal::of_submission(&why, retry);
            assert_eq!(refusal.status().number(), status, "{why:?}");
            assert!(refusal.message.contains(word), "{why:?}: {}", refusal.message);
            assert!(refusal.message.ends_with(end), "{why:?}: {}", refusal.message);
        }
    }
    let reused = SubmitRefusal::ReferenceReused { existing: PayoutId(7) };
    let refusal = Refusal::of_submission(&reused, false);
    assert_eq!((refusal.status().number(), refusal.order), (10003, Some(PayoutId(7))));
}

#[test]
fn a_refusal_that_cannot_be_kept_is_busy_whatever_the_switch() {
    for retry in [false, true] {
        let refusal = Refusal::of_submission(&SubmitRefusal::CannotRefuseNow, retry);
        assert_eq!((refusal.status(), &*refusal.message), (Status::Busy, Status::Busy.message()));
        let response = refusal.into_response();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key(axum::http::header::RETRY_AFTER));
    }
}
