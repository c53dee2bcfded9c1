//! The keys that bearer tokens are signed with, rotated with overlap.

use super::personal::Secret;
use super::time::Timestamp;

/// One key. The newest signs; each verifies until its time is over.
#[derive(Clone, Debug)]
pub struct TokenKey {
    /// The name that tokens call it by.
    pub id: String,
    /// The private key as text, in a form that is the signer's business.
    pub private: Secret,
    /// Since when it signs.
    pub since: Timestamp,
    /// Until when it verifies; nothing while no other has followed it.
    pub until: Option<Timestamp>,
}

impl TokenKey {
    /// Whether tokens signed with it are still taken.
    pub fn verifies(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
