//! What became of a cash-out, in every state, by either id, and only of one's own.

mod desk;

use std::time::Duration;

use desk::shop::{
    MERCHANT_KEY, STATUS, Shop, bank_terms, named, neighbour, row, sample_tariff, token,
};
use desk::{Answer, Fields};
use vezne_core::engine::approve::Approve;
use vezne_core::engine::dispatch::{Accept, ClaimPayouts};
use vezne_core::engine::doubt::MarkInDoubt;
use vezne_core::engine::fail::Fail;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::engine::room::Room;
use vezne_core::engine::settle::Settle;
use vezne_core::engine::{Failure, Verb};
use vezne_core::model::approval::{Actor, Policy};
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::merchant::ReferenceScope;

const ONE: PayoutId = PayoutId(1);
const HOUR: Duration = Duration::from_secs(3_600);

async fn ask(shop: &Shop, name: &str, json: &str) -> Answer {
    let key = format!("\"{MERCHANT_KEY}\"");
    shop.post(STATUS, Fields::of(&[("merchant_key", &key), (name, json)]).body()).await
}

/// Moves the payout, two seconds later.
async fn run<V: Verb>(shop: &Shop, verb: V)
where
    V::Refusal: std::fmt::Debug,
{
    shop.desk.clock.step(Duration::from_secs(2));
    let outcome: Result<_, Failure<V::Refusal>> = shop.desk.web.engine.run(verb).await;
    assert!(outcome.is_ok(), "{:?}", outcome.err());
}

