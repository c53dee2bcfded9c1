use vezne_core::model::merchant::ReferenceScope;

use super::*;
use crate::control::request::{NewAccess, NewMerchant};
use crate::system::SystemRandom;

fn new(access: NewAccess) -> Result<Merchant, String> {
    let new = NewMerchant { name: "Shop".into(), access, live: true, ..NewMerchant::default() };
    template(&new, &SystemRandom)
}

fn live() -> Merchant {
    new(NewAccess::Bankopay { site_id: 7, site_key: None }).expect("a fresh key is strong")
}

#[test]
fn weak_keys_are_refused() {
    for key in ["", "short", "k62FdW0BaEXn3iUrzuDX|wiN", "k62FdW0BaEXn3iUrzuDXc\u{131}"] {
        let site_key = Some(key.to_owned());
        assert!(new(NewAccess::Bankopay { site_id: 7, site_key }).is_err(), "{key}");
        let (app_id, app_secret, merchant_key) = (None, Some(key.to_owned()), None);
        let access = NewAccess::Ccpayment { app_id, app_secret, merchant_key };
        assert!(new(access).is_err(), "{key}");
    }
}

#[test]
fn a_ccpayment_merchant_has_one_channel_and_fresh_credentials() {
    let (app_id, app_secret, merchant_key) = (None, None, None);
    let access = NewAccess::Ccpayment { app_id, app_secret, merchant_key };
    let [one, other] = [(); 2].map(|()| new(access.clone()).expect("fresh ones are strong"));
    assert_eq!(one.terms.len(), 1);
    assert_eq!(one.access[0].key.expose().len(), 32);
    assert_ne!(one.access[0].login, other.access[0].login);
    assert_ne!(one.option("merchant_key"), other.option("merchant_key"));
}

#[test]
fn endpoints_that_make_no_sense_are_refused() {
    for (name, url, fine) in [
        ("refunds", Some("https://shop.example/r?a=1"), true),
        ("refunds", None, true),
        ("refunds", Some("http://shop.example/r"), false),
        ("refunds", Some("https://shop.example/r#a"), false),
        ("", Some("https://shop.example/r"), false),
        ("a b", Some("https://shop.example/r"), false),
    ] {
        assert_eq!(check_endpoint(name, url, Mode::Live).is_ok(), fine, "{name} {url:?}");
    }
}

#[test]
fn nothing_live_is_approved_by_itself() {
    assert_eq!(live().policy.approve_below_minor, None);
    assert_eq!(live().reference_scope, ReferenceScope::Merchant);
}

#[test]
fn percentages_are_exact() {
    let wrong = Err("percent is a number from 0 to 100 with at most four decimals".to_owned());
    for (text, expected) in [
        ("0", Ok(0)),
        ("1.5", Ok(15_000)),
        ("0.0001", Ok(1)),
        ("100", Ok(1_000_000)),
        ("100.0001", wrong.clone()),
        ("1.00001", wrong.clone()),
        ("-1", wrong.clone()),
        ("", wrong),
    ] {
        assert_eq!(percent_ppm(text), expected, "{text}");
    }
}

fn refused(settings: MerchantSettings, part: &str) {
    let why = apply(&mut live(), &settings).expect_err(part);
    assert!(why.contains(part), "{why}");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let none = MerchantSettings::default;
    for url in ["http://shop.example", "ftp://shop.example", "https://u:p@shop.example", "shop"] {
        refused(MerchantSettings { callback_url: Some(url.into()), ..none() }, "callback-url");
    }
    refused(MerchantSettings { allow: Some("10.0.0.0/33".into()), ..none() }, "allow");
    refused(MerchantSettings { bcrypt_cost: Some(31), ..none() }, "bcrypt-cost");
    refused(MerchantSettings { day_limit: Some("1e9".into()), ..none() }, "day-limit");
    assert!(describe(&none()).is_err());
}

#[test]
fn settings_are_applied_and_described() {
    let mut merchant = live();
    let settings = MerchantSettings {
        callback_url: Some("https://shop.example/api/BankoPay/".into()),
        day_limit: Some("5000".into()),
        allow: Some("192.0.2.1, 2001:db8::/32".into()),
        suspended: Some(true),
        ..MerchantSettings::default()
    };
    apply(&mut merchant, &settings).expect("it makes sense");
    let url = merchant.callback_base_url.as_deref();
    assert_eq!(url, Some("https://shop.example/api/BankoPay"));
    assert_eq!(merchant.day_limit_minor, Some(500_000));
    assert_eq!(merchant.allowed_networks.len(), 2);
    assert_eq!(merchant.status, MerchantStatus::Suspended);
    let described = describe(&settings).expect("something is changed");
    assert!(described.contains("day_limit 5000") && described.contains("suspended true"));
}
