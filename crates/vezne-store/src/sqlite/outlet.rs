//! A database whose desk is about to move: held so that nobody else writes, and read whole.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Rows};
use vezne_core::engine::quarantine::BEGUN;
use vezne_core::engine::view::StateChange;
use vezne_core::model::approval::Actor;
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::time::Timestamp;

use super::lock::ProcessLock;
use super::moved::{self, Moved};
use super::open::{
    NeverSeals, OpenError, check_key, check_schema, connect_read_only, connect_writer, sealer,
};
use super::{desk_state, row, settings, trail};
use crate::copy::tables::{Lines, Table};
use crate::key::MasterKey;
use crate::row::{Result, StoreError, Value};
use crate::seal::Sealer;

/// The database. Nobody else opens it for writing while this is held.
pub(crate) struct Outlet {
    connection: Connection,
    sealer: Sealer,
    _lock: Option<ProcessLock>,
}

impl Outlet {
    /// Opens a database to move its desk away.
    pub(crate) fn hold(path: &Path, key: &MasterKey) -> std::result::Result<Self, OpenError> {
        settings::check_version(rusqlite::version_number())?;
        if !path.exists() {
            return Err(OpenError::Missing(path.to_owned()));
        }
        let lock = Some(ProcessLock::take(path)?);
        let connection = connect_writer(path)?;
        check_schema(&connection)?;
        let sealer = sealer(key, Arc::new(NeverSeals))?;
        check_key(&connection, &sealer, None)?;
        Ok(Self { connection, sealer, _lock: lock })
    }

    /// Opens a database to look at what was moved away.
    pub(crate) fn look(path: &Path, key: &MasterKey) -> std::result::Result<Self, OpenError> {
        let connection = connect_read_only(path)?;
        check_schema(&connection)?;
        let sealer = sealer(key, Arc::new(NeverSeals))?;
        check_key(&connection, &sealer, None)?;
        Ok(Self { connection, sealer, _lock: None })
    }

    /// What seals and opens under the key of the desk.
    pub(crate) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// What shows with which key it was sealed; nothing before the first opening.
    pub(crate) fn key_check(&self) -> Result<Option<Vec<u8>>> {
        let select = "SELECT value FROM meta WHERE name = 'key_check'";
        Ok(self.connection.query_row(select, [], |row| row.get(0)).optional()?)
    }

    /// What is known of the desk as a whole.
    pub(crate) fn desk_state(&self) -> Result<DeskState> {
        desk_state::read_to_change(&self.connection, &self.sealer)
    }

    /// The same as whoever only looks is shown it.
    pub(crate) fn known_state(&self) -> Result<DeskState> {
        desk_state::read(&self.connection, &self.sealer)
    }

    /// Puts it in quarantine, as a server does that starts on it.
    pub(crate) fn quarantine(
        &self,
        before: DeskState,
        seen_releases: i64,
        reason: String,
        at: Timestamp,
    ) -> Result<DeskState> {
        let line = AuditRecord {
            at,
            actor: Actor::System,
            action: BEGUN.to_owned(),
            merchant: None,
            payout: None,
            callback: None,
            detail: reason.clone(),
        };
        let mut after = before.clone().quarantined(at, reason);
        after.releases = after.releases.max(seen_releases);
        let change = StateChange { before, after };
        let transaction = self.connection.unchecked_transaction()?;
        trail::insert(&transaction, &[line])?;
        desk_state::put(&transaction, &self.sealer, Some(&change))?;
        transaction.commit()?;
        Ok(change.after)
    }

    /// Where its desk went already.
    pub(crate) fn moved(&self) -> Result<Option<Moved>> {
        moved::read(&self.connection)
    }

    /// Leaves the mark that its desk moves; from here on nobody opens it for work.
    pub(crate) fn mark(&self, moved: &Moved) -> Result<()> {
        moved::write(&self.connection, moved)
    }

    /// How many rows there are of a table.
    pub(crate) fn count(&self, table: &Table) -> Result<u64> {
        let rows: i64 = self.connection.query_row(&table.count(), [], |row| row.get(0))?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    /// The first days of the months that the rows of tables belong to.
    pub(crate) fn months(&self, tables: &[Table]) -> Result<BTreeSet<Date>> {
        let mut months = BTreeSet::new();
        for sql in tables.iter().filter_map(Table::months) {
            let mut statement = self.connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let beyond = |_| StoreError::Broken("a moment beyond all time".to_owned());
                months.insert(row.get::<_, String>(0)?.parse().map_err(beyond)?);
            }
        }
        Ok(months)
    }

    /// The statement that reads a table.
    pub(crate) fn select(&self, table: &Table) -> Result<rusqlite::Statement<'_>> {
        Ok(self.connection.prepare(&table.source())?)
    }
}

/// The rows of a table, one by one.
pub(crate) struct Outgoing<'s> {
    rows: Rows<'s>,
    lines: Lines,
}

impl<'s> Outgoing<'s> {
    /// The rows that a statement of [`Outlet::select`] finds.
    pub(crate) fn of(table: &Table, statement: &'s mut rusqlite::Statement<'_>) -> Result<Self> {
        Ok(Self { rows: statement.query([])?, lines: table.lines() })
    }

    /// The next row.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<Value>>> {
        let Some(row) = self.rows.next()? else { return Ok(None) };
        let mut values = row::values(row)?;
        self.lines.number(&mut values)?;
        Ok(Some(values))
    }
}
