//! What an operator is shown: flat, masked, and the same as JSON and as a table.

mod channel;

pub use channel::ChannelView;

use serde::{Deserialize, Serialize};
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::callback::{Attempt, Callback, CallbackState};
use vezne_core::model::commission::Commission;
use vezne_core::model::ledger::{Entry, LedgerAccount};
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Merchant, MerchantStatus, Mode, Terms};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::{Dispatch, Payout, PayoutState, Progress};
use vezne_core::model::personal::mask;
use vezne_core::model::time::Timestamp;
use vezne_core::model::turkish_bank;

use crate::channel::file::ChannelFile;

/// The answer to a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done(String),
    /// Fresh credentials, shown this once.
    Credentials(CredentialsView),
    /// Merchants.
    Merchants(Vec<MerchantView>),
    /// One merchant.
    Merchant(Box<MerchantDetail>),
    /// Payouts.
    Payouts(Vec<PayoutView>),
    /// One payout.
    Payout(Box<PayoutDetail>),
    /// Callbacks.
    Callbacks(Vec<CallbackView>),
    /// One callback.
    Callback(Box<CallbackDetail>),
    /// Token keys.
    TokenKeys(Vec<TokenKeyView>),
    /// Channels.
    Channels(Vec<ChannelView>),
    /// One channel, as its file has it.
    Channel(Box<ChannelFile>),
}

/// What the merchant's developer needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialsView {
    /// Our id.
    pub merchant: i64,
    /// The dialect it speaks.
    pub dialect: String,
    /// What it logs in with.
    #[serde(flatten)]
    pub keys: KeysView,
    /// The key of the Standard Webhooks headers.
    pub webhook_secret: String,
}

/// Credentials in the words of a dialect.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeysView {
    /// BankoPay's.
    Bankopay {
        /// What it sends as `site_id`.
        site_id: String,
        /// What it sends as `site_key`.
        site_key: String,
        /// The `site_key` in callbacks.
        callback_key: String,
    },
    /// CCPayment's.
    Ccpayment {
        /// What it asks for tokens with.
        app_id: String,
        /// What it asks for tokens with, and makes its `hash_key` with.
        app_secret: String,
        /// What it sends as `merchant_key`.
        merchant_key: String,
    },
    /// Those of /applyfor.
    Applyfor {
        /// What it sends as `uid`.
        uid: String,
        /// What it signs with.
        secret: String,
    },
}

impl KeysView {
    /// The key that the merchant proves itself with.
    pub fn key(&self) -> &str {
        match self {
            Self::Bankopay { site_key: key, .. }
            | Self::Ccpayment { app_secret: key, .. }
            | Self::Applyfor { secret: key, .. } => key,
        }
    }

    /// The key that our callbacks are signed with.
    pub fn callback_key(&self) -> &str {
        match self {
            Self::Bankopay { callback_key: key, .. }
            | Self::Ccpayment { app_secret: key, .. }
            | Self::Applyfor { secret: key, .. } => key,
        }
    }
}

/// One key of bearer tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenKeyView {
    /// Its name in tokens.
    pub id: String,
    /// Since when it signs.
    pub since: String,
    /// Until when it verifies.
    pub until: String,
    /// `signs`, `verifies` or `retired`.
    pub state: String,
}

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

/// A payout in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutView {
    /// Our id.
    pub id: i64,
    /// The merchant's login.
    pub merchant: String,
    /// Its reference.
    pub reference: String,
    /// The channel.
    pub channel: String,
    /// The amount.
    pub amount: String,
    /// The commission.
    pub commission: String,
    /// The account, masked. Whose it is, only the payout alone tells.
    pub account: String,
    /// The state, with `in-doubt` where it is.
    pub state: String,
    /// When it was accepted.
    pub created_at: String,
}

/// A payout whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PayoutDetail {
    /// Its line.
    pub payout: PayoutView,
    /// What else is known: beneficiary, commission, rail, reason, next look.
    pub facts: Vec<(String, String)>,
    /// What happened: when, who, what, in words.
    pub trail: Vec<[String; 4]>,
    /// Its ledger movements: when, why, debit, credit, amount.
    pub postings: Vec<[String; 5]>,
    /// Its callbacks.
    pub callbacks: Vec<CallbackView>,
}

