//! Callbacks and attempts in PostgreSQL.

use tokio_postgres::types::Type;
use vezne_core::model::callback::{Attempt, Callback};
use vezne_core::model::identifier::{CallbackId, MerchantId};
use vezne_core::model::time::Timestamp;

use super::session::{Query, Sql, parameters};
use super::write::Write;
use crate::row::Result;
use crate::row::callback::{place, state_columns, took_micros};
use crate::seal::Sealer;

static INSERT: Sql = Sql {
    text: "INSERT INTO callback (id, merchant_id, payout_id, event, message, created_at, body, \
         body_version, attempts, refusals, failure_step, refusal_step, state, state_at) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    types: &[
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::BYTEA_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
    ],
};

static MOVE: Sql = Sql {
    text: "UPDATE callback AS c SET attempts = m.attempts, refusals = m.refusals, \
         failure_step = m.failure_step, refusal_step = m.refusal_step, state = m.state, \
         state_at = m.state_at, set_aside_at = NULL \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         AS m (id, merchant_id, created_at, attempts, refusals, failure_step, refusal_step, state, \
         state_at) \
         WHERE c.id = m.id AND c.merchant_id = m.merchant_id AND c.created_at = m.created_at",
    types: &[
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
    ],
};

/// The same with the bytes that were made for them.
static MOVE_AND_KEEP: Sql = Sql {
    text: "UPDATE callback AS c SET attempts = m.attempts, refusals = m.refusals, \
         failure_step = m.failure_step, refusal_step = m.refusal_step, state = m.state, \
         state_at = m.state_at, set_aside_at = NULL, body = m.body, body_version = m.version \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         AS m (id, merchant_id, created_at, attempts, refusals, failure_step, refusal_step, state, \
         state_at, body, version) \
         WHERE c.id = m.id AND c.merchant_id = m.merchant_id AND c.created_at = m.created_at",
    types: &[
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::BYTEA_ARRAY,
        Type::INT8_ARRAY,
    ],
};

static INSERT_ATTEMPTS: Sql = Sql {
    text: "INSERT INTO attempt (merchant_id, callback_id, number, at, took_micros, outcome, \
         http_status, detail) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)",
    types: &[
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
    ],
};

static SET_ASIDE: Sql = Sql {
    text: "UPDATE callback SET set_aside_at = $2 WHERE id = ANY($1)",
    types: &[Type::INT8_ARRAY, Type::INT8],
};

/// One column of many callbacks.
fn column<'c, T>(
    callbacks: impl IntoIterator<Item = &'c Callback>,
    read: impl Fn(&Callback) -> T,
) -> Vec<T> {
    callbacks.into_iter().map(read).collect()
}

fn seal(sealer: &Sealer, callback: &Callback) -> Result<Option<Vec<u8>>> {
    let body = callback.body.as_deref();
    Ok(body.map(|body| sealer.seal(place(callback.id.0), body)).transpose()?)
}

/// Writes new callbacks.
pub(super) fn insert(sealer: &Sealer, added: &[Callback]) -> Result<Option<Write>> {
    let bodies = added.iter().map(|one| seal(sealer, one)).collect::<Result<Vec<_>>>()?;
    let query = Query::new(
        &INSERT,
        parameters![
            column(added, |one| one.id.0),
            column(added, |one| one.merchant.0),
            column(added, |one| one.payout.0),
            column(added, |one| one.event.code()),
            column(added, |one| one.message.clone()),
            column(added, |one| one.created_at.micros()),
            bodies,
            column(added, |one| i64::from(one.body_version)),
            column(added, |one| i64::from(one.attempts)),
            column(added, |one| i64::from(one.refusals)),
            column(added, |one| i64::from(one.failure_step)),
            column(added, |one| i64::from(one.refusal_step)),
            column(added, |one| state_columns(one.state).0),
            column(added, |one| state_columns(one.state).1),
        ],
    );
    Ok((!added.is_empty()).then(|| Write::new(query, added.len())))
}

