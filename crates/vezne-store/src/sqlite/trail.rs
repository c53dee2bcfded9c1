//! The audit trail as rows.

use rusqlite::{Connection, params};
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};

use super::error::{Result, get, moment, text};

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
    let mut statement = connection.prepare_cached(
        "SELECT at, actor, action, merchant_id, callback_id, detail FROM trail \
         WHERE payout_id = ? ORDER BY id",
    )?;
    let mut rows = statement.query([payout.0])?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(AuditRecord {
            at: moment(row, 0)?,
            actor: text(row, 1)?.into(),
            action: get(row, 2)?,
            merchant: get::<Option<i64>>(row, 3)?.map(MerchantId),
            payout: Some(payout),
            callback: get::<Option<i64>>(row, 4)?.map(CallbackId),
            detail: get(row, 5)?,
        });
    }
    Ok(lines)
}
