//! A new merchant with the defaults of its mode and its dialect.

use std::collections::BTreeMap;

use vezne_core::model::approval::Policy;
use vezne_core::model::channel::Channel;
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{
    Access, Bank, Merchant, MerchantStatus, Mode, ReferenceScope, Terms,
};
use vezne_core::model::money::Currency;
use vezne_core::model::personal::Secret;
use vezne_core::port::Random;
use vezne_web::dialect::ccpayment::MERCHANT_KEY_OPTION;
use vezne_wire::applyfor::MAX_UID;

use super::{keys, open_terms};
use crate::control::request::{NewAccess, NewMerchant};

/// The code of the BankoPay dialect.
pub const BANKOPAY: &str = "bankopay";

/// The code of the CCPayment dialect.
pub const CCPAYMENT: &str = "ccpayment";

/// The code of the /applyfor dialect.
pub const APPLYFOR: &str = "applyfor";

/// The one channel of the CCPayment dialect.
const CASHOUT_CHANNEL: &str = "bank-transfer";

/// The shortest key that may be brought along: 128 bits in base 62 are 22 characters.
const SHORTEST_KEY: usize = 22;

/// Sandbox amounts below this, 100,000.00, need no person; those from it on show what waiting looks
/// like.
const SANDBOX_APPROVE_BELOW_MINOR: i64 = 10_000_000;

/// The bank list of a new merchant: in the sandbox the document's own, else the largest banks.
const SANDBOX_BANKS: [&str; 2] = ["Test - Garanti Bank", "Test - İş Bank"];
const LIVE_BANKS: [&str; 14] = [
    "Garanti BBVA",
    "Türkiye İş Bankası",
    "Ziraat Bankası",
    "Akbank",
    "Yapı Kredi Bankası",
    "VakıfBank",
    "Halkbank",
    "QNB",
    "DenizBank",
    "TEB",
    "Kuveyt Türk",
    "ING",
    "Enpara Bank",
    "Şekerbank",
];

/// A merchant with the defaults of its mode, on every channel of its currency that its dialect
/// knows.
///
/// # Errors
/// When a key that was brought along is too weak to be one, or cannot be signed; when no currency
/// has its code.
pub fn template(
    new: &NewMerchant,
    directory: &Directory,
    random: &dyn Random,
) -> Result<Merchant, String> {
    let webhook_secret = keys::webhook_secret(random);
    let mut merchant = blank(new, &webhook_secret)?;
    let currency = merchant.currency;
    let terms = |known: fn(&Channel) -> bool| terms(directory, currency, known);
    match &new.access {
        NewAccess::Bankopay { site_id, site_key } => {
            let key = site_key.clone().unwrap_or_else(|| keys::site_key(random));
            check_key("site_key", &key, 40)?;
            merchant.access.push(access(BANKOPAY, site_id.to_string(), &key));
            merchant.banks = banks(merchant.mode);
            merchant.terms = terms(Channel::is_built_in);
        }
        NewAccess::Ccpayment { app_id, app_secret, merchant_key } => {
            let [id, secret, own] = [app_id, app_secret, merchant_key];
            let id = id.clone().unwrap_or_else(|| keys::app_id(random));
            let secret = secret.clone().unwrap_or_else(|| keys::app_key(random));
            let own = own.clone().unwrap_or_else(|| keys::app_key(random));
            check_key("app_secret", &secret, 128)?;
            check_name("app_id", &id, 128)?;
            check_name("merchant_key", &own, 255)?;
            merchant.access.push(access(CCPAYMENT, id, &secret));
            merchant.options.insert(MERCHANT_KEY_OPTION.to_owned(), own);
            merchant.terms = terms(|channel| channel.code.as_str() == CASHOUT_CHANNEL);
        }
        NewAccess::Applyfor { uid, secret } => {
            let secret = secret.clone().unwrap_or_else(|| keys::app_key(random));
            check_name("uid", uid, MAX_UID)?;
            check_key("secret", &secret, 128)?;
            merchant.access.push(access(APPLYFOR, uid.clone(), &secret));
            merchant.terms = terms(|channel| channel.pay_code.is_some());
        }
    }
    Ok(merchant)
}

/// Terms on the channels of a currency that a dialect knows.
fn terms(directory: &Directory, currency: Currency, known: fn(&Channel) -> bool) -> Vec<Terms> {
    let channels = directory.channels().filter(|channel| channel.currency == currency);
    let channels = channels.filter(|channel| known(channel));
    channels.map(|channel| open_terms(channel.code.clone())).collect()
}

/// A fresh key in the form of the merchant's dialect.
pub fn fresh_key(merchant: &Merchant, random: &dyn Random) -> String {
    match merchant.access.first().map(|access| access.dialect.as_str()) {
        Some(CCPAYMENT | APPLYFOR) => keys::app_key(random),
        Some(_) | None => keys::site_key(random),
    }
}

fn blank(new: &NewMerchant, webhook_secret: &str) -> Result<Merchant, String> {
    let currency = new.currency.as_deref().map_or(Ok(Currency::TRY), str::parse);
    let currency = currency.map_err(|error| format!("currency: {error}"))?;
    let (mode, reference_scope, approve_below_minor) = match new.live {
        false => (Mode::Sandbox, ReferenceScope::Channel, Some(SANDBOX_APPROVE_BELOW_MINOR)),
        true => (Mode::Live, ReferenceScope::Merchant, None),
    };
    Ok(Merchant {
        id: MerchantId(0),
        name: new.name.clone(),
        mode,
        status: MerchantStatus::Active,
        currency,
        credit_limit_minor: 0,
        day_limit_minor: None,
        policy: Policy { approve_below_minor },
        retry_refused: false,
        reference_scope,
        allowed_networks: Vec::new(),
        requests_per_second: None,
        callback_base_url: None,
        endpoints: BTreeMap::new(),
        webhook_secret: Secret::new(webhook_secret),
        former_webhook_secret: None,
        callback_version: 0,
        access: Vec::new(),
        terms: Vec::new(),
        banks: Vec::new(),
        options: BTreeMap::new(),
    })
}

fn access(dialect: &str, login: String, key: &str) -> Access {
    Access {
        dialect: dialect.into(),
        login,
        key: Secret::new(key),
        former_key: None,
        callback_key: Secret::new(key),
    }
}

fn banks(mode: Mode) -> Vec<Bank> {
    let names: &[&str] = match mode {
        Mode::Live => &LIVE_BANKS,
        Mode::Sandbox => &SANDBOX_BANKS,
    };
    let bank = |(id, name): (u32, &&str)| Bank { id, name: (*name).to_owned() };
    (1..).zip(names).map(bank).collect()
}

fn check_key(what: &str, key: &str, longest: usize) -> Result<(), String> {
    let printable = key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'|');
    if (SHORTEST_KEY..=longest).contains(&key.len()) && printable {
        return Ok(());
    }
    Err(format!("the {what} is {SHORTEST_KEY} to {longest} printable characters without |"))
}

fn check_name(what: &str, name: &str, longest: usize) -> Result<(), String> {
    let printable = name.bytes().all(|byte| byte.is_ascii_graphic());
    if (1..=longest).contains(&name.len()) && printable {
        return Ok(());
    }
    Err(format!("the {what} is 1 to {longest} printable characters"))
}
