//! The quarantine of the database.

use serde::{Deserialize, Serialize};
use vezne_core::model::quarantine::{DeskState, Quarantine};

use super::At;

/// Whether the database is in quarantine, and what its claims are counted by.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuarantineView {
    /// Whether it is.
    pub quarantined: bool,
    /// Since when.
    pub since: Option<At>,
    /// Why.
    pub reason: Option<String>,
    /// The claim number.
    pub claims: i64,
    /// How often it was released.
    pub releases: i64,
}

impl From<&DeskState> for QuarantineView {
    fn from(state: &DeskState) -> Self {
        let quarantine = state.quarantine.as_ref();
        Self {
            quarantined: quarantine.is_some(),
            since: quarantine.map(|Quarantine { since, .. }| At(*since)),
            reason: quarantine.map(|Quarantine { reason, .. }| reason.clone()),
            claims: state.claims,
            releases: state.releases,
        }
    }
}
