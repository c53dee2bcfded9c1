//! The notification of the /applyfor dialect: what is sent, and what its answers come to.

use vezne_core::model::callback::AttemptOutcome::{self, Acknowledged, Failed};
use vezne_core::model::callback::CallbackEvent;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::personal::Secret;
use vezne_wire::applyfor::{
    EmptyValues, Notification, NotificationFormat, SignStyle, SigningKey, Status,
};
use vezne_wire::form::Form;
use vezne_wire::secret::SecretText;

use crate::support::{
    APPLYFOR_SECRET, Receiver, Reply, World, answer, applyfor_note, at, settings,
};

const URL: &str = "http://localhost:1/notify";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn key() -> SigningKey {
    SigningKey::new(SecretText::new(APPLYFOR_SECRET))
}

fn paid() -> Notification {
    Notification {
        status: 10000,
        transactionid: "123".into(),
        orderid: "ORD-1".into(),
        amount: "250.0".into(),
        real_amount: "250.00".into(),
        custom: "a&b=ş".into(),
        message: String::new(),
    }
}

async fn composed(change: impl FnOnce(&mut World)) -> Result<Vec<u8>, String> {
    let mut world = World::applyfor(&settings(), URL);
    change(&mut world);
    world.compose().await
}

#[tokio::test]
async fn the_form_is_the_familys() {
    let body = composed(|_| ()).await.expect("a body");
    let form = Form::parse(&body).expect("a form");
    let result = concat!(
        r#"{"transactionid":"123","orderid":"ORD-1","amount":"250.0","real_amount":"250.00","#,
        r#""custom":"a&b=\u015f"}"#
    );
    let sign = key().sign_text(&format!("result={result}&status=10000"));
    let expected = [("status", "10000"), ("result", result), ("sign", sign.as_str())];
    assert_eq!(form.pairs().collect::<Vec<_>>(), expected);
    assert_eq!(Notification::decode(FORM, &body, &key()), Ok(paid()));
    for other in ["nobody-asks-for-it", "the-key-it-sends"] {
        let other = SigningKey::new(SecretText::new(other));
        assert!(Notification::decode(FORM, &body, &other).is_err());
    }
}

#[tokio::test]
async fn every_event_names_the_order_and_tells_its_outcome() {
    for (event, status, said, message) in [
        (CallbackEvent::Settled, 10000, "Completed!", ""),
        (CallbackEvent::Rejected, 10031, "Hesap \"kapalı\" & +", "Hesap \"kapalı\" & +"),
        (CallbackEvent::Failed, 10032, "Hesap kapalı", "Hesap kapalı"),
        (CallbackEvent::Returned, 10034, "Hesap kapalı", "Hesap kapalı"),
        (CallbackEvent::Failed, 10032, "", Status::Failed.message()),
    ] {
        let body = composed(|world| {
            world.delivery.callback.event = event;
            world.delivery.callback.message = said.into();
        })
        .await
        .expect("a body");
        let is_paid = event == CallbackEvent::Settled;
        let real_amount = if is_paid { "250.00" } else { "0.00" }.to_owned();
        let expected = Notification { status, real_amount, message: message.into(), ..paid() };
        let found = Notification::decode(FORM, &body, &key()).expect("it is ours");
        assert_eq!(found, expected, "{event:?}");
        assert_eq!((found.is_paid(), found.transactionid.as_str()), (is_paid, "123"), "{event:?}");
    }
}

#[tokio::test]
async fn the_amount_paid_is_less_what_the_beneficiary_bears() {
    for (code, amount, borne, real_amount) in [
        ("TRY", 25_000, 1_005, "239.95"),
        ("TRY", 5, 0, "0.05"),
        ("VND", 250, 50, "200"),
        ("KWD", 250_000, 0, "250.000"),
    ] {
        let body = composed(|world| {
            let payout = &mut world.delivery.payout;
            payout.amount = Money::new(amount, currency(code));
            payout.receiver_commission = Money::new(borne, currency(code));
        })
        .await
        .expect("a body");
        let found = Notification::decode(FORM, &body, &key()).expect("it is ours");
        assert_eq!((found.amount.as_str(), found.real_amount.as_str()), ("250.0", real_amount));
    }
}

fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

#[tokio::test]
async fn the_note_chooses_the_format_and_keeps_the_remark() {
    for (format, content_type) in
        [(NotificationFormat::Form, FORM), (NotificationFormat::Json, JSON)]
    {
        for custom in [None, Some("order 7 / şubat")] {
            let note = applyfor_note(format, custom);
            let body = composed(|world| world.delivery.payout.note = note).await.expect("a body");
            let expected = Notification { custom: custom.unwrap_or_default().into(), ..paid() };
            assert_eq!(Notification::decode(content_type, &body, &key()), Ok(expected));
        }
    }
}