async fn assert_status(shop: &Shop, status: &str, reason: &str) {
    let answer = ask(shop, "unique_id", "\"order-1\"").await;
    assert_eq!((answer.status.as_u16(), answer.status_code()), (200, 100));
    let words = format!(r#""status":"{status}","reason":"{reason}""#);
    assert!(answer.body.contains(&words), "{words} is not in {}", answer.body);
    assert_eq!(ask(shop, "id", "1").await.body, answer.body);
    assert_eq!(ask(shop, "id", "\"1\"").await.body, answer.body);
}

/// A shop with one payout of 20 that a person has to approve.
async fn with_one() -> Shop {
    let shop = Shop::of(|merchant| {
        merchant.policy = Policy::default();
        bank_terms(merchant, sample_tariff);
    })
    .await;
    assert_eq!(shop.cash_out(&[named("order-1")]).await.rows(), [100]);
    shop
}

async fn send(shop: &Shop) {
    run(shop, Approve { payout: ONE, by: Actor::System }).await;
    run(shop, ClaimPayouts { room: Room::undivided(1), lease: HOUR, marker: None }).await;
}

fn accept() -> Accept {
    Accept { payout: ONE, attempt: 1, rail_reference: None, ask_again_in: HOUR }
}

fn settle() -> Settle {
    Settle { payout: ONE, attempt: Some(1), by: Actor::Rail, rail_reference: None }
}

#[tokio::test]
async fn a_cash_out_is_told_whole() {
    let shop = with_one().await;
    send(&shop).await;
    let data = concat!(
        r#"{"unique_id":"order-1","id":1,"status":"Processing","reason":"","amount":20,"#,
        r#""currency":"TRY","paid amount":15.8,"merchant commission":4.2,"#,
        r#""receiver commission":4.2,"created_at":"2024-02-17 00:28:46","#,
        r#""updated_at":"2024-02-17 00:28:50"}"#
    );
    let expected = format!(
        r#"{{"statuscode":100,"description":"SUCCESS","data":{data},"status_code":100,"status_description":"SUCCESS"}}"#
    );
    assert_eq!(ask(&shop, "unique_id", "\"order-1\"").await.body, expected);
}

#[tokio::test]
async fn from_approval_to_payment_and_back() {
    let shop = with_one().await;
    assert_status(&shop, "Pending", "").await;
    run(&shop, Approve { payout: ONE, by: Actor::System }).await;
    assert_status(&shop, "Pending", "").await;
    run(&shop, ClaimPayouts { room: Room::undivided(1), lease: HOUR, marker: None }).await;
    assert_status(&shop, "Processing", "").await;
    run(&shop, accept()).await;
    assert_status(&shop, "Processing", "").await;
    run(&shop, settle()).await;
    assert_status(&shop, "Completed", "").await;
    let reason = "The account is closed".to_owned();
    run(&shop, Return { payout: ONE, by: Actor::Rail, reason }).await;
    assert_status(&shop, "Returned", "The account is closed").await;
}

#[tokio::test]
async fn what_is_not_paid_says_why() {
    let rejected = with_one().await;
    let reason = "Not \\\"today\\\"";
    let reject = Reject { payout: ONE, by: Actor::System, reason: "Not \"today\"".to_owned() };
    run(&rejected, reject).await;
    assert_status(&rejected, "Failed", reason).await;
    let failed = with_one().await;
    send(&failed).await;
    let (attempt, reason) = (Some(1), "Wrong name".to_owned());
    run(&failed, Fail { payout: ONE, attempt, by: Actor::Rail, reason }).await;
    assert_status(&failed, "Failed", "Wrong name").await;
}

/// A doubt is ours to end; its merchant must neither pay again nor pay back.
#[tokio::test]
async fn a_doubt_is_under_way() {
    let shop = with_one().await;
    send(&shop).await;
    let detail = "the connection broke".to_owned();
    let doubt = MarkInDoubt { payout: ONE, attempt: 1, detail, absent: false, ask_again_in: HOUR };
    run(&shop, doubt).await;
    assert_status(&shop, "Processing", "").await;
}

#[tokio::test]
async fn a_row_without_an_id_is_found_by_the_given_one() {
    let shop = Shop::open().await;
    let answer = shop.cash_out(&[row()]).await;
    let given = answer.body.split("\"unique_id\":\"").nth(1).expect("an id");
    let given = given.split('"').next().expect("its end");
    let by_given = ask(&shop, "unique_id", &format!("\"{given}\"")).await;
    assert_eq!(by_given.status_code(), 100);
    assert_eq!(ask(&shop, "id", "1").await.body, by_given.body);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let shop = with_one().await;
    shop.cash_out(&[named("refused").set("amount", "99999999")]).await;
    for (name, json) in [
        ("unique_id", "\"order-2\""),
        ("unique_id", "\"Order-1\""),
        ("unique_id", "\"order-1 \""),
        ("unique_id", "\"order-_\""),
        ("unique_id", "\"%\""),
        ("unique_id", "\"refused\""),
        ("unique_id", "1"),
        ("id", "2"),
        ("id", "0"),
        ("id", "9223372036854775807"),
        ("id", "\"-1\""),
    ] {
        let answer = ask(&shop, name, json).await;
        let told = (answer.status.as_u16(), answer.status_code());
        assert_eq!(told, (200, 31), "{name} {json}: {}", answer.body);
        assert!(answer.body.contains("Transaction not found"), "{}", answer.body);
    }
}

#[tokio::test]
async fn questions_that_are_none() {
    let shop = with_one().await;
    let key = format!("\"{MERCHANT_KEY}\"");
    let right = || Fields::of(&[("merchant_key", key.as_str()), ("unique_id", "\"order-1\"")]);
    for (fields, code) in [
        (right().without("merchant_key"), 1),
        (right().set("merchant_key", "1"), 1),
        (right().set("merchant_key", "\"unknown\""), 14),
        (right().without("unique_id"), 1),
        (right().set("unique_id", "\"\""), 1),
        (right().set("unique_id", "null"), 1),
        (right().set("unique_id", "[]"), 1),
        (right().set("id", "1"), 1),
        (right().set("id", "\"\""), 100),
        (right().set("unique_id", "null").set("id", "\"x\""), 1),
        (right().set("unique_id", "null").set("id", "-1"), 1),
        (right().set("unique_id", "null").set("id", "1.0"), 1),
        (right().set("unique_id", "null").set("id", "9223372036854775808"), 1),
        (right().set("app_lang", "\"tr\""), 100),
    ] {
        let answer = shop.post(STATUS, fields.body()).await;
        assert_eq!(answer.status_code(), code, "{fields:?}: {}", answer.body);
    }
    assert_eq!(shop.post(STATUS, "[]").await.status, 400);
    assert_eq!(shop.desk.post(STATUS, right().body()).await.status, 401);
}

#[tokio::test]
async fn another_merchants_cash_out_is_as_unknown_as_one_that_nobody_has() {
    let shop = with_one().await;
    shop.desk.add(neighbour()).await;
    let theirs = token(&shop.login("neighbour", "neighbour-secret").await);
    let ask = async |name: &str, json: &str| {
        let fields = Fields::of(&[("merchant_key", "\"neighbour\""), (name, json)]);
        shop.post_as(&theirs, STATUS, fields.body()).await
    };
    let unknown = ask("id", "77").await;
    assert_eq!(unknown.status_code(), 31);
    for (name, json) in [("id", "1"), ("unique_id", "\"order-1\"")] {
        let answer = ask(name, json).await;
        assert_eq!((answer.body, answer.headers), (unknown.body.clone(), unknown.headers.clone()));
    }
}

/// A merchant that speaks two dialects may have one reference in both.
#[tokio::test]
async fn another_dialects_payout_does_not_stand_before_it() {
    let shop = Shop::of(|merchant| {
        merchant.access.extend(desk::sample_merchant().access);
        merchant.reference_scope = ReferenceScope::Channel;
    })
    .await;
    assert_eq!(shop.cash_out(&[named("456454646")]).await.rows(), [100]);
    let papara = Fields::sample("papara").body();
    assert_eq!(shop.desk.post("/api/withdraw/papara", papara).await.code(), 200);
    let answer = ask(&shop, "unique_id", "456454646").await;
    assert!(answer.body.contains(r#""id":1,"#), "{}", answer.body);
    assert_eq!(ask(&shop, "id", "2").await.status_code(), 31, "the other dialect's");
}
