//! What comes twice: under one id, without an id, with one `hash_key` or with another.

mod desk;

use std::time::Duration;

use desk::shop::{APP_SECRET, Shop, TO_BANK, named, request, row};
use desk::{Answer, Fields};
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::merchant::{Merchant, MerchantStatus, Mode};
use vezne_core::port::Store as _;
use vezne_web::WebSettings;
use vezne_web::dialect::ccpayment::CcPaymentSettings;

const REVIEWED: &str = "awaiting-approval";
const WINDOW: Duration = Duration::from_secs(600);

impl Shop {
    /// The states of all payouts, the first one first.
    async fn states(&self) -> Vec<&'static str> {
        self.desk.payouts().await.iter().rev().map(|payout| payout.state.code()).collect()
    }

    async fn reviews(&self) -> usize {
        let mut reviews = 0;
        for payout in self.desk.payouts().await {
            let trail = self.desk.store.trail(payout.id).await.expect("a trail");
            reviews += trail.iter().filter(|line| line.action == "review.asked").count();
        }
        reviews
    }
}

/// What says under which `hash_key` a request may come again.
fn reuse(merchant: &mut Merchant) {
    merchant.options.insert("hash_key_reuse".to_owned(), "true".to_owned());
}

fn refused_with(answer: &Answer, code: u32, words: &str) {
    assert_eq!((answer.status_code(), answer.rows()), (41, vec![code]), "{}", answer.body);
    assert!(answer.body.contains(words), "{}", answer.body);
}

#[tokio::test]
async fn one_id_is_one_cash_out() {
    let shop = Shop::open().await;
    let first = shop.cash_out(&[named("1")]).await;
    shop.desk.clock.step(WINDOW * 1_000);
    shop.desk.clock.step(Duration::ZERO);
    let shop = Shop { token: fresh(&shop).await, ..shop };
    assert_eq!(shop.cash_out(&[named("1")]).await.body, first.body);
    for (name, json) in [
        ("amount", "20.01"),
        ("iban", "\"TR150006247004881217621235\""),
        ("name_surname", "\"Other Name\""),
        ("gsm_number", "\"901111137654\""),
        ("id_tc_kn", "\"\""),
        ("description", "\"Other\""),
        ("name_of_bank", "\"Akbank\""),
        ("currency", "\"USD\""),
    ] {
        let answer = shop.cash_out(&[named("1").set(name, json)]).await;
        refused_with(&answer, 3, "was used before for another cashout. Use a new one.");
    }
    assert_eq!(shop.cash_out(&[named("1")]).await.body, first.body, "the first one stands");
    assert_eq!(shop.count().await, 1);
}

async fn fresh(shop: &Shop) -> String {
    desk::shop::token(&shop.login(desk::shop::APP_ID, APP_SECRET).await)
}

#[tokio::test]
async fn one_id_twice_in_one_request_is_the_first_rows() {
    let shop = Shop::open().await;
    let rows = [named("1"), named("1"), named("1").set("amount", "5"), named("2")];
    let first = shop.cash_out(&rows).await;
    assert_eq!(first.rows(), [100, 3, 3, 100]);
    assert!(first.body.contains("unique_id stands twice in this request."), "{}", first.body);
    assert_eq!(shop.cash_out(&rows).await.body, first.body);
    let numeric = [named("3"), row().set("unique_id", "3")];
    assert_eq!(shop.cash_out(&numeric).await.rows(), [100, 3]);
    assert_eq!(shop.count().await, 3);
}

/// Sent under the id that an answer gave to another row, a row is another cash-out.
#[tokio::test]
async fn an_id_that_we_gave_is_taken() {
    let shop = Shop::open().await;
    let answer = shop.cash_out(&[row()]).await;
    let given = answer.body.split("\"unique_id\":\"").nth(1).expect("an id");
    let given = given.split('"').next().expect("its end");
    refused_with(&shop.cash_out(&[named(given)]).await, 3, "was used before");
    assert_eq!(shop.count().await, 1);
}

