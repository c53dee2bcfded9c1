//! The samples of `bankopay.txt`, answered as printed.
//!
//! Where our answers depart from a sample on purpose is said in `vezne_wire::bankopay::samples`.

mod desk;

use desk::{Desk, Fields};
use vezne_wire::bankopay::samples::{
    BANK_LIST_ANSWER, BANK_LIST_REQUEST, ERROR_ANSWER, WITHDRAWALS, compact,
};

/// The desk's clock stands at the moment that the document's answers print.
const MOMENT: &str = "17.02.2024 00:28:46";

#[tokio::test]
async fn each_withdrawal_sample_is_answered_as_printed() {
    for sample in WITHDRAWALS {
        let (desk, service) = (Desk::open().await, sample.service.slug());
        // The samples' id is 2, so something comes first.
        let first = Fields::sample(service).set("trx", "\"first\"").body();
        assert_eq!(desk.post(&format!("/api/withdraw/{service}"), first).await.code(), 200);
        for path in [format!("/api/withdraw/{service}"), format!("/api/withdraw/{service}/")] {
            let answer = desk.post(&path, sample.request).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.body, sample.expected(2, MOMENT), "{path}");
        }
    }
}

#[tokio::test]
async fn one_trx_serves_all_six_services_as_in_the_samples() {
    let desk = Desk::open().await;
    for sample in WITHDRAWALS {
        let path = format!("/api/withdraw/{}", sample.service.slug());
        let answer = desk.post(&path, sample.request).await;
        assert_eq!(answer.code(), 200, "{path}: {}", answer.body);
    }
    assert_eq!(desk.payouts().await.len(), 6);
}

#[tokio::test]
async fn the_bank_list_is_answered_as_printed() {
    let desk = Desk::open().await;
    for path in ["/api/bank-list/", "/api/bank-list"] {
        let answer = desk.post(path, BANK_LIST_REQUEST).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (200, 200), "{path}");
        assert_eq!(answer.body, compact(BANK_LIST_ANSWER), "{path}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_answered_as_printed() {
    let desk = Desk::open().await;
    let wrong = Fields::sample("papara").set("site_key", "\"wrong\"").body();
    for path in ["/api/withdraw/papara", "/api/bank-list/"] {
        let answer = desk.post(path, wrong.clone()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, compact(ERROR_ANSWER), "{path}");
    }
}

#[tokio::test]
async fn answers_carry_the_headers_of_private_json() {
    let desk = Desk::open().await;
    let answer = desk.post("/api/bank-list/", BANK_LIST_REQUEST).await;
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.headers.get(name).expect(name), value);
    }
}
