//! What is audited: one snapshot of either database.

use rusqlite::Transaction;

use crate::postgres::Snapshot;
use crate::row::{Result, Row};
use crate::sqlite::open::check_schema;

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file of SQLite.
    Sqlite,
    /// A database of PostgreSQL.
    Postgres,
}

/// One snapshot of a database.
pub(super) trait Source {
    /// What it is, for what the two databases keep differently.
    fn kind(&self) -> Kind;

    /// Refuses a schema that is not the one this program makes, in words for the report.
    fn check_schema(&mut self) -> std::result::Result<(), String>;

    /// Calls a function with each row of a query.
    fn each(&mut self, sql: &str, see: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()>;
}

impl Source for Transaction<'_> {
    fn kind(&self) -> Kind {
        Kind::Sqlite
    }

    fn check_schema(&mut self) -> std::result::Result<(), String> {
        check_schema(self).map_err(|wrong| wrong.to_string())
    }

    fn each(&mut self, sql: &str, see: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            see(row)?;
        }
        Ok(())
    }
}

impl Source for Snapshot {
    fn kind(&self) -> Kind {
        Kind::Postgres
    }

    fn check_schema(&mut self) -> std::result::Result<(), String> {
        Self::check_schema(self).map_err(|wrong| wrong.to_string())
    }

    fn each(&mut self, sql: &str, see: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        Self::each(self, sql, see)
    }
}
