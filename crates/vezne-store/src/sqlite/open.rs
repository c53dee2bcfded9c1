//! Opening: the lock, the settings, the schema and the key are right, or the store does not start.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use vezne_core::port::Random;

use super::lock::ProcessLock;
use super::moved::{self, Moved};
use super::{migrate, settings};
use crate::key::MasterKey;
use crate::row::StoreError;
use crate::row::desk_state::first_seal;
use crate::seal::Sealer;
use crate::watch;

/// How a store is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions {
    /// Creates a missing database and applies pending migrations, instead of refusing to open.
    pub migrate: bool,
}

/// Why a database was not opened.
#[derive(Debug)]
pub enum OpenError {
    /// There is no such file.
    Missing(PathBuf),
    /// A file could not be opened or written.
    Io {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// Another process has it.
    InUse {
        /// The database.
        path: PathBuf,
        /// The other process.
        pid: Option<u32>,
    },
    /// The SQLite that is linked has known faults.
    OldSqlite {
        /// Its version, as `3051003` for 3.51.3.
        linked: i32,
    },
    /// SQLite did not take a setting.
    Setting {
        /// Which.
        name: &'static str,
        /// What was asked for.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// The file is a database of something else.
    NotOurs,
    /// The schema is older than this program.
    MigrationsPending {
        /// How many are pending.
        count: usize,
    },
    /// The schema is newer than this program.
    NewerSchema {
        /// The unknown migration.
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
    /// Its desk is in another database now.
    Moved(Moved),
    /// SQLite's own words.
    Database(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => {
                write!(f, "{} does not exist; `vezne migrate` creates it", path.display())
            }
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::InUse { path, pid } => write_in_use(f, path, *pid),
            Self::OldSqlite { linked } => {
                let (major, minor) = (linked / 1_000_000, linked / 1_000 % 1_000);
                let patch = linked % 1_000;
                write!(f, "SQLite {major}.{minor}.{patch} can corrupt a database in WAL mode; ")?;
                f.write_str("3.51.3 or newer is needed")
            }
            Self::Setting { name, wanted, found } => {
                write!(f, "SQLite did not take {name} = {wanted}; it stays {found}")
            }
            Self::NotOurs => f.write_str("this is a database, but not one of vezne"),
            Self::MigrationsPending { count } => {
                write!(f, "this database lacks {count} migration(s); run `vezne migrate` first")
            }
            Self::NewerSchema { number, name } => write!(
                f,
                "this database was written by a newer vezne: it has migration {number} ({name})"
            ),
            Self::AlteredMigration { number, name } => write!(
                f,
                "migration {number} ({name}) of this database is not the one of this program"
            ),
            Self::WrongKey => {
                f.write_str("this database was sealed under another master key; nothing was read")
            }
            Self::Moved(moved) => write_moved(f, moved),
            Self::Database(words) => write!(f, "the database does not open: {words}"),
        }
    }
}

fn write_in_use(f: &mut fmt::Formatter<'_>, path: &Path, pid: Option<u32>) -> fmt::Result {
    write!(f, "{} is open in another vezne process", path.display())?;
    pid.map_or(Ok(()), |pid| write!(f, " (pid {pid})"))
}

fn write_moved(f: &mut fmt::Formatter<'_>, Moved { to, at, .. }: &Moved) -> fmt::Result {
    write!(f, "this desk moved to {to}")?;
    if let Ok(at) = jiff::Timestamp::from_microsecond(at.micros()) {
        write!(f, " on {at:.0}")?;
    }
    f.write_str("; set store.url to it. What is here is only what it was then")
}

impl std::error::Error for OpenError {}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.to_string())
    }
}

/// What an opened database consists of, before its threads are started.
pub(super) struct Opened {
    /// Held by the store that writes; a reader has none.
    pub(super) lock: Option<ProcessLock>,
    /// The one connection that writes, if any does.
    pub(super) writer: Option<Connection>,
    /// The connection that reads.
    pub(super) reader: Connection,
    /// Seals and opens values.
    pub(super) sealer: Arc<Sealer>,
}

