//! Who gets a token, which tokens are taken, and that a caller without one learns nothing.

mod desk;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use desk::bodies::after;
use desk::shop::{
    APP_ID, APP_SECRET, JWKS, STATUS, Shop, TO_BANK, TOKEN, TWO_HOURS, named, neighbour, request,
    row, token,
};
use desk::{Answer, send};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use vezne_core::model::merchant::{FormerKey, MerchantStatus};
use vezne_core::model::personal::Secret;
use vezne_core::port::Clock as _;
use vezne_web::WebSettings;

const SECOND: Duration = Duration::from_secs(1);

/// HTTP status and code of an answer.
fn told(answer: &Answer) -> (u16, u32) {
    (answer.status.as_u16(), answer.status_code())
}

async fn ask(shop: &Shop, token: &str) -> (u16, u32) {
    told(&shop.post_as(token, TO_BANK, shop.sealed(request(&[row()]))).await)
}

#[tokio::test]
async fn a_token_is_answered_in_istanbul_time() {
    let shop = Shop::open().await;
    let answer = shop.login(APP_ID, APP_SECRET).await;
    let start =
        r#"{"statuscode":100,"description":"Successfully Generated token","data":{"token":"ey"#;
    let end = r#"","is_3d":0,"expires_at":"2024-02-17 02:28:46"},"status_code":100,"status_description":"Successfully Generated token"}"#;
    assert!(answer.body.starts_with(start) && answer.body.ends_with(end), "{}", answer.body);
    assert_eq!(answer.headers.get("cache-control").expect("how long"), "no-store");
    assert_ne!(token(&answer), shop.token, "each token has its own id");
}

