//! What goes wrong between the rows and the types, and the readers of single columns.

use std::fmt;

use rusqlite::types::{FromSql, Type};
use rusqlite::{Row, ffi};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::time::Timestamp;
use vezne_core::port::Fault;

use crate::seal::DoesNotOpen;

/// A failure of the database, or a row that no code of ours wrote.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// SQLite's own.
    Sql(rusqlite::Error),
    /// A row or value that means nothing.
    Broken(String),
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sql(error) => write!(f, "database: {error}"),
            Self::Broken(what) => write!(f, "database content: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<DoesNotOpen> for StoreError {
    fn from(DoesNotOpen(place): DoesNotOpen) -> Self {
        Self::Broken(format!("{place} does not open: it was altered, or the master key is another"))
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl StoreError {
    /// Whether the disk failed below SQLite.
    pub(crate) fn is_disk_failure(&self) -> bool {
        self.code().is_some_and(|error| error.code == ffi::ErrorCode::SystemIoFailure)
    }

    /// Whether the disk failed to take what it was given. A full disk is no failure of that kind.
    pub(crate) fn is_lost_write(&self) -> bool {
        const LOST: [i32; 3] =
            [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC, ffi::SQLITE_IOERR_WRITE];
        self.code().is_some_and(|error| LOST.contains(&error.extended_code))
    }

    fn code(&self) -> Option<&ffi::Error> {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(error, _)) => Some(error),
            Self::Sql(_) | Self::Broken(_) => None,
        }
    }
}

/// A value of the column that our types have no word for.
pub(crate) fn unknown(what: &str, text: &str) -> StoreError {
    StoreError::Broken(format!("{text:?} is no {what}"))
}

/// The column of a row.
pub(crate) fn get<T: FromSql>(row: &Row<'_>, column: usize) -> Result<T> {
    Ok(row.get(column)?)
}

/// The text of a column, borrowed.
pub(crate) fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str> {
    optional_text(row, column)?.ok_or_else(|| null(column))
}

/// The text of a column that may be null, borrowed.
pub(crate) fn optional_text<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r str>> {
    let value = row.get_ref(column)?;
    value.as_str_or_null().map_err(|_| wrong_type(column, value.data_type()))
}

/// The bytes of a column that may be null, borrowed.
pub(crate) fn optional_bytes<'r>(row: &'r Row<'_>, column: usize) -> Result<Option<&'r [u8]>> {
    let value = row.get_ref(column)?;
    value.as_blob_or_null().map_err(|_| wrong_type(column, value.data_type()))
}

/// The bytes of a column, borrowed.
pub(crate) fn bytes<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8]> {
    optional_bytes(row, column)?.ok_or_else(|| null(column))
}

/// A moment.
pub(crate) fn moment(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    get(row, column).map(Timestamp::from_micros)
}

/// A currency.
pub(crate) fn currency(row: &Row<'_>, column: usize) -> Result<Currency> {
    let code = text(row, column)?;
    code.parse().map_err(|_| unknown("currency", code))
}

/// An amount in a currency.
pub(crate) fn money(row: &Row<'_>, column: usize, currency: Currency) -> Result<Money> {
    Ok(Money::new(get(row, column)?, currency))
}

fn null(column: usize) -> StoreError {
    StoreError::Broken(format!("column {column} is null"))
}

fn wrong_type(column: usize, found: Type) -> StoreError {
    StoreError::Broken(format!("column {column} is of type {found}"))
}
