use vezne_core::model::callback::AttemptOutcome::{self, Acknowledged, Failed};
use vezne_core::model::callback::CallbackEvent;
use vezne_wire::applyfor::Status;

use super::{Answer, ApplyFor, Format as _, status};

#[test]
fn the_url_is_the_merchants_as_it_is() {
    let url = "https://yourdomain.com/notify.php?shop=1&v=2";
    assert_eq!(ApplyFor.url(url).as_deref(), Ok(url));
    let message = "the callback URL must end before any #".to_owned();
    assert_eq!(ApplyFor.url("https://yourdomain.com/#a"), Err(message));
}

#[test]
fn only_the_payment_is_a_success() {
    for event in CallbackEvent::ALL {
        let is_success = status(event) == Status::Success;
        assert_eq!(is_success, event == CallbackEvent::Settled, "{event:?}");
    }
}

fn judged(status: u16, body: Result<&[u8], &str>) -> (AttemptOutcome, String) {
    let body = body.map(<[u8]>::to_vec).map_err(str::to_owned);
    let verdict = ApplyFor.judge(Answer::new(status, body));
    (verdict.outcome, verdict.detail)
}

#[test]
fn the_word_and_the_status_decide() {
    let bodies: [(&[u8], bool); 13] = [
        (b"success", true),
        (b"SUCCESS", true),
        (b" Success\r\n", true),
        (b"\xEF\xBB\xBFsuccess", true),
        (b"", false),
        (b"ok", false),
        (b"fail", false),
        (b"successful", false),
        (b"not success", false),
        (b"\"success\"", false),
        (br#"{"status":10000}"#, false),
        (b"success\0", false),
        (b"<html>success</html>", false),
    ];
    for (body, is_word) in bodies {
        for status in [200, 201, 204, 299] {
            let outcome = if is_word { Acknowledged } else { Failed };
            assert_eq!(judged(status, Ok(body)).0, outcome, "{status} {body:?}");
        }
        for status in [101, 302, 400, 404, 429, 500, 503] {
            assert_eq!(judged(status, Ok(body)).0, Failed, "{status} {body:?}");
        }
    }
    for (answer, detail) in [
        ((200, Ok(&b"success"[..])), ""),
        ((200, Ok(b"fail")), "HTTP 200: the body is not the text success."),
        ((500, Ok(b"success")), "HTTP 500: although the body is success."),
        ((200, Err("the answer broke off")), "the answer broke off"),
    ] {
        assert_eq!(judged(answer.0, answer.1).1, detail);
    }
}
