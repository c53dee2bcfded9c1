//! Paths, methods and the heads of requests: what is looked at before anything is read.

mod desk;

use axum::body::Body;
use axum::http::Request;
use desk::Answer;
use desk::bodies::unread;
use desk::shop::{APP_ID, APP_SECRET, STATUS, Shop, TO_BANK, TOKEN, request, row};
use vezne_web::WebSettings;
use vezne_web::dialect::ccpayment::{Brand, CcPaymentSettings};
use vezne_wire::ccpayment::Profile;

/// HTTP status and code of an answer.
fn told(answer: &Answer) -> (u16, u32) {
    (answer.status.as_u16(), answer.status_code())
}

async fn ask(shop: &Shop, token: &str) -> (u16, u32) {
    told(&shop.post_as(token, TO_BANK, shop.sealed(request(&[row()]))).await)
}

/// Two brands with paths of their own, and one that has both.
fn brands() -> WebSettings {
    let brand = |name: &str, prefixes: &[&str]| Brand {
        name: name.to_owned(),
        profile: Profile::Iqmoney,
        prefixes: prefixes.iter().map(|prefix| (*prefix).to_owned()).collect(),
    };
    let brands = vec![
        brand("iqmoney", &["/ccpayment"]),
        brand("other", &["/other"]),
        brand("both", &["/ccpayment", "/other", ""]),
    ];
    let ccpayment = CcPaymentSettings { brands, ..CcPaymentSettings::default() };
    WebSettings { ccpayment, ..WebSettings::default() }
}

#[tokio::test]
async fn a_merchant_is_known_on_the_paths_of_its_brand_only() {
    let shop = Shop::with(brands(), |_| ()).await;
    let prefixes = ["/ccpayment", "/other", ""];
    for (brand, known) in [
        ("iqmoney", [true, false, false]),
        ("other", [false, true, false]),
        ("both", [true, true, true]),
        ("Iqmoney", [false, false, false]),
        ("", [false, false, false]),
    ] {
        shop.desk
            .edit(move |merchant| drop(merchant.options.insert("brand".into(), brand.into())))
            .await;
        for (prefix, known) in prefixes.into_iter().zip(known) {
            let body = format!(r#"{{"app_id":"{APP_ID}","app_secret":"{APP_SECRET}"}}"#);
            let answer = shop.desk.post(&format!("{prefix}/api/token"), body).await;
            assert_eq!(answer.status_code(), if known { 100 } else { 30 }, "{brand} {prefix}");
            let body = shop.sealed(request(&[row()]));
            let answer = shop.post(&format!("{prefix}/api/cashout/tobank"), body).await;
            assert_eq!(answer.status_code(), if known { 100 } else { 401 }, "{brand} {prefix}");
        }
    }
    shop.desk.edit(|merchant| drop(merchant.options.remove("brand"))).await;
    assert_eq!(ask(&shop, &shop.token).await, (200, 100), "the first brand's");
}

#[tokio::test]
async fn paths_and_methods() {
    let shop = Shop::open().await;
    for prefix in ["", "/ccpayment"] {
        for slash in ["", "/"] {
            let path = format!("{prefix}/api/cashout/tobank{slash}");
            let answer = shop.post(&path, shop.sealed(request(&[row()]))).await;
            assert_eq!(told(&answer), (200, 100), "{path}");
            let body = format!(r#"{{"app_id":"{APP_ID}","app_secret":"{APP_SECRET}"}}"#);
            let path = format!("{prefix}/api/token{slash}");
            assert_eq!(told(&shop.desk.post(&path, body).await), (200, 100), "{path}");
        }
        for rest in ["", "/", "/towallet", "/tobank/1", "/tobank//", "/ToBank", "/status/1"] {
            let path = format!("{prefix}/api/cashout{rest}");
            assert_eq!(told(&shop.post(&path, "{}").await), (404, 404), "{path}");
        }
        for rest in ["/api", "/api/", "/api/getpos", "/api/token/1", "/api/tokens", "/api//token"] {
            let path = format!("{prefix}{rest}");
            assert_eq!(told(&shop.post(&path, "{}").await), (404, 404), "{path}");
        }
    }
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for path in [TOKEN, TO_BANK, STATUS] {
            let request = Request::builder().method(method).uri(path).body(Body::from("{}"));
            let answer = shop.desk.send(request.expect("a request")).await;
            assert_eq!(told(&answer), (405, 404), "{method} {path}");
            assert_eq!(answer.headers.get("allow").expect("what is right"), "POST");
        }
    }
}

#[tokio::test]
async fn content_types_and_encodings() {
    let shop = Shop::open().await;
    for (header, told_as) in [
        (("content-type", "application/json; charset=utf-8"), (200, 100)),
        (("content-type", "APPLICATION/JSON"), (200, 100)),
        (("content-encoding", "identity"), (200, 100)),
        (("content-type", "application / json"), (200, 100)),
        (("content-type", "application/x-www-form-urlencoded"), (415, 1)),
        (("content-type", "text/plain"), (415, 1)),
        (("content-encoding", "gzip"), (415, 1)),
    ] {
        let headers = [("authorization", shop.token.as_str()), header];
        let body = shop.sealed(request(&[row()]));
        let answer = shop.desk.post_with(TO_BANK, &headers, body).await;
        assert_eq!(told(&answer), told_as, "{header:?}");
    }
}

/// What is refused by its head is refused unread: a panic of the body would be answered with 500.
#[tokio::test]
async fn large_bodies_are_read_for_nobody_but_an_admitted_merchant() {
    let shop = Shop::open().await;
    let (small, large) = (256 * 1024, 8 * 1024 * 1024);
    let (token, expired) = (Some(shop.token.as_str()), Some("e30.e30.e30"));
    for (path, token, length, told_as) in [
        (TO_BANK, None, small + 1, (401, 401)),
        (TO_BANK, expired, large, (401, 401)),
        (TO_BANK, None, usize::MAX, (401, 401)),
        (TO_BANK, token, large + 1, (413, 1)),
        (TO_BANK, token, large, (500, 99)),
        (STATUS, token, small + 1, (413, 1)),
        (TOKEN, None, small + 1, (413, 1)),
    ] {
        let request = Request::post(path).header("content-length", length);
        let add =
            |request: axum::http::request::Builder, token| request.header("authorization", token);
        let request = token.into_iter().fold(request, add);
        let answer = shop.desk.send(request.body(unread()).expect("a request")).await;
        assert_eq!(told(&answer), told_as, "{path} {length}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_body_is_counted_when_it_announced_nothing() {
    let settings = CcPaymentSettings { max_body_bytes: 100_000, ..CcPaymentSettings::default() };
    let settings = WebSettings { ccpayment: settings, ..WebSettings::default() };
    let shop = Shop::with(settings, |_| ()).await;
    let body = shop.sealed(request(&[row()]));
    for (padding, told_as) in [(100_000 - body.len(), (200, 100)), (100_001 - body.len(), (413, 1))]
    {
        let padded = format!("{body}{}", " ".repeat(padding));
        assert_eq!(told(&shop.post(TO_BANK, padded).await), told_as, "{padding}");
    }
}
