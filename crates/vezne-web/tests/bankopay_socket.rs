//! Refusals over a real connection: it serves the next request all the same.

mod desk;

use desk::socket::{ask, connect, request};
use desk::{Desk, Fields};

#[tokio::test]
async fn the_connection_survives_every_refusal() {
    let desk = Desk::open().await;
    let mut stream = connect(&desk).await;
    let (papara, json) = ("/api/withdraw/papara", "application/json");
    let sample = Fields::sample("papara");
    let wrong = sample.clone().set("site_key", "\"wrong\"").body();
    for (method, path, content_type, body, expected) in [
        ("POST", papara, json, "{", "20001"),
        ("POST", papara, json, "{}", "20002"),
        ("POST", papara, "text/plain", &*sample.body(), "20005"),
        ("POST", "/api/withdraw/nothing", json, &*sample.body(), "20006"),
        ("GET", papara, json, &*sample.body(), "20006"),
        ("POST", papara, json, &*wrong, "20014"),
        ("POST", papara, json, &*sample.clone().set("amount", "0").body(), "20003"),
        ("POST", papara, json, &*sample.body(), "\"code\":200"),
        ("POST", papara, json, &*sample.body(), "\"code\":200"),
    ] {
        let answer =
            ask(&mut stream, &request(method, path, &[("Content-Type", content_type)], body)).await;
        assert!(answer.contains(expected), "{expected} is not in {answer}");
    }
    assert_eq!(desk.payouts().await.len(), 1);
}
