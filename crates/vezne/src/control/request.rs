//! What an operator may ask, as it travels over the control socket.

use serde::{Deserialize, Serialize};

use crate::channel::file::ChannelFile;

/// One command.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is soon gone")]
pub enum Request {
    /// About merchants.
    Merchant(MerchantRequest),
    /// About payouts.
    Payout(PayoutRequest),
    /// About callbacks.
    Callback(CallbackRequest),
    /// About the keys of bearer tokens.
    TokenKey(TokenKeyRequest),
    /// About channels.
    Channel(ChannelRequest),
    /// About the quarantine of the database.
    Quarantine(QuarantineRequest),
    /// About the payouts from before payouts were sealed.
    Seal(SealRequest),
}

/// About merchants. A merchant is named by its login (BankoPay: `site_id`) or by `#` and our id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum MerchantRequest {
    /// Adds one.
    Add(NewMerchant),
    /// All of them.
    List,
    /// One, with its balances.
    Show {
        /// Which.
        merchant: String,
    },
    /// Gives it a fresh key.
    RotateKey {
        /// Which.
        merchant: String,
        /// For how long the former key is still taken.
        overlap_hours: u64,
        /// Which keys it gets.
        keys: Keys,
        /// Whether a former key that is still in its overlap is dropped at once.
        forget_former: bool,
    },
    /// Gives it a fresh secret of the Standard Webhooks headers.
    RotateWebhookSecret {
        /// Which.
        merchant: String,
        /// For how long the former secret signs beside it.
        overlap_hours: u64,
        /// Whether a former secret that still signs is dropped at once.
        forget_former: bool,
    },
    /// Adds to its balance.
    TopUp {
        /// Which.
        merchant: String,
        /// A plain decimal in its currency.
        amount: String,
        /// Where the money came from.
        note: String,
    },
    /// Changes what is given, leaves the rest.
    Set {
        /// Which.
        merchant: String,
        /// The changes.
        settings: MerchantSettings,
    },
    /// Adds or replaces a line of its bank list.
    SetBank {
        /// Which.
        merchant: String,
        /// The id that it sends.
        id: u32,
        /// The name that it shows; nothing removes the line.
        name: Option<String>,
    },
    /// Adds, replaces or removes a further URL for its callbacks.
    SetEndpoint {
        /// Which.
        merchant: String,
        /// The name that its requests call it by.
        name: String,
        /// The URL; nothing removes it.
        url: Option<String>,
    },
    /// Changes its terms on one channel.
    SetTerms {
        /// Which.
        merchant: String,
        /// The channel.
        channel: String,
        /// The changes.
        terms: TermsSettings,
    },
}

/// The keys of a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keys {
    /// As before: one for both ways, or two.
    AsBefore,
    /// One for both ways.
    One,
    /// One that it sends, and another one in callbacks.
    Two,
}

/// A merchant to add.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NewMerchant {
    /// Its name, for people.
    pub name: String,
    /// How it logs in.
    pub access: NewAccess,
    /// Whether it moves money.
    pub live: bool,
    /// The currency of its accounts; TRY without it.
    pub currency: Option<String>,
    /// Everything else.
    pub settings: MerchantSettings,
}

/// How a new merchant logs in. Whatever is left out is made afresh.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum NewAccess {
    /// To BankoPay.
    Bankopay {
        /// Its `site_id`.
        site_id: u64,
        /// Its `site_key`.
        site_key: Option<String>,
    },
    /// To CCPayment.
    Ccpayment {
        /// Its `app_id`.
        app_id: Option<String>,
        /// Its `app_secret`.
        app_secret: Option<String>,
        /// Its `merchant_key`.
        merchant_key: Option<String>,
    },
    /// To /applyfor.
    Applyfor {
        /// Its `uid`.
        uid: String,
        /// The secret it signs with.
        secret: Option<String>,
    },
}

impl Default for NewAccess {
    fn default() -> Self {
        Self::Bankopay { site_id: 0, site_key: None }
    }
}

