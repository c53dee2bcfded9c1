//! Callbacks and attempts in SQLite.

use rusqlite::{Connection, params};
use vezne_core::model::callback::{Attempt, Callback};
use vezne_core::model::identifier::CallbackId;
use vezne_core::model::time::Timestamp;

use crate::row::Result;
use crate::row::callback::{
    ATTEMPT, Read, place, read, read_attempt, read_one_of_many, select, state_columns, took_micros,
};
use crate::seal::Sealer;

const INSERT: &str = "INSERT INTO callback (id, merchant_id, payout_id, event, message, \
     created_at, body, body_version, attempts, refusals, failure_step, refusal_step, state, \
     state_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const MOVE: &str = "UPDATE callback \
     SET attempts = ?, refusals = ?, failure_step = ?, refusal_step = ?, state = ?, \
     state_at = ?, set_aside_at = NULL WHERE id = ?";
const MOVE_AND_KEEP: &str = "UPDATE callback \
     SET attempts = ?, refusals = ?, failure_step = ?, refusal_step = ?, state = ?, \
     state_at = ?, set_aside_at = NULL, body = ?, body_version = ? WHERE id = ?";
const INSERT_ATTEMPT: &str = "INSERT INTO attempt (callback_id, number, at, took_micros, \
     outcome, http_status, detail) VALUES (?, ?, ?, ?, ?, ?, ?)";

/// Writes new callbacks.
pub(super) fn insert(connection: &Connection, sealer: &Sealer, added: &[Callback]) -> Result<()> {
    let mut statement = connection.prepare_cached(INSERT)?;
    for callback in added {
        let (id, body) = (callback.id.0, callback.body.as_deref());
        let (state, state_at) = state_columns(callback.state);
        statement.execute(params![
            id,
            callback.merchant.0,
            callback.payout.0,
            callback.event.code(),
            callback.message,
            callback.created_at.micros(),
            body.map(|body| sealer.seal(place(id), body)).transpose()?,
            callback.body_version,
            callback.attempts,
            callback.refusals,
            callback.failure_step,
            callback.refusal_step,
            state,
            state_at,
        ])?;
    }
    Ok(())
}

/// Writes where callbacks stand now, and the bodies that were made for them in this group.
pub(super) fn update(connection: &Connection, sealer: &Sealer, moved: &[Callback]) -> Result<()> {
    let mut statement = connection.prepare_cached(MOVE)?;
    let mut with_body = connection.prepare_cached(MOVE_AND_KEEP)?;
    for callback in moved {
        let Callback { id, attempts, refusals, failure_step, refusal_step, .. } = callback;
        let (state, at) = state_columns(callback.state);
        let Some(body) = &callback.body else {
            let to = params![attempts, refusals, failure_step, refusal_step, state, at, id.0];
            statement.execute(to)?;
            continue;
        };
        let (body, version) = (sealer.seal(place(id.0), body)?, callback.body_version);
        with_body.execute(params![
            attempts,
            refusals,
            failure_step,
            refusal_step,
            state,
            at,
            body,
            version,
            id.0
        ])?;
    }
    Ok(())
}

/// Lets no worker meet these callbacks again.
pub(super) fn set_aside(connection: &Connection, at: Timestamp, ids: &[CallbackId]) -> Result<()> {
    let sql = "UPDATE callback SET set_aside_at = ? WHERE id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    ids.iter().try_for_each(|id| Ok(statement.execute([at.micros(), id.0]).map(drop)?))
}

/// Writes new attempts.
pub(super) fn insert_attempts(connection: &Connection, added: &[Attempt]) -> Result<()> {
    let mut statement = connection.prepare_cached(INSERT_ATTEMPT)?;
    for attempt in added {
        statement.execute(params![
            attempt.callback.0,
            attempt.number,
            attempt.at.micros(),
            took_micros(attempt),
            attempt.outcome.code(),
            attempt.http_status,
            attempt.detail,
        ])?;
    }
    Ok(())
}

/// Reads a callback by id, or why its row does not read.
pub(super) fn read_alone(
    connection: &Connection,
    sealer: &Sealer,
    id: CallbackId,
) -> Result<Option<Read>> {
    let mut statement = connection.prepare_cached(&select("WHERE c.id = ?"))?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(|row| read_one_of_many(row, sealer)).transpose()
}

/// Reads a callback by id.
pub(super) fn read_one(
    connection: &Connection,
    sealer: &Sealer,
    id: CallbackId,
) -> Result<Option<Callback>> {
    let mut statement = connection.prepare_cached(&select("WHERE c.id = ?"))?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(|row| read(row, sealer)).transpose()
}

/// Reads the attempts of a callback, in order.
pub(super) fn read_attempts(connection: &Connection, id: CallbackId) -> Result<Vec<Attempt>> {
    let sql = format!("SELECT {ATTEMPT} FROM attempt WHERE callback_id = ? ORDER BY number");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0])?;
    let mut attempts = Vec::new();
    while let Some(row) = rows.next()? {
        attempts.push(read_attempt(row, id)?);
    }
    Ok(attempts)
}
