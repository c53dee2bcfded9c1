//! Everything that is refused before the engine: its code, the field it names, and that nothing is
//! left of it.

mod desk;

use axum::body::Body;
use axum::http::Request;
use desk::{Answer, Desk, Fields};
use vezne_core::model::merchant::Mode;

const BANK: &str = "/api/withdraw/bank-transfer";

fn bank() -> Fields {
    Fields::sample("bank-transfer")
}

/// Refused with this code and a message that has this word; nothing stored.
async fn assert_refused(desk: &Desk, answer: Answer, status: u16, code: u32, word: &str) {
    assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{word}: {}", answer.body);
    assert!(answer.body.contains(word), "{word} is not in {}", answer.body);
    assert!(answer.body.ends_with(r#","type":"error"}"#), "{}", answer.body);
    assert!(desk.payouts().await.is_empty(), "{word}: something was stored");
}

#[tokio::test]
async fn each_field_is_required_and_named() {
    let desk = Desk::open().await;
    for name in bank().names() {
        let answer = desk.post(BANK, bank().without(&name).body()).await;
        assert_refused(&desk, answer, 200, 20002, &name).await;
    }
}

#[tokio::test]
async fn each_field_of_another_type_is_named() {
    let desk = Desk::open().await;
    for name in bank().names() {
        for json in ["null", "true", "[]", "{}"] {
            let answer = desk.post(BANK, bank().set(&name, json).body()).await;
            let code = match name.as_str() {
                "identity" => 20030,
                "birth_date" => 20031,
                _ => 20003,
            };
            assert_refused(&desk, answer, 200, code, &name).await;
        }
    }
}

#[tokio::test]
async fn values_that_a_field_cannot_have() {
    let desk = Desk::open().await;
    let long = format!("\"{}\"", "1".repeat(200));
    for (name, json, code) in [
        ("user_id", "\"\"", 20003),
        ("user_id", &*long, 20003),
        ("user_id", "\"a|b\"", 20028),
        ("user_id", "\"a\\u0000b\"", 20003),
        ("trx", "\"  \"", 20003),
        ("trx", "\"a|b\"", 20028),
        ("trx", "\"a\\u0000\"", 20003),
        ("trx", "45645464.6", 20003),
        ("trx", "-1", 20003),
        ("trx", "1e3", 20003),
        ("trx", "\"a\u{202e}b\"", 20003),
        ("user_id", "\"a\u{200b}b\"", 20003),
        ("username", &*long, 20003),
        ("fullname", "\"a\\nb\"", 20003),
        ("fullname", "\"\\ud800\"", 20003),
        ("account_number", &*long, 20003),
        ("account_number", "\"1234\"", 20029),
        ("identity", "\"123\"", 20030),
        ("identity", "\"1234567891x\"", 20030),
        ("birth_date", "\"1990-09-16\"", 20031),
        ("birth_date", "\"31.02.1990\"", 20031),
        ("birth_date", "\"16.09.2090\"", 20031),
        ("provider_id", "3", 20027),
        ("provider_id", "-1", 20003),
        ("provider_id", "1.0", 20003),
        ("site_id", "-1001", 20003),
        ("site_id", "\"01001\"", 20003),
        ("site_key", &*long, 20003),
    ] {
        let answer = desk.post(BANK, bank().set(name, json).body()).await;
        assert_refused(&desk, answer, 200, code, name).await;
    }
}

#[tokio::test]
async fn amounts_that_are_none() {
    let desk = Desk::open().await;
    for json in [
        "0",
        "\"0.00\"",
        "-1",
        "\"-250\"",
        "\"+250\"",
        "1e3",
        "\"1e3\"",
        "250.001",
        "\"250,00\"",
        "\"1,000.00\"",
        "\"1 000\"",
        "\"\"",
        "\".5\"",
        "\"5.\"",
        "\"007\"",
        "\"\\u0661\"",
        "\"NaN\"",
        "\"99999999999999999999\"",
        "92233720368547758.08",
    ] {
        let answer = desk.post(BANK, bank().set("amount", json).body()).await;
        assert_refused(&desk, answer, 200, 20003, "amount").await;
    }
}

#[tokio::test]
async fn bodies_that_are_no_object() {
    let desk = Desk::open().await;
    let duplicate = bank().body().replacen('{', "{\"trx\":\"1\",", 1);
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    for (body, word) in [
        (String::new(), "not valid JSON"),
        ("[]".to_owned(), "object"),
        ("{\"site_id\":".to_owned(), "not valid JSON"),
        (format!("{} x", bank().body()), "not valid JSON"),
        (duplicate, "trx"),
        (deep, "deeper"),
        ("site_id=1001&site_key=x".to_owned(), "not valid JSON"),
    ] {
        assert_refused(&desk, desk.post(BANK, body).await, 400, 20001, word).await;
    }
    let answer = desk.post(BANK, vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}']).await;
    assert_refused(&desk, answer, 400, 20001, "UTF-8").await;
}

#[tokio::test]
async fn content_types_and_sizes() {
    let desk = Desk::open().await;
    for (header, word) in [
        (("content-type", "text/plain"), "application/json"),
        (("content-type", "application/x-www-form-urlencoded"), "application/json"),
        (("content-encoding", "gzip"), "encoding"),
    ] {
        let answer = desk.post_with(BANK, &[header], bank().body()).await;
        assert_refused(&desk, answer, 415, 20005, word).await;
    }
    let large = || bank().set("extra", &format!("\"{}\"", "x".repeat(256 * 1024))).body();
    let answer = desk.post(BANK, large()).await;
    assert_refused(&desk, answer, 413, 20004, "262144").await;
    let announced = [("content-length", "262145")];
    let answer = desk.post_with(BANK, &announced, bank().body()).await;
    assert_refused(&desk, answer, 413, 20004, "262144").await;
    for header in [&[("content-type", "Application/JSON; charset=UTF-8")][..], &[]] {
        let body = bank().set("trx", &format!("\"{}\"", header.len())).body();
        assert_eq!(desk.post_with(BANK, header, body).await.code(), 200);
    }
}

#[tokio::test]
async fn paths_and_methods_outside_the_document() {
    let desk = Desk::open().await;
    for path in [
        "/api/withdraw",
        "/api/withdraw/",
        "/api/withdraw/parazula",
        "/api/withdraw/Papara",
        "/api/withdraw/papara/1",
        "/api/withdraw/bank-transfer//",
        "/api/bank-list/1",
    ] {
        let answer = desk.post(path, bank().body()).await;
        assert_refused(&desk, answer, 404, 20006, "no such service").await;
    }
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for path in [BANK, "/api/bank-list/"] {
            let request = Request::builder().method(method).uri(path);
            let answer =
                desk.send(request.body(Body::from(bank().body())).expect("a request")).await;
            assert_eq!(answer.headers.get("allow").expect("allow"), "POST");
            assert_refused(&desk, answer, 405, 20006, "POST").await;
        }
    }
}

#[tokio::test]
async fn sixteen_bytes_of_the_key_are_signed_and_all_where_it_is_asked_for() {
    // 1001|...|...|(32 bytes) leaves 33 bytes for both ids, and 16 more of the key's.
    let ids = |user: &str, trx: usize| {
        let trx = format!("\"{}\"", "t".repeat(trx));
        bank().set("user_id", &format!("\"{user}\"")).set("trx", &trx).body()
    };
    for (whole, more) in [(false, 16), (true, 0)] {
        let desk = Desk::of(|merchant| {
            merchant.options.insert("hash_whole_key".to_owned(), whole.to_string());
        })
        .await;
        for (user, trx) in [("1234567890", 24 + more), ("ğüşiö", 25 + more)] {
            let answer = desk.post(BANK, ids(user, trx)).await;
            assert_refused(&desk, answer, 200, 20028, "hashed.").await;
        }
        for (user, trx) in [("1234567890", 23 + more), ("ğüşiö", 24 + more)] {
            assert_eq!(desk.post(BANK, ids(user, trx)).await.code(), 200, "{user}");
        }
    }
}

#[tokio::test]
async fn a_live_merchant_has_checksums_checked() {
    let desk = Desk::of(|merchant| merchant.mode = Mode::Live).await;
    let iban = "\"TR33 0006 1005 1978 6457 8413 26\"";
    let valid = || bank().set("account_number", iban).set("identity", "\"10000000146\"");
    for (name, json, code) in [
        ("account_number", "\"TR330006100519786457841327\"", 20029),
        ("account_number", "\"TR123445678945613245645\"", 20029),
        ("identity", "\"12345678910\"", 20030),
        ("birth_date", "\"17.02.2024\"", 20031),
    ] {
        let answer = desk.post(BANK, valid().set(name, json).body()).await;
        assert_refused(&desk, answer, 200, code, name).await;
    }
    let wallet = Fields::sample("papara").set("account_number", "\"ab cd;\"").body();
    let answer = desk.post("/api/withdraw/papara", wallet).await;
    assert_refused(&desk, answer, 200, 20003, "account_number").await;
    assert_eq!(desk.post(BANK, valid().body()).await.code(), 200);
}

#[tokio::test]
async fn a_refusal_before_the_engine_uses_up_no_trx() {
    let desk = Desk::open().await;
    assert_eq!(desk.post(BANK, bank().set("amount", "0").body()).await.code(), 20003);
    assert_eq!(desk.post(BANK, bank().body()).await.code(), 200);
}