/// Writes where callbacks stand now, those without bytes made in this group.
pub(super) fn update(moved: &[Callback]) -> Option<Write> {
    let moved: Vec<&Callback> = moved.iter().filter(|one| one.body.is_none()).collect();
    let count = moved.len();
    let query = Query::new(
        &MOVE,
        parameters![
            column(moved.iter().copied(), |one| one.id.0),
            column(moved.iter().copied(), |one| one.merchant.0),
            column(moved.iter().copied(), |one| one.created_at.micros()),
            column(moved.iter().copied(), |one| i64::from(one.attempts)),
            column(moved.iter().copied(), |one| i64::from(one.refusals)),
            column(moved.iter().copied(), |one| i64::from(one.failure_step)),
            column(moved.iter().copied(), |one| i64::from(one.refusal_step)),
            column(moved.iter().copied(), |one| state_columns(one.state).0),
            column(moved.iter().copied(), |one| state_columns(one.state).1),
        ],
    );
    (count > 0).then(|| Write::new(query, count))
}

/// Writes where the others stand now, with the bytes that were made for them.
pub(super) fn update_composed(sealer: &Sealer, moved: &[Callback]) -> Result<Option<Write>> {
    let moved: Vec<&Callback> = moved.iter().filter(|one| one.body.is_some()).collect();
    let bodies = moved.iter().map(|one| seal(sealer, one)).collect::<Result<Vec<_>>>()?;
    let count = moved.len();
    let query = Query::new(
        &MOVE_AND_KEEP,
        parameters![
            column(moved.iter().copied(), |one| one.id.0),
            column(moved.iter().copied(), |one| one.merchant.0),
            column(moved.iter().copied(), |one| one.created_at.micros()),
            column(moved.iter().copied(), |one| i64::from(one.attempts)),
            column(moved.iter().copied(), |one| i64::from(one.refusals)),
            column(moved.iter().copied(), |one| i64::from(one.failure_step)),
            column(moved.iter().copied(), |one| i64::from(one.refusal_step)),
            column(moved.iter().copied(), |one| state_columns(one.state).0),
            column(moved.iter().copied(), |one| state_columns(one.state).1),
            bodies,
            column(moved.iter().copied(), |one| i64::from(one.body_version)),
        ],
    );
    Ok((count > 0).then(|| Write::new(query, count)))
}

/// Lets no worker meet these callbacks again.
pub(super) fn set_aside(at: Timestamp, ids: &[CallbackId]) -> Option<Write> {
    let numbers: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let query = Query::new(&SET_ASIDE, parameters![numbers, at.micros()]);
    (!ids.is_empty()).then(|| Write::new(query, ids.len()))
}

/// Writes new attempts, each with the merchant of its callback.
pub(super) fn insert_attempts(all: &[(MerchantId, &Attempt)]) -> Option<Write> {
    let query = Query::new(
        &INSERT_ATTEMPTS,
        parameters![
            all.iter().map(|(merchant, _)| merchant.0).collect::<Vec<_>>(),
            all.iter().map(|(_, one)| one.callback.0).collect::<Vec<_>>(),
            all.iter().map(|(_, one)| i64::from(one.number)).collect::<Vec<_>>(),
            all.iter().map(|(_, one)| one.at.micros()).collect::<Vec<_>>(),
            all.iter().map(|(_, one)| took_micros(one)).collect::<Vec<_>>(),
            all.iter().map(|(_, one)| one.outcome.code()).collect::<Vec<_>>(),
            all.iter().map(|(_, one)| one.http_status.map(i64::from)).collect::<Vec<_>>(),
            all.iter().map(|(_, one)| one.detail.clone()).collect::<Vec<_>>(),
        ],
    );
    (!all.is_empty()).then(|| Write::new(query, all.len()))
}