#[tokio::test]
async fn the_way_to_sign_is_the_merchants() {
    let (joined, append) = (SignStyle::KeyParameter, SignStyle::Append);
    for (style, empties, found) in [
        (None, None, joined),
        (Some("key"), Some("included"), joined),
        (Some("append"), None, append),
        (Some("append"), Some("skipped"), append),
        (None, Some("skipped"), joined),
    ] {
        let body = composed(|world| {
            let options = [("sign_style", style), ("sign_empties", empties)];
            let set =
                |(name, value): (&str, Option<&str>)| Some((name.to_owned(), value?.to_owned()));
            world.merchant().options.extend(options.into_iter().filter_map(set));
        })
        .await
        .expect("a body");
        for style in [joined, append] {
            for empties in [EmptyValues::Included, EmptyValues::Skipped] {
                let key = SigningKey { style, empties, ..key() };
                let fits = Notification::decode(FORM, &body, &key).is_ok();
                assert_eq!(fits, style == found, "{style:?} {empties:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_composed_is_a_fault_without_secrets() {
    type Change = fn(&mut World);
    let set = |world: &mut World, name: &str| {
        world.merchant().options.insert(name.to_owned(), "md5".to_owned());
    };
    let cases: [(Change, &str); 4] = [
        (|world| world.merchant().access.truncate(1), "merchant 1 has no /applyfor access"),
        (
            |world| world.delivery.payout.note = b"{}".to_vec(),
            "The stored note is damaged at member c.",
        ),
        (
            |world| world.delivery.payout.note = b"x".to_vec(),
            "The stored note is damaged. The body is not valid JSON (line 1, byte 1).",
        ),
        (
            |world| world.delivery.payout.receiver_commission = Money::zero(currency("USD")),
            "two currencies cannot be added",
        ),
    ];
    for (change, reason) in cases {
        let message = format!("callback 5 cannot be composed: {reason}");
        assert_eq!(composed(change).await, Err(message));
    }
    for (name, words) in
        [("sign_style", "key nor append"), ("sign_empties", "included nor skipped")]
    {
        let message = format!("callback 5 cannot be composed: {name} is neither {words}");
        assert_eq!(composed(|world| set(world, name)).await, Err(message));
    }
}

#[tokio::test]
async fn the_request_is_exact_signed_and_the_same_again() {
    for (format, content_type) in
        [(NotificationFormat::Form, FORM), (NotificationFormat::Json, JSON)]
    {
        let receiver = Receiver::plain(Reply::Bytes(answer("500 Oops", "", b"success"))).await;
        let url = format!("http://{}/notify.php?shop=1&v=2", receiver.address);
        let mut world = World::applyfor(&settings(), &url);
        world.delivery.payout.note = applyfor_note(format, Some("a&b=ş"));
        for seconds in [1_700_000_000, 1_700_000_600] {
            world.deliver(at(seconds)).await;
            // A key that changes between two attempts changes nothing in what was made.
            world.merchant().access[1].key = Secret::new("the-next-secret");
        }
        let requests = receiver.requests();
        for (request, seconds) in requests.iter().zip([1_700_000_000, 1_700_000_600]) {
            assert_eq!(request.line(), "POST /notify.php?shop=1&v=2 HTTP/1.1");
            assert_eq!(request.body, requests[0].body);
            for (name, value) in [
                ("host", receiver.address.to_string()),
                ("content-type", content_type.into()),
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
            assert_eq!(Notification::decode(content_type, &request.body, &key()), Ok(paid()));
        }
        assert_eq!(requests.len(), 2);
    }
}

async fn check(reply: Reply, outcome: AttemptOutcome, status: u16, detail: &str) {
    let receiver = Receiver::plain(reply).await;
    let url = format!("http://{}/notify", receiver.address);
    let mut world = World::applyfor(&settings(), &url);
    let delivered = world.deliver(at(1_700_000_000)).await;
    let found = (delivered.outcome, delivered.http_status, delivered.detail.as_str());
    assert_eq!(found, (outcome, Some(status), detail));
    assert_eq!((receiver.connections(), receiver.requests().len()), (1, 1), "{detail}");
}

#[tokio::test]
async fn only_the_text_success_acknowledges() {
    let bytes = |status, body: &[u8]| Reply::Bytes(answer(status, "", body));
    for body in [&b"success"[..], b"SUCCESS", b" success\r\n", b"\xEF\xBB\xBFsuccess\n"] {
        check(bytes("200 OK", body), Acknowledged, 200, "").await;
    }
    check(bytes("202 Accepted", b"success"), Acknowledged, 202, "").await;
    let until_close = b"HTTP/1.0 200 OK\r\ncontent-type: text/html\r\n\r\nsuccess".to_vec();
    check(Reply::Bytes(until_close), Acknowledged, 200, "").await;
    let other = "HTTP 200: the body is not the text success.";
    for body in [&b""[..], b"ok", b"fail", b"success!", b"<p>success</p>", br#"{"code":200}"#] {
        check(bytes("200 OK", body), Failed, 200, other).await;
    }
    for (status, number) in
        [("301 Moved", 301), ("400 Bad", 400), ("404 Not Found", 404), ("500 Oops", 500)]
    {
        let detail = format!("HTTP {number}: although the body is success.");
        check(bytes(status, b"success"), Failed, number, &detail).await;
        let detail = format!("HTTP {number}: the body is not the text success.");
        check(bytes(status, b"fail"), Failed, number, &detail).await;
    }
    let broken = Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nsuccess".to_vec());
    let detail = "the answer broke off: error reading a body from connection: \
                  end of file before message length reached";
    check(broken, Failed, 200, detail).await;
    let endless = Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; 4096]);
    check(endless, Failed, 200, "the answer is longer than 65536 bytes").await;
}