/// A callback in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallbackView {
    /// Its id.
    pub id: i64,
    /// The payout.
    pub payout: i64,
    /// The merchant's id.
    pub merchant: i64,
    /// The outcome it tells.
    pub event: String,
    /// The words it tells it in.
    pub message: String,
    /// Where it stands.
    pub state: String,
    /// When it stands there from, or is due.
    pub at: String,
    /// How many attempts were started.
    pub attempts: u32,
    /// How many of them the merchant refused.
    pub refusals: u32,
}

/// A callback whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallbackDetail {
    /// Its line.
    pub callback: CallbackView,
    /// Its attempts: number, when, how it ended, HTTP status, milliseconds, in words.
    pub attempts: Vec<[String; 6]>,
}

/// A moment in UTC, to the second.
pub fn moment(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::MAX);
    moment.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// An amount that may be absent.
pub fn amount(minor: Option<i64>, currency: Currency) -> String {
    minor.map_or_else(|| "none".to_owned(), |minor| Money::new(minor, currency).to_string())
}

/// The name a merchant logs in under.
pub fn login(merchant: &Merchant) -> String {
    let own = || format!("#{}", merchant.id);
    merchant.access.first().map_or_else(own, |access| access.login.clone())
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
    let own = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
    let options = merchant.options.iter().map(|(name, value)| (name.clone(), value.clone()));
    let endpoint = |(name, url): (&String, &String)| (format!("endpoint {name}"), url.clone());
    own.chain(options).chain(merchant.endpoints.iter().map(endpoint)).collect()
}

/// The bounds of one payout in words.
fn bounds(limit: &AmountLimit, currency: Currency) -> String {
    let money = |minor| Money::new(minor, currency);
    match (limit.minimum_minor, limit.maximum_minor) {
        (None, None) => "any".to_owned(),
        (Some(least), None) => format!("from {}", money(least)),
        (None, Some(most)) => format!("up to {}", money(most)),
        (Some(least), Some(most)) => format!("{} to {}", money(least), money(most)),
    }
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

impl PayoutView {
    /// A payout in a list, under its merchant's login.
    pub fn new(payout: &Payout, merchant: String) -> Self {
        let doubt = if payout.state.in_doubt() { " (in doubt)" } else { "" };
        let warned = if payout.bank_mismatch().is_some() { " (warning)" } else { "" };
        Self {
            id: payout.id.0,
            merchant,
            reference: payout.reference.text.clone(),
            channel: payout.channel.to_string(),
            amount: payout.amount.to_string(),
            commission: payout.commission.to_string(),
            account: payout.beneficiary.masked_account(),
            state: format!("{}{doubt}{warned}", payout.state.code()),
            created_at: moment(payout.created_at),
        }
    }
}

/// What is known of a payout beside its line; personal facts masked.
pub fn facts(payout: &Payout) -> Vec<(String, String)> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let beneficiary = &payout.beneficiary;
    let mut facts = vec![
        pair("beneficiary", beneficiary.name.clone()),
        pair("account", payout.beneficiary.masked_account()),
        pair("commission", payout.commission.to_string()),
    ];
    if payout.receiver_commission.minor() != 0 {
        facts.push(pair("beneficiary bears", payout.receiver_commission.to_string()));
        facts.extend(payout.paid().ok().map(|paid| pair("to be paid", paid.to_string())));
    }
    facts.extend(bank_facts(payout));
    facts.extend(beneficiary.identity.as_ref().map(|fact| pair("identity", fact.masked())));
    let birth_date = beneficiary.birth_date.as_ref();
    facts.extend(birth_date.map(|date| pair("birth date", mask(date.expose(), 0, 0))));
    facts.extend(state_facts(&payout.state));
    facts
}

/// The bank by the IBAN and by the merchant's own words, and a warning where they are two banks.
fn bank_facts(payout: &Payout) -> Vec<(String, String)> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let beneficiary = &payout.beneficiary;
    let bank = turkish_bank::of_iban(&beneficiary.account);
    let mut facts: Vec<_> =
        bank.map(|bank| pair("bank", bank.name.to_owned())).into_iter().collect();
    facts.extend(beneficiary.bank_name.clone().map(|name| pair("bank as named", name)));
    facts.extend(payout.bank_mismatch().map(|mismatch| pair("warning", mismatch.to_string())));
    facts
}

