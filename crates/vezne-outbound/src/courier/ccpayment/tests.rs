use vezne_core::model::callback::AttemptOutcome::{self, Acknowledged, Failed, Refused};

use super::{Answer, CcPayment, Format as _};

#[test]
fn the_url_is_the_merchants_as_it_is() {
    for url in [
        "https://yourdomain.com",
        "https://yourdomain.com/",
        "https://yourdomain.com/hooks/cashout.php?shop=1&v=2",
        "http://localhost:3000/hooks//",
    ] {
        assert_eq!(CcPayment.url(url).as_deref(), Ok(url));
    }
    for (url, message) in [
        ("yourdomain.com", "the callback URL is wrong: relative URL without a base"),
        ("https://yourdomain.com/?a=b#c", "the callback URL must end before any #"),
        ("https://yourdomain.com/#", "the callback URL must end before any #"),
    ] {
        assert_eq!(CcPayment.url(url), Err(message.to_owned()), "{url}");
    }
}

fn judged(status: u16, body: Result<&[u8], &str>) -> (AttemptOutcome, String) {
    let body = body.map(<[u8]>::to_vec).map_err(str::to_owned);
    let verdict = CcPayment.judge(Answer::new(status, body));
    (verdict.outcome, verdict.detail)
}

#[test]
fn the_status_alone_decides() {
    for (status, outcome) in [
        (101, Failed),
        (199, Failed),
        (200, Acknowledged),
        (204, Acknowledged),
        (299, Acknowledged),
        (300, Failed),
        (302, Failed),
        (399, Failed),
        (400, Refused),
        (404, Refused),
        (499, Refused),
        (500, Failed),
        (503, Failed),
        (999, Failed),
    ] {
        let bodies: [(Result<&[u8], &str>, &str); 4] = [
            (Ok(b""), ""),
            (Ok(b"OK"), ": OK"),
            (Ok(b"a\xffb"), ": a\u{fffd}b"),
            (Err("the answer broke off"), ": the answer broke off"),
        ];
        for (body, detail) in bodies {
            let expected = (outcome.clone(), format!("HTTP {status}{detail}"));
            assert_eq!(judged(status, body), expected);
        }
    }
}
