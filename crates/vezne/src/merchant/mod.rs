//! Turning an operator's settings into a merchant of the core.

pub mod applyfor;
pub mod keys;
mod template;

pub use template::{APPLYFOR, BANKOPAY, CCPAYMENT, fresh_key, template};

use serde::Serialize;
use vezne_core::model::commission::Commission;
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::ChannelCode;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Merchant, MerchantStatus, Mode, Terms};
use vezne_core::model::money::{Currency, Money};
use vezne_outbound::destination::Rules;
use vezne_web::dialect::bankopay::HASH_WHOLE_KEY_OPTION;
use vezne_web::dialect::ccpayment::{BRAND_OPTION, HASH_KEY_REUSE_OPTION};

use crate::config::CcPayment;
use crate::control::request::{MerchantSettings, TermsSettings};

/// What this node answers wrongly, because it lacks brands that merchants have: it lets them in
/// nowhere, and nobody would know why.
pub(crate) fn unserved<'d>(
    section: &'d CcPayment,
    directory: &'d Directory,
) -> impl Iterator<Item = String> + use<'d> {
    directory.iter().filter_map(|merchant| {
        let speaks = merchant.access.iter().any(|access| access.dialect.as_str() == CCPAYMENT);
        let brand = merchant.option(BRAND_OPTION).filter(|_| speaks)?;
        let known = section.brands.iter().any(|known| known.name == brand);
        let name = &merchant.name;
        let what = format!("{name} has the brand {brand}, which ccpayment.brands does not have");
        (!known).then_some(what)
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
pub fn apply(
    merchant: &mut Merchant,
    settings: &MerchantSettings,
    destinations: &Rules,
) -> Result<(), String> {
    let currency = merchant.currency;
    if let Some(url) = &settings.callback_url {
        merchant.callback_base_url = Some(callback_url(url, merchant, destinations)?);
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
    if let Some(whole) = settings.hash_whole_key {
        merchant.options.insert(HASH_WHOLE_KEY_OPTION.to_owned(), whole.to_string());
    }
    if let Some(brand) = &settings.brand {
        merchant.options.insert(BRAND_OPTION.to_owned(), brand_name(brand)?);
    }
    if let Some(reuse) = settings.hash_key_reuse {
        merchant.options.insert(HASH_KEY_REUSE_OPTION.to_owned(), reuse.to_string());
    }
    applyfor::apply(&mut merchant.options, settings)
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
    let given = [&settings.percent, &settings.fixed];
    let bounds = [&settings.commission_minimum, &settings.commission_maximum];
    apply_tariff(&mut terms.commission, given, bounds, currency)?;
    let given = [&settings.receiver_percent, &settings.receiver_fixed];
    let bounds = [&settings.receiver_minimum, &settings.receiver_maximum];
    apply_tariff(&mut terms.receiver_commission, given, bounds, currency)
        .map_err(|why| format!("receiver-{why}"))?;
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

/// Changes what is given of one tariff: percentage and fixed part, least and most.
fn apply_tariff(
    tariff: &mut Commission,
    [percent, fixed]: [&Option<String>; 2],
    [least, most]: [&Option<String>; 2],
    currency: Currency,
) -> Result<(), String> {
    if let Some(percent) = percent {
        tariff.percent_ppm = percent_ppm(percent)?;
    }
    if let Some(fixed) = fixed {
        tariff.fixed_minor = bound("fixed", fixed, currency)?.unwrap_or(0);
    }
    if let Some(least) = least {
        tariff.minimum_minor = bound("commission-minimum", least, currency)?.unwrap_or(0);
    }
    if let Some(most) = most {
        tariff.maximum_minor = bound("commission-maximum", most, currency)?;
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

/// BankoPay's is the beginning of a URL, CCPayment's a whole one.
fn callback_url(text: &str, merchant: &Merchant, rules: &Rules) -> Result<String, String> {
    let url = rules.check(text, merchant.mode).map_err(|why| format!("callback-url: {why}"))?;
    if merchant.access.iter().any(|access| access.dialect.as_str() == CCPAYMENT) {
        return Ok(text.to_owned());
    }
    if url.query().is_some() {
        return Err("callback-url has no query".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// A brand becomes a part of a field's name in webhooks.
fn brand_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
        return Err("brand is 1 to 32 of a-z, 0-9 and _".to_owned());
    }
    Ok(text.to_owned())
}

/// Whether a further URL for callbacks makes sense.
///
/// # Errors
/// Why it does not.
pub fn check_endpoint(
    name: &str,
    url: Option<&str>,
    mode: Mode,
    destinations: &Rules,
) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_graphic();
    if name.is_empty() || name.len() > 100 || !name.bytes().all(allowed) {
        return Err("the name of an endpoint is 1 to 100 printable characters".to_owned());
    }
    let check = |url| destinations.check(url, mode).map(drop);
    url.map_or(Ok(()), check).map_err(|why| why.to_string())
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
