//! The state of the whole database in PostgreSQL.

use std::sync::LazyLock;

use tokio_postgres::types::Type;
use vezne_core::engine::view::StateChange;
use vezne_core::model::quarantine::DeskState;

use super::session::{Answer, Query, Session, Sql, parameters};
use super::statements::leak;
use super::write::Write;
use crate::row::desk_state::{COLUMNS, WIDTH, missing, reason, seal, since};
use crate::row::{Result, Value, get};
use crate::seal::Sealer;

pub(super) static READ: LazyLock<Sql> = LazyLock::new(|| Sql {
    text: leak(format!(
        "SELECT (SELECT encode(value, 'hex') FROM meta WHERE name = 'incarnation'), {COLUMNS}, \
         home FROM desk_state"
    )),
    types: &[],
});

/// Every group that claims changes the claim number, and so does not say what it must have been.
/// What was not the desk's own word is replaced, whatever it said.
static PUT: Sql = Sql {
    text: "UPDATE desk_state SET claims = claims + $1, releases = $2, quarantined_at = $3, \
         reason = $4, doubtful_until = $5, home = coalesce($6, home), seal = $9 \
         WHERE $10 OR releases = $7 AND quarantined_at IS NOT DISTINCT FROM $8",
    types: &[
        Type::INT8,
        Type::INT8,
        Type::INT8,
        Type::TEXT,
        Type::INT8,
        Type::TEXT,
        Type::INT8,
        Type::INT8,
        Type::BYTEA,
        Type::BOOL,
    ],
};

/// Reads it.
pub(super) async fn read(session: &Session, here: (&Sealer, &str)) -> Result<DeskState> {
    read_row(&session.one(&READ, Vec::new()).await?, here)
}

/// Asks for it.
pub(super) fn look() -> Query {
    Query::new(&READ, Vec::new())
}

/// Reads what was asked for. It has moved if it says another home than this one.
pub(super) fn read_row(answer: &Answer, (sealer, home): (&Sealer, &str)) -> Result<DeskState> {
    let row = answer.rows.first().ok_or_else(missing)?;
    let begun_on: Option<String> = get(row, WIDTH)?;
    let moved = begun_on.is_some_and(|begun_on| begun_on != home);
    Ok(DeskState { moved, ..crate::row::desk_state::read(row, sealer)? })
}

/// Writes what became of it, if nobody else has begun or ended a quarantine in the meantime; then
/// the group is undone.
pub(super) fn put((sealer, home): (&Sealer, &str), change: Option<&StateChange>) -> Option<Write> {
    let StateChange { before, after } = change?;
    let query = Query::new(
        &PUT,
        parameters![
            after.claims - before.claims,
            after.releases,
            since(after),
            reason(after),
            after.doubtful_until.map(|until| until.micros()),
            (!after.moved).then(|| home.to_owned()),
            before.releases,
            since(before),
            seal(sealer, after).to_vec(),
            before.altered.is_some(),
        ],
    );
    Some(Write::new(query, 1))
}

/// Leaves in a desk that is new on which server and in which database it is.
pub(super) async fn settle(session: &Session, home: &str) -> Result<()> {
    let sql = "UPDATE desk_state SET home = $1 WHERE home IS NULL";
    session.free(sql, &[Value::Text(home.to_owned())]).await.map(drop)
}
