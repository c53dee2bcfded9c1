//! The timeline of a server: it goes up with every standby that takes over.

use super::session::{Session, Sql};
use crate::row::{Result, StoreError, get};

static TIMELINE: Sql =
    Sql { text: "SELECT substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)", types: &[] };

/// The timeline of the server.
pub(super) async fn of(session: &Session) -> Result<u32> {
    let found = session.one(&TIMELINE, Vec::new()).await?;
    let none = || StoreError::Broken("the server has no timeline".to_owned());
    read(found.rows.first().ok_or_else(none)?, 0)
}

/// Reads the timeline in a column.
pub(super) fn read(row: &tokio_postgres::Row, column: usize) -> Result<u32> {
    let text: String = get(row, column)?;
    let wrong = |_| StoreError::Broken(format!("{text} is no timeline"));
    u32::from_str_radix(&text, 16).map_err(wrong)
}
