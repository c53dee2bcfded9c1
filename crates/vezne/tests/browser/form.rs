//! The form of a link, where a user gives the account that the money goes to.

use super::driver::{Browser, ENTER, TAB};
use super::page::Page;
use super::program::until;
use super::shop::Shop;

/// One of Garanti's, whose check digits hold.
const IBAN: &str = "TR740006200519786457841326";
const HOLDER: &str = "Ayşe İğde";

/// The focus moves to a field by the keyboard alone.
fn tab_to(browser: &Browser, id: &str) {
    let tab = |_| {
        browser.keys(TAB);
        Page(browser).focus() == id
    };
    assert!((0..20).any(tab), "the keyboard cannot reach {id}");
}

/// Gives an account by the keyboard alone, and sends it.
fn fill(browser: &Browser, iban: &str) {
    tab_to(browser, "field-bank_no");
    browser.keys(iban);
    tab_to(browser, "field-bank_account");
    browser.keys(HOLDER);
    browser.keys(ENTER);
}

#[test]
fn a_wrong_account_is_refused_beside_its_field() {
    let Some(browser) = Browser::open() else { return };
    let (shop, page) = (Shop::open(), Page(&browser));
    browser.window(900, 900, false);
    browser.visit(&shop.link("wrong", "en"));
    page.is_usable("the form");
    browser.run("window.same = true");
    fill(&browser, "TR740006200519786457841327");
    page.waits_for("error-bank_no", "IBAN");
    assert_eq!(browser.run("return window.same"), true, "it was sent");
    assert_eq!(page.focus(), "errors", "the summary leads to the field");
    page.is_usable("the form with an error");
    page.picture("pay-out-error.png");
    assert_eq!(shop.payouts().len(), 0);
    shop.close();
}

#[test]
fn a_payout_is_made_by_the_keyboard_once() {
    let Some(browser) = Browser::open() else { return };
    let (shop, page) = (Shop::open(), Page(&browser));
    browser.window(900, 900, false);
    let link = shop.link("right", "tr");
    browser.visit(&link);
    assert!(page.text("amount").contains("150"), "{}", page.text("amount"));
    assert!(!page.text("net").is_empty() && !page.text("commission").is_empty());
    tab_to(&browser, "field-bank_no");
    browser.keys(IBAN);
    page.waits_for("bank-echo", "Garanti");
    tab_to(&browser, "field-bank_account");
    browser.keys(HOLDER);
    page.picture("pay-out-form.png");
    browser.keys(ENTER);
    until("the status page", || page.status());
    page.is_usable("the status");
    page.picture("pay-out-status.png");
    let paid = shop.payouts();
    assert_eq!(paid.len(), 1, "{paid:?}");
    let shown = shop.payout(&paid[0]["id"]);
    assert!(shown.contains(HOLDER), "{shown}");
    browser.reload();
    assert!(page.status().is_some());
    browser.visit(&link);
    assert!(page.status().is_some(), "the link can be used again");
    assert_eq!(shop.payouts().len(), 1);
    shop.close();
}

#[test]
fn the_language_is_a_choice() {
    let Some(browser) = Browser::open() else { return };
    let (shop, page) = (Shop::open(), Page(&browser));
    browser.visit(&shop.link("languages", "tr"));
    for (other, click) in [("tr", None), ("en", Some("#lang-en")), ("tr", Some("#lang-tr"))] {
        click.into_iter().for_each(|selector| browser.click(selector));
        until(other, || (page.language() == other).then_some(()));
        page.is_usable(other);
    }
    assert_eq!(shop.payouts().len(), 0);
    shop.close();
}

#[test]
fn a_telephone_shows_all_of_it() {
    let Some(browser) = Browser::open() else { return };
    let (shop, page) = (Shop::open(), Page(&browser));
    browser.window(360, 740, true);
    browser.visit(&shop.link("telephone", "tr"));
    assert_eq!(browser.run("return document.scrollingElement.scrollWidth"), 360);
    page.is_usable("the form");
    page.picture("pay-out-360.png");
    fill(&browser, "TR00");
    page.waits_for("error-bank_no", "");
    page.is_usable("the form with an error");
    browser.reload();
    fill(&browser, IBAN);
    until("the status page", || page.status());
    page.is_usable("the status");
    shop.close();
}
