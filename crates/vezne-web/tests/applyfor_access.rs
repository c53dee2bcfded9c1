//! Who is let in, what a stranger is told, and in which order requests are judged.

mod desk;

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use desk::Answer;
use desk::applyfor::{
    Order, SECRET, UID, accepted, assert_refused, duplicate, key, of, open, status, unsigned, with,
};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{FormerKey, MerchantStatus};
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Clock, Store as _};
use vezne_web::WebSettings;
use vezne_wire::applyfor::{EmptyValues, Envelope, SignStyle, SigningKey};
use vezne_wire::secret::SecretText;

const APPLY: &str = "/applyfor";

/// An order of which every check that comes after the signature would say something.
fn all_wrong() -> Order {
    Order::new("taken")
        .set("timestamp", "1758200000")
        .set("pay_code", "9999")
        .set("amount", "0.001")
        .set("bank_id", "5")
}

/// Each line mends what the line before was refused for. The order is `wire-facts.md` C16.
#[tokio::test]
async fn a_request_is_judged_in_one_order() {
    let desk = of(|merchant| {
        for terms in &mut merchant.terms {
            terms.amount.maximum_minor = Some(200_000_000);
        }
    })
    .await;
    accepted(&desk.post(APPLY, Order::new("taken").signed()).await);
    let forged = "0".repeat(32);
    let wrong = all_wrong();
    let answer = desk.post(APPLY, wrong.clone().without("orderid").with_sign(&forged)).await;
    assert_eq!(unsigned(&answer), 10001, "the shape first: {}", answer.body);
    for uid in [UID, "nobody"] {
        let answer = desk.post(APPLY, wrong.clone().set("uid", uid).with_sign(&forged)).await;
        assert_eq!(unsigned(&answer), 10002, "{uid}: {}", answer.body);
    }
    let mut order = wrong;
    for (name, value, code, word) in [
        ("amount", "0.001", 10001, "timestamp"),
        ("timestamp", "1758210270", 10008, "pay_code"),
        ("pay_code", "1004", 10004, "amount"),
        ("amount", "300000000", 10005, "bank_id"),
        ("bank_id", "1001", 10003, "Duplicate"),
        ("orderid", "fresh", 10007, "maximum"),
        ("amount", "150000000", 10007, "closed"),
    ] {
        order = order.set(name, value);
        assert_refused(&desk.post(APPLY, order.signed()).await, code, word);
    }
    let order = order.set("orderid", "freshest");
    assert_refused(&desk.post(APPLY, order.signed()).await, 10006, "150000000");
    assert_eq!(desk.payouts().await.len(), 1);
}

#[tokio::test]
async fn the_form_comes_before_the_amount_and_after_the_channel() {
    let desk = open().await;
    let order = Order::new("1").set("amount", "0").without("bank_account");
    assert_refused(
        &desk.post(APPLY, order.signed()).await,
        10001,
        "bank_account must not be empty",
    );
    let order = order.set("pay_code", "9");
    assert_refused(&desk.post(APPLY, order.signed()).await, 10008, "pay_code");
}

/// The same bytes for an account that nobody has, a wrong signature and a foreign address.
#[tokio::test]
async fn a_stranger_learns_nothing_and_gets_no_signature() {
    let desk = open().await;
    let foreign = of(|merchant| {
        merchant.allowed_networks = vec!["203.0.113.9/32".parse().expect("a network")];
    })
    .await;
    let suspended = of(|merchant| merchant.status = MerchantStatus::Suspended).await;
    let (order, forged) = (Order::new("1"), "A".repeat(32));
    let first = desk.post(APPLY, order.with_sign(&forged)).await;
    assert_eq!((first.status.as_u16(), unsigned(&first)), (200, 10002));
    for (desk, body) in [
        (&desk, order.clone().set("uid", "nobody").signed()),
        (&desk, order.with_sign("")),
        (&desk, order.with_sign("short")),
        (&desk, order.clone().set("uid", "nobody").with_sign(&forged)),
        (&foreign, Order::new("1").signed()),
        (&suspended, Order::new("1").with_sign(&forged)),
    ] {
        assert_eq!(desk.post(APPLY, body).await.body, first.body);
    }
    let mine = |names: &[&str]| {
        let order = Order::new("1");
        Order(order.0.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect())
    };
    for (path, request) in [
        ("/channel/formRule", Order::new("1")),
        ("/order/query", mine(&["uid", "orderid", "timestamp"])),
        ("/balance/query", mine(&["uid", "currency", "timestamp"])),
    ] {
        assert_eq!(desk.post(path, request.with_sign(&forged)).await.body, first.body, "{path}");
    }
    // What does not belong to a query is told to everybody alike, and unsigned.
    for path in ["/order/query", "/balance/query"] {
        let told = desk.post(path, order.with_sign(&forged)).await;
        assert_eq!(unsigned(&told), 10001, "{path}");
        for uid in ["nobody", desk::applyfor::UID] {
            let other = order.clone().set("uid", uid).with_sign(&"B".repeat(32));
            assert_eq!(desk.post(path, other).await.body, told.body, "{path} {uid}");
        }
    }
    assert!(desk.payouts().await.is_empty() && foreign.payouts().await.is_empty());
}

