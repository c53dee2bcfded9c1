//! What the engine decided, in the document's words: success, repeats, refusals, faults.

mod desk;

use axum::body::Body;
use axum::http::Request;
use desk::{Desk, Fields, KEY, engine, parts, sample_merchant, send, web};
use vezne_core::engine::Limits;
use vezne_core::engine::merchant::AddMerchant;
use vezne_core::model::approval::Actor;
use vezne_core::model::commission::Commission;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::Mode;
use vezne_core::model::personal::Secret;
use vezne_web::{WebSettings, router};
use vezne_wire::bankopay::{Note, Service};

const PAPARA: &str = "/api/withdraw/papara";

fn papara() -> Fields {
    Fields::sample("papara")
}

#[tokio::test]
async fn what_was_sent_is_what_is_booked() {
    let desk = Desk::open().await;
    let body = Fields::sample("bank-transfer").set("channel", "\"web\"").body();
    assert_eq!(desk.post("/api/withdraw/bank-transfer", body).await.code(), 200);
    let payouts = desk.payouts().await;
    let [payout] = payouts.as_slice() else { panic!("{} payouts", payouts.len()) };
    assert_eq!(payout.amount.minor(), 25_000);
    assert_eq!(payout.reference.text, "456454646");
    assert_eq!(payout.beneficiary.name, "Ahmet Demir");
    assert_eq!(payout.beneficiary.account, "TR123445678945613245645");
    assert_eq!(payout.beneficiary.bank, Some(1));
    assert_eq!(payout.beneficiary.identity.as_ref().expect("one").expose(), "12345678910");
    let note = Note::from_bytes(&payout.note).expect("a note");
    assert_eq!((note.service, &*note.user_id), (Service::BankTransfer, "1254137"));
    assert_eq!(note.extras.iter().collect::<Vec<_>>(), [("channel", "\"web\"")]);
}

#[tokio::test]
async fn a_repeat_gets_the_same_bytes_and_books_nothing() {
    let desk = Desk::open().await;
    let first = desk.post(PAPARA, papara().body()).await;
    desk.clock.step(std::time::Duration::from_secs(3_600));
    let printed = || papara().set("amount", "250.00000000000000");
    let text = || papara().set("amount", "\"250\"");
    for same in [papara(), text(), printed(), papara().set("site_id", "\"1001\"")] {
        assert_eq!(desk.post(PAPARA, same.body()).await.body, first.body);
    }
    assert_eq!(desk.payouts().await.len(), 1);
}

/// PHP with `serialize_precision` 17 prints a double with all its digits.
#[tokio::test]
async fn a_number_that_prints_a_double_is_the_amount() {
    let desk = Desk::open().await;
    for (trx, (amount, minor)) in [
        ("277.19999999999999", Some(27_720)),
        ("67.200000000000003", Some(6_720)),
        ("\"277.19999999999999\"", None),
        ("277.19999999999996", None),
        ("277.201", None),
    ]
    .into_iter()
    .enumerate()
    {
        let request = papara().set("amount", amount).set("trx", &format!("\"{trx}\""));
        let answer = desk.post(PAPARA, request.body()).await;
        let booked = desk.payouts().await.first().map(|payout| payout.amount.minor());
        match minor {
            Some(_) => assert_eq!(booked, minor, "{amount}: {}", answer.body),
            None => assert_eq!(answer.code(), 20003, "{amount}: {}", answer.body),
        }
    }
    assert_eq!(desk.payouts().await.len(), 2);
}

/// A merchant pays its customer back on any code but 200, so what a request is checked by may
/// change without changing the answer to what was accepted before.
#[tokio::test]
async fn a_repeat_is_answered_as_its_first_copy_whatever_has_changed_since() {
    let desk = Desk::open().await;
    let path = "/api/withdraw/bank-transfer";
    let sample = || Fields::sample("bank-transfer");
    let first = desk.post(path, sample().body()).await;
    desk.edit(|merchant| {
        merchant.banks.clear();
        merchant.mode = Mode::Live;
        merchant.access[0].callback_key = Secret::new("k".repeat(72));
        merchant.options.insert("hash_whole_key".to_owned(), "true".to_owned());
    })
    .await;
    assert_eq!(desk.post(path, sample().body()).await.body, first.body);
    let spaced = sample().set("account_number", "\"tr12 3445678945613245645\"");
    assert_eq!(desk.post(path, spaced.body()).await.code(), 200);
    let other = sample().set("amount", "1");
    assert_eq!(desk.post(path, other.body()).await.code(), 20020);
    let fresh = sample().set("trx", "\"fresh\"");
    assert_eq!(desk.post(path, fresh.body()).await.code(), 20028);
    assert_eq!(desk.payouts().await.len(), 1);
}

