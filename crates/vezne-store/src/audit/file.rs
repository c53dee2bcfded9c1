//! The file itself: its schema, its pages, and the ids that leave no gap.

use rusqlite::Connection;

use super::{Check, each};
use crate::sqlite::open::check_schema;

pub(super) fn migrations(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    if let Err(wrong) = check_schema(connection) {
        check.violation(wrong.to_string());
        return Ok(());
    }
    check.count(connection, "SELECT count(*) FROM migration")
}

/// SQLite's own proof: every page, every index entry, every constraint and every foreign key.
pub(super) fn pages(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    check.count(connection, "PRAGMA page_count")?;
    each(connection, "PRAGMA integrity_check(100)", |row| {
        let finding: String = row.get(0)?;
        if finding != "ok" {
            check.violation(finding);
        }
        Ok(())
    })?;
    each(connection, "PRAGMA foreign_key_check", |row| {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        let id: Option<i64> = row.get(1)?;
        let id = id.map_or_else(String::new, |id| format!(" {id}"));
        check.violation(format!("{table}{id} names a {parent} that does not exist"));
        Ok(())
    })
}

/// One key signs, and the others have an end.
pub(super) fn token_keys(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    check.count(connection, "SELECT count(*) FROM token_key")?;
    check.none_of(
        connection,
        "SELECT format('%d token keys have no end', count(*) FILTER (WHERE until IS NULL)) \
         FROM token_key HAVING count(*) > 0 AND count(*) FILTER (WHERE until IS NULL) <> 1",
    )?;
    check.none_of(
        connection,
        "SELECT format('token key %d ends before it begins', number) FROM token_key \
         WHERE until < since",
    )?;
    check.none_of(
        connection,
        "SELECT format('token key %d has no end, but %d is newer', old.number, new.number) \
         FROM token_key AS old JOIN token_key AS new ON new.since >= old.since \
              AND new.number <> old.number WHERE old.until IS NULL",
    )
}

/// Ids are given out one by one and rows are never deleted, so a gap is a row that was taken away.
pub(super) fn sequence(connection: &Connection, check: &mut Check) -> rusqlite::Result<()> {
    for table in ["payout", "posting", "callback", "trail"] {
        let sql = format!("SELECT count(*), ifnull(min(id), 1), ifnull(max(id), 0) FROM {table}");
        each(connection, &sql, |row| {
            let (rows, first, last): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            check.rows_checked += u64::try_from(rows).unwrap_or(0);
            if first != 1 || last != rows {
                let found = format!("{rows} rows of {table} have ids from {first} to {last}");
                check.violation(found);
            }
            Ok(())
        })?;
    }
    Ok(())
}
