//! The SQLite store: the contract of every store, and what is SQLite's own.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod contract;
mod only;
mod support;

use std::path::PathBuf;
use std::sync::Arc;

use support::{Backend, SeededRandom};
use tempfile::TempDir;
use vezne_core::port::Store;
use vezne_store::audit::{Report, audit};
use vezne_store::{MasterKey, OpenOptions, SqliteStore};

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

    fn open(&self) -> Arc<dyn Store> {
        self.try_open().expect("it opens")
    }

    fn audit(&self) -> Report {
        audit(&self.path()).expect("it can be audited")
    }
}

contract::suite!(Sqlite);
