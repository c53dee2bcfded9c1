//! The mark of a desk that has moved to another database: what stays in the file is not live.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use vezne_core::model::time::Timestamp;

use super::lock::ProcessLock;
use super::open::{OpenError, check_schema, connect_writer};
use crate::row::{Result, StoreError};

/// How the mark of a move begins whose commit was seen.
const COMPLETE: &str = "complete";

/// Where a desk went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The address of the other database, without what is secret of it.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// The incarnation that was drawn for it there, as hex.
    pub incarnation: String,
    /// Whether the commit there was seen; if not, the desk may still be here only.
    pub complete: bool,
}

/// What the mark says, if there is one.
pub(super) fn read(connection: &Connection) -> Result<Option<Moved>> {
    let select = "SELECT CAST(value AS TEXT) FROM meta WHERE name = 'moved_to'";
    let found: Option<String> = connection.query_row(select, [], |row| row.get(0)).optional()?;
    let broken = || StoreError::Broken("the mark of a move says nothing".to_owned());
    let parse = |text: String| {
        let mut lines = text.splitn(4, '\n');
        let mut line = || lines.next().ok_or_else(broken);
        let (complete, at) = (line()? == COMPLETE, line()?.parse().map_err(|_| broken())?);
        let (incarnation, to) = (line()?.to_owned(), line()?.to_owned());
        Ok(Moved { to, at: Timestamp::from_micros(at), incarnation, complete })
    };
    found.map(parse).transpose()
}

/// Leaves the mark; it is on the disk when this returns.
pub(super) fn write(connection: &Connection, moved: &Moved) -> Result<()> {
    let Moved { to, at, incarnation, complete } = moved;
    let state = if *complete { COMPLETE } else { "begun" };
    let text = format!("{state}\n{}\n{incarnation}\n{to}", at.micros());
    let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES ('moved_to', ?)";
    connection.execute(sql, [text.as_bytes()])?;
    Ok(())
}

/// Refuses a database whose desk has moved.
pub(super) fn check(connection: &Connection) -> std::result::Result<(), OpenError> {
    read(connection)?.map_or(Ok(()), |moved| Err(OpenError::Moved(moved)))
}

/// Takes the mark away, and gives what it said.
///
/// # Errors
/// When the database cannot be opened, or another process has it.
pub fn undo(path: &Path) -> std::result::Result<Option<Moved>, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let _lock = ProcessLock::take(path)?;
    let connection = connect_writer(path)?;
    check_schema(&connection)?;
    let moved = read(&connection)?;
    connection.execute("DELETE FROM meta WHERE name = 'moved_to'", [])?;
    Ok(moved)
}
