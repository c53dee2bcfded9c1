//! Payouts and the one-way road of their states.

use super::approval::Actor;
use super::beneficiary::Beneficiary;
use super::callback::CallbackTarget;
use super::identifier::{ChannelCode, DialectCode, MerchantId, PayoutId, RailCode};
use super::ledger::EntryReason;
use super::money::{Money, MoneyError};
use super::quarantine::DeskState;
use super::refusal::ActionRefusal;
use super::time::{Day, Timestamp};
use super::turkish_bank::{self, BankMismatch};

/// The merchant's own id of a payout, unique within its scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MerchantReference {
    /// The merchant's text.
    pub text: String,
    /// The channel, where references are unique per channel; otherwise nothing.
    pub scope: Option<ChannelCode>,
}

/// A digest over everything that makes two submissions the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentDigest(pub [u8; 16]);

/// One instruction to pay one beneficiary.
#[derive(Clone, Debug)]
pub struct Payout {
    /// Our id.
    pub id: PayoutId,
    /// Who asked.
    pub merchant: MerchantId,
    /// In which dialect.
    pub dialect: DialectCode,
    /// Under which reference of theirs.
    pub reference: MerchantReference,
    /// What a repeat must match.
    pub content: ContentDigest,
    /// Through which channel.
    pub channel: ChannelCode,
    /// What the merchant asked for.
    pub amount: Money,
    /// What the merchant pays on top.
    pub commission: Money,
    /// What the beneficiary bears: it is taken off the amount before it is paid.
    pub receiver_commission: Money,
    /// Who is paid.
    pub beneficiary: Beneficiary,
    /// What only the dialect needs again; nobody else reads it.
    pub note: Vec<u8>,
    /// Where its callbacks go.
    pub callback_to: CallbackTarget,
    /// The reference that every rail sees on every attempt. The store makes it of merchant, scope
    /// and merchant reference, so that it is the same again when a lost payout is submitted anew;
    /// nothing before it is stored.
    pub rail_key: Option<String>,
    /// The number of releases from a quarantine that it is vouched for. While the desk asks for
    /// more, nobody knows what became of it: see [`DeskState::asked_trust`].
    pub trust: i64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// Where it stands.
    pub state: PayoutState,
}

/// Where a payout stands. Each state carries what is known only in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayoutState {
    /// A person must decide.
    AwaitingApproval,
    /// It may be sent.
    Approved,
    /// The intent to send is committed; the rail has it, or may have it.
    Dispatched(Dispatch),
    /// The rail paid.
    Settled(Ending),
    /// We turned it down.
    Rejected {
        /// Who did.
        by: Actor,
        /// Why, in words the merchant reads.
        reason: String,
    },
    /// The rail turned it down.
    Failed {
        /// The rail.
        rail: RailCode,
        /// Why, in words the merchant reads.
        reason: String,
    },
    /// The bank sent settled money back.
    Returned {
        /// How it had been paid.
        ending: Ending,
        /// Why it came back.
        reason: String,
    },
}

/// How a payout was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The rail that paid.
    pub rail: RailCode,
    /// The rail's own reference.
    pub rail_reference: Option<String>,
}

/// A payout on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatch {
    /// The rail it was given to.
    pub rail: RailCode,
    /// When the first intent was committed.
    pub at: Timestamp,
    /// Counts the sends; an answer names the send it belongs to, so that a late one is known.
    pub attempt: u32,
    /// How far the last send got.
    pub progress: Progress,
    /// The rail's own reference, once it gave one.
    pub rail_reference: Option<String>,
    /// Whether the rail took the last send at some time. What it took is never sent again by
    /// itself.
    pub accepted: bool,
    /// Since when the rail has said, without another answer between, that it never received the
    /// last send.
    pub absent_since: Option<Timestamp>,
    /// How often the rail was asked since the last send.
    pub checks: u32,
    /// When a worker looks at it next: the end of its lease, or the next status query.
    pub due_at: Timestamp,
}

