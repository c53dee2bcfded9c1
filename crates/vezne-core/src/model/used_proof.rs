//! Proofs that came with requests and must not come again with something else.
//!
//! Some dialects prove a request by a text that covers only a part of it. Whoever has seen one such
//! text could send it again around other content; so the text is remembered with its content, and
//! stands for that content for good.

use super::identifier::MerchantId;
use super::payout::ContentDigest;
use super::time::Timestamp;

/// Whose proof, by a digest over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProofKey {
    /// The merchant.
    pub merchant: MerchantId,
    /// The digest.
    pub digest: [u8; 16],
}

/// What a proof was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedProof {
    /// The content it came with first.
    pub content: ContentDigest,
    /// When that was written.
    pub at: Timestamp,
    /// Until when anybody looks for it; nothing for one that stands for its content for good.
    pub until: Option<Timestamp>,
}
