//! Refusals over a real connection: it serves the next request all the same.

mod desk;

use desk::shop::{APP_ID, JWKS, STATUS, Shop, TO_BANK, TOKEN, named, request as rows};
use desk::socket::{ask, connect, request};

#[tokio::test]
async fn the_connection_survives_every_refusal() {
    let shop = Shop::open().await;
    let mut stream = connect(&shop.desk).await;
    let (token, none, json) = (&*shop.token, "none", "application/json");
    let right = shop.sealed(rows(&[named("1")]));
    let nowhere = "/ccpayment/api/cashout/towallet";
    let login = format!(r#"{{"app_id":"{APP_ID}","app_secret":"wrong"}}"#);
    for (method, path, token, content_type, body, expected) in [
        ("POST", TO_BANK, token, json, "{", "400 Bad Request"),
        ("POST", TO_BANK, token, json, "{}", "merchant_key is required."),
        ("POST", TO_BANK, token, "text/plain", &*right, "415 Unsupported"),
        ("POST", TO_BANK, none, json, &*right, "401 Unauthorized"),
        ("GET", TO_BANK, token, json, &*right, "405 Method Not Allowed"),
        ("POST", nowhere, token, json, &*right, "404 Not Found"),
        ("POST", JWKS, token, json, &*right, "405 Method Not Allowed"),
        ("GET", JWKS, token, json, &*right, "\"keys\""),
        ("POST", TOKEN, none, json, &*login, "Invalid credentials"),
        ("POST", STATUS, token, json, "{}", "merchant_key is required."),
        ("POST", TO_BANK, token, json, &*right, "\"status_code\":100"),
        ("POST", TO_BANK, token, json, &*right, "\"status_code\":100"),
    ] {
        let headers = [("Content-Type", content_type), ("Authorization", token)];
        let answer = ask(&mut stream, &request(method, path, &headers, body)).await;
        assert!(answer.contains(expected), "{expected} is not in {answer}");
    }
    assert_eq!(shop.count().await, 1);
}