/// How far a send got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A worker holds it under a lease until it is due.
    Sending,
    /// The rail never received the last send; it is sent again when due.
    Unsent,
    /// The rail took it and will answer later.
    Accepted,
    /// Nobody knows whether the rail will pay.
    InDoubt {
        /// Since when.
        since: Timestamp,
        /// What happened.
        detail: String,
    },
}

impl Dispatch {
    /// What is said of it while nobody knows whether its rail will pay.
    pub fn doubt(&self) -> Option<&str> {
        match &self.progress {
            Progress::InDoubt { detail, .. } => Some(detail),
            Progress::Sending | Progress::Unsent | Progress::Accepted => None,
        }
    }
}

impl PayoutState {
    /// The code in rows, reports and filters.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting-approval",
            Self::Approved => "approved",
            Self::Dispatched(_) => "dispatched",
            Self::Settled(_) => "settled",
            Self::Rejected { .. } => "rejected",
            Self::Failed { .. } => "failed",
            Self::Returned { .. } => "returned",
        }
    }

    /// Every code, in the order of the road.
    pub const CODES: [&'static str; 7] = [
        "awaiting-approval",
        "approved",
        "dispatched",
        "settled",
        "rejected",
        "failed",
        "returned",
    ];

    /// Whether its money is still set aside.
    pub const fn holds_money(&self) -> bool {
        matches!(self, Self::AwaitingApproval | Self::Approved | Self::Dispatched(_))
    }

    /// Whether its books went further than this state: then an older version of its row was put
    /// back by hand, with the seal of then. `booked` is the reason of an entry about it.
    pub const fn is_behind(&self, booked: EntryReason) -> bool {
        match self {
            Self::AwaitingApproval | Self::Approved | Self::Dispatched(_) => {
                matches!(booked, EntryReason::Settle | EntryReason::Release | EntryReason::Return)
            }
            Self::Settled(_) => matches!(booked, EntryReason::Return),
            Self::Rejected { .. } | Self::Failed { .. } | Self::Returned { .. } => false,
        }
    }

    /// Whether it counts against the limit of the day it was submitted on.
    pub const fn counts_for_day(&self) -> bool {
        !matches!(self, Self::Rejected { .. } | Self::Failed { .. })
    }

    /// Whether nobody knows if the rail will pay it.
    pub const fn in_doubt(&self) -> bool {
        matches!(self, Self::Dispatched(Dispatch { progress: Progress::InDoubt { .. }, .. }))
    }

    /// The refusal of an action that needs another state.
    pub const fn wrong(&self, wanted: &'static str) -> ActionRefusal {
        ActionRefusal::WrongState { state: self.code(), wanted }
    }
}

impl Payout {
    /// What is set aside for it: amount and commission.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when the sum does not fit.
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.amount.plus(self.commission)
    }

    /// What the beneficiary gets: the amount less the beneficiary's own commission.
    ///
    /// # Errors
    /// [`MoneyError`] when the two do not fit together, which the engine never lets happen.
    pub fn paid(&self) -> Result<Money, MoneyError> {
        self.amount.minus(self.receiver_commission)
    }

    /// Whether the bank that the merchant named is another than the IBAN's. Nothing is decided by
    /// it: a person looks.
    pub fn bank_mismatch(&self) -> Option<BankMismatch> {
        let named = self.beneficiary.bank_name.as_deref()?;
        turkish_bank::mismatch(&self.beneficiary.account, named)
    }

    /// The day whose limits it counts against.
    pub fn day(&self) -> Day {
        self.created_at.day()
    }

    /// Whether it may have been moved or sent without a trace here, because the desk was, or may
    /// have been, restored since it was vouched for. What has come to its end is past doubt.
    pub fn is_doubted(&self, desk: &DeskState) -> bool {
        self.state.holds_money() && self.trust < desk.asked_trust()
    }
}
