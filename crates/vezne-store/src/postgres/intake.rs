//! A fresh database that a desk is about to come to, in one transaction.

use std::collections::BTreeSet;

use jiff::civil::Date;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::time::Timestamp;

use super::connect::Server;
use super::error::OpenError;
use super::session::{CopyIn, Session};
use super::{PostgresOptions, migrate, open, partition, read, row};
use crate::copy::tables::{NOT_COPIED, TABLES, Table};
use crate::row::desk_state::{hex_of, reason, seal, since};
use crate::row::{Result, Value, bytes, get};
use crate::seal::Sealer;

/// Until it ends nobody else begins a desk here; the commit waits for the disk, whatever the
/// server's own setting.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SET LOCAL synchronous_commit = on; LOCK TABLE meta, merchant IN EXCLUSIVE MODE";

/// Tables of the present schema but for partitions, each with its columns in the order of names.
const SCHEMA: &str = "SELECT c.relname, string_agg(a.attname, ',' ORDER BY a.attname) \
     FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid \
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') \
     AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped GROUP BY c.relname";

/// What the next ids are counted from.
const SEQUENCES: [(&str, &str, &str); 4] = [
    ("'payout_id'", "id", "payout"),
    ("'entry_id'", "entry_id", "posting"),
    ("'callback_id'", "id", "callback"),
    ("pg_get_serial_sequence('trail', 'id')", "id", "trail"),
];

/// The database.
pub(crate) struct Intake {
    session: Session,
}

impl Intake {
    /// Connects to a database, and brings it up to date.
    pub(crate) async fn open(
        url: &str,
        options: &PostgresOptions,
    ) -> std::result::Result<Self, OpenError> {
        let this = Self::look(url, options).await?;
        migrate::run(&this.session).await?;
        Ok(this)
    }

    /// Connects to a database.
    pub(crate) async fn look(
        url: &str,
        options: &PostgresOptions,
    ) -> std::result::Result<Self, OpenError> {
        let session = Server::new(url, options)?.connect().await?;
        Ok(Self { session })
    }

    /// Makes the partitions of these months and of the present ones.
    pub(crate) async fn partition(
        &self,
        months: BTreeSet<Date>,
    ) -> std::result::Result<(), OpenError> {
        partition::prepare(&self.session).await?;
        for month in months {
            partition::prepare_month(&self.session, month).await?;
        }
        Ok(())
    }

    /// The server's time.
    pub(crate) async fn now(&self) -> std::result::Result<Timestamp, OpenError> {
        open::now(&self.session).await
    }

    /// The incarnation of the desk that is here, as hex; empty where none is.
    pub(crate) async fn incarnation(&self) -> Result<String> {
        read::incarnation(&self.session).await
    }

    /// What is known of the desk as a whole, wherever it stands.
    pub(crate) async fn desk_state(&self, sealer: &Sealer) -> Result<DeskState> {
        read::known_state(&self.session, sealer).await
    }

    /// What shows with which key it was sealed.
    pub(crate) async fn key_check(&self) -> Result<Option<Vec<u8>>> {
        let sql = "SELECT value FROM meta WHERE name = 'key_check'";
        let found = self.session.free(sql, &[]).await?;
        found.rows.first().map(|row| Ok(bytes(row, 0)?.to_vec())).transpose()
    }

    /// What of the schema the list of tables does not name in full, or names in vain.
    pub(crate) async fn unlisted(&self) -> Result<Vec<String>> {
        let sorted = |table: &Table| {
            let mut names: Vec<_> = table.names().collect();
            names.sort_unstable();
            (table.name.to_owned(), names.join(","))
        };
        let mut listed: BTreeSet<(String, String)> = TABLES.iter().map(sorted).collect();
        let mut unlisted = Vec::new();
        for found in self.session.free(SCHEMA, &[]).await?.rows {
            let table: (String, String) = (get(&found, 0)?, get(&found, 1)?);
            if !listed.remove(&table) && !NOT_COPIED.contains(&table.0.as_str()) {
                unlisted.push(table.0);
            }
        }
        unlisted.extend(listed.into_iter().map(|(name, _)| name));
        Ok(unlisted)
    }

    /// Begins the transaction in which everything is written.
    pub(crate) async fn begin(&self) -> Result<()> {
        self.session.batch(BEGIN).await
    }

    /// A table that has rows already.
    pub(crate) async fn occupied(&self) -> Result<Option<&'static str>> {
        for name in TABLES.iter().map(|table| table.name).chain(["meta"]) {
            let sql = format!("SELECT 1::bigint FROM {name} LIMIT 1");
            if !self.session.free(&sql, &[]).await?.rows.is_empty() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The way in for the rows of a table.
    pub(crate) async fn way_in(&self, table: &Table) -> Result<CopyIn> {
        self.session.copy_in(table.name, table.columns).await
    }

    /// Sets the sequences behind the highest ids, leaves the key's check, the incarnation and what
    /// is known of the desk as a whole, and has the server look at its new tables.
    pub(crate) async fn complete(
        &self,
        key_check: Vec<u8>,
        incarnation: [u8; 16],
        (sealer, state): (&Sealer, &DeskState),
    ) -> Result<()> {
        for (sequence, column, table) in SEQUENCES {
            let sql = format!(
                "SELECT setval({sequence}, coalesce(max({column}), 1), max({column}) IS NOT NULL) \
                 FROM {table}"
            );
            self.session.batch(&sql).await?;
        }
        let sql = "UPDATE desk_state SET claims = $1, releases = $2, doubtful_until = $3, \
             quarantined_at = $4, reason = $5, seal = $6";
        let here = DeskState { incarnation: hex_of(&incarnation), ..state.clone() };
        let row: [Value; 6] = [
            state.claims.into(),
            state.releases.into(),
            state.doubtful_until.map(Timestamp::micros).into(),
            since(state).into(),
            reason(state).as_ref().into(),
            Value::Bytes(seal(sealer, &here).to_vec()),
        ];
        self.session.free(sql, &row).await?;
        let sql = "INSERT INTO meta (name, value) VALUES ('key_check', $1), ('incarnation', $2)";
        let values = [Value::Bytes(key_check), Value::Bytes(incarnation.to_vec())];
        self.session.free(sql, &values).await?;
        let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        self.session.batch(&format!("ANALYZE {}", names.join(", "))).await
    }

    /// Ends the transaction.
    pub(crate) async fn commit(&self) -> Result<()> {
        self.session.batch("COMMIT").await
    }

    /// Shows each row of a table.
    pub(crate) async fn each(
        &self,
        table: &Table,
        see: &mut dyn FnMut(&Vec<Value>) -> Result<()>,
    ) -> Result<()> {
        let mut shown = |found: &tokio_postgres::Row| see(&row::values(found)?);
        self.session.each(&table.target(), &mut shown).await
    }
}
