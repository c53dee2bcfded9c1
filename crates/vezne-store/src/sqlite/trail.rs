//! The audit trail in SQLite.

use rusqlite::{Connection, params};
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::identifier::PayoutId;

use crate::row::Result;
use crate::row::trail::LINE;

/// Writes new lines.
pub(super) fn insert(connection: &Connection, lines: &[AuditRecord]) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO trail (at, actor, action, merchant_id, payout_id, callback_id, detail) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    for line in lines {
        statement.execute(params![
            line.at.micros(),
            line.actor.to_string(),
            line.action,
            line.merchant.map(|id| id.0),
            line.payout.map(|id| id.0),
            line.callback.map(|id| id.0),
            line.detail,
        ])?;
    }
    Ok(())
}

/// Reads the lines about a payout, in order.
pub(super) fn read(connection: &Connection, payout: PayoutId) -> Result<Vec<AuditRecord>> {
    let sql = format!("SELECT {LINE} FROM trail WHERE payout_id = ? ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([payout.0])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(crate::row::trail::read(row, payout)?);
    }
    Ok(lines)
}