fn state_facts(state: &PayoutState) -> Vec<(String, String)> {
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let reference =
        |text: &Option<String>| pair("rail reference", text.clone().unwrap_or_default());
    match state {
        PayoutState::AwaitingApproval | PayoutState::Approved => Vec::new(),
        PayoutState::Dispatched(dispatch) => dispatch_facts(dispatch),
        PayoutState::Settled(ending) => {
            vec![pair("rail", ending.rail.to_string()), reference(&ending.rail_reference)]
        }
        PayoutState::Rejected { by, reason } => {
            vec![pair("by", by.to_string()), pair("reason", reason.clone())]
        }
        PayoutState::Failed { rail, reason } => {
            vec![pair("rail", rail.to_string()), pair("reason", reason.clone())]
        }
        PayoutState::Returned { ending, reason } => {
            let rail = pair("rail", ending.rail.to_string());
            vec![rail, reference(&ending.rail_reference), pair("reason", reason.clone())]
        }
    }
}

fn dispatch_facts(dispatch: &Dispatch) -> Vec<(String, String)> {
    let progress = match &dispatch.progress {
        Progress::Sending => "being sent".to_owned(),
        Progress::Unsent => "the rail never received it; it is sent again".to_owned(),
        Progress::Accepted => "the rail has it".to_owned(),
        Progress::InDoubt { since, detail } => {
            format!("in doubt since {}: {detail}", moment(*since))
        }
    };
    [
        ("rail", dispatch.rail.to_string()),
        ("progress", progress),
        ("send", dispatch.attempt.to_string()),
        ("status queries", dispatch.checks.to_string()),
        ("rail reference", dispatch.rail_reference.clone().unwrap_or_default()),
        ("looked at next", moment(dispatch.due_at)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// The trail from the submission on. The submission, and the policy's approval in the same
/// decision, have no line of their own: the payout is their record.
pub fn trail(payout: &Payout, records: &[AuditRecord]) -> Vec<[String; 4]> {
    let first = |who: &str, what: &str| {
        [moment(payout.created_at), who.to_owned(), what.to_owned(), String::new()]
    };
    let by_people = |record: &AuditRecord| {
        ["payout.approved", "payout.rejected"].contains(&record.action.as_str())
    };
    let waiting = payout.state == PayoutState::AwaitingApproval;
    let mut lines = vec![first("merchant", "payout.submitted")];
    if !waiting && !records.iter().any(by_people) {
        lines.push(first("policy", "payout.approved"));
    }
    lines.extend(records.iter().map(trail_line));
    lines
}

fn trail_line(record: &AuditRecord) -> [String; 4] {
    let AuditRecord { at, actor, action, detail, .. } = record;
    [moment(*at), actor.to_string(), action.clone(), detail.clone()]
}

/// The movements of an entry.
pub fn posting_lines(entry: &Entry) -> impl Iterator<Item = [String; 5]> + '_ {
    entry.postings.iter().map(|posting| {
        [
            moment(entry.at),
            entry.reason.code().to_owned(),
            posting.debit.to_string(),
            posting.credit.to_string(),
            Money::new(posting.amount_minor, entry.currency).to_string(),
        ]
    })
}

impl From<&Callback> for CallbackView {
    fn from(callback: &Callback) -> Self {
        let at = match callback.state {
            CallbackState::Due(at)
            | CallbackState::Acknowledged(at)
            | CallbackState::Parked(at) => at,
        };
        Self {
            id: callback.id.0,
            payout: callback.payout.0,
            merchant: callback.merchant.0,
            event: callback.event.code().to_owned(),
            message: callback.message.clone(),
            state: callback.state.code().to_owned(),
            at: moment(at),
            attempts: callback.attempts,
            refusals: callback.refusals,
        }
    }
}

/// A line of a callback's attempts.
pub fn attempt_line(attempt: &Attempt) -> [String; 6] {
    [
        attempt.number.to_string(),
        moment(attempt.at),
        attempt.outcome.code().to_owned(),
        attempt.http_status.map(|status| status.to_string()).unwrap_or_default(),
        attempt.took.as_millis().to_string(),
        attempt.detail.clone(),
    ]
}
