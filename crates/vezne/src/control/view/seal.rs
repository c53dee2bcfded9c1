//! The payouts from before payouts were sealed.

use serde::{Deserialize, Serialize};
use vezne_core::model::unread::{Unsealed, UnsealedSum};

use super::PayoutView;

/// What a person confirms.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealsView {
    /// Whether it was confirmed, or every payout had a seal from the start.
    pub confirmed: bool,
    /// How many payouts without a seal wait until it is.
    pub waiting: u64,
    /// How many there are and what they come to, by state and currency.
    pub unsealed: Vec<UnsealedView>,
    /// Those that wait, masked, the newest first; at most a thousand of each state.
    pub payouts: Vec<PayoutView>,
}

/// The payouts without a seal in one state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnsealedView {
    /// The state.
    pub state: String,
    /// How many.
    pub count: u64,
    /// The sum of their amounts, in minor units.
    pub minor: String,
    /// The currency.
    pub currency: String,
}

impl SealsView {
    /// What there is, with those that wait.
    pub fn new(unsealed: &Unsealed, payouts: Vec<PayoutView>) -> Self {
        Self {
            confirmed: unsealed.confirmed,
            waiting: unsealed.unfinished(),
            unsealed: unsealed.sums.iter().map(Into::into).collect(),
            payouts,
        }
    }
}

impl From<&UnsealedSum> for UnsealedView {
    fn from(sum: &UnsealedSum) -> Self {
        Self {
            state: sum.state.clone(),
            count: sum.count,
            minor: sum.minor.to_string(),
            currency: sum.currency.clone(),
        }
    }
}