/// A merchant's own mistakes are answered with its signature, so that it can believe the answer.
#[tokio::test]
async fn a_proven_caller_gets_every_refusal_signed() {
    let desk = open().await;
    for name in ["currency", "orderid", "notify_url", "amount", "userip", "timestamp", "pay_code"] {
        let order = Order::new("1").without(name);
        assert_refused(&desk.post(APPLY, order.signed()).await, 10001, name);
        // Some merchants may leave the currency out, and which ones do is not told.
        let code = if name == "currency" { 10002 } else { 10001 };
        let forged = desk.post(APPLY, order.with_sign(&"0".repeat(32))).await;
        assert_eq!(unsigned(&forged), code, "{name}");
    }
    let order = Order::new("1").without("uid");
    let answer = desk.post(APPLY, order.signed()).await;
    assert_eq!(unsigned(&answer), 10001);
    assert!(answer.body.contains("uid is required"), "{}", answer.body);
}

#[tokio::test]
async fn each_way_to_sign_is_its_own() {
    let all = [SignStyle::KeyParameter, SignStyle::Append]
        .map(|style| [EmptyValues::Included, EmptyValues::Skipped].map(|empties| (style, empties)));
    let all = all.concat();
    for (at, (style, empties)) in all.iter().enumerate() {
        let desk = of(|merchant| {
            let style = if *style == SignStyle::Append { "append" } else { "key" };
            let empties = if *empties == EmptyValues::Skipped { "skipped" } else { "included" };
            merchant.options.insert("sign_style".to_owned(), style.to_owned());
            merchant.options.insert("sign_empties".to_owned(), empties.to_owned());
        })
        .await;
        for (other, (style, empties)) in all.iter().enumerate() {
            let own = SigningKey { style: *style, empties: *empties, ..key() };
            let order = Order::new(&other.to_string()).set("custom", "");
            let answer = desk.post(APPLY, order.signed_by(&own)).await;
            let envelope = Envelope::decode(answer.body.as_bytes());
            let envelope = envelope.expect("an envelope");
            assert_eq!(envelope.status, if at == other { 10000 } else { 10002 }, "{at} {other}");
            assert_eq!(envelope.verify(&own).is_ok(), at == other, "{at} {other}");
        }
    }
}

#[tokio::test]
async fn a_rotated_secret_is_taken_until_its_time_and_answered_with() {
    let desk = open().await;
    let until = desk.clock.now().plus(Duration::from_secs(60));
    desk.edit(move |merchant| rotate(&mut merchant.access, until)).await;
    let new = SigningKey::new(SecretText::new("N3w"));
    let answer = desk.post(APPLY, Order::new("old").signed()).await;
    accepted(&answer);
    let answer = desk.post(APPLY, Order::new("new").signed_by(&new)).await;
    let envelope = Envelope::decode(answer.body.as_bytes());
    assert_eq!(envelope.expect("an envelope").verify(&new), Ok(()));
    desk.clock.step(Duration::from_secs(60));
    assert_eq!(unsigned(&desk.post(APPLY, Order::new("late").signed()).await), 10002);
    assert_eq!(desk.payouts().await.len(), 2);
}

fn rotate(access: &mut [vezne_core::model::merchant::Access], until: Timestamp) {
    for own in access.iter_mut().filter(|own| own.dialect.as_str() == "applyfor") {
        own.former_key = Some(FormerKey { key: Secret::new(SECRET), until });
        own.key = Secret::new("N3w");
    }
}

