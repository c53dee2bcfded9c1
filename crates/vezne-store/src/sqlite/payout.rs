//! Payouts in SQLite.

use rusqlite::{Connection, params};
use vezne_core::engine::view::FirstAnswer;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::Payout;

use crate::row::payout::{
    first_answer, rail_key, read, scope, seal_private, select, target_code,
};
use crate::row::state::StateColumns;
use crate::row::{Result, StoreError};
use crate::seal::Sealer;

const INSERT: &str = "INSERT INTO payout (id, merchant_id, dialect, reference, scope, content, \
     channel, currency, amount_minor, commission_minor, name, account, bank, private, \
     identity_tag, created_at, updated_at, state, due_at, receiver_commission_minor, bank_name, \
     callback_to, rail_key, trust) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const MOVE: &str = "UPDATE payout SET updated_at = ?, state = ?, due_at = ?, rail = ?, \
     rail_reference = ?, dispatched_at = ?, sends = ?, checks = ?, progress = ?, \
     doubt_since = ?, doubt_detail = ?, rejected_by = ?, reason = ?, accepted = ?, \
     absent_since = ?, trust = ? WHERE id = ?";

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
        ])?;
        if !plain {
            move_one(connection, payout)?;
        }
    }
    Ok(())
}

/// Writes the states of payouts that moved.
pub(super) fn update(connection: &Connection, moved: &[Payout]) -> Result<()> {
    moved.iter().try_for_each(|payout| move_one(connection, payout))
}

fn move_one(connection: &Connection, payout: &Payout) -> Result<()> {
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
        payout.id.0,
    ])?;
    match written {
        1 => Ok(()),
        _ => Err(StoreError::Broken(format!("payout {} is not there to move", payout.id))),
    }
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

/// Finds a payout by id; of one that does not read, what was answered when it was accepted, if that
/// reads.
pub(super) fn find(
    connection: &Connection,
    sealer: &Sealer,
    id: PayoutId,
) -> Result<Option<std::result::Result<Payout, Option<FirstAnswer>>>> {
    let mut statement = connection.prepare_cached(&select("WHERE id = ?"))?;
    let mut rows = statement.query([id.0])?;
    Ok(rows.next()?.map(|row| {
        read(row, sealer).map_err(|error| {
            tracing::error!(%error, id = id.0, "a payout does not read");
            first_answer(row).ok()
        })
    }))
}