/// What can be changed of a merchant. Amounts are plain decimals; `none` takes a limit away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
pub struct MerchantSettings {
    /// Where its callbacks go, e.g. https://merchant.example/api/BankoPay
    #[arg(long, value_name = "URL")]
    pub callback_url: Option<String>,
    /// How far below zero its balance may go
    #[arg(long, value_name = "AMOUNT")]
    pub credit_limit: Option<String>,
    /// The most of one day over all channels, or `none`
    #[arg(long, value_name = "AMOUNT")]
    pub day_limit: Option<String>,
    /// Amounts below this need no person, or `none`
    #[arg(long, value_name = "AMOUNT")]
    pub approve_below: Option<String>,
    /// Whether a refused reference may be submitted again
    #[arg(long, value_name = "BOOL")]
    pub retry_refused: Option<bool>,
    /// Networks it may call from, comma separated, or `any`
    #[arg(long, value_name = "NETWORKS")]
    pub allow: Option<String>,
    /// Requests a second it may make, or `none` for the configuration's figure
    #[arg(long, value_name = "NUMBER")]
    pub requests_per_second: Option<String>,
    /// Suspends it (true) or takes it back (false)
    #[arg(long, value_name = "BOOL")]
    pub suspended: Option<bool>,
    /// The cost of the bcrypt hash in its callbacks, 4 to 12
    #[arg(long, value_name = "COST")]
    pub bcrypt_cost: Option<u32>,
    /// Whether `callback_data` shows the site_key, as the document prints it
    #[arg(long, value_name = "BOOL")]
    pub echo_site_key: Option<bool>,
    /// Whether a BankoPay request is refused of whose key not all is in the 72 bytes that bcrypt
    /// hashes, for a receiver whose library takes no longer text
    #[arg(long, value_name = "BOOL")]
    pub hash_whole_key: Option<bool>,
    /// The CCPayment brand whose answers and paths it gets: one of the configuration's
    #[arg(long, value_name = "NAME")]
    pub brand: Option<String>,
    /// Whether a hash_key may come again with other rows, for a client that makes it without
    /// randomness
    #[arg(long, value_name = "BOOL")]
    pub hash_key_reuse: Option<bool>,
    /// How an /applyfor signature ends: `key` for &key= and the secret, `append` for the secret
    /// alone
    #[arg(long, value_name = "STYLE")]
    pub sign_style: Option<String>,
    /// Whether empty values are signed in /applyfor: `included` or `skipped`
    #[arg(long, value_name = "WHETHER")]
    pub sign_empties: Option<String>,
    /// How far from ours the time of an /applyfor request may be; 0 for any
    #[arg(long, value_name = "SECONDS")]
    pub timestamp_window: Option<u32>,
    /// Hosts that an /applyfor request may have notified, comma separated, or `any`
    #[arg(long, value_name = "HOSTS")]
    pub notify_hosts: Option<String>,
    /// Whether it speaks the older /applyfor, with `channel` for `pay_code` and without `currency`
    #[arg(long, value_name = "BOOL")]
    pub older_generation: Option<bool>,
    /// Whether a repeat in /applyfor gets 10003 even when it asks for the same
    #[arg(long, value_name = "BOOL")]
    pub strict_duplicates: Option<bool>,
}

/// What can be changed of a merchant's terms on a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
pub struct TermsSettings {
    /// Percentage of the commission, e.g. 1.5
    #[arg(long, value_name = "PERCENT")]
    pub percent: Option<String>,
    /// Fixed part of the commission
    #[arg(long, value_name = "AMOUNT")]
    pub fixed: Option<String>,
    /// The least commission
    #[arg(long, value_name = "AMOUNT")]
    pub commission_minimum: Option<String>,
    /// The most commission, or `none`
    #[arg(long, value_name = "AMOUNT")]
    pub commission_maximum: Option<String>,
    /// Percentage that the beneficiary bears
    #[arg(long, value_name = "PERCENT")]
    pub receiver_percent: Option<String>,
    /// Fixed part that the beneficiary bears
    #[arg(long, value_name = "AMOUNT")]
    pub receiver_fixed: Option<String>,
    /// The least that the beneficiary bears
    #[arg(long, value_name = "AMOUNT")]
    pub receiver_minimum: Option<String>,
    /// The most that the beneficiary bears, or `none`
    #[arg(long, value_name = "AMOUNT")]
    pub receiver_maximum: Option<String>,
    /// The smallest amount, or `none`
    #[arg(long, value_name = "AMOUNT")]
    pub minimum: Option<String>,
    /// The largest amount, or `none`
    #[arg(long, value_name = "AMOUNT")]
    pub maximum: Option<String>,
    /// The most of one day, or `none`
    #[arg(long, value_name = "AMOUNT")]
    pub day_limit: Option<String>,
    /// The rail of a live merchant, or `none` for the manual one
    #[arg(long, value_name = "RAIL")]
    pub rail: Option<String>,
    /// Whether the channel is offered at all
    #[arg(long, value_name = "BOOL")]
    pub offered: Option<bool>,
}

