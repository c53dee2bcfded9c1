//! Why a desk was not copied, in words that say what to do.

use std::fmt;

use crate::row::StoreError;
use crate::{postgres, sqlite};

/// Why a desk was not copied.
#[derive(Debug)]
pub enum CopyError {
    /// The file does not open.
    Source(sqlite::OpenError),
    /// The database does not open.
    Target(postgres::OpenError),
    /// The file was never opened for work.
    NoDesk,
    /// The target has rows already, here in this table.
    NotEmpty(&'static str),
    /// The target has these tables, which this program does not know how to fill.
    OtherSchema(String),
    /// What went wrong between the two, and at which table.
    Broken {
        /// The table, where it is one's.
        table: Option<&'static str>,
        /// What the databases say.
        words: String,
    },
    /// The commit was sent, and nobody said what became of it.
    Unknown(String),
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Target(error) => error.fmt(f),
            Self::NoDesk => f.write_str(
                "no desk was begun in this file, so there is nothing to copy; set store.url and \
                 begin one there",
            ),
            Self::NotEmpty(table) => write!(
                f,
                "the target is not empty: it has rows in {table}. A desk is copied into a fresh \
                 database only, so that nothing is mixed: make one (createdb) and name it"
            ),
            Self::OtherSchema(tables) => write!(
                f,
                "the target has other tables than this program copies ({tables}); use the vezne \
                 that it was made with"
            ),
            Self::Broken { table: Some(table), words } => {
                write!(f, "{table} was not copied, and nothing is: {words}")
            }
            Self::Broken { table: None, words } => write!(f, "nothing was copied: {words}"),
            Self::Unknown(words) => write!(
                f,
                "whether the copy was committed is not known ({words}); run the same command \
                 again, which finds out. Until then the file does not open for work"
            ),
        }
    }
}

impl std::error::Error for CopyError {}

impl CopyError {
    pub(super) fn table(table: &'static str, error: StoreError) -> Self {
        Self::Broken { table: Some(table), words: error.to_string() }
    }

    pub(super) fn commit(error: StoreError) -> Self {
        Self::Unknown(error.to_string())
    }
}

impl From<sqlite::OpenError> for CopyError {
    fn from(error: sqlite::OpenError) -> Self {
        Self::Source(error)
    }
}

impl From<postgres::OpenError> for CopyError {
    fn from(error: postgres::OpenError) -> Self {
        Self::Target(error)
    }
}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        Self::Broken { table: None, words: error.to_string() }
    }
}
