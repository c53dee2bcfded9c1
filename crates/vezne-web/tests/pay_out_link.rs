//! Links to the hosted form: how they are made, and which of them lead anywhere.

mod desk;

use std::time::Duration;

use desk::applyfor::{
    Order, SECRET, assert_refused, duplicate, iban_channel, of, open, put, status, unsigned,
};
use desk::pay_out::{IBAN, LINK, assert_page, fill, get, link, url};
use desk::{Desk, access, sample_merchant};
use vezne_core::model::channel::Channel;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Access, FormerKey, Merchant, MerchantStatus, Mode};
use vezne_core::model::personal::Secret;
use vezne_core::port::Clock;
use vezne_wire::applyfor::{Envelope, LinkAnswer, SealedLink};
use vezne_wire::secret::SecretText;

#[tokio::test]
async fn a_link_is_signed_and_says_when_it_ends() {
    let desk = open().await;
    for path in [LINK, "/pay-out/link/"] {
        let order = link("A-1").set("expires_in", "60").set("lang", "en").set("custom", "gift");
        let order = order.set("return_url", "http://127.0.0.1/back?a=1&b=2");
        let answer = desk.post(path, order.signed()).await;
        assert_eq!(status(&answer), 10000, "{}", answer.body);
        let envelope = Envelope::decode(answer.body.as_bytes()).expect("an envelope");
        let told = LinkAnswer::of(&envelope).expect("a link");
        assert_eq!(told.expires_at, desk.clock.now().seconds() + 60);
        let token = told.url.strip_prefix("/pay-out/").expect("a path");
        let sealed = SealedLink::read(token).expect("a token");
        assert!(sealed.holds(&SecretText::new(SECRET)));
        assert_eq!(sealed.into_link().fixed.orderid, "A-1");
        assert_page(&get(&desk, &told.url, &[]).await, 200, "id=\"pay-out\"");
    }
    assert!(desk.payouts().await.is_empty(), "a link books nothing");
}

#[tokio::test]
async fn what_the_merchant_fixes_is_checked_at_once() {
    let desk = of(|merchant| {
        merchant.options.insert("notify_hosts".to_owned(), "merchant.example".to_owned());
    })
    .await;
    let minimum = AmountLimit { minimum_minor: Some(1_000), maximum_minor: Some(900_000) };
    put(&desk, Channel { amount: minimum, ..iban_channel() }).await;
    let stranger =
        Channel { code: "x".into(), pay_code: Some("6001".to_owned()), ..iban_channel() };
    put(&desk, stranger).await;
    for (name, value, code, word) in [
        ("pay_code", "9999", 10008, "pay_code"),
        ("currency", "TRY", 10008, "pay_code"),
        ("pay_code", "6001", 10009, "not offered"),
        ("amount", "1.5", 10004, "amount"),
        ("amount", "0", 10004, "amount"),
        ("amount", "999", 10007, "minimum of 1000 VND"),
        ("amount", "900001", 10007, "maximum of 900000 VND"),
        ("notify_url", "https://evil.example/", 10001, "notify_url"),
        ("notify_url", "https://u@merchant.example/", 10001, "notify_url"),
        ("return_url", "https://u@merchant.example/", 10001, "return_url"),
        ("return_url", "javascript:alert(1)", 10001, "return_url"),
        ("expires_in", "59", 10001, "expires_in"),
        ("expires_in", "86401", 10001, "expires_in"),
        ("lang", "de", 10001, "lang"),
        ("timestamp", "1758200000", 10001, "timestamp"),
        ("orderid", "", 10001, "orderid"),
    ] {
        let order = link("A-1").set(name, value);
        assert_refused(&desk.post(LINK, order.signed()).await, code, word);
    }
    let wrong = link("A-1").with_sign(&"0".repeat(32));
    assert_eq!(unsigned(&desk.post(LINK, wrong).await), 10002);
    desk.edit(|merchant| merchant.status = MerchantStatus::Suspended).await;
    assert_refused(&desk.post(LINK, link("A-1").signed()).await, 10010, "suspended");
}

