//! What an operator is shown: flat, masked, and the same as JSON and as a table.

mod channel;
mod credentials;
mod data;
mod merchant;
mod payout;
mod quarantine;
mod seal;

pub use channel::ChannelView;
pub use credentials::{CredentialsView, KeysView, TokenKeyView, WebhookSecretView};
pub use data::{AmountView, At, BoundsView, CommissionView, Fact, Facts, ZONE, or_none};
pub use merchant::{BalanceView, BankView, MerchantDetail, MerchantView, TermsView};
pub use payout::{
    PayoutDetail, PayoutView, PostingView, TrailView, facts, posting_lines, trail, trail_lines,
};
pub use quarantine::QuarantineView;
pub use seal::{SealsView, UnsealedView};

use serde::{Deserialize, Serialize};
use vezne_core::model::callback::{Attempt, Callback, CallbackState};
use vezne_core::model::merchant::Merchant;
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
    pub at: Option<At>,
    /// How many attempts were started.
    pub attempts: u32,
    /// How many of them the merchant refused.
    pub refusals: u32,
    /// Why its row does not read, if it does not.
    pub unread: Option<String>,
}

/// A callback whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallbackDetail {
    /// Its line.
    pub callback: CallbackView,
    /// Its attempts.
    pub attempts: Vec<AttemptView>,
}

/// An attempt of a callback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttemptView {
    /// Which one it is.
    pub number: u32,
    /// When.
    pub at: At,
    /// How it ended.
    pub outcome: String,
    /// The HTTP status of the answer.
    pub http_status: Option<u16>,
    /// How long it took.
    pub milliseconds: u64,
    /// What went wrong, or what the merchant said.
    pub detail: String,
}

/// A moment in the words of people.
pub fn moment(at: Timestamp) -> String {
    At(at).named()
}

/// The name a merchant logs in under.
pub fn login(merchant: &Merchant) -> String {
    let own = || format!("#{}", merchant.id);
    merchant.access.first().map_or_else(own, |access| access.login.clone())
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
            at: Some(At(at)),
            attempts: callback.attempts,
            refusals: callback.refusals,
            unread: None,
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
            state: String::new(),
            at: None,
            attempts: 0,
            refusals: 0,
            unread: Some(unread.why.clone()),
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            at: At(attempt.at),
            outcome: attempt.outcome.code().to_owned(),
            http_status: attempt.http_status,
            milliseconds: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
            detail: attempt.detail.clone(),
        }
    }
}
