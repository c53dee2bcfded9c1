//! Many rows in one request, and many bytes of many requests at the same time.

mod desk;

use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use desk::bodies::stuck;
use desk::shop::{Shop, TO_BANK, named, nested, request, row};
use desk::{Fields, send};
use vezne_core::engine::{Bells, Engine, GroupRunner, Limits};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::retention::KeptBounds;
use vezne_core::port::{Clock, Store};
use vezne_web::{Metrics, WebSettings, WebState, router};

fn rows(count: usize) -> Vec<Fields> {
    (0..count).map(|number| named(&format!("row-{number}")).set("amount", "0.01")).collect()
}

#[tokio::test]
async fn thousands_of_rows_are_one_request_with_one_answer() {
    for count in [1_000, 10_000] {
        let shop = Shop::open().await;
        let body = shop.sealed(request(&rows(count)));
        let first = shop.post(TO_BANK, body.clone()).await;
        assert_eq!((first.status_code(), first.rows()), (100, vec![100; count]));
        let last = format!("\"unique_id\":\"row-{}\"", count - 1);
        assert!(first.body.rfind(&last) > first.body.rfind("\"unique_id\":\"row-1\""));
        assert_eq!(shop.post(TO_BANK, body).await.body, first.body);
        let all = i64::try_from(count).expect("a count");
        assert_eq!(shop.count().await, all);
        let balances = shop.desk.store.balances(MerchantId(1)).await.expect("balances");
        assert!(balances.iter().any(|(_, minor)| *minor == 100_000_000 - all), "{balances:?}");
    }
}

#[tokio::test]
async fn one_row_too_many_is_no_request() {
    let shop = Shop::open().await;
    let flat: Vec<String> = vec![row().body(); 10_001];
    for data in [
        format!("[{}]", flat.join(",")),
        format!("[[{}]]", flat.join(",")),
        format!("[{},[{}]]", flat[1..].join(","), row().body()),
    ] {
        let answer = shop.post(TO_BANK, nested(&data).body()).await;
        assert_eq!((answer.status.as_u16(), answer.status_code()), (200, 1));
        assert!(answer.body.contains("must not have more than 10000 rows"), "{}", answer.body);
    }
    let empty = format!("[{}]", vec!["[]"; 10_000].join(","));
    assert_eq!(shop.post(TO_BANK, nested(&empty).body()).await.status_code(), 1);
    shop.assert_nothing("too many rows").await;
}

#[tokio::test]
async fn unknown_members_are_kept_up_to_a_bound() {
    let shop = Shop::open().await;
    let extra: Vec<String> = (0..41).map(|number| format!("\"x{number}\":1")).collect();
    let bulky = row().body().replacen('{', &format!("{{{},", extra.join(",")), 1);
    let request = |count| shop.sealed(nested(&format!("[{}]", vec![&*bulky; count].join(","))));
    assert_eq!(shop.post(TO_BANK, request(900)).await.status_code(), 100);
    let answer = shop.post(TO_BANK, request(1_000)).await;
    assert!(answer.body.contains("too many unknown members"), "{:.300}", answer.body);
}

/// A shop with room for one large body, whose engine stands still until the runner is polled.
async fn narrow() -> (Shop, GroupRunner) {
    let request_timeout = Duration::from_millis(200);
    let bodies_in_flight_bytes = 256 * 1_024;
    let settings =
        WebSettings { bodies_in_flight_bytes, request_timeout, ..WebSettings::default() };
    let mut shop = Shop::with(settings.clone(), |_| ()).await;
    let store: Arc<dyn Store> = Arc::clone(&shop.desk.store) as Arc<dyn Store>;
    let clock: Arc<dyn Clock> = Arc::clone(&shop.desk.clock) as Arc<dyn Clock>;
    let parts = (Arc::clone(&store), Arc::clone(&clock));
    let (engine, runner) = Engine::new(parts.0, parts.1, Limits::default(), Bells::default());
    let metrics = Arc::new(Metrics::new());
    shop.desk.web = WebState::new(engine, store, clock, settings, metrics);
    shop.desk.app = router(&shop.desk.web);
    (shop, runner)
}

