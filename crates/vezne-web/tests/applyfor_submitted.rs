//! What is booked, repeats, destinations, refusals of the engine, faults, and the two queries.

mod desk;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use desk::applyfor::{
    Order, SAMPLE_SECONDS, UID, accepted, assert_refused, duplicate, field, iban_channel, of, open,
    put, sample_channel, status, unsigned,
};
use desk::{Desk, engine, parts, sample_merchant, send, web};
use vezne_core::engine::Limits;
use vezne_core::engine::merchant::AddMerchant;
use vezne_core::engine::reject::Reject;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::channel::{AccountKind, Channel, FieldKind};
use vezne_core::model::merchant::{Access, MerchantStatus, Mode};
use vezne_web::{WebSettings, router};
use vezne_wire::applyfor::{Envelope, Note, OrderAnswer};

const APPLY: &str = "/applyfor";
const IBAN: &str = "TR330006100519786457841326";

async fn set(desk: &Desk, name: &'static str, value: &'static str) {
    desk.edit(move |merchant| {
        merchant.options.insert(name.to_owned(), value.to_owned());
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_is_what_is_booked() {
    let desk = open().await;
    let order = Order::new("A-1").set("bank_name", "KB").set("custom", "gift").set("app", "ios");
    let id = accepted(&desk.post(APPLY, order.signed()).await);
    let payouts = desk.payouts().await;
    let [payout] = payouts.as_slice() else { panic!("{} payouts", payouts.len()) };
    assert_eq!(payout.id.0.to_string(), id);
    assert_eq!((payout.dialect.as_str(), payout.channel.as_str()), ("applyfor", "kr-bank"));
    assert_eq!((payout.amount.minor(), payout.amount.currency().code()), (250_000, "VND"));
    assert_eq!(payout.reference.text, "A-1");
    let beneficiary = &payout.beneficiary;
    assert_eq!((&*beneficiary.name, &*beneficiary.account), ("Kim Minsu", "110-234-567890"));
    assert_eq!((beneficiary.bank, beneficiary.bank_name.as_deref()), (Some(1001), Some("KB")));
    let url = "https://merchant.example/notify?a=1&b=2".to_owned();
    assert_eq!(payout.callback_to, CallbackTarget::Url(url.clone()));
    let note = Note::from_bytes(&payout.note).expect("a note");
    assert_eq!((note.notify_url, &*note.amount), (url, "250000"));
    assert_eq!(note.details.custom.as_deref(), Some("gift"));
    assert_eq!(note.extras, [("app".to_owned(), "ios".to_owned())]);
}

/// What no callback would get to is refused at once, and a repeat is answered all the same.
#[tokio::test]
async fn an_order_names_no_url_that_is_never_called() {
    let desk = open().await;
    let first = Order::new("A-1").set("notify_url", "https://merchant.example:8443/n");
    let id = accepted(&desk.post(APPLY, first.signed()).await);
    desk.web.call_by(Box::new(|url, _| match url.contains(":8443") {
        true => Err("port 8443 is not allowed".to_owned()),
        false => Ok(()),
    }));
    for path in [APPLY, "/pay-out/link"] {
        let order = match path {
            APPLY => Order::new("A-2"),
            _ => desk::pay_out::link("A-2"),
        };
        let order = order.set("notify_url", "https://merchant.example:8443/n");
        let answer = desk.post(path, order.signed()).await;
        assert_refused(&answer, 10001, "notify_url cannot be called: port 8443");
    }
    assert_eq!(duplicate(&desk.post(APPLY, first.signed()).await), id);
    accepted(&desk.post(APPLY, Order::new("A-3").signed()).await);
}

/// The sign is made over what the client's runtime prints into a text, and its JSON has all digits.
#[tokio::test]
async fn a_number_that_prints_a_double_is_the_amount() {
    let desk = open().await;
    let bare = |order: &Order, amount: &str, signed: &str| {
        let text = order.clone().set("amount", signed).signed();
        text.replacen(&format!("\"amount\":\"{signed}\""), &format!("\"amount\":{amount}"), 1)
    };
    for (number, (amount, signed, minor)) in [
        ("250000.00000000001", "250000", Some(250_000)),
        ("250000.00000000001", "250000.00000000001", Some(250_000)),
        ("250000", "250000", Some(250_000)),
        ("250000.00000000001", "250001", None),
        ("250000.0000001", "250000", None),
    ]
    .into_iter()
    .enumerate()
    {
        let order = Order::new(&format!("A-{number}"));
        let answer = desk.post(APPLY, bare(&order, amount, signed)).await;
        match minor {
            Some(minor) => {
                accepted(&answer);
                assert_eq!(desk.payouts().await[0].amount.minor(), minor, "{amount}");
            }
            None => assert_eq!(unsigned(&answer), 10002, "{amount} {signed}: {}", answer.body),
        }
    }
    assert_eq!(desk.payouts().await.len(), 3);
}

fn to_iban(orderid: &str) -> Order {
    Order::new(orderid).set("pay_code", "4001").without("bank_id").set("bank_no", IBAN)
}

#[tokio::test]
async fn an_account_is_what_the_channels_kind_needs() {
    let desk = open().await;
    let spaced = to_iban("1").set("bank_no", "tr33 0006 1005 1978 6457 8413 26");
    accepted(&desk.post(APPLY, spaced.set("tckn", "12345678910").signed()).await);
    let payouts = desk.payouts().await;
    assert_eq!(payouts[0].beneficiary.account, IBAN);
    assert_eq!(payouts[0].beneficiary.identity.as_ref().expect("one").expose(), "12345678910");
    assert_eq!(payouts[0].beneficiary.bank, None);
    for (order, word) in [
        (to_iban("2").set("bank_no", "TR33"), "bank_no must be a valid IBAN"),
        (to_iban("2").without("bank_no"), "bank_no must not be empty"),
        (to_iban("2").set("tckn", "123"), "tckn must be"),
    ] {
        assert_refused(&desk.post(APPLY, order.signed()).await, 10001, word);
    }
    let upi = Channel {
        code: "vn-wallet".into(),
        pay_code: Some("5001".to_owned()),
        account: AccountKind::Wallet,
        fields: vec![field("wallet_id", FieldKind::Input, false, &["string"])],
        ..iban_channel()
    };
    put(&desk, upi).await;
    desk.edit(|merchant| merchant.terms.push(desk::terms("vn-wallet"))).await;
    let wallet = Order::new("3").set("pay_code", "5001").without("bank_no").without("bank_id");
    assert_refused(&desk.post(APPLY, wallet.signed()).await, 10001, "bank_no is required");
    let bad = wallet.clone().set("wallet_id", "a b!");
    assert_refused(&desk.post(APPLY, bad.signed()).await, 10001, "wallet_id is not a valid");
    accepted(&desk.post(APPLY, wallet.set("wallet_id", "ada@upi").signed()).await);
    assert_eq!(desk.payouts().await[0].beneficiary.account, "ada@upi");
}

#[tokio::test]
async fn a_live_merchant_is_checked_strictly() {
    let desk = of(|merchant| merchant.mode = Mode::Live).await;
    accepted(&desk.post(APPLY, to_iban("1").set("tckn", "10000000146").signed()).await);
    for (name, value) in [("bank_no", "TR330006100519786457841327"), ("tckn", "12345678910")] {
        let order = to_iban("2").set(name, value);
        assert_refused(&desk.post(APPLY, order.signed()).await, 10001, name);
    }
    // A form that asks for no account suits a sample, and no payment.
    let nameless = Order::new("3").without("bank_no");
    assert_refused(&desk.post(APPLY, nameless.signed()).await, 10001, "bank_no is required");
    let http = to_iban("4").set("notify_url", "http://merchant.example/");
    assert_refused(
        &desk.post(APPLY, http.signed()).await,
        10001,
        "notify_url must begin with https",
    );
}

#[tokio::test]
async fn a_notify_url_must_be_one_that_can_be_called() {
    let desk = open().await;
    let to = |orderid: &str, url: &str| Order::new(orderid).set("notify_url", url).signed();
    accepted(&desk.post(APPLY, to("1", "http://127.0.0.1:9000/notify")).await);
    for url in [
        "merchant.example",
        "ftp://merchant.example/",
        "https://",
        "https://user@merchant.example/",
        "https://user:secret@merchant.example/",
        "https://merchant.example:99999/",
        "https://merchant.example/a b",
    ] {
        assert_refused(&desk.post(APPLY, to("2", url)).await, 10001, "notify_url");
    }
    // Too long a value is no parameter at all, so nobody has proved anything yet.
    let long = Order::new("2").set("notify_url", &format!("https://m.example/{}", "a".repeat(240)));
    let answer = desk.post(APPLY, long.with_sign(&"0".repeat(32))).await;
    assert_eq!(unsigned(&answer), 10001);
    assert!(answer.body.contains("notify_url"), "{}", answer.body);
    set(&desk, "notify_hosts", "merchant.example, pay.merchant.example").await;
    for (orderid, url, code) in [
        ("3", "https://PAY.merchant.example:8443/x", 10000),
        ("4", "https://merchant.example/", 10000),
        ("5", "https://evil.example/?merchant.example", 10001),
        ("6", "https://merchant.example.evil.example/", 10001),
        ("7", "https://x.merchant.example/", 10001),
    ] {
        assert_eq!(status(&desk.post(APPLY, to(orderid, url)).await), code, "{url}");
    }
}

#[tokio::test]
async fn a_repeat_is_a_duplicate_or_gets_its_answer_again() {
    let desk = open().await;
    let first = desk.post(APPLY, Order::new("1").signed()).await;
    let id = accepted(&first);
    let same = Order::new("1").set("amount", "250000").set("userip", "10.0.0.1");
    let other = Order::new("1").set("amount", "1");
    assert_eq!(duplicate(&desk.post(APPLY, same.signed()).await), id);
    assert_eq!(duplicate(&desk.post(APPLY, other.signed()).await), id);
    set(&desk, "strict_duplicates", "false").await;
    assert_eq!(desk.post(APPLY, same.signed()).await.body, first.body);
    assert_eq!(duplicate(&desk.post(APPLY, other.signed()).await), id);
    assert_eq!(desk.payouts().await.len(), 1);
}

/// A merchant may pay its customer back on any status that names no order, so what a request is
/// checked by may change without changing what is known of one that was accepted.
#[tokio::test]
async fn a_repeat_is_found_whatever_has_changed_since() {
    let desk = open().await;
    let order = Order::new("1").set("notify_url", "http://merchant.example/");
    let id = accepted(&desk.post(APPLY, order.signed()).await);
    desk.edit(|merchant| merchant.mode = Mode::Live).await;
    desk.clock.step(std::time::Duration::from_secs(3_600));
    let banks = vec![vezne_core::model::channel::ChannelBank { id: 7, name: "Other".to_owned() }];
    put(&desk, Channel { banks, ..sample_channel() }).await;
    assert_eq!(duplicate(&desk.post(APPLY, order.signed()).await), id);
    let other = order.set("amount", "1");
    assert_refused(&desk.post(APPLY, other.signed()).await, 10001, "timestamp");
    let now = (SAMPLE_SECONDS + 3_600).to_string();
    let fresh = Order::new("2").set("timestamp", &now);
    assert_refused(&desk.post(APPLY, fresh.signed()).await, 10005, "bank_id");
    accepted(&desk.post(APPLY, fresh.set("bank_id", "7").signed()).await);
}

#[tokio::test]
async fn a_hundred_at_once_book_one() {
    let desk = open().await;
    let ask = || {
        let request = Request::post(APPLY).header("content-type", "application/json");
        let request = request.body(Body::from(Order::new("1").signed())).expect("a request");
        let app = desk.app.clone();
        tokio::spawn(async move { send(&app, request).await })
    };
    let asked: Vec<_> = (0..100).map(|_| ask()).collect();
    let mut taken = 0;
    for answer in asked {
        taken += u32::from(status(&answer.await.expect("no panic")) == 10000);
    }
    assert_eq!((taken, desk.payouts().await.len()), (1, 1));
}

#[tokio::test]
async fn a_refusal_of_the_engine_is_final() {
    let desk =
        of(|merchant| merchant.terms.retain(|terms| terms.channel.as_str() != "vn-iban")).await;
    let poor = Order::new("1").set("amount", "100000001");
    let first = desk.post(APPLY, poor.signed()).await;
    assert_refused(&first, 10006, "This orderid is closed: use a new one.");
    desk.top_up(1_000_000_000).await;
    assert_eq!(desk.post(APPLY, poor.signed()).await.body, first.body);
    assert_refused(&desk.post(APPLY, to_iban("2").signed()).await, 10009, "not offered");
    desk.edit(|merchant| merchant.status = MerchantStatus::Suspended).await;
    assert_refused(&desk.post(APPLY, Order::new("3").signed()).await, 10010, "suspended");
    desk.edit(|merchant| merchant.status = MerchantStatus::Active).await;
    desk.edit(|merchant| merchant.retry_refused = true).await;
    accepted(&desk.post(APPLY, Order::new("3").signed()).await);
    let rule = Order::of(&[
        ("uid", UID),
        ("currency", "VND"),
        ("pay_code", "4001"),
        ("timestamp", "1758210270"),
        ("userip", "127.0.0.1"),
    ]);
    let answer = desk.post("/channel/formRule", rule.signed()).await;
    assert_refused(&answer, 10009, "Not Offered");
    let other = rule.set("currency", "KRW").set("pay_code", "1004");
    assert_refused(&desk.post("/channel/formRule", other.signed()).await, 10008, "pay_code");
}

/// What the form shows after a change is what is checked after it.
#[tokio::test]
async fn a_changed_form_holds_at_once() {
    let desk = open().await;
    accepted(&desk.post(APPLY, Order::new("1").signed()).await);
    let mut channel = sample_channel();
    channel.fields.push(field("bank_city", FieldKind::Input, true, &["in:Seoul,Busan"]));
    put(&desk, channel).await;
    let city = |orderid: &str, city: &str| Order::new(orderid).set("bank_city", city).signed();
    assert_refused(&desk.post(APPLY, Order::new("2").signed()).await, 10001, "bank_city");
    assert_refused(&desk.post(APPLY, city("2", "Jeju")).await, 10001, "bank_city");
    accepted(&desk.post(APPLY, city("2", "Seoul")).await);
}

fn query(pairs: &[(&str, &str)]) -> String {
    Order::of(&[&[("uid", UID), ("timestamp", "1758210270")], pairs].concat()).signed()
}

fn order_answer(answer: &desk::Answer) -> OrderAnswer {
    assert_eq!(status(answer), 10000, "{}", answer.body);
    let envelope = Envelope::decode(answer.body.as_bytes()).expect("an envelope");
    OrderAnswer::of(&envelope).expect("an order")
}

#[tokio::test]
async fn an_order_is_found_by_either_id_and_only_by_its_merchant() {
    let desk = open().await;
    let id = accepted(&desk.post(APPLY, Order::new("A-1").signed()).await);
    let by_orderid = desk.post("/order/query", query(&[("orderid", "A-1")])).await;
    let by_id = desk.post("/order/query/", query(&[("transactionid", &id)])).await;
    assert_eq!(by_orderid.body, by_id.body);
    let expected = OrderAnswer {
        transactionid: id.clone(),
        orderid: "A-1".to_owned(),
        currency: "VND".to_owned(),
        amount: "250000".to_owned(),
        real_amount: "0".to_owned(),
        order_status: 10030,
        message: String::new(),
    };
    assert_eq!(order_answer(&by_id), expected);
    let payout = desk.payouts().await[0].id;
    let reject = Reject { payout, by: Actor::System, reason: "Too risky".to_owned() };
    desk.web.engine.run(reject).await.expect("it is rejected");
    let ended = order_answer(&desk.post("/order/query", query(&[("orderid", "A-1")])).await);
    assert_eq!((ended.order_status, ended.message.as_str()), (10031, "Too risky"));
    for pairs in [
        [("orderid", "A-2")],
        [("transactionid", "999")],
        [("transactionid", "01")],
        [("transactionid", "x")],
    ] {
        assert_refused(&desk.post("/order/query", query(&pairs)).await, 10011, "Not Found");
    }
    let both = query(&[("orderid", "A-1"), ("transactionid", &id)]);
    assert_refused(&desk.post("/order/query", both).await, 10001, "orderid");
    assert_refused(&desk.post("/order/query", query(&[])).await, 10001, "orderid");
    let mut other = sample_merchant();
    let access = Access { dialect: "applyfor".into(), ..desk::access("other", "S3cret") };
    other.access = vec![access];
    let add = AddMerchant { merchant: other, by: Actor::System };
    desk.web.engine.run(add).await.expect("another merchant");
    for (name, value) in [("orderid", "A-1"), ("transactionid", id.as_str())] {
        let pairs = [("uid", "other"), ("timestamp", "1758210270"), (name, value)];
        let answer = desk.post("/order/query", Order::of(&pairs).signed()).await;
        assert_refused(&answer, 10011, "Not Found");
    }
}

#[tokio::test]
async fn the_balance_is_what_is_available_and_held() {
    let desk = open().await;
    accepted(&desk.post(APPLY, Order::new("1").signed()).await);
    let expected =
        r#""result":{"data":[{"currency":"VND","available":"99750000","held":"250000"}]}"#;
    for (path, pairs) in
        [("/balance/query", &[][..]), ("/balance/query/", &[("currency", "VND")][..])]
    {
        let answer = desk.post(path, query(pairs)).await;
        assert_eq!(status(&answer), 10000);
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    let answer = desk.post("/balance/query", query(&[("currency", "KRW")])).await;
    assert_refused(&answer, 10001, "currency must be VND");
    let old = Order::of(&[("uid", UID), ("timestamp", "1758200000")]).signed();
    for path in ["/balance/query", "/order/query"] {
        let body = if path == "/order/query" {
            Order::of(&[("uid", UID), ("timestamp", "1758200000"), ("orderid", "1")]).signed()
        } else {
            old.clone()
        };
        assert_refused(&desk.post(path, body).await, 10001, "timestamp");
    }
}

#[tokio::test]
async fn a_full_queue_is_busy_and_a_fault_is_bland() {
    let parts = parts();
    let (first, runner) = engine(&parts, Limits::default());
    tokio::spawn(runner.run());
    let mut merchant = sample_merchant();
    merchant.access = vec![Access { dialect: "applyfor".into(), ..desk::access(UID, "S3cret") }];
    merchant.currency = "VND".parse().expect("a currency");
    merchant.options.insert("timestamp_window".to_owned(), "0".to_owned());
    merchant.options.insert("sign_style".to_owned(), "key".to_owned());
    first.run(AddMerchant { merchant, by: Actor::System }).await.expect("the merchant is added");
    let put =
        vezne_core::engine::channel::PutChannel { channel: sample_channel(), by: Actor::System };
    first.run(put).await.expect("the channel is put");
    // Nobody takes from this queue of one until its runner is dropped.
    let (stuck, runner) =
        engine(&parts, Limits { queue: 1, group: 1, lanes: 1, ..Limits::default() });
    let app = router(&web(&parts, stuck, WebSettings::default()));
    let ask = |app: Router| async move {
        let request = Request::post(APPLY).body(Body::from(Order::new("1").signed()));
        send(&app, request.expect("a request")).await
    };
    let waiting = tokio::spawn(ask(app.clone()));
    tokio::task::yield_now().await;
    let busy = ask(app.clone()).await;
    assert_eq!((busy.status.as_u16(), status(&busy)), (503, 10013));
    assert_eq!(busy.headers.get("retry-after").expect("when"), "1");
    drop(runner);
    for fault in [waiting.await.expect("no panic"), ask(app).await] {
        assert_eq!((fault.status.as_u16(), status(&fault)), (500, 10014));
        assert!(fault.body.contains("(incident ") && !fault.body.contains("engine"), "{fault:?}");
    }
}
