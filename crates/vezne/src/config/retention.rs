//! The section that says how long things are kept.

use serde::Deserialize;
use vezne_core::model::retention::{KeptBounds, Retention};

use super::seconds;

/// How long things are kept, and how much of what costs a merchant nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionSection {
    pub(crate) callback_days: u32,
    pub(crate) refusal_days: u32,
    pub(crate) most_refusals_per_merchant: u32,
    pub(crate) most_idle_proofs_per_merchant: u32,
}

impl RetentionSection {
    /// How long things are kept.
    pub(crate) fn spans(&self) -> Retention {
        let days = |count: u32| seconds(u64::from(count) * 24 * 3_600);
        Retention { callbacks: days(self.callback_days), refusals: days(self.refusal_days) }
    }

    /// How much is kept of a merchant for nothing.
    pub(crate) fn bounds(&self) -> KeptBounds {
        KeptBounds {
            refusals: self.most_refusals_per_merchant.into(),
            idle_proofs: self.most_idle_proofs_per_merchant.into(),
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let positive = [
            ("callback_days", self.callback_days),
            ("refusal_days", self.refusal_days),
            ("most_refusals_per_merchant", self.most_refusals_per_merchant),
            ("most_idle_proofs_per_merchant", self.most_idle_proofs_per_merchant),
        ];
        match positive.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(format!("retention.{name} must be above zero")),
            None => Ok(()),
        }
    }
}
