//! The webhook of the CCPayment dialect: what is sent, and what its answers come to.

use vezne_core::model::callback::AttemptOutcome::{self, Acknowledged, Failed, Refused};
use vezne_core::model::callback::CallbackEvent;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::personal::Secret;
use vezne_wire::ccpayment::webhook::{Received, WebhookError, validate_hash_key};
use vezne_wire::ccpayment::{CashoutStatus, hash_key};
use vezne_wire::form::Form;
use vezne_wire::secret::SecretText;

use crate::support::{APP_SECRET, Receiver, Reply, World, answer, at, settings};

const URL: &str = "http://localhost:1/hook";

fn secret() -> SecretText {
    SecretText::new(APP_SECRET)
}

async fn composed(change: impl FnOnce(&mut World)) -> Vec<u8> {
    let mut world = World::ccpayment(&settings(), URL);
    change(&mut world);
    world.compose().await.expect("a body")
}

#[tokio::test]
async fn the_form_is_the_platforms() {
    let body = composed(|_| ()).await;
    let form = Form::parse(&body).expect("a form");
    let hash_key = form.get("hash_key").expect("a hash_key");
    let expected = [
        ("iqmoney_status", "1"),
        ("payment_status", "1"),
        ("order_no", "42"),
        ("order_id", "42"),
        ("invoice_id", "6182458"),
        ("status_code", "100"),
        ("status_description", "SUCCESS"),
        ("status", "Completed"),
        ("error_code", ""),
        ("error", ""),
        ("amount", "10.5"),
        ("paid_amount", "8.4"),
        ("merchant_commission", "1.05"),
        ("receiver_commission", "2.1"),
        ("currency", "TRY"),
        ("hash_key", hash_key),
    ];
    assert_eq!(form.pairs().collect::<Vec<_>>(), expected);
    let signed = validate_hash_key(hash_key, &secret()).expect("the present key's");
    assert_eq!(signed, ["1", "10.5", "6182458", "42", "TRY"]);
    assert_eq!(hash_key::open(hash_key, APP_SECRET).as_deref(), Ok("1|10.5|6182458|42|TRY"));
    for key in ["the-former-app-secret", "nobody-asks-for-it", "the-key-it-sends"] {
        let received = Received::decode(&body, "iqmoney", &SecretText::new(key));
        assert_eq!(received, Err(WebhookError::HashKey), "{key}");
    }
}

#[tokio::test]
async fn every_event_has_its_status_and_reason() {
    for (event, status, reason) in [
        (CallbackEvent::Settled, CashoutStatus::Completed, ""),
        (CallbackEvent::Rejected, CashoutStatus::Failed, "Hesap kapalı & +"),
        (CallbackEvent::Failed, CashoutStatus::Failed, "Hesap kapalı & +"),
        (CallbackEvent::Returned, CashoutStatus::Returned, "Hesap kapalı & +"),
    ] {
        let body = composed(|world| {
            world.delivery.callback.event = event;
            world.delivery.callback.message = "Hesap kapalı & +".into();
        })
        .await;
        let expected = Received {
            unique_id: "6182458".into(),
            id: "42".into(),
            status,
            reason: reason.into(),
            amount_minor: 1_050,
            currency: "TRY".into(),
        };
        assert_eq!(Received::decode(&body, "iqmoney", &secret()), Ok(expected), "{event:?}");
    }
}

#[tokio::test]
async fn the_brand_is_the_merchants() {
    for (option, brand) in [(None, "iqmoney"), (Some("sipay"), "sipay"), (Some("Öde"), "öde")] {
        let body = composed(|world| {
            let chosen = option.map(|value| ("brand".to_owned(), value.to_owned()));
            world.merchant().options.extend(chosen);
        })
        .await;
        let form = Form::parse(&body).expect("a form");
        assert_eq!(form.pairs().next(), Some((format!("{brand}_status").as_str(), "1")));
        assert!(Received::decode(&body, brand, &secret()).is_ok(), "{brand}");
    }
}

#[tokio::test]
async fn iv_and_salt_are_drawn_for_each() {
    let world = World::ccpayment(&settings(), URL);
    let mut prefixes = Vec::new();
    for _ in 0..2 {
        let body = world.compose().await.expect("a body");
        let form = Form::parse(&body).expect("a form");
        prefixes.push(form.get("hash_key").expect("a hash_key")[..21].to_owned());
    }
    assert_eq!(prefixes, ["0000000000000000:0101", "0202020202020202:0303"]);
}

#[tokio::test]
async fn what_cannot_be_composed_is_a_fault_without_secrets() {
    type Change = fn(&mut World);
    let cases: [(Change, &str); 3] = [
        (|world| world.merchant().access.truncate(1), "merchant 1 has no CCPayment access"),
        (
            |world| world.delivery.payout.reference.text = "6182458|43".into(),
            "a unique_id with a | cannot be signed",
        ),
        (
            |world| world.delivery.payout.receiver_commission = Money::zero(usd()),
            "two currencies cannot be added",
        ),
    ];
    for (change, reason) in cases {
        let mut world = World::ccpayment(&settings(), URL);
        change(&mut world);
        let message = format!("callback 5 cannot be composed: {reason}");
        assert_eq!(world.compose().await, Err(message));
    }
}

fn usd() -> Currency {
    "USD".parse().expect("a currency")
}

