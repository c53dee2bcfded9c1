//! Why a database of PostgreSQL was not opened, and which failures pass by themselves.

use std::fmt;

use tokio_postgres::error::SqlState;

use crate::row::StoreError;

/// Why a database was not opened.
#[derive(Debug)]
pub enum OpenError {
    /// The URL does not say where.
    Url(String),
    /// No server that takes writes was reached.
    Unreachable(String),
    /// A pooler in transaction mode stands between, and the configuration does not know it.
    Pooler,
    /// The server is older than this program can use.
    OldServer(String),
    /// No named synchronous standby confirms commits, and the configuration asks for one.
    NoStandby,
    /// The server is on an earlier timeline than one seen before: an old primary.
    OldPrimary {
        /// The latest timeline seen.
        seen: u32,
        /// The server's.
        found: u32,
    },
    /// The server is another cluster, or the database another one, than the one that this node
    /// works on.
    OtherHome {
        /// The cluster and the database that the node works on.
        known: String,
        /// Those that were reached.
        found: String,
    },
    /// The hosts of the URL are different clusters or databases.
    TwoHomes([String; 2]),
    /// More than one schema of the path holds a desk.
    TwoDesks(String),
    /// No schema of the path exists.
    NoSchema,
    /// The database does not take every character.
    Encoding(String),
    /// The database holds something else.
    NotOurs,
    /// The schema is older than this program.
    MigrationsPending {
        /// How many are pending.
        count: usize,
    },
    /// The schema is so much newer that this program may not run on it.
    NewerSchema {
        /// The migration that asks for a newer program.
        number: i64,
        /// Its name.
        name: String,
    },
    /// A migration was applied that is not the one in this program.
    AlteredMigration {
        /// The migration.
        number: i64,
        /// Its name.
        name: String,
    },
    /// The database was sealed under another master key.
    WrongKey,
    /// PostgreSQL's own words.
    Database(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) => write!(f, "store.url is no address of PostgreSQL: {why}"),
            Self::Unreachable(why) => {
                write!(f, "no primary was reached; a standby is no place for decisions: {why}")
            }
            Self::Pooler => f.write_str(
                "a pooler in transaction mode stands before PostgreSQL: set store.pooler = true, \
                 or have store.url name the server itself",
            ),
            Self::OldServer(version) => {
                write!(f, "PostgreSQL {version} is too old; 14 or newer is needed")
            }
            Self::NoStandby => f.write_str(
                "synchronous_standby_names is empty, so a commit may be lost with its server; name \
                 a standby, or set store.require_synchronous_standby = false",
            ),
            Self::OldPrimary { seen, found } => write!(
                f,
                "the server is on timeline {found}, but timeline {seen} was seen: an old primary"
            ),
            Self::OtherHome { known, found } => write!(
                f,
                "this node works on cluster and database {known}, and these are {found}: another \
                 desk, or a copy of it. When the desk was moved there on purpose, and nobody works \
                 on the other one, remove the file `home` in store.directory"
            ),
            Self::TwoHomes([one, other]) => write!(
                f,
                "the hosts of store.url are different clusters or databases ({one}; {other}), and \
                 one desk cannot be on both: name only the one that the desk is on"
            ),
            Self::TwoDesks(schemas) => write!(
                f,
                "the schemas {schemas} hold a desk each: have search_path name one of them"
            ),
            Self::NoSchema => f.write_str("no schema of search_path exists"),
            Self::Encoding(found) => write!(
                f,
                "the database has the encoding {found}, which lacks characters that names may \
                 have; make one with ENCODING 'UTF8'"
            ),
            Self::NotOurs => f.write_str("this is a database, but not one of vezne"),
            Self::MigrationsPending { count } => {
                write!(f, "this database lacks {count} migration(s); run `vezne migrate` first")
            }
            Self::NewerSchema { number, name } => {
                write!(f, "migration {number} ({name}) of this database needs a newer vezne")
            }
            Self::AlteredMigration { number, name } => write!(
                f,
                "migration {number} ({name}) of this database is not the one of this program"
            ),
            Self::WrongKey => {
                f.write_str("this database was sealed under another master key; nothing was read")
            }
            Self::Database(words) => write!(f, "the database does not open: {words}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<tokio_postgres::Error> for OpenError {
    fn from(error: tokio_postgres::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// What a failure before a commit was sent means for the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    /// Others were in the way; the same connection may try again.
    Conflict,
    /// The server or the way there is gone; another connection may try again.
    Gone,
    /// It would fail again.
    Lasting,
}

/// Judges a failure.
pub(super) fn passing(error: &StoreError) -> Passing {
    let StoreError::Postgres(error) = error else { return Passing::Lasting };
    let Some(code) = error.code() else { return Passing::Gone };
    let conflicts = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
    ];
    // A server that is starting, stopping or a standby, full, or about to be another one.
    let class = code.code().get(..2).unwrap_or_default();
    let gone = matches!(class, "08" | "57" | "53") || *code == SqlState::READ_ONLY_SQL_TRANSACTION;
    let idle = *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT;
    if conflicts.contains(code) {
        Passing::Conflict
    } else if gone || idle {
        Passing::Gone
    } else {
        Passing::Lasting
    }
}
