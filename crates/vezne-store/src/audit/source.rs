//! What is audited: one snapshot of either database.

use rusqlite::Transaction;

use crate::postgres::{OpenError, Snapshot};
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

    /// What is wrong with the schema, if it is not the one this program makes, in words for the
    /// report.
    ///
    /// # Errors
    /// Why it could not be looked at.
    fn check_schema(&mut self) -> std::result::Result<Option<String>, String>;

    /// Calls a function with each row of a query.
    fn each(&mut self, sql: &str, see: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()>;
}

impl Source for Transaction<'_> {
    fn kind(&self) -> Kind {
        Kind::Sqlite
    }

    fn check_schema(&mut self) -> std::result::Result<Option<String>, String> {
        Ok(check_schema(self).err().map(|wrong| wrong.to_string()))
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

    fn check_schema(&mut self) -> std::result::Result<Option<String>, String> {
        match Self::check_schema(self) {
            Ok(()) => Ok(None),
            Err(OpenError::Database(why)) => Err(why),
            Err(wrong) => Ok(Some(wrong.to_string())),
        }
    }

    fn each(&mut self, sql: &str, see: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        Self::each(self, sql, see)
    }
}
