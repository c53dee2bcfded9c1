use vezne_core::model::callback::{AttemptOutcome, CallbackEvent};
use vezne_wire::bankopay::Status;

use super::{Answer, BankoPay, Format as _, status};

#[test]
fn the_service_path_follows_the_merchants_part() {
    for (base, url) in [
        ("https://yourdomain.com", "https://yourdomain.com/api/BankoPay/withdraw/"),
        ("https://yourdomain.com/", "https://yourdomain.com/api/BankoPay/withdraw/"),
        ("https://yourdomain.com/api/BankoPay", "https://yourdomain.com/api/BankoPay/withdraw/"),
        ("https://yourdomain.com/api/BankoPay/", "https://yourdomain.com/api/BankoPay/withdraw/"),
        ("http://localhost:3000/hooks", "http://localhost:3000/hooks/withdraw/"),
    ] {
        assert_eq!(BankoPay.url(base).as_deref(), Ok(url), "{base}");
    }
    for (base, message) in [
        ("yourdomain.com", "the callback URL is wrong: relative URL without a base"),
        ("https://yourdomain.com/?a=b", "the callback URL must end before any ? or #"),
        ("https://yourdomain.com/#", "the callback URL must end before any ? or #"),
    ] {
        assert_eq!(BankoPay.url(base), Err(message.to_owned()), "{base}");
    }
}

#[test]
fn money_that_did_not_stay_with_the_beneficiary_is_a_reject() {
    for (event, expected) in [
        (CallbackEvent::Settled, Status::Approved),
        (CallbackEvent::Rejected, Status::Reject),
        (CallbackEvent::Failed, Status::Reject),
        (CallbackEvent::Returned, Status::Reject),
    ] {
        assert_eq!(status(event), expected, "{event:?}");
    }
}

#[test]
fn answers_are_judged_by_the_documents_rule() {
    for (http, body, outcome, detail) in [
        (200, r#"{"code":200,"message":"ok"}"#, AttemptOutcome::Acknowledged, "ok"),
        (200, r#"{"code":999,"message":"no"}"#, AttemptOutcome::Refused, "code 999: no"),
        (200, "{}", AttemptOutcome::Failed, "HTTP 200: The body has no code."),
    ] {
        let verdict = BankoPay.judge(Answer::new(http, Ok(body.into())));
        assert_eq!((verdict.outcome, verdict.detail.as_str()), (outcome, detail), "{body}");
    }
    let verdict = BankoPay.judge(Answer::new(200, Err("it broke off".into())));
    assert_eq!(
        (verdict.outcome, verdict.detail.as_str()),
        (AttemptOutcome::Failed, "it broke off")
    );
}
