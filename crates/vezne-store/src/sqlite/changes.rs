//! Writes what a group leaves behind, inside the transaction that the writer has begun.

use rusqlite::{Connection, params};
use vezne_core::engine::view::{Changes, RefusalRecord};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::payout::MerchantReference;
use vezne_core::model::time::Timestamp;

use super::{callback, desk_state, directory, kept, ledger, payout, trail, used_proof};
use crate::row::Result;
use crate::row::payout::scope;
use crate::seal::Sealer;

/// Writes all of it. What others refer to comes first.
pub(super) fn write(
    connection: &Connection,
    sealer: &Sealer,
    at: Timestamp,
    changes: &Changes,
) -> Result<()> {
    directory::write(connection, sealer, changes)?;
    payout::insert(connection, sealer, &changes.payouts_added)?;
    payout::update(connection, sealer, &changes.payouts_moved)?;
    set_aside(connection, at, changes)?;
    confirm(connection, sealer, changes)?;
    put_refusals(connection, &changes.refusals)?;
    reopen(connection, at, &changes.reopened)?;
    used_proof::put(connection, &changes.used_proofs)?;
    kept::put(connection, &changes.kept)?;
    ledger::insert(connection, &changes.entries)?;
    ledger::put_balances(connection, &changes.balances)?;
    ledger::put_day_totals(connection, &changes.day_totals)?;
    callback::insert(connection, sealer, &changes.callbacks_added)?;
    callback::update(connection, sealer, &changes.callbacks_moved)?;
    callback::insert_attempts(connection, &changes.attempts)?;
    trail::insert(connection, &changes.trail)?;
    desk_state::put(connection, sealer, changes.desk_state.as_ref())
}

/// Sets aside what does not read, and takes up what does again.
fn set_aside(connection: &Connection, at: Timestamp, changes: &Changes) -> Result<()> {
    payout::set_aside(connection, at, &changes.set_aside.payouts)?;
    callback::set_aside(connection, at, &changes.set_aside.callbacks)?;
    payout::take_up(connection, &changes.taken_up)
}

/// Seals what is from before payouts were sealed, and notes that this is all of it.
fn confirm(connection: &Connection, sealer: &Sealer, changes: &Changes) -> Result<()> {
    payout::seal_old(connection, sealer, &changes.sealed)?;
    if changes.seals_confirmed {
        let sql = "UPDATE meta SET value = ? WHERE name = 'key_check'";
        connection.execute(sql, [sealer.key_check()?])?;
    }
    Ok(())
}

/// A reference that may be retried can be refused again; the last refusal is the one that stands.
fn put_refusals(connection: &Connection, refusals: &[RefusalRecord]) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO refusal (merchant_id, reference, scope, at, code, amount_minor) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, \
         code = excluded.code, amount_minor = excluded.amount_minor, reopened_at = NULL",
    )?;
    for record in refusals {
        if record.again {
            kept::unfold(connection, record.merchant, &record.reference)?;
        }
        statement.execute(params![
            record.merchant.0,
            record.reference.text,
            scope(&record.reference),
            record.at.micros(),
            record.refusal.code,
            record.refusal.amount_minor,
        ])?;
    }
    Ok(())
}

fn reopen(
    connection: &Connection,
    at: Timestamp,
    reopened: &[(MerchantId, MerchantReference)],
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE refusal SET reopened_at = ? WHERE merchant_id = ? AND reference = ? AND scope = ?",
    )?;
    for (merchant, reference) in reopened {
        kept::unfold(connection, *merchant, reference)?;
        let under = params![at.micros(), merchant.0, reference.text, scope(reference)];
        statement.execute(under)?;
    }
    Ok(())
}