#[tokio::test]
async fn the_request_is_exact_signed_and_the_same_again() {
    let receiver = Receiver::plain(Reply::Bytes(answer("500 Oops", "", b""))).await;
    let url = format!("http://{}/hooks/cashout.php?shop=1", receiver.address);
    let mut world = World::ccpayment(&settings(), &url);
    for seconds in [1_700_000_000, 1_700_000_600] {
        world.deliver(at(seconds)).await;
        // A key that changes between two attempts changes nothing in what was made.
        world.merchant().access[1].key = Secret::new("the-next-app-secret");
    }
    let requests = receiver.requests();
    for (request, seconds) in requests.iter().zip([1_700_000_000, 1_700_000_600]) {
        assert_eq!(request.line(), "POST /hooks/cashout.php?shop=1 HTTP/1.1");
        assert_eq!(request.body, requests[0].body);
        for (name, value) in [
            ("host", receiver.address.to_string()),
            ("content-type", "application/x-www-form-urlencoded".into()),
            ("accept", "*/*".into()),
            ("user-agent", format!("Vezne/{}", env!("CARGO_PKG_VERSION"))),
            ("accept-encoding", "identity".into()),
            ("content-length", request.body.len().to_string()),
            ("webhook-id", "vzcb_5".into()),
            ("webhook-timestamp", seconds.to_string()),
        ] {
            assert_eq!(request.header(name), value, "{name}");
        }
        assert_eq!(request.names().len(), 9, "{:?}", request.names());
        assert_eq!(request.verify(seconds), Ok(()));
        assert!(Received::decode(&request.body, "iqmoney", &secret()).is_ok());
    }
    assert_eq!(requests.len(), 2);
}

async fn check(reply: Reply, outcome: AttemptOutcome, status: u16, detail: &str) {
    let receiver = Receiver::plain(reply).await;
    let url = format!("http://{}/hook", receiver.address);
    let mut world = World::ccpayment(&settings(), &url);
    let delivered = world.deliver(at(1_700_000_000)).await;
    let found = (delivered.outcome, delivered.http_status, delivered.detail.as_str());
    assert_eq!(found, (outcome, Some(status), detail));
    assert_eq!((receiver.connections(), receiver.requests().len()), (1, 1), "{detail}");
}

#[tokio::test]
async fn the_status_alone_decides() {
    let bytes = |status, body: &[u8]| Reply::Bytes(answer(status, "", body));
    check(bytes("200 OK", b"OK"), Acknowledged, 200, "HTTP 200: OK").await;
    check(bytes("200 OK", b""), Acknowledged, 200, "HTTP 200").await;
    check(bytes("201 Created", br#"{"code":999}"#), Acknowledged, 201, r#"HTTP 201: {"code":999}"#)
        .await;
    let no_content = Reply::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec());
    check(no_content, Acknowledged, 204, "HTTP 204").await;
    let broken = Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nOK".to_vec());
    let detail = "HTTP 200: the answer broke off: error reading a body from connection: \
                  end of file before message length reached";
    check(broken, Acknowledged, 200, detail).await;
    let endless = Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; 4096]);
    let long = "HTTP 200: the answer is longer than 65536 bytes";
    check(endless, Acknowledged, 200, long).await;
    check(bytes("301 Moved", b""), Failed, 301, "HTTP 301").await;
    check(bytes("400 Bad", b"Invalid hash"), Refused, 400, "HTTP 400: Invalid hash").await;
    check(bytes("404 Not Found", b""), Refused, 404, "HTTP 404").await;
    for (status, code) in [("408 Late", 408), ("425 Early", 425), ("429 Slow", 429)] {
        // It had no time, which says nothing about the outcome.
        check(bytes(status, b"{}"), Failed, code, &format!("HTTP {code}: {{}}")).await;
    }
    check(bytes("500 Oops", b"OK"), Failed, 500, "HTTP 500: OK").await;
    check(bytes("503 Later", b"<html>\r\n"), Failed, 503, "HTTP 503: <html>").await;
}

#[tokio::test]
async fn an_echoed_secret_is_not_kept() {
    let echo = format!("bad {APP_SECRET} \u{7} the-former-app-secret the-key-it-sends");
    let stars = |count| "*".repeat(count);
    let kept = format!("bad {}  {} {}", stars(32), stars(21), stars(16));
    for (status, number, outcome) in
        [("200 OK", 200, Acknowledged), ("400 Bad", 400, Refused), ("500 Oops", 500, Failed)]
    {
        let reply = Reply::Bytes(answer(status, "", echo.as_bytes()));
        check(reply, outcome, number, &format!("HTTP {number}: {kept}")).await;
    }
    // Over the cut, broken up, and beside bytes that are no text.
    let (head, tail) = APP_SECRET.as_bytes().split_at(9);
    let split = [&b"x".repeat(280)[..], head, b"\0", tail];
    let kept = format!("HTTP 400: {}{}", "x".repeat(280), stars(10));
    check(Reply::Bytes(answer("400 Bad", "", &split.concat())), Refused, 400, &kept).await;
    let noise = [b"\xff\xfe", APP_SECRET.as_bytes(), b"\xff"].concat();
    let kept = format!("HTTP 400: \u{fffd}\u{fffd}{}\u{fffd}", stars(32));
    check(Reply::Bytes(answer("400 Bad", "", &noise)), Refused, 400, &kept).await;
}