/// The document can be read in both ways, so what a merchant's code does decides.
#[tokio::test]
async fn the_first_valid_request_pins_how_a_merchant_signs() {
    let (joined, append) = (SignStyle::KeyParameter, SignStyle::Append);
    let (included, skipped) = (EmptyValues::Included, EmptyValues::Skipped);
    let all = [(joined, included), (joined, skipped), (append, included), (append, skipped)];
    for (style, empties) in all {
        let desk = of(|merchant| drop(merchant.options.remove("sign_style"))).await;
        let by = |style, empties| SigningKey { style, empties, ..key() };
        let own = by(style, empties);
        // A wrong one pins nothing.
        let stranger = SigningKey { secret: SecretText::new("0ther"), ..own.clone() };
        let answer = desk.post(APPLY, Order::new("0").signed_by(&stranger)).await;
        assert_eq!(unsigned(&answer), 10002);
        let pinned = |name| {
            let directory = desk.store.directory();
            let merchant = directory.get(MerchantId(1)).expect("the merchant");
            merchant.option(name).map(str::to_owned)
        };
        let told =
            |answer: &Answer| Envelope::decode(answer.body.as_bytes()).expect("an envelope").status;
        assert_eq!(pinned("sign_style"), None);
        // What has no empty value does not show whether those are signed.
        let answer = desk.post(APPLY, Order::new("1").signed_by(&own)).await;
        let envelope = Envelope::decode(answer.body.as_bytes()).expect("an envelope");
        assert_eq!(envelope.verify(&own), Ok(()), "answers follow: {}", answer.body);
        let word = if style == append { "append" } else { "key" };
        assert_eq!((pinned("sign_style").as_deref(), pinned("sign_empties")), (Some(word), None));
        let empty = Order::new("2").set("custom", "");
        let answer = desk.post(APPLY, empty.signed_by(&own)).await;
        assert_eq!(told(&answer), 10000, "{}", answer.body);
        let word = if empties == skipped { "skipped" } else { "included" };
        assert_eq!(pinned("sign_empties").as_deref(), Some(word));
        // From now on the others are wrong.
        for (number, (other, others)) in all.into_iter().enumerate() {
            let order = Order::new(&format!("3{number}")).set("custom", "");
            let answer = desk.post(APPLY, order.signed_by(&by(other, others))).await;
            let expected = if (other, others) == (style, empties) { 10000 } else { 10002 };
            assert_eq!(told(&answer), expected, "{other:?} {others:?}: {}", answer.body);
        }
    }
}

/// Two requests could have one signed text: neither is taken, whoever sends it.
#[tokio::test]
async fn what_could_be_cut_in_another_way_is_refused() {
    let desk = open().await;
    let order = |name, value| Order::new("1").set(name, value);
    for order in [
        order("custom", "hi&notify_url=https://evil.example/"),
        order("custom", "a&orderid=5"),
        order("notify_url", "https://merchant.example/?a=1&orderid=2"),
    ] {
        let answer = desk.post(APPLY, order.with_sign(&"0".repeat(32))).await;
        assert_eq!(unsigned(&answer), 10001, "{order:?}");
        assert!(answer.body.contains("could begin another parameter"), "{}", answer.body);
    }
    for json in [
        r#"{"uid":"test1","uid":"test2"}"#,
        r#"{"uid":"test1","key":"S3cret"}"#,
        r#"{"uid":"test1","custom":{"a":1}}"#,
        r#"{"uid":"test1","custom":"a\u0000b"}"#,
        r#"{"uid":"test1","a b":"1"}"#,
        "[]",
        "",
    ] {
        assert_eq!(unsigned(&desk.post(APPLY, json).await), 10001, "{json}");
    }
    assert!(desk.payouts().await.is_empty());
}

#[tokio::test]
async fn each_of_three_content_types_is_read() {
    let desk = open().await;
    let multipart = |order: &Order| {
        let sign = key().sign(&order.parameters()).expect("a signature");
        let all = order.clone().set("sign", &sign).0;
        let part = |(name, value): &(String, String)| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        all.iter().map(part).collect::<String>() + "--b--\r\n"
    };
    let form = |order: &Order| {
        let parameters = order.parameters();
        parameters.to_form(&key().sign(&parameters).expect("a signature"))
    };
    let named = |name: &str| Order::new(name).set("custom", "kırmızı = 1");
    for (kind, body) in [
        ("application/json", named("a").signed().into_bytes()),
        ("application/JSON; charset=UTF-8", named("b").signed().into_bytes()),
        ("application/x-www-form-urlencoded", form(&named("c"))),
        ("multipart/form-data; boundary=b", multipart(&named("d")).into_bytes()),
    ] {
        accepted(&desk.post_with(APPLY, &[("content-type", kind)], body).await);
    }
    accepted(&desk.post_with(APPLY, &[], named("e").signed()).await);
    for headers in [
        ("content-type", "text/plain"),
        ("content-type", "application/json; charset=latin5"),
        ("content-encoding", "gzip"),
    ] {
        let answer = desk.post_with(APPLY, &[headers], named("f").signed()).await;
        assert_eq!((answer.status.as_u16(), unsigned(&answer)), (415, 10016), "{headers:?}");
    }
    let answer = desk.post(APPLY, " ".repeat(65 * 1024)).await;
    assert_eq!((answer.status.as_u16(), unsigned(&answer)), (413, 10015));
    let answer = desk.post(APPLY, "{").await;
    assert_eq!((answer.status.as_u16(), unsigned(&answer)), (400, 10001));
    let request = Request::get(APPLY).body(Body::empty()).expect("a request");
    let answer = desk.send(request).await;
    assert_eq!((answer.status.as_u16(), unsigned(&answer)), (405, 10017));
    assert_eq!(answer.headers.get("allow").expect("what"), "POST");
    let answer = desk.post("/channel/none", named("f").signed()).await;
    assert_eq!((answer.status.as_u16(), unsigned(&answer)), (404, 10017));
}

