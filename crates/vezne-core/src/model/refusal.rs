//! Why a payout was not accepted. A refusal is final for its merchant reference.

use std::fmt;

use super::identifier::{ChannelCode, PayoutId};
use super::money::{Currency, Money};

/// Why a submission was refused, by descending precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitRefusal {
    /// The reference belongs to a payout with other content.
    ReferenceReused {
        /// The payout that has it.
        existing: PayoutId,
    },
    /// The merchant is suspended.
    MerchantSuspended,
    /// The merchant may not use this channel.
    ChannelNotOffered {
        /// The channel asked for.
        channel: ChannelCode,
    },
    /// The amount is below what one payout must be.
    AmountBelowMinimum {
        /// The smallest amount taken.
        minimum: Money,
    },
    /// The amount is above what one payout may be.
    AmountAboveMaximum {
        /// The largest amount taken.
        maximum: Money,
    },
    /// The beneficiary's own commission would leave nothing to pay.
    CommissionTakesAll {
        /// That commission.
        commission: Money,
    },
    /// The day's limit would be passed.
    DayLimitReached {
        /// The limit.
        limit: Money,
    },
    /// The balance and credit do not cover amount and commission.
    InsufficientBalance {
        /// What they would have to cover.
        needed: Money,
    },
    /// It is refused, but not for good: its merchant has as many kept refusals as it may, or the
    /// desk is in quarantine. Nothing was stored, and the same may be sent again.
    CannotRefuseNow,
}

/// A refusal as the store keeps it: a code and, for some, one amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRefusal {
    /// The stable code.
    pub code: String,
    /// The amount that goes with it, in minor units.
    pub amount_minor: Option<i64>,
}

impl StoredRefusal {
    /// Whether the balance did not suffice.
    pub fn is_lack(&self) -> bool {
        self.code == LACK
    }
}

/// The stable code of [`SubmitRefusal::InsufficientBalance`].
const LACK: &str = "insufficient-balance";

impl SubmitRefusal {
    /// The stable code in logs, rows and docs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ReferenceReused { .. } => "reference-reused",
            Self::MerchantSuspended => "merchant-suspended",
            Self::ChannelNotOffered { .. } => "channel-not-offered",
            Self::AmountBelowMinimum { .. } => "amount-below-minimum",
            Self::AmountAboveMaximum { .. } => "amount-above-maximum",
            Self::CommissionTakesAll { .. } => "commission-takes-all",
            Self::DayLimitReached { .. } => "day-limit-reached",
            Self::InsufficientBalance { .. } => LACK,
            Self::CannotRefuseNow => "cannot-refuse-now",
        }
    }

    /// What the store keeps under the reference; nothing for a reference that another payout owns,
    /// and for one that stays open.
    pub fn to_stored(&self) -> Option<StoredRefusal> {
        let amount_minor = match self {
            Self::ReferenceReused { .. } | Self::CannotRefuseNow => return None,
            Self::MerchantSuspended | Self::ChannelNotOffered { .. } => None,
            Self::AmountBelowMinimum { minimum: amount }
            | Self::AmountAboveMaximum { maximum: amount }
            | Self::CommissionTakesAll { commission: amount }
            | Self::DayLimitReached { limit: amount }
            | Self::InsufficientBalance { needed: amount } => Some(amount.minor()),
        };
        Some(StoredRefusal { code: self.code().to_owned(), amount_minor })
    }

    /// Reads what the store kept for a submission on `channel` in `currency`.
    pub fn from_stored(
        stored: &StoredRefusal,
        channel: &ChannelCode,
        currency: Currency,
    ) -> Option<Self> {
        let amount = stored.amount_minor.map(|minor| Money::new(minor, currency));
        Some(match (stored.code.as_str(), amount) {
            ("merchant-suspended", _) => Self::MerchantSuspended,
            ("channel-not-offered", _) => Self::ChannelNotOffered { channel: channel.clone() },
            ("amount-below-minimum", Some(minimum)) => Self::AmountBelowMinimum { minimum },
            ("amount-above-maximum", Some(maximum)) => Self::AmountAboveMaximum { maximum },
            ("commission-takes-all", Some(commission)) => Self::CommissionTakesAll { commission },
            ("day-limit-reached", Some(limit)) => Self::DayLimitReached { limit },
            (LACK, Some(needed)) => Self::InsufficientBalance { needed },
            _ => return None,
        })
    }
}

/// An answer that turned a submission down: for the first time, or again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// Why.
    pub why: SubmitRefusal,
    /// Whether this only repeats an earlier refusal of the same reference.
    pub replayed: bool,
}

/// A transition was asked of a payout, callback or merchant that is not in a state for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionRefusal {
    /// There is no such thing.
    NotFound,
    /// It is in another state.
    WrongState {
        /// The state it is in.
        state: &'static str,
        /// The states in which the action is possible.
        wanted: &'static str,
    },
    /// Nobody knows what became of it before the desk was restored.
    Doubted,
    /// What was given makes no sense.
    Invalid(String),
    /// Its row does not read, and says why; nothing is done with it.
    Unreadable(String),
}

impl fmt::Display for ActionRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such record"),
            Self::WrongState { state, wanted } => {
                write!(f, "it is {state}; this is possible only when it is {wanted}")
            }
            Self::Doubted => {
                f.write_str("it is in doubt since the desk was restored; resolve it with evidence")
            }
            Self::Invalid(why) => f.write_str(why),
            Self::Unreadable(why) => write!(f, "nothing is done with it: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Money, SubmitRefusal};

    #[test]
    fn what_is_stored_reads_back() {
        let amount = Money::new(5, Currency::TRY);
        for refusal in [
            SubmitRefusal::MerchantSuspended,
            SubmitRefusal::ChannelNotOffered { channel: "papara".into() },
            SubmitRefusal::AmountBelowMinimum { minimum: amount },
            SubmitRefusal::AmountAboveMaximum { maximum: amount },
            SubmitRefusal::CommissionTakesAll { commission: amount },
            SubmitRefusal::DayLimitReached { limit: amount },
            SubmitRefusal::InsufficientBalance { needed: amount },
        ] {
            let stored = refusal.to_stored().expect("this refusal is kept");
            let channel = "papara".into();
            let read = SubmitRefusal::from_stored(&stored, &channel, Currency::TRY);
            assert_eq!(read, Some(refusal));
        }
    }
}
