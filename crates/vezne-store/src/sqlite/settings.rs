//! What every connection is set to, and the proof that SQLite took it.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::open::OpenError;

/// Older releases have the WAL-reset bug, which can corrupt a database.
pub(super) const OLDEST: i32 = 3_051_003;

/// Refuses a linked SQLite that is too old.
///
/// # Errors
/// [`OpenError::OldSqlite`].
pub(super) fn check_version(linked: i32) -> Result<(), OpenError> {
    if linked < OLDEST { Err(OpenError::OldSqlite { linked }) } else { Ok(()) }
}

/// Name, value to set and value to read back. `synchronous` 2 is FULL: every commit is on the disk
/// before anybody hears of it. The writer moves the log into the database itself
/// ([`super::writer`]), because SQLite's own way swallows a failed fsync. References are declared
/// and proven by the audit, and not looked up again on every insert: the engine writes only what it
/// has just been shown.
const ALL: [(&str, &str, &str); 8] = [
    ("synchronous", "FULL", "2"),
    ("foreign_keys", "OFF", "0"),
    ("trusted_schema", "OFF", "0"),
    ("temp_store", "MEMORY", "2"),
    ("cache_size", "-65536", "-65536"),
    ("busy_timeout", "5000", "5000"),
    ("wal_autocheckpoint", "0", "0"),
    ("recursive_triggers", "ON", "1"),
];

/// Settings of the connection that writes; the journal mode is the file's own and stays.
///
/// # Errors
/// [`OpenError::Setting`] when SQLite did not take one.
pub(super) fn prepare_writer(connection: &Connection) -> Result<(), OpenError> {
    set(connection, "journal_mode", "WAL", "wal")?;
    set(connection, "journal_size_limit", "67108864", "67108864")?;
    prepare(connection)
}

/// Settings of a connection that only reads.
///
/// # Errors
/// [`OpenError::Setting`] when SQLite did not take one.
pub(super) fn prepare_reader(connection: &Connection) -> Result<(), OpenError> {
    set(connection, "query_only", "ON", "1")?;
    prepare(connection)
}

/// Statements that a connection keeps parsed. Beyond that the program has no more texts; every list
/// with every filter is one.
const KEPT_STATEMENTS: usize = 256;

fn prepare(connection: &Connection) -> Result<(), OpenError> {
    connection.set_prepared_statement_cache_capacity(KEPT_STATEMENTS);
    // Plans depend on no parameter, or a statement would be parsed anew whenever one is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    ALL.iter().try_for_each(|(name, value, wanted)| set(connection, name, value, wanted))
}

fn set(
    connection: &Connection,
    name: &'static str,
    value: &str,
    wanted: &'static str,
) -> Result<(), OpenError> {
    finish(connection, &format!("PRAGMA {name} = {value}"))?;
    let found = read(connection, name)?;
    if found == wanted { Ok(()) } else { Err(OpenError::Setting { name, wanted, found }) }
}

/// Runs a statement to its very end. A change of the journal mode shows its answer first and
/// commits afterwards, and whoever stops at the answer misses that the disk failed.
fn finish(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// The present value of a setting, as text.
///
/// # Errors
/// When SQLite does not know it.
pub(super) fn read(connection: &Connection, name: &str) -> rusqlite::Result<String> {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| {
        let value = row.get_ref(0)?;
        let number = value.as_i64().map(|number| number.to_string());
        Ok(number.or_else(|_| value.as_str().map(str::to_owned)).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::{check_version, prepare_writer, read};
    use rusqlite::Connection;

    #[test]
    fn versions_before_the_fix_are_refused() {
        for (linked, taken) in
            [(3_040_001, false), (3_051_002, false), (3_051_003, true), (3_052_000, true)]
        {
            assert_eq!(check_version(linked).is_ok(), taken, "{linked}");
        }
        assert!(check_version(rusqlite::version_number()).is_ok());
    }

    #[test]
    fn a_journal_that_is_not_taken_is_refused() {
        let memory = Connection::open_in_memory().expect("a database in memory");
        let refused = prepare_writer(&memory).expect_err("memory has no write-ahead log");
        assert!(refused.to_string().contains("journal_mode"), "{refused}");
    }

    #[test]
    fn the_settings_hold() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = Connection::open(folder.path().join("db")).expect("a database");
        prepare_writer(&file).expect("the settings are taken");
        for (name, value) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "0")]
        {
            assert_eq!(read(&file, name).expect(name), value);
        }
    }
}
