//! Proofs that stand for one content, as rows.

use vezne_core::model::payout::ContentDigest;
use vezne_core::model::time::Timestamp;
use vezne_core::model::used_proof::UsedProof;

use super::{Result, Row, digest, get, moment};

/// Reads the content of a proof, since when it has it and until when it is looked for; the columns
/// begin at `first`.
pub(crate) fn read(row: &impl Row, first: usize) -> Result<UsedProof> {
    let until = get::<Option<i64>>(row, first + 2)?.map(Timestamp::from_micros);
    let (content, at) = (ContentDigest(digest(row, first)?), moment(row, first + 1)?);
    Ok(UsedProof { content, at, until })
}