/// Opens for writing.
pub(super) fn open_writing(
    path: &Path,
    key: &MasterKey,
    random: Arc<dyn Random>,
    options: OpenOptions,
) -> Result<Opened, OpenError> {
    settings::check_version(rusqlite::version_number())?;
    if !options.migrate && !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let lock = Some(ProcessLock::take(path)?);
    let mut writer = migrate::create(path)?;
    if options.migrate {
        migrate::run(&mut writer)?;
    }
    check_schema(&writer)?;
    moved::check(&writer)?;
    let sealer = Arc::new(sealer(key, Arc::clone(&random))?);
    check_key(&writer, &sealer, Some(&*random))?;
    Ok(Opened { lock, writer: Some(writer), reader: connect_read_only(path)?, sealer })
}

/// Opens for reading only, beside a process that may be writing.
pub(super) fn open_reading(path: &Path, key: &MasterKey) -> Result<Opened, OpenError> {
    settings::check_version(rusqlite::version_number())?;
    let reader = connect_read_only(path)?;
    check_schema(&reader)?;
    moved::check(&reader)?;
    let sealer = Arc::new(sealer(key, Arc::new(NeverSeals))?);
    check_key(&reader, &sealer, None)?;
    Ok(Opened { lock: None, writer: None, reader, sealer })
}

/// A connection for writing, with its settings proven.
pub(super) fn connect_writer(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    settings::prepare_writer(&connection)?;
    watch::listen(&mut connection)?;
    Ok(connection)
}

/// A connection that cannot write, with its settings proven.
///
/// # Errors
/// When the file is missing, unreadable or no database.
pub(super) fn connect_read_only(path: &Path) -> Result<Connection, OpenError> {
    connect_reader(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// A connection that does not write but could: SQLite forgets the CHECK constraints of a file that
/// is opened read-only, and then its integrity check passes over them.
///
/// # Errors
/// When the file is missing, unreadable or no database.
pub(crate) fn connect_auditor(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect_reader(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

fn connect_reader(path: &Path, access: OpenFlags) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    settings::prepare_reader(&connection)?;
    watch::listen(&mut connection)?;
    Ok(connection)
}

/// Refuses a schema that is not exactly this program's.
pub(crate) fn check_schema(connection: &Connection) -> Result<(), OpenError> {
    let applied = migrate::applied(connection)?;
    match migrate::MIGRATIONS.iter().filter(|one| one.number > applied).count() {
        0 => Ok(()),
        count => Err(OpenError::MigrationsPending { count }),
    }
}

/// What seals and opens under a key.
pub(crate) fn sealer(key: &MasterKey, random: Arc<dyn Random>) -> Result<Sealer, OpenError> {
    let refused = |_| OpenError::Database("the cryptographic library refused the key".to_owned());
    Sealer::new(key, random).map_err(refused)
}

/// Compares the key with the one the database was first opened with. The first opening for writing
/// leaves the check, and draws the id of this incarnation of the database.
pub(super) fn check_key(
    connection: &Connection,
    sealer: &Sealer,
    random: Option<&dyn Random>,
) -> Result<(), OpenError> {
    let select = "SELECT value FROM meta WHERE name = 'key_check'";
    let found: Option<Vec<u8>> = connection.query_row(select, [], |row| row.get(0)).optional()?;
    match (found, random) {
        (Some(found), _) if sealer.check_key(&found) => Ok(()),
        (Some(_), _) => Err(OpenError::WrongKey),
        (None, None) => Ok(()),
        (None, Some(random)) => first_opening(connection, sealer, random),
    }
}

fn first_opening(
    connection: &Connection,
    sealer: &Sealer,
    random: &dyn Random,
) -> Result<(), OpenError> {
    let mut incarnation = [0; 16];
    random.fill(&mut incarnation);
    let check = sealer.key_check().map_err(StoreError::from)?;
    let seal = first_seal(sealer, incarnation);
    let transaction = connection.unchecked_transaction()?;
    let both = "INSERT INTO meta (name, value) VALUES ('key_check', ?), ('incarnation', ?)";
    transaction.execute(both, (check, incarnation))?;
    transaction.execute("UPDATE desk_state SET seal = ?", [seal])?;
    transaction.commit()?;
    sealer.demand_seals();
    Ok(())
}

/// A reader opens values and seals none.
pub(crate) struct NeverSeals;

impl Random for NeverSeals {
    fn fill(&self, _: &mut [u8]) {}
}
