//! The form once it is sent: what is wrong with it, what is booked, and what became of it.

mod desk;

use std::time::Duration;

use axum::http::header::LOCATION;
use desk::applyfor::{Order, accepted, field, iban_channel, of, open, put};
use desk::pay_out::{IBAN, assert_page, fill, get, link, times, url};
use desk::{Answer, Desk};
use vezne_core::engine::approve::Approve;
use vezne_core::engine::dispatch::ClaimPayouts;
use vezne_core::engine::fail::Fail;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::engine::room::Room;
use vezne_core::engine::settle::Settle;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::channel::{Channel, FieldKind};
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::merchant::Mode;
use vezne_wire::applyfor::Note;

#[tokio::test]
async fn what_was_filled_in_is_what_is_booked() {
    let desk = open().await;
    let order = link("A-1").set("custom", "gift").set("return_url", "https://m.example/back");
    let path = url(&desk, &order).await;
    // What the form does not ask for is not looked at.
    let fields = [("bank_no", " tr33 0006 1005 1978 6457 8413 26 "), ("tckn", "12345678910")];
    let sent = [fields[0], fields[1], ("amount", "1"), ("notify_url", "https://evil.example/")];
    let answer = fill(&desk, &path, &sent).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
    assert_eq!(answer.headers[LOCATION], path.as_str());
    let payouts = desk.payouts().await;
    let [payout] = payouts.as_slice() else { panic!("{} payouts", payouts.len()) };
    assert_eq!((payout.dialect.as_str(), payout.channel.as_str()), ("applyfor", "vn-iban"));
    assert_eq!((payout.amount.minor(), &*payout.reference.text), (250_000, "A-1"));
    assert_eq!(payout.beneficiary.account, IBAN);
    assert_eq!(payout.beneficiary.identity.as_ref().expect("one").expose(), "12345678910");
    let notify = "https://merchant.example/notify?a=1&b=2".to_owned();
    assert_eq!(payout.callback_to, CallbackTarget::Url(notify));
    let note = Note::from_bytes(&payout.note).expect("a note");
    assert_eq!((note.userip.as_str(), note.details.custom.as_deref()), ("192.0.2.1", Some("gift")));
    assert!(note.extras.iter().all(|(name, _)| name == "tckn"), "{:?}", note.extras);
}

#[tokio::test]
async fn a_second_sending_shows_what_became_of_the_first() {
    let desk = open().await;
    let path = format!("{}?lang=en", url(&desk, &link("A-1")).await);
    for iban in [IBAN, IBAN, "TR150006247004881217621234", "nonsense"] {
        let answer = fill(&desk, &path, &[("bank_no", iban)]).await;
        assert_eq!(answer.status.as_u16(), 303);
        assert_eq!(answer.headers[LOCATION], path.as_str());
    }
    let payouts = desk.payouts().await;
    assert_eq!((payouts.len(), &*payouts[0].beneficiary.account), (1, IBAN));
    let page = get(&desk, &path, &[]).await;
    assert_page(&page, 200, "id=\"status\"");
    assert!(!page.body.contains(IBAN), "the account is masked");
    // The same order over the API is the same order.
    let order = Order::new("A-1").set("pay_code", "4001").without("bank_id").set("bank_no", IBAN);
    let answer = desk.post("/applyfor", order.signed()).await;
    assert!(answer.body.contains("10003"), "{}", answer.body);
}

