//! Who may call, from where and how often; and that a caller who may not learns nothing.

mod desk;

use std::time::Duration;

use desk::{Desk, Fields, KEY};
use vezne_core::model::merchant::{FormerKey, MerchantStatus};
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;
use vezne_web::WebSettings;

const PAPARA: &str = "/api/withdraw/papara";

fn papara() -> Fields {
    Fields::sample("papara")
}

#[tokio::test]
async fn every_reason_not_to_be_let_in_has_the_same_bytes() {
    let desk = Desk::of(|merchant| {
        merchant.allowed_networks = vec!["192.0.2.0/24".parse().expect("a network")];
    })
    .await;
    assert_eq!(desk.post(PAPARA, papara().body()).await.code(), 200, "the address is allowed");
    let wrong_key = desk.post(PAPARA, papara().set("site_key", "\"wrong\"").body()).await;
    let unknown = desk.post(PAPARA, papara().set("site_id", "9999").body()).await;
    let largest = desk.post(PAPARA, papara().set("site_id", &u64::MAX.to_string()).body()).await;
    desk.edit(|merchant| {
        merchant.allowed_networks = vec!["198.51.100.0/24".parse().expect("a network")];
    })
    .await;
    let foreign = desk.post(PAPARA, papara().body()).await;
    for answer in [&unknown, &largest, &foreign] {
        assert_eq!(answer.body, wrong_key.body);
        assert_eq!(answer.headers, wrong_key.headers);
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn who_is_not_proven_is_told_nothing_about_fields_and_cannot_see_replays() {
    let desk = Desk::open().await;
    assert_eq!(desk.post(PAPARA, papara().body()).await.code(), 200);
    let stranger = papara().set("site_key", "\"wrong\"");
    for body in [stranger.clone(), stranger.clone().set("amount", "0"), stranger.without("trx")] {
        assert_eq!(desk.post(PAPARA, body.body()).await.code(), 20014);
    }
}

#[tokio::test]
async fn a_former_key_is_taken_until_its_time() {
    let desk = Desk::open().await;
    let until = Timestamp::from_micros(1_708_118_926_000_000 + 60_000_000);
    desk.edit(move |merchant| {
        let former = FormerKey { key: Secret::new(KEY), until };
        merchant.access[0].key = Secret::new("bmV3IGtleSBvZiAzMiBjaGFyYWN0ZXJz");
        merchant.access[0].former_key = Some(former);
    })
    .await;
    assert_eq!(desk.post(PAPARA, papara().body()).await.code(), 200);
    desk.clock.step(Duration::from_secs(60));
    assert_eq!(desk.post(PAPARA, papara().body()).await.code(), 20014);
}

#[tokio::test]
async fn a_proxy_that_is_trusted_speaks_for_the_caller_and_no_other_does() {
    let settings = WebSettings {
        trusted_proxies: vec!["192.0.2.1/32".parse().expect("a network")],
        ..WebSettings::default()
    };
    let desk = Desk::with(settings, |merchant| {
        merchant.allowed_networks = vec!["203.0.113.9/32".parse().expect("a network")];
    })
    .await;
    for (header, code) in [
        (("x-forwarded-for", "203.0.113.9"), 200),
        (("x-forwarded-for", "1.1.1.1, 203.0.113.9"), 200),
        (("x-forwarded-for", "203.0.113.9, 1.1.1.1"), 20014),
        (("forwarded", "for=203.0.113.9"), 200),
        (("forwarded", "for=unknown"), 20014),
        (("x-real-ip", "203.0.113.9"), 20014),
    ] {
        let answer = desk.post_with(PAPARA, &[header], papara().body()).await;
        assert_eq!(answer.code(), code, "{header:?}");
    }
    let stranger = Desk::of(|merchant| {
        merchant.allowed_networks = vec!["203.0.113.9/32".parse().expect("a network")];
    })
    .await;
    let answer =
        stranger.post_with(PAPARA, &[("x-forwarded-for", "203.0.113.9")], papara().body()).await;
    assert_eq!(answer.code(), 20014);
}

#[tokio::test]
async fn beyond_its_rate_a_merchant_waits_and_nothing_is_stored() {
    let desk = Desk::of(|merchant| merchant.requests_per_second = Some(2)).await;
    let trx = |number: u32| papara().set("trx", &format!("\"{number}\"")).body();
    for (number, code) in [(1, 200), (2, 200), (3, 20007)] {
        assert_eq!(desk.post(PAPARA, trx(number)).await.code(), code, "{number}");
    }
    let refused = desk.post(PAPARA, trx(3)).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers.get("retry-after").expect("when"), "1");
    assert_eq!(desk.payouts().await.len(), 2);
    desk.clock.step(Duration::from_millis(500));
    assert_eq!(desk.post(PAPARA, trx(3)).await.code(), 200);
}

#[tokio::test]
async fn guessing_is_throttled_by_address_and_passes_with_time() {
    let settings = WebSettings { failed_logins_per_minute: 10, ..WebSettings::default() };
    let desk = Desk::with(settings, |_| ()).await;
    let guess = papara().set("site_key", "\"wrong\"").body();
    for _ in 0..10 {
        assert_eq!(desk.post(PAPARA, guess.clone()).await.code(), 20014);
    }
    let answer = desk.post(PAPARA, guess.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (429, 20007));
    // Its neighbours behind the same address, who know their keys, are served all the same.
    assert_eq!(desk.post(PAPARA, papara().body()).await.code(), 200);
    desk.clock.step(Duration::from_secs(6));
    assert_eq!(desk.post(PAPARA, guess).await.code(), 20014);
}

#[tokio::test]
async fn a_suspended_site_still_reads_its_banks_and_pays_nobody() {
    let desk = Desk::of(|merchant| merchant.status = MerchantStatus::Suspended).await;
    assert_eq!(desk.post("/api/bank-list", papara().body()).await.code(), 200);
    assert_eq!(desk.post(PAPARA, papara().body()).await.code(), 20021);
}