/// A merchant pays its customer back when it is refused, so what is checked may change without
/// changing the answer to what was accepted before.
#[tokio::test]
async fn a_repeat_is_answered_as_its_first_copy_whatever_has_changed_since() {
    let shop = Shop::of(|merchant| {
        merchant.endpoints.insert("payouts".to_owned(), "https://shop.example/hook".to_owned());
    })
    .await;
    let hooked = request(&[named("1"), row()]).set("reverse_web_hook_key", "\"payouts\"");
    let body = shop.sealed(hooked.clone());
    let first = shop.post(TO_BANK, body.clone()).await;
    assert_eq!(first.rows(), [100, 100]);
    let changes: [fn(&mut Merchant); 4] = [
        |merchant| merchant.status = MerchantStatus::Suspended,
        |merchant| merchant.mode = Mode::Live,
        |merchant| merchant.terms.clear(),
        |merchant| merchant.endpoints.clear(),
    ];
    for change in changes {
        shop.desk.edit(change).await;
        assert_eq!(shop.post(TO_BANK, body.clone()).await.body, first.body);
    }
    // With a fresh hash_key only the row with an id is known; the other one is new, and wrong.
    assert_eq!(shop.post(TO_BANK, shop.sealed(hooked.clone())).await.rows(), [100, 1]);
    let unknown = request(&[named("2")]).set("reverse_web_hook_key", "\"payouts\"");
    assert_eq!(shop.post(TO_BANK, shop.sealed(unknown)).await.status_code(), 56);
    assert_eq!(shop.count().await, 2);
}

#[tokio::test]
async fn a_refusal_is_final_for_its_id() {
    let shop = Shop::of(|merchant| merchant.status = MerchantStatus::Suspended).await;
    let words = "The merchant is disabled. This unique_id is closed: use a new one.";
    refused_with(&shop.cash_out(&[named("1")]).await, 29, words);
    shop.desk.edit(|merchant| merchant.status = MerchantStatus::Active).await;
    for row in [named("1"), named("1").set("amount", "1")] {
        refused_with(&shop.cash_out(&[row]).await, 29, words);
    }
    assert_eq!(shop.cash_out(&[named("2")]).await.rows(), [100]);
    shop.desk.edit(|merchant| merchant.retry_refused = true).await;
    let opened = shop.cash_out(&[named("1")]).await;
    assert_eq!(opened.rows(), [100]);
    shop.desk.edit(|merchant| merchant.retry_refused = false).await;
    assert_eq!(shop.cash_out(&[named("1")]).await.body, opened.body);
    assert_eq!(shop.count().await, 2);
}

/// The document asks for another try, and a client that follows it gives up no id.
#[tokio::test]
async fn what_lacked_balance_may_come_again_and_is_paid_once() {
    let shop = Shop::having(1_000, |_| ()).await;
    let words = "Insufficient balance. Please, try again";
    let same_bytes = shop.sealed(request(&[named("1")]));
    for body in [same_bytes.clone(), same_bytes.clone(), shop.sealed(request(&[named("1")]))] {
        refused_with(&shop.post(TO_BANK, body).await, 2, words);
    }
    assert_eq!(shop.count().await, 0);
    shop.desk.top_up(1_000_000).await;
    let paid = shop.post(TO_BANK, same_bytes.clone()).await;
    assert_eq!(paid.rows(), [100]);
    for body in [same_bytes, shop.sealed(request(&[named("1")]))] {
        assert_eq!(shop.post(TO_BANK, body).await.body, paid.body);
    }
    assert_eq!(shop.cash_out(&[named("1").set("amount", "1")]).await.rows(), [3]);
    assert_eq!(shop.count().await, 1);
}

#[tokio::test]
async fn what_is_refused_before_the_engine_uses_nothing_up() {
    let shop = Shop::open().await;
    let wrong = named("1").set("currency", "\"USD\"");
    let body = shop.sealed(request(&[wrong, row().set("iban", "\"TR\"")]));
    for _ in 0..2 {
        assert_eq!(shop.post(TO_BANK, body.clone()).await.rows(), [12, 1]);
    }
    assert_eq!(shop.cash_out(&[named("1")]).await.rows(), [100]);
}

#[tokio::test]
async fn the_same_bytes_are_the_same_cash_outs_for_good() {
    let shop = Shop::open().await;
    let body = shop.sealed(request(&[row(), row()]));
    let first = shop.post(TO_BANK, body.clone()).await;
    assert_eq!(first.rows(), [100, 100], "two alike in one request are two");
    let wrapped = body.replacen(':', " :", 1);
    let unpadded = body.replace("==\"", "\"").replace("=\"", "\"");
    for (step, body) in [(0, &body), (599, &wrapped), (601, &body), (0, &unpadded)] {
        shop.desk.clock.step(Duration::from_secs(step));
        assert_eq!(shop.post(TO_BANK, body.clone()).await.body, first.body, "{step}");
    }
    assert_eq!(shop.states().await, ["approved", "approved"]);
}

