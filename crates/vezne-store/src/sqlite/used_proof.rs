//! Proofs that stand for one content, as rows.

use rusqlite::{Connection, params};
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::time::Timestamp;
use vezne_core::model::used_proof::{ProofKey, UsedProof};

use super::error::{Result, StoreError, bytes, get};

/// Writes what proofs are used for now.
pub(super) fn put(connection: &Connection, used: &[(ProofKey, UsedProof)]) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO used_proof (merchant_id, digest, content, at) VALUES (?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET content = excluded.content, at = excluded.at",
    )?;
    for (key, used) in used {
        let at = used.at.micros();
        statement.execute(params![key.merchant.0, key.digest, used.content.0, at])?;
    }
    Ok(())
}

/// Reads what a proof was used for.
pub(super) fn read(connection: &Connection, key: &ProofKey) -> Result<Option<UsedProof>> {
    let sql = "SELECT content, at FROM used_proof WHERE merchant_id = ? AND digest = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![key.merchant.0, key.digest])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let content = bytes(row, 0)?.try_into();
    let content = content.map_err(|_| StoreError::Broken("a digest of wrong length".to_owned()))?;
    let at = Timestamp::from_micros(get(row, 1)?);
    Ok(Some(UsedProof { content: ContentDigest(content), at }))
}
