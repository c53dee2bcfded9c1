//! Turning an operator's settings into a merchant of the core.

pub mod keys;

use serde::Serialize;
use vezne_core::model::approval::Policy;
use vezne_core::model::channel;
use vezne_core::model::commission::Commission;
use vezne_core::model::identifier::{ChannelCode, MerchantId};
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{
    Access, Bank, Merchant, MerchantStatus, Mode, ReferenceScope, Terms,
};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::personal::Secret;

use crate::control::request::{MerchantSettings, NewMerchant, TermsSettings};

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

/// A merchant with the defaults of its mode, on every channel.
///
/// # Errors
/// When a key that was brought along is too weak to be one, or cannot be signed.
pub fn template(new: &NewMerchant, key: &str, webhook_secret: &str) -> Result<Merchant, String> {
    let printable = key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'|');
    if key.len() < SHORTEST_KEY || key.len() > 40 || !printable {
        return Err(format!("a site_key is {SHORTEST_KEY} to 40 printable characters without |"));
    }
    let (mode, banks): (_, &[&str]) =
        if new.live { (Mode::Live, &LIVE_BANKS) } else { (Mode::Sandbox, &SANDBOX_BANKS) };
    let (scope, approve_below_minor) = match mode {
        Mode::Sandbox => (ReferenceScope::Channel, Some(SANDBOX_APPROVE_BELOW_MINOR)),
        Mode::Live => (ReferenceScope::Merchant, None),
    };
    let bank = |(id, name): (u32, &&str)| Bank { id, name: (*name).to_owned() };
    Ok(Merchant {
        id: MerchantId(0),
        name: new.name.clone(),
        mode,
        status: MerchantStatus::Active,
        currency: Currency::TRY,
        credit_limit_minor: 0,
        day_limit_minor: None,
        policy: Policy { approve_below_minor },
        retry_refused: false,
        reference_scope: scope,
        allowed_networks: Vec::new(),
        requests_per_second: None,
        callback_base_url: None,
        endpoints: std::collections::BTreeMap::new(),
        webhook_secret: Secret::new(webhook_secret),
        access: vec![Access {
            dialect: "bankopay".into(),
            login: new.site_id.to_string(),
            key: Secret::new(key),
            former_key: None,
            callback_key: Secret::new(key),
        }],
        terms: channel::all().iter().map(|channel| open_terms(channel.code.clone())).collect(),
        banks: (1..).zip(banks).map(bank).collect(),
        options: std::collections::BTreeMap::new(),
    })
}

/// A channel without commission or limits.
pub fn open_terms(channel: ChannelCode) -> Terms {
    let (commission, amount) = (Commission::default(), AmountLimit::default());
    let receiver_commission = Commission::default();
    Terms { channel, commission, receiver_commission, amount, day_limit_minor: None, rail: None }
}

/// Changes what the settings name.
///
/// # Errors
/// Which setting makes no sense, and why.
pub fn apply(merchant: &mut Merchant, settings: &MerchantSettings) -> Result<(), String> {
    let currency = merchant.currency;
    if let Some(url) = &settings.callback_url {
        merchant.callback_base_url = Some(callback_url(url, merchant.mode)?);
    }
    if let Some(limit) = &settings.credit_limit {
        merchant.credit_limit_minor = bound("credit-limit", limit, currency)?.unwrap_or(0);
    }
    if let Some(limit) = &settings.day_limit {
        merchant.day_limit_minor = bound("day-limit", limit, currency)?;
    }
    if let Some(limit) = &settings.approve_below {
        merchant.policy.approve_below_minor = bound("approve-below", limit, currency)?;
    }
    merchant.retry_refused = settings.retry_refused.unwrap_or(merchant.retry_refused);
    if let Some(networks) = &settings.allow {
        merchant.allowed_networks = allowed_networks(networks)?;
    }
    if let Some(rate) = &settings.requests_per_second {
        merchant.requests_per_second = requests_per_second(rate)?;
    }
    merchant.status = match settings.suspended {
        None => merchant.status,
        Some(true) => MerchantStatus::Suspended,
        Some(false) => MerchantStatus::Active,
    };
    if let Some(cost) = settings.bcrypt_cost {
        if !(4..=12).contains(&cost) {
            return Err("bcrypt-cost is 4 to 12".to_owned());
        }
        merchant.options.insert("bcrypt_cost".to_owned(), cost.to_string());
    }
    if let Some(echo) = settings.echo_site_key {
        merchant.options.insert("echo_site_key".to_owned(), echo.to_string());
    }
    Ok(())
}