#[tokio::test]
async fn a_hundred_at_once_book_one() {
    let desk = Desk::open().await;
    let ask = || {
        let (app, body) = (desk.app.clone(), papara().body());
        let request = Request::post(PAPARA).body(Body::from(body)).expect("a request");
        tokio::spawn(async move { send(&app, request).await.body })
    };
    let asked: Vec<_> = (0..100).map(|_| ask()).collect();
    let mut bodies = Vec::new();
    for answer in asked {
        bodies.push(answer.await.expect("no panic"));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(desk.payouts().await.len(), 1);
}

#[tokio::test]
async fn other_content_under_the_same_trx_is_refused() {
    let desk = Desk::open().await;
    let first = desk.post(PAPARA, papara().body()).await;
    for (name, json) in [
        ("amount", "250.01"),
        ("account_number", "\"202400138923\""),
        ("fullname", "\"Mehmet Demir\""),
        ("user_id", "\"2\""),
        ("username", "\"demo124\""),
    ] {
        let answer = desk.post(PAPARA, papara().set(name, json).body()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (200, 20020), "{name}");
    }
    assert_eq!(desk.post(PAPARA, papara().body()).await.body, first.body, "the first one stands");
}

#[tokio::test]
async fn refusals_of_the_engine_say_what_and_how_much_and_are_final() {
    let desk = Desk::of(|merchant| {
        for terms in &mut merchant.terms {
            terms.commission = Commission { fixed_minor: 100, ..Commission::default() };
            let (least, most) = (Some(10_000), Some(200_000_000));
            terms.amount = AmountLimit { minimum_minor: least, maximum_minor: most };
            terms.day_limit_minor = Some(150_000_000);
        }
        merchant.terms.retain(|terms| terms.channel.as_str() != "payco");
    })
    .await;
    for (service, amount, code, word) in [
        ("popypara", "1000000", 20026, "1000001.00 TRY"),
        ("payco", "250", 20022, "not offered"),
        ("papara", "99.99", 20023, "100.00 TRY"),
        ("paratim", "2000000.01", 20024, "2000000.00 TRY"),
        ("payfix", "1500000.01", 20025, "1500000.00 TRY"),
    ] {
        let path = format!("/api/withdraw/{service}");
        let body = Fields::sample(service).set("amount", amount).body();
        let first = desk.post(&path, body.clone()).await;
        assert_eq!((first.status.as_u16(), first.code()), (200, code), "{}", first.body);
        assert!(first.body.contains(word), "{word} is not in {}", first.body);
        assert!(first.body.contains("This trx is closed: use a new one."), "{}", first.body);
        desk.top_up(1_000_000_000).await;
        assert_eq!(desk.post(&path, body).await.body, first.body, "{service}");
    }
    assert!(desk.payouts().await.is_empty());
}

#[tokio::test]
async fn a_merchant_may_have_refused_references_open() {
    let desk = Desk::of(|merchant| merchant.retry_refused = true).await;
    let body = papara().set("amount", "2000000").body();
    let refused = desk.post(PAPARA, body.clone()).await;
    assert_eq!(refused.code(), 20026);
    assert!(refused.body.contains("may be sent again later"), "{}", refused.body);
    desk.top_up(1_000_000_000).await;
    assert_eq!(desk.post(PAPARA, body).await.code(), 200);
}

#[tokio::test]
async fn the_key_is_echoed_only_on_request() {
    for (option, shown) in [(None, false), (Some("true"), true), (Some("no"), false)] {
        let desk = Desk::of(|merchant| {
            let option = option.map(|value| ("echo_site_key".to_owned(), value.to_owned()));
            merchant.options.extend(option);
        })
        .await;
        let answer = desk.post(PAPARA, papara().body()).await;
        assert_eq!(answer.body.contains(KEY), shown, "{option:?}");
    }
}

#[tokio::test]
async fn a_full_queue_is_busy_and_a_fault_is_bland() {
    let parts = parts();
    let (first, runner) = engine(&parts, Limits::default());
    tokio::spawn(runner.run());
    let add = AddMerchant { merchant: sample_merchant(), by: Actor::System };
    first.run(add).await.expect("the merchant is added");
    // Nobody takes from this queue of one until its runner is dropped.
    let (stuck, runner) =
        engine(&parts, Limits { queue: 1, group: 1, lanes: 1, ..Limits::default() });
    let app = router(&web(&parts, stuck, WebSettings::default()));
    let ask = |app: axum::Router| async move {
        let request = Request::post(PAPARA).body(Body::from(papara().body())).expect("a request");
        send(&app, request).await
    };
    let waiting = tokio::spawn(ask(app.clone()));
    tokio::task::yield_now().await;
    let busy = ask(app.clone()).await;
    assert_eq!((busy.status.as_u16(), busy.code()), (503, 20008));
    assert_eq!(busy.headers.get("retry-after").expect("when"), "1");
    drop(runner);
    for fault in [waiting.await.expect("no panic"), ask(app).await] {
        assert_eq!((fault.status.as_u16(), fault.code()), (500, 20009));
        assert!(fault.body.contains("(incident ") && !fault.body.contains("engine"), "{fault:?}");
    }
}