#[tokio::test]
async fn a_hundred_at_once_book_one() {
    let shop = Shop::open().await;
    let body = shop.sealed(request(&[row()]));
    let ask = |body: String| {
        let (app, token) = (shop.desk.app.clone(), shop.token.clone());
        let request = axum::http::Request::post(TO_BANK).header("authorization", token);
        let request = request.body(axum::body::Body::from(body)).expect("a request");
        tokio::spawn(async move { desk::send(&app, request).await.body })
    };
    let same = (0..100).map(|_| ask(body.clone()));
    let named: Vec<_> = (0..100).map(|_| ask(shop.sealed(request(&[named("1")])))).collect();
    let (mut bodies, same) = (Vec::new(), same.collect::<Vec<_>>());
    for answer in same.into_iter().chain(named) {
        bodies.push(answer.await.expect("no panic"));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert_eq!(shop.states().await.len(), 2);
}

#[tokio::test]
async fn the_same_rows_soon_again_are_looked_at_by_a_person() {
    let shop = Shop::open().await;
    let rows = [row(), named("1")];
    let ask = async |step: Duration| {
        shop.desk.clock.step(step);
        shop.cash_out(&rows).await.rows()
    };
    let second = Duration::from_secs(1);
    for (step, expected) in [
        (Duration::ZERO, &["approved", "approved"][..]),
        (WINDOW - second, &[REVIEWED]),
        // The window begins anew with each of them.
        (WINDOW - second, &[REVIEWED]),
        (WINDOW, &["approved"]),
        (second, &[REVIEWED]),
    ] {
        let before = shop.states().await.len();
        assert_eq!(ask(step).await, [100, 100]);
        assert_eq!(shop.states().await[before..], *expected, "after {step:?}");
    }
    assert_eq!(shop.reviews().await, 3);
    assert_eq!(shop.count().await, 6, "the row with an id is paid once");
}

#[tokio::test]
async fn a_repeat_of_a_twin_is_none() {
    let shop = Shop::open().await;
    let (one, two) = (shop.sealed(request(&[row()])), shop.sealed(request(&[row()])));
    let (first, second) =
        (shop.post(TO_BANK, one.clone()).await, shop.post(TO_BANK, two.clone()).await);
    assert_ne!(first.body, second.body);
    for _ in 0..3 {
        assert_eq!(shop.post(TO_BANK, one.clone()).await.body, first.body);
        assert_eq!(shop.post(TO_BANK, two.clone()).await.body, second.body);
    }
    assert_eq!(shop.states().await, ["approved", REVIEWED]);
}

/// "Please, try again" is the document's own word for it.
#[tokio::test]
async fn rows_of_which_none_was_accepted_have_no_twin() {
    let shop = Shop::having(1_000, |_| ()).await;
    assert_eq!(shop.cash_out(&[row()]).await.rows(), [2]);
    shop.desk.top_up(10_000).await;
    for expected in ["approved", REVIEWED] {
        assert_eq!(shop.cash_out(&[row()]).await.rows(), [100]);
        assert_eq!(shop.states().await.last(), Some(&expected));
    }
}

#[tokio::test]
async fn twins_of_another_kind() {
    let zero = CcPaymentSettings { twin_window: Duration::ZERO, ..CcPaymentSettings::default() };
    let settings = WebSettings { ccpayment: zero, ..WebSettings::default() };
    let off = Shop::with(settings, |_| ()).await;
    let shop = Shop::open().await;
    let rows: [(&Shop, [Fields; 2], &str); 5] = [
        (&off, [row(), row()], "approved"),
        (&shop, [row(), row().set("amount", "20.00")], REVIEWED),
        (&shop, [row().set("amount", "5"), row().set("amount", "6")], "approved"),
        (
            &shop,
            [
                row().set("iban", "\"TR15 0006247004881217621299\""),
                row().set("iban", "\"tr150006247004881217621299\""),
            ],
            REVIEWED,
        ),
        (&shop, [named("a"), named("b")], "approved"),
    ];
    for (shop, [first, second], expected) in rows {
        assert_eq!(shop.cash_out(&[first]).await.rows(), [100]);
        assert_eq!(shop.cash_out(std::slice::from_ref(&second)).await.rows(), [100]);
        assert_eq!(shop.states().await.last(), Some(&expected), "{second:?}");
    }
}

/// The `hash_key` covers the sum and the first row; whoever changes another one is told nothing.
#[tokio::test]
async fn one_hash_key_around_other_rows_is_wrong() {
    let shop = Shop::open().await;
    let iban = |row: Fields| row.set("iban", "\"TR150006247004881217621299\"");
    let right = request(&[named("1"), named("2")]);
    let body = shop.sealed(right.clone());
    let wrong = shop.post(TO_BANK, shop.sealed_by("wrong", &right.body())).await;
    let first = shop.post(TO_BANK, body.clone()).await;
    let object = vezne_wire::json::Object::parse(body.as_bytes()).expect("an object");
    let hash_key = object.get("hash_key").expect("a hash_key").raw();
    let first_row = named("1");
    for fields in [
        request(&[first_row.clone(), iban(named("3"))]),
        request(&[first_row.clone(), iban(named("2"))]),
        request(&[first_row.clone(), row()]),
        request(&[
            first_row.clone(),
            named("2").set("amount", "10"),
            named("3").set("amount", "10"),
        ]),
        request(&[first_row.clone(), row().set("amount", "\"20\"").set("unique_id", "null")]),
        request(&[first_row.clone().without("unique_id"), named("2")]),
        right.clone().set("reverse_web_hook_key", "\"payouts\""),
    ] {
        let answer = shop.post(TO_BANK, fields.set("hash_key", hash_key).body()).await;
        assert_eq!((&answer.body, &answer.headers), (&wrong.body, &wrong.headers));
    }
    assert_eq!(shop.count().await, 2);
    assert_eq!(shop.post(TO_BANK, body.clone()).await.body, first.body);
}

#[tokio::test]
async fn a_merchant_whose_library_has_one_hash_key_may_use_it_again() {
    let shop = Shop::of(reuse).await;
    let hash = |fields: Fields| fields.set("hash_key", &hash_of(&shop));
    let (one, other) =
        (request(&[row(), row()]), request(&[row(), row().set("description", "\"b\"")]));
    let first = shop.post(TO_BANK, hash(one.clone()).body()).await;
    let second = shop.post(TO_BANK, hash(other).body()).await;
    assert_eq!((first.rows(), second.rows()), (vec![100; 2], vec![100; 2]));
    assert_ne!(first.body, second.body);
    assert_eq!(shop.post(TO_BANK, hash(one.clone()).body()).await.body, first.body);
    assert_eq!(shop.states().await, ["approved"; 4]);
    assert_eq!(shop.post(TO_BANK, shop.sealed(one)).await.rows(), [100; 2]);
    assert_eq!(shop.states().await[4..], [REVIEWED; 2], "a fresh hash_key is another request");
}

/// One and the same for two rows of 20, quoted.
fn hash_of(_: &Shop) -> String {
    let text = "40|TR150006247004881217621234|20|TRY|901111137653";
    format!("\"{}\"", vezne_wire::ccpayment::hash_key::make(text, APP_SECRET, [7; 8], [7; 2]))
}

#[tokio::test]
async fn callbacks_go_where_the_request_says() {
    let shop = Shop::of(|merchant| {
        merchant.endpoints.insert("payouts".to_owned(), "https://shop.example/hook".to_owned());
    })
    .await;
    let with = |key: &str| {
        let fields = request(&[row().set("description", &format!("\"{}\"", key.replace('"', "")))]);
        shop.sealed(fields.set("reverse_web_hook_key", key))
    };
    for wrong in ["\"unknown\"", "\"Payouts\"", "\"payouts \"", "\"https://shop.example/hook\""] {
        assert_eq!(shop.post(TO_BANK, with(wrong)).await.status_code(), 56, "{wrong}");
    }
    shop.assert_nothing("an unknown webhook").await;
    for (key, expected) in [
        ("\"payouts\"", CallbackTarget::Endpoint("payouts".to_owned())),
        ("null", CallbackTarget::Nowhere),
        ("\"\"", CallbackTarget::Nowhere),
    ] {
        shop.desk.clock.step(WINDOW);
        assert_eq!(shop.post(TO_BANK, with(key)).await.status_code(), 100, "{key}");
        assert_eq!(shop.desk.payouts().await[0].callback_to, expected, "{key}");
    }
    let set = |merchant: &mut Merchant| {
        merchant.callback_base_url = Some("https://shop.example".to_owned());
    };
    shop.desk.edit(set).await;
    assert_eq!(shop.cash_out(&[row()]).await.status_code(), 100);
    assert_eq!(shop.desk.payouts().await[0].callback_to, CallbackTarget::Merchant);
}

/// A request with an unknown webhook uses nothing up: once the name is there, the same bytes pass.
#[tokio::test]
async fn a_webhook_that_is_added_later_is_found() {
    let shop = Shop::open().await;
    let body = shop.sealed(request(&[row()]).set("reverse_web_hook_key", "\"payouts\""));
    assert_eq!(shop.post(TO_BANK, body.clone()).await.status_code(), 56);
    let add = |merchant: &mut Merchant| {
        merchant.endpoints.insert("payouts".to_owned(), "https://shop.example/hook".to_owned());
    };
    shop.desk.edit(add).await;
    assert_eq!(shop.post(TO_BANK, body).await.rows(), [100]);
}