/// A request on its way.
fn start(shop: &Shop, body: String) -> tokio::task::JoinHandle<desk::Answer> {
    let request = Request::post(TO_BANK).header("authorization", &*shop.token);
    let request = request.header("content-length", body.len());
    let request = request.body(axum::body::Body::from(body)).expect("a request");
    let app = shop.desk.app.clone();
    tokio::spawn(async move { send(&app, request).await })
}

async fn until_waiting(shop: &Shop, count: usize) {
    while shop.desk.web.engine.waiting() < count {
        tokio::task::yield_now().await;
    }
}

fn large(shop: &Shop) -> String {
    let body = shop.sealed(request(&[row()]));
    format!("{body}{}", " ".repeat(200 * 1_024))
}

#[tokio::test]
async fn a_large_request_waits_for_room_until_its_time_is_up() {
    let (shop, runner) = narrow().await;
    let first = start(&shop, large(&shop));
    until_waiting(&shop, 1).await;
    let second = start(&shop, large(&shop)).await.expect("no panic");
    assert_eq!((second.status.as_u16(), second.status_code()), (503, 503));
    assert_eq!(second.headers.get("retry-after").expect("when"), "1");
    let third = start(&shop, large(&shop));
    tokio::task::yield_now().await;
    tokio::spawn(runner.run());
    for answer in [first, third] {
        assert_eq!(answer.await.expect("no panic").status_code(), 100);
    }
    assert_eq!(shop.count().await, 2, "what was turned away left nothing");
}

/// Otherwise a few slow uploads of one merchant would be everybody's.
#[tokio::test]
async fn a_small_request_needs_no_room() {
    let (shop, runner) = narrow().await;
    tokio::spawn(runner.run());
    let slow = Request::post(TO_BANK).header("authorization", &*shop.token);
    let slow = slow.header("content-length", 8 * 1_024 * 1_024).body(stuck()).expect("a request");
    let app = shop.desk.app.clone();
    let slow = tokio::spawn(async move { send(&app, slow).await });
    tokio::task::yield_now().await;
    let small = start(&shop, shop.sealed(request(&[row()]))).await.expect("no panic");
    assert_eq!(small.status_code(), 100);
    assert!(!slow.is_finished());
    let late = slow.await.expect("no panic");
    assert_eq!((late.status.as_u16(), late.status_code()), (400, 1));
    assert!(late.body.contains("did not arrive in time"), "{}", late.body);
}

/// A shop of which little is kept for nothing.
async fn bounded(kept: KeptBounds) -> Shop {
    let mut shop = Shop::open().await;
    let store: Arc<dyn Store> = Arc::clone(&shop.desk.store) as Arc<dyn Store>;
    let clock: Arc<dyn Clock> = Arc::clone(&shop.desk.clock) as Arc<dyn Clock>;
    let limits = Limits { kept, ..Limits::default() };
    let (engine, runner) =
        Engine::new(Arc::clone(&store), Arc::clone(&clock), limits, Bells::default());
    tokio::spawn(runner.run());
    let settings = WebSettings::default();
    shop.desk.web = WebState::new(engine, store, clock, settings, Arc::new(Metrics::new()));
    shop.desk.app = router(&shop.desk.web);
    shop
}

#[tokio::test]
async fn what_cannot_be_kept_is_busy_and_what_is_accepted_goes_on() {
    let too_much = |id: &str| named(id).set("amount", "99999999");
    // There is no room for the refusal: the row may come again.
    let shop = bounded(KeptBounds { refusals: 0, idle_proofs: 9 }).await;
    let answer = shop.cash_out(&[too_much("1")]).await;
    assert_eq!((answer.status_code(), answer.rows()), (41, vec![503]), "{}", answer.body);
    assert!(answer.body.contains("Send the same row again later."), "{}", answer.body);
    assert_eq!(shop.cash_out(&[named("1")]).await.rows(), [100]);
    // There is none for a hash_key that brings nothing: the request may come again.
    let shop = bounded(KeptBounds { refusals: 9, idle_proofs: 0 }).await;
    let answer = shop.cash_out(&[too_much("1")]).await;
    assert_eq!((answer.status.as_u16(), answer.status_code()), (503, 503), "{}", answer.body);
    let both = shop.cash_out(&[named("1"), too_much("2")]).await;
    assert_eq!(both.rows(), [100, 2], "{}", both.body);
}
