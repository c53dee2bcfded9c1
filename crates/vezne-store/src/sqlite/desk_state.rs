//! The state of the whole database in SQLite.

use rusqlite::{Connection, params};
use vezne_core::engine::view::StateChange;
use vezne_core::model::quarantine::DeskState;

use crate::row::Result;
use crate::row::desk_state::{COLUMNS, MOST_TRUSTED, missing, reason, seal, since};
use crate::seal::Sealer;

/// Reads it.
pub(super) fn read(connection: &Connection, sealer: &Sealer) -> Result<DeskState> {
    let sql = format!(
        "SELECT (SELECT lower(hex(value)) FROM meta WHERE name = 'incarnation'), {COLUMNS} \
         FROM desk_state"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    crate::row::desk_state::read(rows.next()?.ok_or_else(missing)?, sealer)
}

/// Reads it for a group, which replaces what is not the desk's own word.
pub(super) fn read_to_change(connection: &Connection, sealer: &Sealer) -> Result<DeskState> {
    let state = read(connection, sealer)?;
    if state.altered.is_none() {
        return Ok(state);
    }
    let releases = connection.query_row(MOST_TRUSTED, [], |row| row.get(0))?;
    Ok(DeskState { releases, ..state })
}

/// Writes what became of it. Nobody else writes, so it is still as it was shown.
pub(super) fn put(
    connection: &Connection,
    sealer: &Sealer,
    change: Option<&StateChange>,
) -> Result<()> {
    let Some(StateChange { after, .. }) = change else { return Ok(()) };
    let sql = "UPDATE desk_state SET claims = ?, releases = ?, quarantined_at = ?, reason = ?, \
         doubtful_until = ?, seal = ?";
    connection.prepare_cached(sql)?.execute(params![
        after.claims,
        after.releases,
        since(after),
        reason(after),
        after.doubtful_until.map(|until| until.micros()),
        seal(sealer, after),
    ])?;
    Ok(())
}
