//! The directory in SQLite.

use rusqlite::{Connection, params_from_iter};
use vezne_core::engine::view::Changes;
use vezne_core::model::directory::Directory;

use super::row::values;
use crate::row::Result;
use crate::row::directory::{LAST_TOKEN_KEY, Rows, TABLES, statements};
use crate::seal::Sealer;

/// Writes what a group changes of it.
pub(super) fn write(connection: &Connection, sealer: &Sealer, changes: &Changes) -> Result<()> {
    if !changes.touch_directory() {
        return Ok(());
    }
    let last = connection.query_row(LAST_TOKEN_KEY, [], |row| row.get(0))?;
    for statement in statements(sealer, changes, last)? {
        connection.prepare_cached(&statement.sql)?.execute(params_from_iter(statement.values))?;
    }
    Ok(())
}

/// Reads all of it.
pub(super) fn read(connection: &Connection, sealer: &Sealer) -> Result<Directory> {
    let mut tables = Vec::with_capacity(TABLES.len());
    for (table, sql) in TABLES {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(values(row)?);
        }
        tables.push((table, all));
    }
    Rows::new(tables).directory(sealer)
}
