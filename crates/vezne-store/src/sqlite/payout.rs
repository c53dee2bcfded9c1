//! Payouts in SQLite.

use rusqlite::{Connection, params};
use vezne_core::engine::view::Old;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::Payout;
use vezne_core::model::time::Timestamp;

use crate::row::payout::{
    Look, look, rail_key, read, scope, seal_private, select, select_to_move, target_code, unpack,
};
use crate::row::sealed::seal;
use crate::row::state::StateColumns;
use crate::row::{Result, StoreError, get, of_one_row};
use crate::seal::Sealer;

const INSERT: &str = "INSERT INTO payout (id, merchant_id, dialect, reference, scope, content, \
     channel, currency, amount_minor, commission_minor, name, account, bank, private, \
     identity_tag, created_at, updated_at, state, due_at, receiver_commission_minor, bank_name, \
     callback_to, rail_key, trust, seal) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// A row that moves has read, so that workers may meet it again.
const MOVE: &str = "UPDATE payout SET updated_at = ?, state = ?, due_at = ?, rail = ?, \
     rail_reference = ?, dispatched_at = ?, sends = ?, checks = ?, progress = ?, \
     doubt_since = ?, doubt_detail = ?, rejected_by = ?, reason = ?, accepted = ?, \
     absent_since = ?, trust = ?, seal = ?, set_aside_at = NULL WHERE id = ?";

/// Writes new payouts.
pub(super) fn insert(connection: &Connection, sealer: &Sealer, added: &[Payout]) -> Result<()> {
    let mut statement = connection.prepare_cached(INSERT)?;
    for payout in added {
        let id = payout.id.0;
        let (beneficiary, state) = (&payout.beneficiary, StateColumns::of(payout));
        let tag = beneficiary.identity.as_ref().map(|id| sealer.identity_tag(id.expose()));
        // A payout that went further within its own group comes in as approved and is moved.
        let plain = state.rail.is_none() && state.reason.is_none();
        let (code, due_at) = match plain {
            true => (state.state, state.due_at),
            false => ("approved", Some(payout.created_at.micros())),
        };
        statement.execute(params![
            id,
            payout.merchant.0,
            payout.dialect.as_str(),
            payout.reference.text,
            scope(&payout.reference),
            payout.content.0,
            payout.channel.as_str(),
            payout.amount.currency().code(),
            payout.amount.minor(),
            payout.commission.minor(),
            beneficiary.name,
            beneficiary.account,
            beneficiary.bank,
            seal_private(sealer, payout)?,
            tag,
            payout.created_at.micros(),
            payout.updated_at.micros(),
            code,
            due_at,
            Some(payout.receiver_commission.minor()).filter(|minor| *minor != 0),
            beneficiary.bank_name,
            target_code(&payout.callback_to),
            rail_key(sealer, payout),
            payout.trust,
            seal(sealer, payout),
        ])?;
        if !plain {
            move_one(connection, sealer, payout)?;
        }
    }
    Ok(())
}

/// Writes the states of payouts that moved.
pub(super) fn update(connection: &Connection, sealer: &Sealer, moved: &[Payout]) -> Result<()> {
    moved.iter().try_for_each(|payout| move_one(connection, sealer, payout))
}

fn move_one(connection: &Connection, sealer: &Sealer, payout: &Payout) -> Result<()> {
    let state = StateColumns::of(payout);
    let written = connection.prepare_cached(MOVE)?.execute(params![
        payout.updated_at.micros(),
        state.state,
        state.due_at,
        state.rail,
        state.rail_reference,
        state.dispatched_at,
        state.sends,
        state.checks,
        state.progress,
        state.doubt_since,
        state.doubt_detail,
        state.rejected_by,
        state.reason,
        state.accepted,
        state.absent_since,
        payout.trust,
        seal(sealer, payout),
        payout.id.0,
    ])?;
    match written {
        1 => Ok(()),
        _ => Err(StoreError::Broken(format!("payout {} is not there to move", payout.id))),
    }
}

/// Lets no worker meet these payouts again.
pub(super) fn set_aside(connection: &Connection, at: Timestamp, ids: &[PayoutId]) -> Result<()> {
    let sql = "UPDATE payout SET set_aside_at = ? WHERE id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    ids.iter().try_for_each(|id| Ok(statement.execute([at.micros(), id.0]).map(drop)?))
}

/// Lets workers meet these payouts again, and their callbacks.
pub(super) fn take_up(connection: &Connection, ids: &[PayoutId]) -> Result<()> {
    for sql in [
        "UPDATE payout SET set_aside_at = NULL WHERE id = ?",
        "UPDATE callback SET set_aside_at = NULL WHERE payout_id = ?",
    ] {
        let mut statement = connection.prepare_cached(sql)?;
        ids.iter().try_for_each(|id| statement.execute([id.0]).map(drop))?;
    }
    Ok(())
}

/// Seals payouts that had no seal, as they stand.
pub(super) fn seal_old(connection: &Connection, sealer: &Sealer, old: &[Payout]) -> Result<()> {
    let sql = "UPDATE payout SET seal = ?, set_aside_at = NULL WHERE id = ? AND seal IS NULL";
    let mut statement = connection.prepare_cached(sql)?;
    old.iter().try_for_each(|payout| {
        Ok(statement.execute(params![seal(sealer, payout), payout.id.0]).map(drop)?)
    })
}

/// Payouts without a seal after an id, with the ids of those too that do not read.
pub(super) fn unsealed(
    connection: &Connection,
    sealer: &Sealer,
    after: PayoutId,
    count: usize,
) -> Result<Old> {
    let rest = "INDEXED BY payout_unsealed WHERE seal IS NULL AND id > ? ORDER BY id LIMIT ?";
    let mut statement = connection.prepare_cached(&select(rest))?;
    let limit = i64::try_from(count).unwrap_or(i64::MAX);
    let mut rows = statement.query([after.0, limit])?;
    let mut old = Old { confirmed: sealer.desk_sealed(), ..Old::default() };
    while let Some(row) = rows.next()? {
        let id = get(row, 0)?;
        old.ids.push(PayoutId(id));
        old.payouts.extend(of_one_row(id, true, unpack(row, sealer))?.ok());
    }
    Ok(old)
}

/// Reads a payout by id for a group.
pub(super) fn look_at(
    connection: &Connection,
    sealer: &Sealer,
    id: PayoutId,
) -> Result<Option<Look>> {
    let mut statement = connection.prepare_cached(&select_to_move("WHERE id = ?"))?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(|row| look(row, sealer)).transpose()
}

/// Reads a payout by id.
pub(super) fn read_one(
    connection: &Connection,
    sealer: &Sealer,
    id: PayoutId,
) -> Result<Option<Payout>> {
    let mut statement = connection.prepare_cached(&select("WHERE id = ?"))?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(|row| read(row, sealer)).transpose()
}
