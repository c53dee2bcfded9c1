//! Which statements the stores really run, and how much work SQLite has with them, for the tests
//! that ask how each grows. Nothing is watched before [`begin`].

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rusqlite::trace::{TraceEvent, TraceEventCodes};

/// A statement of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    /// What it says.
    pub sql: String,
    /// The types of its parameters, by name.
    pub types: Vec<String>,
    /// Whether its plan is kept, and so may be older than the rows.
    pub kept: bool,
}

static ON: AtomicBool = AtomicBool::new(false);
static SQLITE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static POSTGRES: Mutex<BTreeSet<Asked>> = Mutex::new(BTreeSet::new());
static WORK: AtomicU64 = AtomicU64::new(0);

/// Watches every store of this process that is opened from now on.
pub fn begin() {
    ON.store(true, Ordering::Relaxed);
}

/// What SQLite has run.
pub fn sqlite() -> Vec<String> {
    SQLITE.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

/// What PostgreSQL was asked.
pub fn postgres() -> Vec<Asked> {
    POSTGRES.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

/// Instructions that SQLite has carried out so far, in tens.
pub fn work() -> u64 {
    WORK.load(Ordering::Relaxed)
}

/// What PostgreSQL is set to while it runs them.
pub fn postgres_settings() -> String {
    crate::postgres::settings()
}

/// Listens to a connection of SQLite.
pub(crate) fn listen(connection: &mut rusqlite::Connection) -> rusqlite::Result<()> {
    if !ON.load(Ordering::Relaxed) {
        return Ok(());
    }
    connection.progress_handler(
        10,
        Some(|| {
            WORK.fetch_add(1, Ordering::Relaxed);
            false
        }),
    )?;
    let note = |event: TraceEvent<'_>| {
        // What begins with a comment is a trigger at work.
        if let TraceEvent::Stmt(statement, sql) = event
            && !sql.starts_with("--")
        {
            let sql = statement.sql().into_owned();
            SQLITE.lock().unwrap_or_else(PoisonError::into_inner).insert(sql);
        }
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note))
}

/// Notes a statement of PostgreSQL.
pub(crate) fn note<'t>(sql: &str, types: impl Iterator<Item = &'t str>, kept: bool) {
    if ON.load(Ordering::Relaxed) {
        let asked = Asked { sql: sql.to_owned(), types: types.map(str::to_owned).collect(), kept };
        POSTGRES.lock().unwrap_or_else(PoisonError::into_inner).insert(asked);
    }
}