/// About payouts. A payout is named by our id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum PayoutRequest {
    /// The newest first.
    List(PayoutQuery),
    /// One with all that happened to it.
    Show {
        /// Which.
        payout: i64,
    },
    /// Lets it go.
    Approve {
        /// Which.
        payout: i64,
    },
    /// Turns it down.
    Reject {
        /// Which.
        payout: i64,
        /// Why, in words the merchant reads.
        reason: String,
    },
    /// Records that it was paid.
    Settle {
        /// Which.
        payout: i64,
        /// The rail's own reference.
        rail_reference: Option<String>,
    },
    /// Records that it was not paid.
    Fail {
        /// Which.
        payout: i64,
        /// Why, in words the merchant reads.
        reason: String,
    },
    /// Records that settled money came back.
    Return {
        /// Which.
        payout: i64,
        /// Why.
        reason: String,
    },
    /// Ends a doubt.
    Resolve {
        /// Which.
        payout: i64,
        /// What became of it.
        resolution: DoubtResolution,
        /// What shows it.
        evidence: String,
    },
    /// Has it looked at again after it was repaired.
    TakeUp {
        /// Which.
        payout: i64,
    },
    /// Does this, if the payout is of this dialect, in whose form its id was given.
    Of {
        /// The dialect's code.
        dialect: String,
        /// Which.
        payout: i64,
        /// What is asked of it.
        request: Box<PayoutRequest>,
    },
}

/// What became of a payout in doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoubtResolution {
    /// It was paid, under this reference of the rail's.
    Paid(Option<String>),
    /// It was not paid; the merchant reads why.
    NotPaid(String),
    /// The rail never received it.
    NeverSent,
}

/// Which payouts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PayoutQuery {
    /// Of one merchant.
    pub merchant: Option<String>,
    /// In one state.
    pub state: Option<String>,
    /// Only those that were set aside.
    pub set_aside: bool,
    /// Only those in doubt.
    pub in_doubt: bool,
    /// With this merchant reference.
    pub reference: Option<String>,
    /// Older than this one.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// About the keys of bearer tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum TokenKeyRequest {
    /// All of them, without their private parts.
    List,
    /// Has a fresh one sign from now on.
    Rotate,
}

/// About the quarantine of the database.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum QuarantineRequest {
    /// Whether it is in one.
    Status,
    /// Sends nothing any more.
    Begin {
        /// Why.
        reason: String,
    },
    /// Sends again, once rails have said what became of the payouts that were on their way.
    Release,
}

/// About the payouts from before payouts were sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum SealRequest {
    /// Which they are.
    Status,
    /// Seals them as they stand.
    Confirm {
        /// How many of them wait, as the one who confirms has seen it.
        waiting: u64,
        /// What shows that they are as they were accepted.
        reason: String,
    },
}

/// About channels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ChannelRequest {
    /// All of them.
    List,
    /// One whole.
    Show {
        /// Which.
        channel: String,
    },
    /// Adds or replaces one.
    Put(Box<ChannelFile>),
    /// Takes one away that nobody has terms on.
    Remove {
        /// Which.
        channel: String,
    },
}

/// About callbacks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum CallbackRequest {
    /// The newest first.
    List {
        /// Of one merchant.
        merchant: Option<String>,
        /// About one payout.
        payout: Option<i64>,
        /// In one state.
        state: Option<String>,
        /// Only those that were set aside.
        set_aside: bool,
        /// At most so many.
        limit: u32,
    },
    /// One with its attempts.
    Show {
        /// Which.
        callback: i64,
    },
    /// Sends a callback about no payout, to see whether it is taken.
    Test {
        /// Whose URL.
        merchant: String,
        /// To which of its endpoints, if not to its callback URL.
        endpoint: Option<String>,
        /// To which URL, as an order might name it.
        url: Option<String>,
    },
    /// Sends it again from the start of its schedule.
    Resend {
        /// Which.
        callback: i64,
    },
}
