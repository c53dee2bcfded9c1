//! Proofs that stand for one content, as rows.

use vezne_core::model::payout::ContentDigest;
use vezne_core::model::used_proof::UsedProof;

use super::{Result, Row, digest, moment};

/// Reads the content of a proof, and since when it has it; the columns begin at `first`.
pub(crate) fn read(row: &impl Row, first: usize) -> Result<UsedProof> {
    Ok(UsedProof { content: ContentDigest(digest(row, first)?), at: moment(row, first + 1)? })
}
