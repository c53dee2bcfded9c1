//! The audit trail: who did what, when. A submission is its payout's own row and needs no second
//! one.

use super::approval::Actor;
use super::identifier::{CallbackId, MerchantId, PayoutId};
use super::time::Timestamp;

/// One line of the trail. Lines are only ever added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, as a stable code such as `payout.approved`.
    pub action: String,
    /// Whose.
    pub merchant: Option<MerchantId>,
    /// On which payout.
    pub payout: Option<PayoutId>,
    /// On which callback.
    pub callback: Option<CallbackId>,
    /// In words; never a secret or a personal fact.
    pub detail: String,
}
