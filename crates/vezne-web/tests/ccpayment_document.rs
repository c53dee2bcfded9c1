//! The samples of `sipay-cashout.txt` and `iqmoney-cashout.txt`, answered as printed.
//!
//! Where our answers depart from a sample on purpose is said in `vezne_wire::ccpayment::samples`.

mod desk;

use desk::shop::{
    APP_SECRET, MERCHANT_KEY, Shop, TO_BANK, bank_terms, request, row, sample_tariff,
};
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::Merchant;
use vezne_core::model::money::{Currency, Money};
use vezne_wire::ccpayment::samples::{
    IQMONEY_FAILED, IQMONEY_NOT_FOUND, IQMONEY_PARTIAL, IQMONEY_REQUEST, IQMONEY_SUCCESS,
    SIPAY_FAILED, SIPAY_REQUEST, SIPAY_SUCCESS, expected,
};

/// The `hash_key` that the iqmoney sample prints.
const PRINTED: &str =
    "5c4ba833474917d0:fd30:sHw__XC+wersHg4WfL14dNjoe6knYV6Di3Xj0hKy439POpEsmcnJ32jdWU9laeWI3";

fn sipay(merchant: &mut Merchant) {
    merchant.options.insert("brand".to_owned(), "sipay".to_owned());
}

/// iqmoney's sample with a `hash_key` that is of it.
fn iqmoney_request(shop: &Shop) -> String {
    let body = IQMONEY_REQUEST.replace(PRINTED, desk::shop::UNSEALED);
    shop.sealed_by(APP_SECRET, &body)
}

/// The id that the answer gave to a row without one.
fn given_id(body: &str) -> String {
    let after = body.rsplit_once("\"unique_id\":\"").expect("an id").1;
    after.split('"').next().expect("its end").to_owned()
}

#[tokio::test]
async fn a_sample_without_a_hash_key_of_its_own_is_answered_as_printed() {
    let shop = Shop::of(sipay).await;
    let iqmoney = Shop::open().await;
    for (shop, sample) in [(&shop, SIPAY_REQUEST), (&iqmoney, IQMONEY_REQUEST)] {
        let answer = shop.post(TO_BANK, sample).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, expected(SIPAY_FAILED, &[])));
        shop.assert_nothing("a sample").await;
    }
}

#[tokio::test]
async fn the_sipay_sample_passes_as_printed() {
    let shop = Shop::of(sipay).await;
    let answer = shop.post(TO_BANK, shop.sealed_by(APP_SECRET, SIPAY_REQUEST)).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, expected(SIPAY_SUCCESS, &[])));
    let payouts = shop.desk.payouts().await;
    let names: Vec<_> = payouts.iter().map(|payout| &*payout.beneficiary.name).collect();
    assert_eq!(names, ["Mike Doe", "John Doe"]);
}

#[tokio::test]
async fn the_iqmoney_sample_passes_as_printed() {
    let shop = Shop::of(|merchant| bank_terms(merchant, sample_tariff)).await;
    let answer = shop.post(TO_BANK, iqmoney_request(&shop)).await;
    let ids = ["6182458", &given_id(&answer.body)];
    assert_eq!(answer.body, expected(IQMONEY_SUCCESS, &ids));
    let payouts = shop.desk.payouts().await;
    let [second, first] = payouts.as_slice() else { panic!("{} payouts", payouts.len()) };
    assert_eq!((&*first.reference.text, &*second.reference.text), (ids[0], ids[1]));
    let lira = |minor| Money::new(minor, Currency::TRY);
    assert_eq!(
        (first.amount, first.commission, first.paid()),
        (lira(1_000), lira(210), Ok(lira(790)))
    );
    assert_eq!((second.amount, second.receiver_commission), (lira(2_000), lira(420)));
    assert_eq!(
        first.beneficiary.bank_name.as_deref(),
        Some("Türkiye Cumhuriyeti Ziraat Bankası A.ş.")
    );
}

#[tokio::test]
async fn an_unknown_merchant_is_answered_as_printed() {
    let shop = Shop::open().await;
    let body = iqmoney_request(&shop).replace(MERCHANT_KEY, "unknown");
    let answer = shop.post(TO_BANK, body).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, expected(IQMONEY_NOT_FOUND, &[])));
}

/// The first row's 10 and its commission use up what there is.
#[tokio::test]
async fn a_balance_that_ends_after_the_first_row_is_answered_as_printed() {
    let shop = Shop::having(1_210, |merchant| bank_terms(merchant, sample_tariff)).await;
    let answer = shop.post(TO_BANK, iqmoney_request(&shop)).await;
    assert_eq!(answer.body, expected(IQMONEY_PARTIAL, &["6182458"]));
}

#[tokio::test]
async fn rows_below_the_minimum_are_answered_as_printed() {
    let shop = Shop::of(|merchant| {
        bank_terms(merchant, |terms| {
            terms.amount = AmountLimit { minimum_minor: Some(1_000), ..AmountLimit::default() };
        });
    })
    .await;
    let answer = shop.cash_out(&[row().set("amount", "9.99"), row().set("amount", "5")]).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, expected(IQMONEY_FAILED, &[])));
    shop.assert_nothing("below the minimum").await;
    let least = shop.cash_out(&[row().set("amount", "10")]).await;
    assert_eq!(least.status_code(), 100);
}

#[tokio::test]
async fn the_other_profile_words_the_same_outcome_its_own_way() {
    let (sipay, iqmoney) = (Shop::of(sipay).await, Shop::open().await);
    for (shop, word) in [(&sipay, "\"Success\",\"data\":[]"), (&iqmoney, "\"SUCCESS\"")] {
        let answer = shop.post(TO_BANK, shop.sealed(request(&[row()]))).await;
        assert!(answer.body.contains(word), "{}", answer.body);
        let bad = row().set("currency", "\"USD\"");
        let answer = shop.cash_out(&[row(), bad.clone()]).await;
        assert!(answer.body.contains("Successful 1 out of 2"), "{}", answer.body);
        assert_eq!((answer.status_code(), answer.rows()), (100, vec![100, 12]));
        assert_eq!(shop.cash_out(&[bad]).await.status_code(), 41);
    }
}
