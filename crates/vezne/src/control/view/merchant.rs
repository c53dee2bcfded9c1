//! Merchants, with what they may do and have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vezne_core::model::ledger::LedgerAccount;
use vezne_core::model::merchant::{Bank, Merchant, MerchantStatus, Mode, Terms};
use vezne_core::model::money::Money;

use super::{AmountView, BoundsView, CommissionView, Fact, Facts, login};

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
    /// Its balances.
    pub balances: Vec<BalanceView>,
    /// Its settings.
    pub settings: Facts,
    /// The switches of its dialect.
    pub options: BTreeMap<String, String>,
    /// The further URLs for its callbacks, by the names that its requests call them by.
    pub endpoints: BTreeMap<String, String>,
    /// Its terms.
    pub terms: Vec<TermsView>,
    /// Its bank list.
    pub banks: Vec<BankView>,
}

/// The balance of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BalanceView {
    /// The account.
    pub account: String,
    /// How much is on it.
    #[serde(flatten)]
    pub amount: AmountView,
}

/// A line of a bank list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BankView {
    /// The id that the merchant sends.
    pub id: u32,
    /// The name that it shows.
    pub name: String,
}

/// The terms on one channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TermsView {
    /// The channel.
    pub channel: String,
    /// What the merchant pays on top.
    pub commission: CommissionView,
    /// What the beneficiary bears.
    pub receiver_commission: CommissionView,
    /// The bounds of one payout.
    pub amount: BoundsView,
    /// The most of one day.
    pub day_limit: Option<AmountView>,
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
        let balance = |(account, minor): &(LedgerAccount, i64)| BalanceView {
            account: account.kind.to_string(),
            amount: Money::new(*minor, account.currency).into(),
        };
        let bank = |bank: &Bank| BankView { id: bank.id, name: bank.name.clone() };
        let own = |map: &BTreeMap<String, String>| map.clone();
        Self {
            merchant: merchant.into(),
            balances: balances.iter().map(balance).collect(),
            settings: settings(merchant),
            options: own(&merchant.options),
            endpoints: own(&merchant.endpoints),
            terms: merchant.terms.iter().map(|terms| terms_view(merchant, terms)).collect(),
            banks: merchant.banks.iter().map(bank).collect(),
        }
    }
}

fn settings(merchant: &Merchant) -> Facts {
    let currency = merchant.currency;
    let networks: Vec<String> = merchant.allowed_networks.iter().map(ToString::to_string).collect();
    let calls_from = if networks.is_empty() { "any".to_owned() } else { networks.join(", ") };
    let access = merchant.access.first();
    let keys = access.map_or("none", |access| {
        let one = access.key.matches(access.callback_key.expose());
        if one { "one key, shown in callbacks too" } else { "callbacks have their own key" }
    });
    let scope = format!("{:?}", merchant.reference_scope).to_lowercase();
    let mut facts = Facts::default();
    facts.put("credit limit", Money::new(merchant.credit_limit_minor, currency));
    facts.put("day limit", Fact::amount(merchant.day_limit_minor, currency));
    facts.put("approved below", Fact::amount(merchant.policy.approve_below_minor, currency));
    facts.put("retry refused", Fact::Flag(merchant.retry_refused));
    facts.put("references unique per", scope);
    facts.put("calls from", calls_from);
    let rate = merchant.requests_per_second;
    facts.put("requests per second", rate.map_or_else(|| "default".into(), Fact::from));
    facts.put("keys", keys);
    let former = access.and_then(|access| access.former_key.as_ref());
    facts.put_some("former key until", former.map(|former| former.until));
    let former = merchant.former_webhook_secret.as_ref();
    facts.put_some("former webhook secret until", former.map(|former| former.until));
    facts
}

fn terms_view(merchant: &Merchant, terms: &Terms) -> TermsView {
    let currency = merchant.currency;
    TermsView {
        channel: terms.channel.to_string(),
        commission: CommissionView::new(&terms.commission, currency),
        receiver_commission: CommissionView::new(&terms.receiver_commission, currency),
        amount: BoundsView::new(&terms.amount, currency),
        day_limit: AmountView::of(terms.day_limit_minor, currency),
        rail: merchant.rail(&terms.channel).to_string(),
    }
}