#[tokio::test]
async fn many_at_once_are_one_payout() {
    let desk = open().await;
    let path = url(&desk, &link("A-1")).await;
    let one = || fill(&desk, &path, &[("bank_no", IBAN)]);
    let (a, b, c) = tokio::join!(one(), one(), one());
    for answer in [a, b, c] {
        assert_eq!(answer.status.as_u16(), 303);
    }
    assert_eq!(desk.payouts().await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_above_the_form() {
    let desk = of(|merchant| merchant.mode = Mode::Live).await;
    let name = field("bank_account", FieldKind::Input, true, &["max:10"]);
    let mut channel = iban_channel();
    channel.fields.push(name);
    put(&desk, channel).await;
    let path = format!("{}?lang=en", url(&desk, &link("A-1")).await);
    let wrong = [("bank_no", "TR330006100519786457841327"), ("bank_account", "<Ada> \"L\" & sons")];
    let page = fill(&desk, &path, &wrong).await;
    assert_page(&page, 422, "<html lang=\"en\">");
    for text in [
        "aria-labelledby=\"errors-title\" autofocus>",
        "<a href=\"#field-bank_no\">bank_no: This is not a valid IBAN.",
        "<p id=\"error-bank_account\" class=\"error\">At most 10 characters.</p>",
        "value=\"TR33 0006 1005 1978 6457 8413 27\"",
        "value=\"&#60;Ada&#62; &#34;L&#34; &#38; sons\"",
    ] {
        assert_page(&page, 422, text);
    }
    assert_eq!(times(&page, "aria-invalid=\"true\""), 2);
    let empty = fill(&desk, &path, &[]).await;
    assert_eq!(times(&empty, "This field is required."), 5, "{}", empty.body);
    let turkish = fill(&desk, &path.replace("=en", "=tr"), &[("bank_no", "TR33")]).await;
    assert_page(&turkish, 422, "Geçerli bir IBAN değil.");
    // What only the beneficiary's own check finds, and what no parameter may have.
    for (field, value) in [("tckn", "10000000147"), ("bank_account", "a\u{1}b")] {
        let sent = [("bank_no", IBAN), ("bank_account", "Ada"), (field, value)];
        let sent: Vec<_> = sent.into_iter().rev().collect();
        let page = fill(&desk, &path, &sent).await;
        assert_page(&page, 422, "aria-invalid=\"true\"");
    }
    assert!(desk.payouts().await.is_empty());
    let right = [("bank_no", IBAN), ("bank_account", "Ada")];
    assert_eq!(fill(&desk, &path, &right).await.status.as_u16(), 303);
}

#[tokio::test]
async fn an_account_that_the_channel_cannot_take_is_told_beside_its_field() {
    let desk = open().await;
    let wallet = field("wallet_id", FieldKind::Input, true, &["string"]);
    let account = vezne_core::model::channel::AccountKind::Wallet;
    put(&desk, Channel { account, fields: vec![wallet], ..iban_channel() }).await;
    let path = format!("{}?lang=en", url(&desk, &link("A-1")).await);
    let page = fill(&desk, &path, &[("wallet_id", "a b!")]).await;
    assert_page(
        &page,
        422,
        "<p id=\"error-wallet_id\" class=\"error\">This value is not accepted.",
    );
    assert_eq!(fill(&desk, &path, &[("wallet_id", "ada@upi")]).await.status.as_u16(), 303);
}

#[tokio::test]
async fn the_engines_refusal_is_told_in_words_and_is_final() {
    let desk = open().await;
    let path = url(&desk, &link("A-1").set("amount", "99999999999")).await;
    let page = fill(&desk, &path, &[("bank_no", IBAN)]).await;
    assert_page(&page, 409, "Bu ödeme yapılamıyor");
    assert!(!page.body.contains("99999999999"), "the merchant's balance is its own affair");
    desk.top_up(1_000_000_000_000).await;
    assert_page(&get(&desk, &path, &[]).await, 409, "Firma bu ödemeyi");
    assert_page(&fill(&desk, &path, &[("bank_no", IBAN)]).await, 409, "Firma bu ödemeyi");
    desk.edit(|merchant| merchant.retry_refused = true).await;
    assert_page(&get(&desk, &path, &[]).await, 200, "id=\"pay-out\"");
    assert_eq!(fill(&desk, &path, &[("bank_no", IBAN)]).await.status.as_u16(), 303);
}

#[tokio::test]
async fn another_sites_form_is_not_taken() {
    let desk = open().await;
    let path = url(&desk, &link("A-1")).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("bank_no={IBAN}");
    for (headers, status) in [
        (&[form, ("sec-fetch-site", "cross-site")][..], 403),
        (&[("content-type", "text/plain")][..], 400),
        (&[("content-type", "application/json")][..], 400),
        (&[form, ("content-encoding", "gzip")][..], 400),
    ] {
        let answer = desk.post_with(&path, headers, body.clone()).await;
        assert_page(&answer, status, "Kabul edilmedi");
    }
    let large = desk.post_with(&path, &[form], "a".repeat(70_000)).await;
    assert_page(&large, 400, "Kabul edilmedi");
    assert!(desk.payouts().await.is_empty());
    let own = [form, ("sec-fetch-site", "same-origin")];
    assert_eq!(desk.post_with(&path, &own, body).await.status.as_u16(), 303);
}

async fn sent(desk: &Desk) -> String {
    let order = link("A-1").set("lang", "en").set("return_url", "https://m.example/?a=1&b=%22");
    let path = url(desk, &order).await;
    fill(desk, &path, &[("bank_no", IBAN)]).await;
    path
}

#[tokio::test]
async fn an_order_over_the_api_is_shown_too() {
    let desk = open().await;
    let path = url(&desk, &link("A-1")).await;
    let order = Order::new("A-1").set("pay_code", "4001").without("bank_id").set("bank_no", IBAN);
    accepted(&desk.post("/applyfor", order.signed()).await);
    assert_page(&get(&desk, &path, &[]).await, 200, "data-status=");
}

#[tokio::test]
async fn a_waiting_page_asks_again_and_a_final_one_does_not() {
    let desk = open().await;
    let path = sent(&desk).await;
    let page = get(&desk, &path, &[]).await;
    assert_page(&page, 200, "data-status=\"pending\"");
    assert_page(&page, 200, "<meta http-equiv=\"refresh\" content=\"5\">");
    assert_page(&page, 200, "href=\"https://m.example/?a=1&#38;b=%22\"");
    let payout = desk.payouts().await[0].id;
    let reason = "<b>not</b> today".to_owned();
    let reject = Reject { payout, reason, by: Actor::System };
    desk.web.engine.run(reject).await.expect("rejected");
    let page = assert_final(&desk, &path, "failed").await;
    assert_page(&page, 200, "<span id=\"reason\">&#60;b&#62;not&#60;/b&#62; today</span>");
}

async fn assert_final(desk: &Desk, path: &str, status: &str) -> Answer {
    let page = get(desk, path, &[]).await;
    assert_page(&page, 200, &format!("data-status=\"{status}\""));
    assert_eq!(times(&page, "http-equiv"), 0);
    page
}

/// A desk with one payout on its way.
async fn dispatched() -> (Desk, String, PayoutId) {
    let desk = open().await;
    let path = sent(&desk).await;
    let payout = desk.payouts().await[0].id;
    let by = Actor::System;
    desk.web.engine.run(Approve { payout, by }).await.expect("approved");
    let processing = get(&desk, &path, &[]).await;
    assert_page(&processing, 200, "data-status=\"processing\"");
    let claim =
        ClaimPayouts { room: Room::undivided(1), lease: Duration::from_secs(60), marker: None };
    desk.web.engine.run(claim).await.expect("claimed");
    (desk, path, payout)
}

#[tokio::test]
async fn every_state_has_its_page() {
    let (desk, path, payout) = dispatched().await;
    let page = get(&desk, &path, &[]).await;
    assert_page(&page, 200, "data-status=\"processing\"");
    assert_eq!(times(&page, "http-equiv"), 1);
    let settle = Settle { payout, attempt: Some(1), by: Actor::Rail, rail_reference: None };
    desk.web.engine.run(settle).await.expect("settled");
    let page = assert_final(&desk, &path, "paid").await;
    assert_page(&page, 200, "The payment was made to your account.");
    let turkish = assert_final(&desk, &format!("{path}?lang=tr"), "paid").await;
    assert_page(&turkish, 200, "Ödeme hesabınıza yapıldı.");
    let reason = "The account is closed".to_owned();
    let returned = Return { payout, by: Actor::Rail, reason: reason.clone() };
    desk.web.engine.run(returned).await.expect("returned");
    assert_page(&assert_final(&desk, &path, "returned").await, 200, &reason);

    let (desk, path, payout) = dispatched().await;
    let reason = "The wallet is full".to_owned();
    let fail = Fail { payout, attempt: Some(1), by: Actor::Rail, reason: reason.clone() };
    desk.web.engine.run(fail).await.expect("failed");
    assert_page(&assert_final(&desk, &path, "failed").await, 200, &reason);
}
