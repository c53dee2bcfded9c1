//! Our own small migrator: numbered files inside the program, forward only, each in one transaction
//! and remembered with its checksum.

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, TransactionBehavior};

use super::lock::{ProcessLock, private_file};
use super::open::{OpenError, connect_read_only, connect_writer};
use super::settings;
use crate::row::StoreError;

/// One migration inside the program.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from one, without gaps.
    pub number: i64,
    /// Its name.
    pub name: &'static str,
    /// What it runs.
    pub sql: &'static str,
}

/// Every migration, in order. A new one is a file and a line.
pub const MIGRATIONS: [Migration; 11] = [
    Migration { number: 1, name: "desk", sql: include_str!("migrations/0001_desk.sql") },
    Migration { number: 2, name: "batches", sql: include_str!("migrations/0002_batches.sql") },
    Migration { number: 3, name: "channels", sql: include_str!("migrations/0003_channels.sql") },
    Migration {
        number: 4,
        name: "desk-state",
        sql: include_str!("migrations/0004_desk_state.sql"),
    },
    Migration { number: 5, name: "trust", sql: include_str!("migrations/0005_trust.sql") },
    Migration { number: 6, name: "speed", sql: include_str!("migrations/0006_speed.sql") },
    Migration { number: 7, name: "keep", sql: include_str!("migrations/0007_keep.sql") },
    Migration { number: 8, name: "seal", sql: include_str!("migrations/0008_seal.sql") },
    Migration { number: 9, name: "oldest", sql: include_str!("migrations/0009_oldest.sql") },
    Migration { number: 10, name: "desk-seal", sql: include_str!("migrations/0010_desk_seal.sql") },
    Migration {
        number: 11,
        name: "callback-keys",
        sql: include_str!("migrations/0011_callback_keys.sql"),
    },
];

/// A migration and whether the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Whether it was applied.
    pub applied: bool,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

impl Migration {
    /// The SHA-256 of its SQL, as hex.
    pub fn checksum(&self) -> String {
        let sum = digest(&SHA256, self.sql.as_bytes());
        sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Which migrations a database has. A file that does not exist has none.
///
/// # Errors
/// When the file is no database, or has an altered or unknown migration.
pub fn status(path: &Path) -> Result<Vec<MigrationStatus>, OpenError> {
    let applied = if path.exists() { applied(&connect_read_only(path)?)? } else { 0 };
    let line = |one: &Migration| {
        let (name, done) = (one.name.to_owned(), one.number <= applied);
        MigrationStatus { number: one.number, name, applied: done }
    };
    Ok(MIGRATIONS.iter().map(line).collect())
}

/// Applies what is pending, creating the database if it is missing, and returns what was applied.
///
/// # Errors
/// As [`status`]; when another process has the database; when one fails, which leaves it whole as
/// the one before had made it.
pub fn migrate(path: &Path) -> Result<Vec<MigrationStatus>, OpenError> {
    settings::check_version(rusqlite::version_number())?;
    let lock = ProcessLock::take(path)?;
    let mut connection = create(path)?;
    let done = run(&mut connection)?;
    drop(lock);
    Ok(done)
}

/// Opens the database for writing, creating a file that only its owner may read.
pub(super) fn create(path: &Path) -> Result<Connection, OpenError> {
    let failed = |error| OpenError::Io { path: path.to_owned(), error };
    private_file().open(path).map_err(failed)?;
    connect_writer(path)
}

/// Applies what is pending on an open connection.
pub(super) fn run(connection: &mut Connection) -> Result<Vec<MigrationStatus>, OpenError> {
    let mut done = Vec::new();
    let applied = applied(connection)?;
    for migration in MIGRATIONS.iter().filter(|one| one.number > applied) {
        apply(connection, migration)?;
        let name = migration.name.to_owned();
        done.push(MigrationStatus { number: migration.number, name, applied: true });
    }
    Ok(done)
}

/// Everything that a schema consists of: what it is, its name and its text. Indexes that SQLite
/// makes by itself have no text, and its own tables are not ours.
pub(crate) const SCHEMA: &str = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema \
     WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'";

/// The schema that this program makes: each thing by what it is and its name, with its text.
pub(crate) fn fresh_schema() -> crate::row::Result<BTreeMap<(String, String), String>> {
    let mut connection = Connection::open_in_memory()?;
    let failed = |error: OpenError| StoreError::Broken(error.to_string());
    run(&mut connection).map_err(failed)?;
    let mut statement = connection.prepare(SCHEMA)?;
    let read = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get(2)?));
    let all = statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

fn apply(connection: &mut Connection, one: &Migration) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLE)?;
    transaction.execute_batch(one.sql)?;
    let line = (one.number, one.name, one.checksum());
    // The time is for people only, so SQLite's own clock will do.
    let sql = "INSERT INTO migration VALUES (?, ?, ?, unixepoch() * 1000000)";
    transaction.execute(sql, line)?;
    Ok(transaction.commit()?)
}

/// The number of the last migration a database has; zero for an empty one.
pub(super) fn applied(connection: &Connection) -> Result<i64, OpenError> {
    let tables = "SELECT count(*) FILTER (WHERE name = 'migration'), count(*) FROM sqlite_schema";
    let (ours, all): (i64, i64) =
        connection.query_row(tables, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match (ours, all) {
        (0, 0) => Ok(0),
        (0, _) => Err(OpenError::NotOurs),
        _ => check(connection),
    }
}

/// Compares what was applied with what the program has, number by number.
fn check(connection: &Connection) -> Result<i64, OpenError> {
    let mut statement =
        connection.prepare("SELECT number, name, sha256 FROM migration ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut last = 0;
    while let Some(row) = rows.next()? {
        let (number, name, sum): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match MIGRATIONS.iter().find(|one| one.number == number) {
            None => return Err(OpenError::NewerSchema { number, name }),
            Some(one) if one.checksum() != sum || number != last + 1 => {
                return Err(OpenError::AlteredMigration { number, name });
            }
            Some(_) => last = number,
        }
    }
    Ok(last)
}
