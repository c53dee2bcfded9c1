//! The SQLite store as the contract suite and the benchmark open it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tempfile::TempDir;
use vezne_core::port::Store;
use vezne_store::audit::{Report, audit};
use vezne_store::{MasterKey, OpenOptions, SqliteStore};

use super::shared::{Post, Shared};
use super::{Backend, SeededRandom, SharedBackend};

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
        audit(&self.path()).expect("it can be audited")
    }
}

/// The same as several nodes on it see it, in one process.
pub(crate) struct SharedSqlite {
    sqlite: Sqlite,
    store: OnceLock<Arc<dyn Store>>,
    post: Arc<Post>,
}

impl Backend for SharedSqlite {
    fn fresh() -> Self {
        Self { sqlite: Sqlite::fresh(), store: OnceLock::new(), post: Arc::default() }
    }

    fn open(&self) -> Arc<dyn Store> {
        self.open_another()
    }

    fn audit(&self) -> Report {
        self.sqlite.audit()
    }
}

impl SharedBackend for SharedSqlite {
    fn open_another(&self) -> Arc<dyn Store> {
        let store = Arc::clone(self.store.get_or_init(|| self.sqlite.open()));
        Arc::new(Shared { store, post: Arc::clone(&self.post) })
    }
}
