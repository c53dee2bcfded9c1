//! The SQLite store as the contract suite and the benchmark open it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use vezne_core::port::Store;
use vezne_store::audit::{Report, audit_with_key};
use vezne_store::{MasterKey, OpenOptions, SqliteStore};

use super::{Backend, SeededRandom};

/// A folder with a database that goes away with it.
pub(crate) struct Sqlite {
    folder: TempDir,
}

impl Sqlite {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("vezne.db")
    }

    pub(crate) fn key() -> MasterKey {
        MasterKey::generate([7; 32])
    }

    pub(crate) fn try_open(&self) -> Result<Arc<SqliteStore>, vezne_store::OpenError> {
        let random = Arc::new(SeededRandom::new(1));
        SqliteStore::open(&self.path(), &Self::key(), random, OpenOptions { migrate: true })
    }
}

impl Backend for Sqlite {
    fn fresh() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    async fn open(&self) -> Arc<dyn Store> {
        self.try_open().expect("it opens")
    }

    fn audit(&self) -> Report {
        audit_with_key(&self.path(), Some(&Self::key())).expect("it can be audited")
    }

    fn by_hand(&self, sql: &str) {
        by_hand(&self.path(), sql);
    }

    fn bytes(hex: &str) -> String {
        format!("x'{hex}'")
    }
}

/// Runs SQL on a file past triggers, constraints and foreign keys, which are as before afterwards.
pub(crate) fn by_hand(path: &Path, sql: &str) {
    let connection = Connection::open(path).expect("it opens");
    connection.busy_timeout(Duration::from_secs(10)).expect("it waits");
    let list = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).expect("a query");
        let rows = statement.query_map([], |row| row.get(0)).expect("they are listed");
        rows.collect::<Result<_, _>>().expect("they are listed")
    };
    let drops =
        list("SELECT format('DROP TRIGGER %s', name) FROM sqlite_schema WHERE type = 'trigger'");
    let makes = list("SELECT sql FROM sqlite_schema WHERE type = 'trigger'");
    let open = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; BEGIN IMMEDIATE";
    let all = [open.to_owned(), drops.join(";"), sql.to_owned(), makes.join(";")];
    let all = format!("{}; COMMIT", all.join(";"));
    connection.execute_batch(&all).unwrap_or_else(|error| panic!("{sql}: {error}"));
}
