//! The SQLite store as the contract suite and the benchmark open it.

use std::path::PathBuf;
use std::sync::Arc;

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
}
