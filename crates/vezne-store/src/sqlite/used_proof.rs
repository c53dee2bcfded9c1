//! Proofs that stand for one content, in SQLite.

use rusqlite::{Connection, params};
use vezne_core::model::used_proof::{ProofKey, UsedProof};

use crate::row::Result;

/// Writes what proofs are used for now.
pub(super) fn put(connection: &Connection, used: &[(ProofKey, UsedProof)]) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO used_proof (merchant_id, digest, content, at, until) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT DO UPDATE SET content = excluded.content, at = excluded.at, \
         until = excluded.until",
    )?;
    for (key, used) in used {
        let (at, until) = (used.at.micros(), used.until.map(|until| until.micros()));
        statement.execute(params![key.merchant.0, key.digest, used.content.0, at, until])?;
    }
    Ok(())
}

/// Reads what a proof was used for.
pub(super) fn read(connection: &Connection, key: &ProofKey) -> Result<Option<UsedProof>> {
    let sql = "SELECT content, at, until FROM used_proof WHERE merchant_id = ? AND digest = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![key.merchant.0, key.digest])?;
    rows.next()?.map(|row| crate::row::used_proof::read(row, 0)).transpose()
}
