//! Merchants, with what they may do and have.

use serde::{Deserialize, Serialize};
use vezne_core::model::commission::Commission;
use vezne_core::model::ledger::LedgerAccount;
use vezne_core::model::merchant::{Merchant, MerchantStatus, Mode, Terms};
use vezne_core::model::money::{Currency, Money};

use super::{amount, bounds, login, moment};

/// A merchant in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MerchantView {
    /// Our id.
    pub id: i64,
    /// The dialect it speaks.
    pub dialect: String,
    /// Its login.
    pub login: String,
    /// Its name.
    pub name: String,
    /// `sandbox` or `live`.
    pub mode: String,
    /// `active` or `suspended`.
    pub status: String,
    /// Where its callbacks go.
    pub callback_url: Option<String>,
}

/// A merchant whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MerchantDetail {
    /// Its line.
    pub merchant: MerchantView,
    /// Account and balance.
    pub balances: Vec<(String, String)>,
    /// Setting and value.
    pub settings: Vec<(String, String)>,
    /// Its terms.
    pub terms: Vec<TermsView>,
    /// Its bank list: id and name.
    pub banks: Vec<(u32, String)>,
}

/// The terms on one channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TermsView {
    /// The channel.
    pub channel: String,
    /// The commission in words.
    pub commission: String,
    /// What the beneficiary bears, in words.
    pub receiver_commission: String,
    /// The bounds of one payout.
    pub amount: String,
    /// The most of one day.
    pub day_limit: String,
    /// The rail that pays.
    pub rail: String,
}

impl From<&Merchant> for MerchantView {
    fn from(merchant: &Merchant) -> Self {
        let mode = match merchant.mode {
            Mode::Sandbox => "sandbox",
            Mode::Live => "live",
        };
        let status = match merchant.status {
            MerchantStatus::Active => "active",
            MerchantStatus::Suspended => "suspended",
        };
        Self {
            id: merchant.id.0,
            dialect: merchant
                .access
                .first()
                .map_or_else(String::new, |access| access.dialect.to_string()),
            login: login(merchant),
            name: merchant.name.clone(),
            mode: mode.to_owned(),
            status: status.to_owned(),
            callback_url: merchant.callback_base_url.clone(),
        }
    }
}

impl MerchantDetail {
    /// A merchant with its balances.
    pub fn new(merchant: &Merchant, balances: &[(LedgerAccount, i64)]) -> Self {
        let balance = |(account, minor): &(LedgerAccount, i64)| {
            (account.kind.to_string(), Money::new(*minor, account.currency).to_string())
        };
        Self {
            merchant: merchant.into(),
            balances: balances.iter().map(balance).collect(),
            settings: settings(merchant),
            terms: merchant.terms.iter().map(|terms| terms_view(merchant, terms)).collect(),
            banks: merchant.banks.iter().map(|bank| (bank.id, bank.name.clone())).collect(),
        }
    }
}

fn settings(merchant: &Merchant) -> Vec<(String, String)> {
    let currency = merchant.currency;
    let networks: Vec<String> = merchant.allowed_networks.iter().map(ToString::to_string).collect();
    let rate = merchant.requests_per_second.map_or("default".to_owned(), |rate| rate.to_string());
    let access = merchant.access.first();
    let keys = access.map_or("none", |access| {
        let one = access.key.matches(access.callback_key.expose());
        if one { "one key, shown in callbacks too" } else { "callbacks have their own key" }
    });
    let mut settings = vec![
        ("credit limit", Money::new(merchant.credit_limit_minor, currency).to_string()),
        ("day limit", amount(merchant.day_limit_minor, currency)),
        ("approved below", amount(merchant.policy.approve_below_minor, currency)),
        ("retry refused", merchant.retry_refused.to_string()),
        ("references unique per", format!("{:?}", merchant.reference_scope).to_lowercase()),
        ("calls from", if networks.is_empty() { "any".to_owned() } else { networks.join(", ") }),
        ("requests per second", rate),
        ("keys", keys.to_owned()),
    ];
    if let Some(former) = access.and_then(|access| access.former_key.as_ref()) {
        settings.push(("former key until", moment(former.until)));
    }
    if let Some(former) = &merchant.former_webhook_secret {
        settings.push(("former webhook secret until", moment(former.until)));
    }
    let own = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
    let options = merchant.options.iter().map(|(name, value)| (name.clone(), value.clone()));
    let endpoint = |(name, url): (&String, &String)| (format!("endpoint {name}"), url.clone());
    own.chain(options).chain(merchant.endpoints.iter().map(endpoint)).collect()
}

fn terms_view(merchant: &Merchant, terms: &Terms) -> TermsView {
    TermsView {
        channel: terms.channel.to_string(),
        commission: commission(&terms.commission, merchant.currency),
        receiver_commission: commission(&terms.receiver_commission, merchant.currency),
        amount: bounds(&terms.amount, merchant.currency),
        day_limit: amount(terms.day_limit_minor, merchant.currency),
        rail: merchant.rail(&terms.channel).to_string(),
    }
}

fn commission(tariff: &Commission, currency: Currency) -> String {
    if *tariff == Commission::default() {
        return "none".to_owned();
    }
    let money = |minor| Money::new(minor, currency);
    let percent = format!("{}.{:04}", tariff.percent_ppm / 10_000, tariff.percent_ppm % 10_000);
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    let mut words = format!("{percent}% + {}", money(tariff.fixed_minor));
    if tariff.minimum_minor > 0 {
        words.push_str(&format!(", at least {}", money(tariff.minimum_minor)));
    }
    if let Some(most) = tariff.maximum_minor {
        words.push_str(&format!(", at most {}", money(most)));
    }
    words
}