#[tokio::test]
async fn token_requests_that_are_refused() {
    let shop = Shop::open().await;
    let long = "x".repeat(129);
    let with = |id: &str, secret: &str| format!(r#"{{"app_id":{id},"app_secret":{secret}}}"#);
    let (id, secret) = (&*format!("\"{APP_ID}\""), &*format!("\"{APP_SECRET}\""));
    for (body, told_as) in [
        (format!(r#"{{"app_id":{id}}}"#), (200, 1)),
        (format!(r#"{{"app_secret":{secret}}}"#), (200, 1)),
        (with("12", secret), (200, 1)),
        (with(id, "null"), (200, 1)),
        (with(id, "\"\""), (200, 1)),
        (with(id, &format!("\"{long}\"")), (200, 1)),
        (with("\"unknown\"", secret), (200, 30)),
        (with(id, "\"wrong\""), (200, 30)),
        (with(id, id), (200, 30)),
        (with(&id.to_uppercase(), secret), (200, 30)),
        ("app_id=1".to_owned(), (400, 1)),
        (String::new(), (400, 1)),
        ("[]".to_owned(), (400, 1)),
        (with(id, secret).replacen('{', r#"{"app_id":"x","#, 1), (400, 1)),
    ] {
        let answer = shop.desk.post(TOKEN, body.clone()).await;
        assert_eq!(told(&answer), told_as, "{body}: {}", answer.body);
        assert!(!answer.body.contains("token\":"), "{}", answer.body);
        assert!(!answer.body.contains("\"data\""), "{}", answer.body);
    }
}

/// Published clients of the platform post forms.
#[tokio::test]
async fn a_token_is_asked_for_by_a_form_too() {
    let shop = Shop::open().await;
    let form = format!("app_id={APP_ID}&app_secret={APP_SECRET}");
    let part = |name, value| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = [part("app_id", APP_ID), part("app_secret", APP_SECRET), "--b--\r\n".to_owned()];
    for (content_type, body, told_as) in [
        ("application/x-www-form-urlencoded", form.clone(), (200, 100)),
        ("multipart/form-data; boundary=b", parts.concat(), (200, 100)),
        ("application/x-www-form-urlencoded", format!("{form}x"), (200, 30)),
        ("application/x-www-form-urlencoded", "app_id=1".to_owned(), (200, 1)),
        ("application/x-www-form-urlencoded", "%".to_owned(), (400, 1)),
        ("text/plain", form, (415, 1)),
    ] {
        let headers = [("content-type", content_type)];
        let answer = shop.desk.post_with(TOKEN, &headers, body.clone()).await;
        assert_eq!(told(&answer), told_as, "{content_type} {body}: {}", answer.body);
        assert_eq!(answer.body.contains("\"data\""), told_as.1 == 100, "{}", answer.body);
    }
}

#[tokio::test]
async fn every_reason_for_no_token_has_the_same_bytes() {
    let shop = Shop::open().await;
    let wrong = shop.login(APP_ID, "wrong").await;
    let unknown = shop.login("unknown", APP_SECRET).await;
    shop.desk
        .edit(|merchant| {
            merchant.allowed_networks = vec!["198.51.100.0/24".parse().expect("a network")];
        })
        .await;
    let foreign = shop.login(APP_ID, APP_SECRET).await;
    shop.desk
        .edit(|merchant| {
            merchant.allowed_networks.clear();
            merchant.options.insert("brand".to_owned(), "gone".to_owned());
        })
        .await;
    let brandless = shop.login(APP_ID, APP_SECRET).await;
    for answer in [&unknown, &foreign, &brandless] {
        assert_eq!((&answer.body, &answer.headers), (&wrong.body, &wrong.headers));
    }
}

#[tokio::test]
async fn a_token_is_taken_with_and_without_its_scheme() {
    let shop = Shop::open().await;
    let token = &shop.token;
    for (header, told_as) in [
        (format!("Bearer {token}"), (200, 100)),
        (format!("bearer {token}"), (200, 100)),
        (format!("BEARER   {token}  "), (200, 100)),
        (token.clone(), (200, 100)),
        (format!("Basic {token}"), (401, 401)),
        (format!("Bearer {token} {token}"), (401, 401)),
        (format!("Bearer{token}"), (401, 401)),
        ("Bearer".to_owned(), (401, 401)),
        (String::new(), (401, 401)),
        (format!("Bearer {}", "a".repeat(9_000)), (401, 401)),
        (format!("Bearer {}", ".".repeat(4_000)), (401, 401)),
    ] {
        let body = shop.sealed(request(&[row()]));
        let headers = [("authorization", header.as_str())];
        let answer = shop.desk.post_with(TO_BANK, &headers, body).await;
        assert_eq!(told(&answer), told_as, "{header}: {}", answer.body);
    }
    let answer = shop.desk.post(TO_BANK, shop.sealed(request(&[row()]))).await;
    assert_eq!(told(&answer), (401, 401), "without a header");
    assert_eq!(answer.headers.get("www-authenticate").expect("what"), "Bearer");
}

#[tokio::test]
async fn a_token_ends_at_its_second() {
    let shop = Shop::open().await;
    shop.desk.clock.step(TWO_HOURS - SECOND);
    assert_eq!(ask(&shop, &shop.token).await, (200, 100));
    shop.desk.clock.step(SECOND);
    for path in [TO_BANK, STATUS] {
        assert_eq!(told(&shop.post(path, "{}").await), (401, 401), "{path}");
    }
    let next = token(&shop.login(APP_ID, APP_SECRET).await);
    assert_eq!(ask(&shop, &next).await, (200, 100));
}

/// A client asks for a new token on a 401 and on nothing else, so the many workers of a merchant
/// whose token has just expired must each get one.
#[tokio::test]
async fn an_expired_token_is_no_guess() {
    let settings = WebSettings { failed_logins_per_minute: 2, ..WebSettings::default() };
    let shop = Shop::with(settings, |_| ()).await;
    shop.desk.clock.step(TWO_HOURS);
    for _ in 0..10 {
        assert_eq!(ask(&shop, &shop.token).await, (401, 401));
    }
    assert_eq!(told(&shop.login(APP_ID, "wrong").await), (200, 30), "guesses still count");
    for expected in [(401, 401), (429, 429), (429, 429)] {
        assert_eq!(ask(&shop, "e30.e30.e30").await, expected);
    }
    let next = token(&shop.login(APP_ID, APP_SECRET).await);
    assert_eq!(ask(&shop, &next).await, (200, 100));
}

#[tokio::test]
async fn a_token_that_was_changed_is_none() {
    let shop = Shop::open().await;
    let parts: Vec<&str> = shop.token.split('.').collect();
    let [head, claims, signature] = parts[..] else { panic!("{} parts", parts.len()) };
    let other = token(&shop.login(APP_ID, APP_SECRET).await);
    let foreign = other.split('.').nth(1).expect("claims");
    // {"alg":"none"} and {"alg":"HS256","kid":"first"}
    let (none, hmac) = ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiIsImtpZCI6ImZpcnN0In0");
    for changed in [
        format!("{head}.{foreign}.{signature}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}"),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{hmac}.{claims}.{signature}"),
        format!("{head}.{claims}.{}", signature.to_uppercase()),
        format!("{head}.{claims}.{signature}="),
        format!("{}.{signature}", shop.token),
    ] {
        assert_eq!(ask(&shop, &changed).await, (401, 401), "{changed}");
    }
    shop.assert_nothing("changed tokens").await;
}

#[tokio::test]
async fn another_merchants_token_goes_with_no_merchant_key_but_its_own() {
    let shop = Shop::open().await;
    shop.desk.add(neighbour()).await;
    let theirs = token(&shop.login("neighbour", "neighbour-secret").await);
    assert_eq!(ask(&shop, &theirs).await, (200, 14));
    let body = request(&[row()]).set("merchant_key", "\"neighbour\"");
    let answer = shop.post(TO_BANK, shop.sealed(body.clone())).await;
    assert_eq!(told(&answer), (200, 14), "the first one's token with the neighbour's key");
    let answer = shop.post_as(&theirs, TO_BANK, shop.sealed(body)).await;
    assert_eq!(told(&answer), (200, 422), "the neighbour's token and key, our secret");
    shop.assert_nothing("foreign tokens").await;
}

#[tokio::test]
async fn a_merchant_without_a_merchant_key_has_none_that_fits() {
    let shop = Shop::of(|merchant| {
        merchant.options.remove("merchant_key");
    })
    .await;
    assert_eq!(ask(&shop, &shop.token).await, (200, 14));
}

#[tokio::test]
async fn networks_hold_for_tokens_that_were_made_before() {
    let shop = Shop::open().await;
    for (network, told_as) in [("198.51.100.0/24", (401, 401)), ("192.0.2.0/24", (200, 100))] {
        let network = network.parse().expect("a network");
        shop.desk.edit(move |merchant| merchant.allowed_networks = vec![network]).await;
        assert_eq!(ask(&shop, &shop.token).await, told_as, "{network}");
    }
}

/// Whatever does not read as a moment takes no token: the switch is there to lock somebody out.
#[tokio::test]
async fn tokens_from_before_a_moment_are_taken_back() {
    let shop = Shop::open().await;
    let now = shop.desk.clock.now().micros();
    for (since, told_as) in [
        (now.to_string(), (200, 100)),
        ((now + 1).to_string(), (401, 401)),
        (i64::MAX.to_string(), (401, 401)),
        ("-1".to_owned(), (200, 100)),
        ("yesterday".to_owned(), (401, 401)),
        (String::new(), (401, 401)),
    ] {
        let option = since.clone();
        let set = move |merchant: &mut vezne_core::model::merchant::Merchant| {
            merchant.options.insert("tokens_since".to_owned(), option.clone());
        };
        shop.desk.edit(set).await;
        assert_eq!(ask(&shop, &shop.token).await, told_as, "{since:?}");
    }
}

#[tokio::test]
async fn a_key_that_was_replaced_verifies_for_two_hours() {
    let shop = Shop::open().await;
    // Two keys of one moment would have no order.
    shop.desk.clock.step(SECOND);
    shop.rotate_key("second").await;
    let fresh = token(&shop.login(APP_ID, APP_SECRET).await);
    let jwks =
        || async { shop.desk.send(Request::get(JWKS).body(Body::empty()).expect("one")).await };
    let both = jwks().await.body;
    let (second, first) = (both.find("\"second\""), both.find("\"first\""));
    assert!(second.is_some() && second < first, "{both}");
    for token in [&fresh, &shop.token] {
        assert_eq!(ask(&shop, token).await, (200, 100));
    }
    shop.desk.clock.step(TWO_HOURS - SECOND - SECOND);
    let late = token(&shop.login(APP_ID, APP_SECRET).await);
    assert_eq!(ask(&shop, &shop.token).await, (200, 100), "as long as it lasts");
    shop.desk.clock.step(2 * SECOND);
    assert!(!jwks().await.body.contains("\"first\""));
    assert_eq!(ask(&shop, &late).await, (200, 100));
    assert_eq!(ask(&shop, &shop.token).await, (401, 401));
}

#[tokio::test]
async fn the_published_keys_are_those_of_the_tokens() {
    let shop = Shop::open().await;
    let get = |method: &str| Request::builder().method(method).uri(JWKS).body(Body::empty());
    let answer = shop.desk.send(get("GET").expect("a request")).await;
    assert_eq!(answer.status, 200);
    let start = r#"{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"first","n":""#;
    assert!(answer.body.starts_with(start), "{}", answer.body);
    assert!(answer.body.ends_with(r#"","e":"AQAB"}]}"#), "{}", answer.body);
    // 2,048 bits, and nothing of the private half.
    let modulus = answer.body[start.len()..].split('"').next().expect("a modulus");
    assert_eq!(modulus.len(), 342);
    for private in ["\"d\"", "\"p\"", "\"q\""] {
        assert!(!answer.body.contains(private));
    }
    let posted = shop.desk.send(get("POST").expect("a request")).await;
    assert_eq!(told(&posted), (405, 404));
    assert_eq!(posted.headers.get("allow").expect("what is right"), "GET");
}

#[tokio::test]
async fn a_suspended_merchant_is_let_in_and_pays_nobody() {
    let shop = Shop::of(|merchant| merchant.status = MerchantStatus::Suspended).await;
    let answer = shop.cash_out(&[row()]).await;
    assert_eq!((told(&answer), answer.rows()), ((200, 41), vec![29]));
}

#[tokio::test]
async fn a_former_secret_is_taken_until_its_time() {
    let shop = Shop::open().await;
    let until = shop.desk.clock.now().plus(Duration::from_secs(60));
    shop.desk
        .edit(move |merchant| {
            let former = FormerKey { key: Secret::new(APP_SECRET), until };
            merchant.access[0].key = Secret::new("the next secret");
            merchant.access[0].former_key = Some(former);
        })
        .await;
    for (step, former) in [(59, true), (1, false)] {
        shop.desk.clock.step(Duration::from_secs(step));
        let (granted, proven) = if former { (100, 100) } else { (30, 422) };
        assert_eq!(shop.login(APP_ID, APP_SECRET).await.status_code(), granted);
        assert_eq!(ask(&shop, &shop.token).await, (200, proven));
        assert_eq!(shop.login(APP_ID, "the next secret").await.status_code(), 100);
        let body = shop.sealed_by("the next secret", &request(&[row()]).body());
        assert_eq!(shop.post(TO_BANK, body).await.status_code(), 100);
    }
}

#[tokio::test]
async fn beyond_its_rate_a_merchant_waits_and_nothing_is_stored() {
    let shop = Shop::of(|merchant| merchant.requests_per_second = Some(3)).await;
    // The token was the first.
    for expected in [(200, 100), (200, 100), (429, 429)] {
        assert_eq!(ask(&shop, &shop.token).await, expected);
    }
    let answer = shop.login(APP_ID, APP_SECRET).await;
    assert_eq!((told(&answer), answer.headers.contains_key("retry-after")), ((429, 429), true));
    assert_eq!(shop.count().await, 2);
    shop.desk.clock.step(SECOND);
    assert_eq!(ask(&shop, &shop.token).await, (200, 100));
}

/// A request is let in by its head, before anybody knows how many rows it has. Here all heads come
/// before the first body.
#[tokio::test]
async fn of_batches_that_were_let_in_one_overdraws_and_nothing_of_the_others_is_stored() {
    const HEADS: usize = 19;
    let shop = Shop::of(|merchant| merchant.requests_per_second = Some(20)).await;
    let (all_came, mut requests) = (Arc::new(Barrier::new(HEADS)), JoinSet::new());
    for head in 0..HEADS {
        let row = |number| named(&format!("{head}-{number}")).set("amount", "0.01");
        let rows: Vec<_> = (0..100).map(row).collect();
        let all_came = Arc::clone(&all_came);
        let came = async move {
            all_came.wait().await;
        };
        let body = shop.sealed(request(&rows));
        let ask = Request::post(TO_BANK).header("authorization", &*shop.token);
        let ask = ask.header("content-length", body.len());
        let ask = ask.body(after(came, body)).expect("a request");
        let app = shop.desk.app.clone();
        requests.spawn(async move { send(&app, ask).await });
    }
    let mut answers: Vec<_> = requests.join_all().await.iter().map(told).collect();
    answers.sort_unstable();
    assert_eq!(answers, [vec![(200, 100)], vec![(429, 429); HEADS - 1]].concat());
    assert_eq!(shop.count().await, 100);
    // The token and the heads took the second, and the rows 4.95 more.
    for expected in [(429, 429), (200, 100)] {
        shop.desk.clock.step(SECOND * 5 / 2);
        assert_eq!(ask(&shop, &shop.token).await, expected);
    }
}