#[tokio::test]
async fn the_timestamp_has_ten_or_thirteen_digits_and_a_window_of_both_sides() {
    let desk = open().await;
    let order = |time: &str| Order::new(time).set("timestamp", time).signed();
    for time in ["1758209970", "1758210570", "1758209970000", "1758210570000"] {
        accepted(&desk.post(APPLY, order(time)).await);
    }
    for time in ["1758209969", "1758210571", "1758209969999", "1758210570001", "9999999999999"] {
        assert_refused(&desk.post(APPLY, order(time)).await, 10001, "timestamp is more than 300");
    }
    for time in ["175821027", "17582102700", "175821027x", "-175821027", "1758210.27"] {
        assert_refused(&desk.post(APPLY, order(time)).await, 10001, "timestamp must be");
    }
    desk.clock.step(Duration::from_millis(1));
    let late = Order::new("late").set("timestamp", "1758209970");
    assert_eq!(status(&desk.post(APPLY, late.signed()).await), 10001);
    for (window, expected) in [("0", 10000), ("301", 10003), ("60", 10003), ("-1", 10003)] {
        set(&desk, "timestamp_window", window).await;
        assert_eq!(status(&desk.post(APPLY, late.signed()).await), expected, "{window}");
    }
    let fresh = Order::new("fresh").set("timestamp", "1758209970").signed();
    assert_eq!(status(&desk.post(APPLY, fresh).await), 10001, "a figure that is none is 300");
}

async fn set(desk: &desk::Desk, name: &'static str, value: &'static str) {
    desk.edit(move |merchant| {
        merchant.options.insert(name.to_owned(), value.to_owned());
    })
    .await;
}

#[tokio::test]
async fn the_older_generation_is_spoken_where_it_is_set_only() {
    let older = Order::new("1").without("pay_code").without("currency").set("channel", "1004");
    let desk = open().await;
    assert_refused(&desk.post(APPLY, older.signed()).await, 10001, "currency");
    let forged = older.with_sign(&"0".repeat(32));
    assert_eq!(unsigned(&desk.post(APPLY, forged.clone()).await), 10002);
    set(&desk, "older_generation", "true").await;
    assert_eq!(unsigned(&desk.post(APPLY, forged).await), 10002, "as for any other");
    let id = accepted(&desk.post(APPLY, older.signed()).await);
    assert_eq!(duplicate(&desk.post(APPLY, older.signed()).await), id);
    let neither = older.without("channel");
    for answer in [
        desk.post(APPLY, neither.signed()).await,
        desk.post(APPLY, neither.with_sign(&"0".repeat(32))).await,
    ] {
        assert!(answer.body.contains("is required"), "{}", answer.body);
    }
}

#[tokio::test]
async fn beyond_its_rate_a_merchant_waits_and_guessing_is_throttled() {
    let settings = WebSettings { failed_logins_per_minute: 5, ..WebSettings::default() };
    let desk = with(settings, |merchant| merchant.requests_per_second = Some(2)).await;
    for (number, code) in [("1", 10000), ("2", 10000), ("3", 10012)] {
        assert_eq!(status(&desk.post(APPLY, Order::new(number).signed()).await), code);
    }
    let refused = desk.post(APPLY, Order::new("3").signed()).await;
    assert_eq!((refused.status.as_u16(), status(&refused)), (429, 10012));
    assert_eq!(refused.headers.get("retry-after").expect("when"), "1");
    let guess = Order::new("4").with_sign(&"0".repeat(32));
    for _ in 0..5 {
        assert_eq!(unsigned(&desk.post(APPLY, guess.clone()).await), 10002);
    }
    // A guess with a mistake in it is a guess: its answer, too, would be signed if it were right.
    for body in [guess, Order::new("4").without("amount").with_sign(&"0".repeat(32))] {
        let answer = desk.post(APPLY, body).await;
        assert_eq!((answer.status.as_u16(), unsigned(&answer)), (429, 10012));
    }
    desk.clock.step(Duration::from_secs(1));
    accepted(&desk.post(APPLY, Order::new("3").signed()).await);
}
