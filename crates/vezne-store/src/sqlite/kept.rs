//! How much is kept of a merchant for nothing, and what is let go in the end, in SQLite.

use rusqlite::{Connection, OptionalExtension, params};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::payout::MerchantReference;
use vezne_core::model::retention::{Horizon, KeptCounts, Pruned};
use vezne_core::model::time::Timestamp;

use crate::row::Result;
use crate::row::payout::scope;
use crate::row::refusal::{FOLDED, fold, folded};

/// What is counted of a merchant.
pub(super) struct Found {
    pub(super) counts: KeptCounts,
    /// Whether any of its refusals has a digest for its reference.
    pub(super) folded: bool,
}

/// Reads what is counted of a merchant; nothing where nothing is.
pub(super) fn read(connection: &Connection, merchant: MerchantId) -> Result<Option<Found>> {
    let sql = "SELECT refusals, idle_proofs, folded > 0 FROM kept_count WHERE merchant_id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([merchant.0], |row| {
        let counts = KeptCounts { refusals: row.get(0)?, idle_proofs: row.get(1)? };
        Ok(Found { counts, folded: row.get(2)? })
    });
    Ok(found.optional()?)
}

/// Reads what is counted of everybody.
pub(super) fn read_all(connection: &Connection) -> Result<Vec<(MerchantId, KeptCounts)>> {
    let sql = "SELECT merchant_id, refusals, idle_proofs FROM kept_count ORDER BY merchant_id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let counts = KeptCounts { refusals: row.get(1)?, idle_proofs: row.get(2)? };
        Ok((MerchantId(row.get(0)?), counts))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes what is counted now.
pub(super) fn put(connection: &Connection, counts: &[(MerchantId, KeptCounts)]) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO kept_count (merchant_id, refusals, folded, idle_proofs) VALUES (?, ?, 0, ?) \
         ON CONFLICT DO UPDATE SET refusals = excluded.refusals, \
         idle_proofs = excluded.idle_proofs",
    )?;
    for (merchant, counts) in counts {
        statement.execute(params![merchant.0, counts.refusals, counts.idle_proofs])?;
    }
    Ok(())
}

/// Gives a refusal its reference back, if it has a digest in its place: what stands under the
/// reference is about to change.
pub(super) fn unfold(
    connection: &Connection,
    merchant: MerchantId,
    reference: &MerchantReference,
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE refusal SET reference = ?, scope = ? \
         WHERE merchant_id = ? AND reference = ? AND scope = ?",
    )?;
    let digest = folded(reference);
    let both = params![reference.text, scope(reference), merchant.0, digest, FOLDED];
    if statement.execute(both)? > 0 {
        count_folded(connection, merchant.0, -1)?;
    }
    Ok(())
}

fn count_folded(connection: &Connection, merchant: i64, by: i64) -> Result<()> {
    let sql = "UPDATE kept_count SET folded = folded + ? WHERE merchant_id = ?";
    connection.prepare_cached(sql)?.execute([by, merchant])?;
    Ok(())
}

/// Lets go what lies beyond a horizon, at most so many rows of each kind, inside the transaction
/// that the writer has begun.
pub(super) fn prune(connection: &Connection, horizon: &Horizon, most: usize) -> Result<Pruned> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    Ok(Pruned {
        callbacks: empty_callbacks(connection, horizon.callbacks, limit)?,
        refusals: fold_refusals(connection, horizon.refusals, limit)?,
        proofs: forget_proofs(connection, horizon.now, limit)?,
    })
}

pub(super) const DONE_CALLBACKS: &str = "SELECT id FROM callback \
     WHERE state <> 'due' AND forgotten < attempts AND state_at < ? ORDER BY state_at LIMIT ?";

fn empty_callbacks(connection: &Connection, before: Timestamp, limit: i64) -> Result<usize> {
    let mut done = connection.prepare_cached(DONE_CALLBACKS)?;
    let ids = done.query_map([before.micros(), limit], |row| row.get::<_, i64>(0))?;
    let ids: Vec<i64> = ids.collect::<rusqlite::Result<_>>()?;
    // The count first: by it the attempts may go.
    let mut empty = connection
        .prepare_cached("UPDATE callback SET body = NULL, forgotten = attempts WHERE id = ?")?;
    let mut attempts = connection.prepare_cached("DELETE FROM attempt WHERE callback_id = ?")?;
    for id in &ids {
        empty.execute([id])?;
        attempts.execute([id])?;
    }
    Ok(ids.len())
}

pub(super) const OLD_REFUSALS: &str = "SELECT merchant_id, reference, scope FROM refusal \
     WHERE reopened_at IS NULL AND scope <> '#' AND at < ? ORDER BY at LIMIT ?";

fn fold_refusals(connection: &Connection, before: Timestamp, limit: i64) -> Result<usize> {
    let mut old = connection.prepare_cached(OLD_REFUSALS)?;
    let rows = old.query_map([before.micros(), limit], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare_cached(
        "UPDATE refusal SET reference = ?, scope = ? \
         WHERE merchant_id = ? AND reference = ? AND scope = ?",
    )?;
    for (merchant, reference, scope) in &rows {
        let digest = fold(reference, scope);
        statement.execute(params![digest, FOLDED, merchant, reference, scope])?;
        count_folded(connection, *merchant, 1)?;
    }
    Ok(rows.len())
}

pub(super) const PAST_PROOFS: &str = "SELECT merchant_id, digest FROM used_proof \
     WHERE until IS NOT NULL AND until < ? ORDER BY until LIMIT ?";

fn forget_proofs(connection: &Connection, now: Timestamp, limit: i64) -> Result<usize> {
    let sql = format!("DELETE FROM used_proof WHERE (merchant_id, digest) IN ({PAST_PROOFS})");
    Ok(connection.prepare_cached(&sql)?.execute([now.micros(), limit])?)
}