/// Changes what the settings name of one channel's terms.
///
/// # Errors
/// Which setting makes no sense, and why.
pub fn apply_terms(
    terms: &mut Terms,
    settings: &TermsSettings,
    currency: Currency,
) -> Result<(), String> {
    let tariff = &mut terms.commission;
    if let Some(percent) = &settings.percent {
        tariff.percent_ppm = percent_ppm(percent)?;
    }
    if let Some(fixed) = &settings.fixed {
        tariff.fixed_minor = bound("fixed", fixed, currency)?.unwrap_or(0);
    }
    if let Some(least) = &settings.commission_minimum {
        tariff.minimum_minor = bound("commission-minimum", least, currency)?.unwrap_or(0);
    }
    if let Some(most) = &settings.commission_maximum {
        tariff.maximum_minor = bound("commission-maximum", most, currency)?;
    }
    if let Some(least) = &settings.minimum {
        terms.amount.minimum_minor = bound("minimum", least, currency)?;
    }
    if let Some(most) = &settings.maximum {
        terms.amount.maximum_minor = bound("maximum", most, currency)?;
    }
    if let Some(limit) = &settings.day_limit {
        terms.day_limit_minor = bound("day-limit", limit, currency)?;
    }
    match settings.rail.as_deref() {
        None => {}
        Some("none") => terms.rail = None,
        Some("manual") => terms.rail = Some("manual".into()),
        Some(other) => return Err(format!("{other} is no rail for live merchants; use manual")),
    }
    Ok(())
}

/// What a change changes, for the trail and for the answer.
///
/// # Errors
/// When nothing is changed at all.
pub fn describe<T: Serialize>(settings: &T) -> Result<String, String> {
    let value = serde_json::to_value(settings).map_err(|error| error.to_string())?;
    let members = value.as_object().into_iter().flatten();
    let given: Vec<String> = members
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{name} {}", value.to_string().trim_matches('"')))
        .collect();
    if given.is_empty() {
        Err("nothing to change was given".to_owned())
    } else {
        Ok(given.join(", "))
    }
}

fn callback_url(text: &str, mode: Mode) -> Result<String, String> {
    let url = url::Url::parse(text).map_err(|error| format!("callback-url: {error}"))?;
    let secure = url.scheme() == "https" || (mode == Mode::Sandbox && url.scheme() == "http");
    if !secure || url.host().is_none() {
        return Err(
            "callback-url must start with https:// (in the sandbox, http:// will do)".into()
        );
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("callback-url has no user, query or fragment".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn bound(name: &str, text: &str, currency: Currency) -> Result<Option<i64>, String> {
    if text == "none" {
        return Ok(None);
    }
    let money = Money::parse(text, currency).map_err(|error| format!("{name}: {error}"))?;
    Ok(Some(money.minor()))
}

fn allowed_networks(text: &str) -> Result<Vec<ipnet::IpNet>, String> {
    if text == "any" {
        return Ok(Vec::new());
    }
    let network = |part: &str| -> Result<ipnet::IpNet, String> {
        let part = part.trim();
        let address = part.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
        address.or_else(|_| part.parse()).map_err(|_| format!("allow: {part} is no network"))
    };
    text.split(',').map(network).collect()
}

fn requests_per_second(text: &str) -> Result<Option<u32>, String> {
    match text {
        "none" => Ok(None),
        text => match text.parse() {
            Ok(rate) if rate > 0 => Ok(Some(rate)),
            _ => Err("requests-per-second is a number above zero, or none".to_owned()),
        },
    }
}

/// Reads `1.5` as 15,000 parts per million: at most four decimals, at most one hundred percent.
fn percent_ppm(text: &str) -> Result<u32, String> {
    let wrong = || "percent is a number from 0 to 100 with at most four decimals".to_owned();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 4 {
        return Err(wrong());
    }
    let parts: u32 = format!("{whole}{fraction:0<4}").parse().map_err(|_| wrong())?;
    if parts > 1_000_000 { Err(wrong()) } else { Ok(parts) }
}

#[cfg(test)]
mod tests;
