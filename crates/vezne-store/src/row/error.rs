//! What goes wrong between the rows and the types.

use std::fmt;

use rusqlite::ffi;
use tokio_postgres::error::SqlState;
use vezne_core::engine::view::{Unreadable, View};
use vezne_core::model::unread::Unread;
use vezne_core::port::Fault;

use crate::seal::DoesNotOpen;

/// A failure of the database, or a row that no code of ours wrote.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// SQLite's own.
    Sqlite(rusqlite::Error),
    /// PostgreSQL's own, or of the way there.
    Postgres(tokio_postgres::Error),
    /// A row or value that means nothing.
    Broken(String),
    /// A row that says something else than what was written.
    Altered(String),
}

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(error) => write!(f, "database: {error}"),
            Self::Postgres(error) => match error.as_db_error() {
                Some(told) => write!(f, "database: {} ({})", told.message(), told.code().code()),
                None => write!(f, "database: {error}"),
            },
            Self::Broken(what) => write!(f, "database content: {what}"),
            Self::Altered(what) => write!(f, "altered outside Vezne: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
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
        self.sqlite().is_some_and(|error| error.code == ffi::ErrorCode::SystemIoFailure)
    }

    /// Whether the disk failed to take what it was given. A full disk is no failure of that kind.
    pub(crate) fn is_lost_write(&self) -> bool {
        const LOST: [i32; 3] =
            [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_DIR_FSYNC, ffi::SQLITE_IOERR_WRITE];
        self.sqlite().is_some_and(|error| LOST.contains(&error.extended_code))
    }

    /// Whether it says nothing of what is in the database: the way there broke, the server is busy
    /// with itself, or the one who asks lacks a right.
    pub(crate) fn is_unseen(&self) -> bool {
        if let Self::Postgres(error) = self {
            let Some(code) = error.code() else { return true };
            // Connections, resources, operators, and what a standby takes back from its readers.
            let class = code.code().get(..2).unwrap_or_default();
            return matches!(class, "08" | "53" | "57" | "40")
                || *code == SqlState::INSUFFICIENT_PRIVILEGE;
        }
        self.sqlite().is_some_and(|error| {
            matches!(
                error.code,
                ffi::ErrorCode::DatabaseBusy
                    | ffi::ErrorCode::DatabaseLocked
                    | ffi::ErrorCode::PermissionDenied
                    | ffi::ErrorCode::SystemIoFailure
                    | ffi::ErrorCode::CannotOpen
            )
        })
    }

    fn sqlite(&self) -> Option<&ffi::Error> {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => Some(error),
            Self::Sqlite(_) | Self::Postgres(_) | Self::Broken(_) | Self::Altered(_) => None,
        }
    }

    /// Whether it lies in what one row says, so that all others are as good as before.
    pub(crate) fn is_of_one_row(&self) -> bool {
        match self {
            Self::Broken(_) | Self::Altered(_) => true,
            Self::Sqlite(_) | Self::Postgres(_) => false,
        }
    }
}

/// What was read of a row, or why it does not read; the id and whether it was set aside are read
/// first. A failure of the database stays one.
pub(crate) fn of_one_row<T>(
    id: i64,
    set_aside: bool,
    read: Result<T>,
) -> Result<std::result::Result<T, Unread>> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(error) if error.is_of_one_row() => {
            Ok(Err(Unread { id, why: error.to_string(), set_aside }))
        }
        Err(error) => Err(error),
    }
}

/// Says of each row that a group could not read that it is set aside; it is said once, because no
/// worker meets it again.
pub(crate) fn alarm(view: &View) {
    let Unreadable { payouts, callbacks } = &view.unreadable;
    for Unread { id, why, .. } in payouts.values().filter(|unread| !unread.set_aside) {
        tracing::error!(payout = id, why, "a payout does not read and is set aside");
    }
    for Unread { id, why, .. } in callbacks.values().filter(|unread| !unread.set_aside) {
        tracing::error!(callback = id, why, "a callback does not read and is set aside");
    }
}

/// A value of the column that our types have no word for.
pub(crate) fn unknown(what: &str, text: &str) -> StoreError {
    StoreError::Broken(format!("{text:?} is no {what}"))
}
