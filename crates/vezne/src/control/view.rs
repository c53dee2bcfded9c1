//! What an operator is shown: flat, masked, and the same as JSON and as a table.

mod channel;
mod credentials;
mod merchant;
mod payout;
mod quarantine;
mod seal;

pub use channel::ChannelView;
pub use credentials::{CredentialsView, KeysView, TokenKeyView, WebhookSecretView};
pub use merchant::{MerchantDetail, MerchantView, TermsView};
pub use payout::{PayoutDetail, PayoutView, facts, posting_lines, trail, trail_lines};
pub use quarantine::QuarantineView;
pub use seal::{SealsView, UnsealedView};

use serde::{Deserialize, Serialize};
use vezne_core::model::callback::{Attempt, Callback, CallbackState};
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::Merchant;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::time::Timestamp;
use vezne_core::model::unread::Unread;
use vezne_core::port::Found;

use crate::channel::file::ChannelFile;

/// The answer to a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done(String),
    /// Fresh credentials, shown this once.
    Credentials(CredentialsView),
    /// A fresh secret, shown this once.
    WebhookSecret(WebhookSecretView),
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
    /// The quarantine of the database.
    Quarantine(QuarantineView),
    /// The payouts from before payouts were sealed.
    Seals(SealsView),
    /// Channels.
    Channels(Vec<ChannelView>),
    /// One channel, as its file has it.
    Channel(Box<ChannelFile>),
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

/// The same for programs (RFC 3339).
pub fn rfc3339(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::MAX);
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
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

impl CallbackView {
    /// All that a list found, newest first, also what does not read.
    pub fn all(found: &Found<Callback>) -> Vec<Self> {
        let mut views: Vec<Self> = found.rows.iter().map(Into::into).collect();
        views.extend(found.unread.iter().map(Self::unread));
        views.sort_unstable_by_key(|view| std::cmp::Reverse(view.id));
        views
    }

    fn unread(unread: &Unread) -> Self {
        Self {
            id: unread.id,
            payout: 0,
            merchant: 0,
            event: String::new(),
            message: String::new(),
            state: format!("does not read: {}", unread.why),
            at: String::new(),
            attempts: 0,
            refusals: 0,
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
