use vezne_core::model::channel::Channel;
use vezne_core::model::directory::Directory;
use vezne_core::model::merchant::ReferenceScope;
use vezne_outbound::destination::Rules;

use super::*;
use crate::control::request::{NewAccess, NewMerchant};
use crate::system::SystemRandom;

fn new(access: NewAccess) -> Result<Merchant, String> {
    let new = NewMerchant { name: "Shop".into(), access, live: true, ..NewMerchant::default() };
    template(&new, &Directory::default(), &SystemRandom)
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
fn an_applyfor_merchant_has_the_channels_of_its_currency_that_have_a_pay_code() {
    let mut directory = Directory::default();
    let channels = [("kr", "VND", Some("1")), ("in", "INR", Some("2")), ("vn", "VND", None)];
    for (code, currency, pay_code) in channels {
        let first = vezne_core::model::channel::built_in().next().expect("there are six");
        let (code, currency) = (code.into(), currency.parse().expect("a currency"));
        let pay_code = pay_code.map(str::to_owned);
        directory.put_channel(Channel { code, currency, pay_code, ..first });
    }
    let mut new = NewMerchant {
        name: "Shop".into(),
        access: NewAccess::Applyfor { uid: "test1".into(), secret: None },
        currency: Some("VND".into()),
        ..NewMerchant::default()
    };
    let merchant = template(&new, &directory, &SystemRandom).expect("a fresh secret is strong");
    let codes: Vec<_> = merchant.terms.iter().map(|terms| terms.channel.as_str()).collect();
    assert_eq!((codes, merchant.currency.code()), (vec!["kr"], "VND"));
    let access = &merchant.access[0];
    assert_eq!((access.dialect.as_str(), access.login.as_str()), (APPLYFOR, "test1"));
    assert_eq!(access.key.expose().len(), 32);
    new.currency = Some("lira".into());
    assert!(template(&new, &directory, &SystemRandom).is_err());
}

#[test]
fn the_switches_of_applyfor_are_applied_or_refused() {
    let none = MerchantSettings::default;
    refused(MerchantSettings { sign_style: Some("md5".into()), ..none() }, "sign-style");
    refused(MerchantSettings { sign_empties: Some("no".into()), ..none() }, "sign-empties");
    refused(MerchantSettings { timestamp_window: Some(86_401), ..none() }, "timestamp-window");
    refused(MerchantSettings { notify_hosts: Some("a b".into()), ..none() }, "notify-hosts");
    let mut merchant = live();
    let settings = MerchantSettings {
        sign_style: Some("append".into()),
        timestamp_window: Some(0),
        notify_hosts: Some("Shop.example, 192.0.2.7".into()),
        strict_duplicates: Some(false),
        ..none()
    };
    apply(&mut merchant, &settings, &Rules::default()).expect("it makes sense");
    assert_eq!(merchant.option("sign_style"), Some("append"));
    assert_eq!(merchant.option("timestamp_window"), Some("0"));
    assert_eq!(merchant.option("notify_hosts"), Some("shop.example,192.0.2.7"));
    assert_eq!(merchant.option("strict_duplicates"), Some("false"));
    let any = MerchantSettings { notify_hosts: Some("any".into()), ..none() };
    apply(&mut merchant, &any, &Rules::default()).expect("it makes sense");
    assert_eq!(merchant.option("notify_hosts"), None);
}

#[test]
fn endpoints_that_make_no_sense_are_refused() {
    for (name, url, fine) in [
        ("refunds", Some("https://shop.example/r?a=1"), true),
        ("refunds", None, true),
        ("refunds", Some("http://shop.example/r"), false),
        ("refunds", Some("https://shop.example/r#a"), false),
        ("refunds", Some("https://shop.example:8443/r"), false),
        ("refunds", Some("https://shop.example:443/r"), true),
        ("refunds", Some("https://shop.example/r "), false),
        ("refunds", Some("https://10.1.2.3/r"), false),
        ("refunds", Some("https://[::1]/r"), false),
        ("refunds", Some("https://user:pass@shop.example/r"), false),
        ("", Some("https://shop.example/r"), false),
        ("a b", Some("https://shop.example/r"), false),
    ] {
        let checked = check_endpoint(name, url, Mode::Live, &Rules::default());
        assert_eq!(checked.is_ok(), fine, "{name} {url:?} {checked:?}");
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
    let why = apply(&mut live(), &settings, &Rules::default()).expect_err(part);
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
    apply(&mut merchant, &settings, &Rules::default()).expect("it makes sense");
    let url = merchant.callback_base_url.as_deref();
    assert_eq!(url, Some("https://shop.example/api/BankoPay"));
    assert_eq!(merchant.day_limit_minor, Some(500_000));
    assert_eq!(merchant.allowed_networks.len(), 2);
    assert_eq!(merchant.status, MerchantStatus::Suspended);
    let described = describe(&settings).expect("something is changed");
    assert!(described.contains("day_limit 5000") && described.contains("suspended true"));
}