#[tokio::test]
async fn a_live_merchants_pages_lead_to_https_only() {
    let desk = of(|merchant| merchant.mode = Mode::Live).await;
    let order = link("A-1").set("return_url", "http://merchant.example/");
    assert_refused(&desk.post(LINK, order.signed()).await, 10001, "return_url must begin with");
}

#[tokio::test]
async fn an_orderid_that_stands_gets_no_link() {
    let desk = open().await;
    let order = Order::new("A-1").set("pay_code", "4001").without("bank_id").set("bank_no", IBAN);
    let id = desk::applyfor::accepted(&desk.post("/applyfor", order.signed()).await);
    assert_eq!(duplicate(&desk.post(LINK, link("A-1").signed()).await), id);
    // What was refused for good is refused here too.
    let much = order.set("orderid", "A-2").set("amount", "99999999999");
    assert_eq!(status(&desk.post("/applyfor", much.signed()).await), 10006);
    assert_refused(&desk.post(LINK, link("A-2").signed()).await, 10006, "use a new one");
}

fn neighbour() -> Merchant {
    let access = Access { dialect: "applyfor".into(), ..access("other", "0ther") };
    Merchant { name: "Neighbour".to_owned(), access: vec![access], ..sample_merchant() }
}

async fn assert_nowhere(desk: &Desk, path: &str) {
    assert_page(&get(desk, path, &[]).await, 404, "lang=\"tr\"");
    assert_page(&fill(desk, path, &[("bank_no", IBAN)]).await, 404, "lang=\"tr\"");
    let bank = get(desk, &format!("{path}/bank?iban={IBAN}"), &[]).await;
    assert_eq!(bank.status.as_u16(), 404);
}

/// A merchant that makes its tokens itself can put anything into them.
#[tokio::test]
async fn a_page_leads_back_only_to_where_a_link_may() {
    let desk = of(|merchant| merchant.mode = Mode::Live).await;
    let back = link("A-1").set("return_url", "https://merchant.example/back");
    let path = url(&desk, &back).await;
    desk.clock.step(Duration::from_secs(1_801));
    let page = get(&desk, &path, &[]).await;
    assert!(page.body.contains("href=\"https://merchant.example/back\""), "{}", page.body);
    let token = path.strip_prefix("/pay-out/").expect("a path");
    let link = SealedLink::read(token).expect("a token").into_link();
    for url in
        ["javascript:alert(1)", "http://merchant.example/", "https://u:p@evil.example/", "/x"]
    {
        let mut own = link.clone();
        own.fixed.return_url = Some(url.to_owned());
        let token = own.token(&SecretText::new(SECRET));
        let page = get(&desk, &format!("/pay-out/{token}"), &[]).await;
        assert_page(&page, 410, "lang=\"tr\"");
        assert!(!page.body.contains("class=\"back\""), "{url}: {}", page.body);
    }
}

#[tokio::test]
async fn a_token_that_was_changed_leads_nowhere() {
    let desk = open().await;
    desk.add(neighbour()).await;
    let path = url(&desk, &link("A-1")).await;
    let (payload, tag) = path.strip_prefix("/pay-out/").and_then(|t| t.split_once('.')).unwrap();
    let link = SealedLink::read(&format!("{payload}.{tag}")).expect("a token").into_link();
    // The neighbour signs with its own secret in the merchant's name, and the other way round.
    let foreign = link.token(&SecretText::new("0ther"));
    let mut other = link.clone();
    other.fixed.uid = "other".to_owned();
    let crossed = other.token(&SecretText::new(SECRET));
    let mut nobody = link;
    nobody.fixed.uid = "nobody".to_owned();
    let of_nobody = nobody.token(&SecretText::new("x".repeat(32)));
    let (foreign_payload, _) = crossed.split_once('.').expect("two parts");
    for token in [
        "a".to_owned(),
        payload.to_owned(),
        format!("{payload}.AAAA"),
        format!("{foreign_payload}.{tag}"),
        foreign,
        crossed,
        of_nobody,
        "A".repeat(7_000),
    ] {
        assert_nowhere(&desk, &format!("/pay-out/{token}")).await;
    }
    assert!(desk.payouts().await.is_empty());
}

