//! What a rail is asked and what it may answer.

use super::beneficiary::Beneficiary;
use super::identifier::{ChannelCode, PayoutId};
use super::money::Money;
use super::time::Timestamp;

/// One order to pay. The reference is the same on every attempt, so that a rail can know a repeat.
#[derive(Clone, Debug)]
pub struct PaymentOrder {
    /// The payout it pays.
    pub payout: PayoutId,
    /// The reference the rail sees, derived from the payout alone.
    pub reference: String,
    /// What the merchant chose.
    pub channel: ChannelCode,
    /// What the beneficiary gets.
    pub amount: Money,
    /// Who gets it.
    pub beneficiary: Beneficiary,
    /// When the intent to send was first committed.
    pub dispatched_at: Timestamp,
    /// The present moment.
    pub now: Timestamp,
}

/// What a rail said to a payment order, or to the question what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RailAnswer {
    /// It has the order and will pay; ask again.
    Accepted {
        /// The rail's own reference.
        rail_reference: Option<String>,
    },
    /// It paid.
    Settled {
        /// The rail's own reference.
        rail_reference: Option<String>,
    },
    /// It will not pay, and has not.
    Refused {
        /// Why, in words a merchant may read.
        reason: String,
    },
    /// Nobody knows whether it will pay. Only a later answer or a person resolves this.
    InDoubt {
        /// What happened.
        detail: String,
    },
    /// It never received the order, and guarantees that: the order may be sent again.
    NeverReceived,
    /// It has no way to know. This is no evidence of anything, and a person must find out.
    CannotTell,
}

impl RailAnswer {
    /// The code in metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Settled { .. } => "settled",
            Self::Refused { .. } => "refused",
            Self::InDoubt { .. } => "in-doubt",
            Self::CannotTell => "cannot-tell",
            Self::NeverReceived => "never-received",
        }
    }
}

/// Settled money that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RailReturn {
    /// The payout whose money it is, as it was called when the order was sent. A restored database
    /// may have given the id to another one since.
    pub payout: PayoutId,
    /// The reference that the order was sent under, which says whose money it is.
    pub reference: String,
    /// Why the bank sent it back.
    pub reason: String,
}
