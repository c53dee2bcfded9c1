//! Callbacks and attempts as rows. The body is sealed, because it holds the callback key.

use std::time::Duration;

use rusqlite::{Connection, Row, params};
use vezne_core::model::callback::{
    Attempt, AttemptOutcome, Callback, CallbackEvent, CallbackState,
};
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};

use super::error::{Result, StoreError, get, moment, optional_bytes, text, unknown};
use crate::seal::{Place, Sealer};

const INSERT: &str = "INSERT INTO callback (id, merchant_id, payout_id, event, message, \
     created_at, body, attempts, refusals, failure_step, refusal_step, state, state_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const MOVE: &str = "UPDATE callback \
     SET attempts = ?, refusals = ?, failure_step = ?, refusal_step = ?, state = ?, \
     state_at = ? WHERE id = ?";
const INSERT_ATTEMPT: &str = "INSERT INTO attempt (callback_id, number, at, took_micros, \
     outcome, http_status, detail) VALUES (?, ?, ?, ?, ?, ?, ?)";

const fn place(id: i64) -> Place {
    Place::new("callback", "body", id)
}

/// A query for whole callbacks; `rest` is what follows `FROM callback AS c`.
pub(super) fn select(rest: &str) -> String {
    const COLUMNS: &str = "c.id, c.merchant_id, c.payout_id, c.event, c.message, c.created_at, \
         c.body, c.attempts, c.refusals, c.state, c.state_at, c.failure_step, c.refusal_step";
    format!("SELECT {COLUMNS} FROM callback AS c {rest}")
}

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

/// Writes where callbacks stand now, and the bodies that were made for them.
pub(super) fn update(connection: &Connection, sealer: &Sealer, moved: &[Callback]) -> Result<()> {
    let mut statement = connection.prepare_cached(MOVE)?;
    for callback in moved {
        let Callback { id, attempts, refusals, failure_step, refusal_step, .. } = callback;
        let (state, at) = state_columns(callback.state);
        let steps = (failure_step, refusal_step);
        statement.execute(params![attempts, refusals, steps.0, steps.1, state, at, id.0])?;
        if let Some(body) = &callback.body {
            keep_body(connection, sealer, *id, body)?;
        }
    }
    Ok(())
}

/// Seals and writes a body that is not kept yet; one that is, is the same on every attempt.
fn keep_body(connection: &Connection, sealer: &Sealer, id: CallbackId, body: &[u8]) -> Result<()> {
    let mut kept = connection.prepare_cached("SELECT body IS NULL FROM callback WHERE id = ?")?;
    if kept.query_row([id.0], |row| row.get::<_, bool>(0))? {
        let sealed = sealer.seal(place(id.0), body)?;
        let mut statement =
            connection.prepare_cached("UPDATE callback SET body = ? WHERE id = ?")?;
        statement.execute(params![sealed, id.0])?;
    }
    Ok(())
}

/// Writes new attempts.
pub(super) fn insert_attempts(connection: &Connection, added: &[Attempt]) -> Result<()> {
    let mut statement = connection.prepare_cached(INSERT_ATTEMPT)?;
    for attempt in added {
        statement.execute(params![
            attempt.callback.0,
            attempt.number,
            attempt.at.micros(),
            i64::try_from(attempt.took.as_micros()).unwrap_or(i64::MAX),
            attempt.outcome.code(),
            attempt.http_status,
            attempt.detail,
        ])?;
    }
    Ok(())
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

/// Reads a row of [`select`].
pub(super) fn read(row: &Row<'_>, sealer: &Sealer) -> Result<Callback> {
    let id = get(row, 0)?;
    let open = |sealed| sealer.open(place(id), sealed).map(|body| body.to_vec());
    Ok(Callback {
        id: CallbackId(id),
        merchant: MerchantId(get(row, 1)?),
        payout: PayoutId(get(row, 2)?),
        event: read_event(text(row, 3)?)?,
        message: get(row, 4)?,
        created_at: moment(row, 5)?,
        body: optional_bytes(row, 6)?.map(open).transpose()?,
        attempts: get(row, 7)?,
        refusals: get(row, 8)?,
        failure_step: get(row, 11)?,
        refusal_step: get(row, 12)?,
        state: read_state(row)?,
    })
}

/// Reads the attempts of a callback, in order.
pub(super) fn read_attempts(connection: &Connection, id: CallbackId) -> Result<Vec<Attempt>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, at, took_micros, outcome, http_status, detail FROM attempt \
         WHERE callback_id = ? ORDER BY number",
    )?;
    let mut rows = statement.query([id.0])?;
    let mut attempts = Vec::new();
    while let Some(row) = rows.next()? {
        let took = u64::try_from(get::<i64>(row, 2)?).unwrap_or(0);
        attempts.push(Attempt {
            callback: id,
            number: get(row, 0)?,
            at: moment(row, 1)?,
            took: Duration::from_micros(took),
            outcome: read_outcome(text(row, 3)?)?,
            http_status: get(row, 4)?,
            detail: get(row, 5)?,
        });
    }
    Ok(attempts)
}

fn state_columns(state: CallbackState) -> (&'static str, i64) {
    let (CallbackState::Due(at) | CallbackState::Acknowledged(at) | CallbackState::Parked(at)) =
        state;
    (state.code(), at.micros())
}

fn read_state(row: &Row<'_>) -> Result<CallbackState> {
    let at = moment(row, 10)?;
    match text(row, 9)? {
        "due" => Ok(CallbackState::Due(at)),
        "acknowledged" => Ok(CallbackState::Acknowledged(at)),
        "parked" => Ok(CallbackState::Parked(at)),
        other => Err(unknown("callback state", other)),
    }
}

fn read_event(code: &str) -> Result<CallbackEvent> {
    let mut all = CallbackEvent::ALL.into_iter();
    all.find(|event| event.code() == code).ok_or_else(|| unknown("callback event", code))
}

fn read_outcome(code: &str) -> std::result::Result<AttemptOutcome, StoreError> {
    let all = [AttemptOutcome::Acknowledged, AttemptOutcome::Refused, AttemptOutcome::Failed];
    let found = all.into_iter().find(|outcome| outcome.code() == code);
    found.ok_or_else(|| unknown("attempt outcome", code))
}