#[tokio::test]
async fn a_link_ends() {
    let desk = open().await;
    let path = url(&desk, &link("A-1").set("expires_in", "60")).await;
    desk.clock.step(Duration::from_secs(59));
    assert_page(&get(&desk, &path, &[]).await, 200, "id=\"pay-out\"");
    desk.clock.step(Duration::from_secs(1));
    assert_page(&get(&desk, &path, &[]).await, 410, "süresi doldu");
    assert_page(&fill(&desk, &path, &[("bank_no", IBAN)]).await, 410, "süresi doldu");
    assert_eq!(get(&desk, &format!("{path}/bank?iban={IBAN}"), &[]).await.status.as_u16(), 410);
    assert!(desk.payouts().await.is_empty());
}

#[tokio::test]
async fn the_outcome_is_told_a_while_longer_than_the_form_is_open() {
    let desk = open().await;
    let path = url(&desk, &link("A-1").set("expires_in", "60")).await;
    assert_eq!(fill(&desk, &path, &[("bank_no", IBAN)]).await.status.as_u16(), 303);
    desk.clock.step(Duration::from_secs(3_600));
    assert_page(&get(&desk, &path, &[]).await, 200, "id=\"status\"");
    desk.clock.step(Duration::from_secs(7 * 86_400));
    assert_page(&get(&desk, &path, &[]).await, 410, "süresi doldu");
}

#[tokio::test]
async fn a_link_outlives_a_rotation_of_the_secret() {
    let desk = open().await;
    let path = url(&desk, &link("A-1")).await;
    let until = desk.clock.now().plus(Duration::from_secs(600));
    desk.edit(move |merchant| {
        let access =
            merchant.access.iter_mut().find(|access| access.dialect.as_str() == "applyfor");
        let access = access.expect("an access");
        access.former_key = Some(FormerKey { key: access.key.clone(), until });
        access.key = Secret::new("n3w");
    })
    .await;
    assert_page(&get(&desk, &path, &[]).await, 200, "id=\"pay-out\"");
    desk.clock.step(Duration::from_secs(601));
    assert_page(&get(&desk, &path, &[]).await, 404, "çalışmıyor");
}

/// Whoever has a signed order must not be able to have its money paid to another account.
#[tokio::test]
async fn what_is_signed_for_one_purpose_serves_no_other() {
    let desk = open().await;
    let order = Order::new("A-1").set("pay_code", "4001").without("bank_id").set("bank_no", IBAN);
    // Also one that names no account yet, and so has nothing that a link does not have.
    let bare = order.clone().without("bank_no").without("bank_account").without("bank_name");
    for order in [&order, &bare] {
        for path in [LINK, "/order/query", "/balance/query"] {
            let answer = desk.post(path, order.clone().signed()).await;
            assert_eq!(status(&answer), 10001, "{path}: {}", answer.body);
        }
    }
    let answer = desk.post(LINK, order.clone().set("expires_in", "60").signed()).await;
    assert_refused(&answer, 10001, "parameters must be one of");
    let answer = desk.post(LINK, link("A-1").without("expires_in").signed()).await;
    assert_refused(&answer, 10001, "expires_in is required");
    let as_order = link("A-1").set("userip", "203.0.113.7").set("expires_in", "60");
    assert_refused(&desk.post("/applyfor", as_order.signed()).await, 10001, "expires_in");
    for path in ["/order/query", "/balance/query"] {
        let answer = desk.post(path, link("A-1").signed()).await;
        assert_refused(&answer, 10001, "parameters must be one of");
    }
    assert!(desk.payouts().await.is_empty());
    // The order itself is as good as before.
    desk::applyfor::accepted(&desk.post("/applyfor", order.signed()).await);
}
