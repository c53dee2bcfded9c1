//! A file of SQLite itself: its pages, and the ids that leave no gap.

use super::source::Source;
use super::{Check, each};
use crate::row::{Result, get};

/// SQLite's own proof: every page, every index entry, every constraint and every foreign key.
pub(super) fn pages(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    check.count(source, "PRAGMA page_count")?;
    each(source, "PRAGMA integrity_check(100)", |row| {
        let finding: String = get(row, 0)?;
        if finding != "ok" {
            check.violation(finding);
        }
        Ok(())
    })?;
    each(source, "PRAGMA foreign_key_check", |row| {
        let (table, parent): (String, String) = (get(row, 0)?, get(row, 2)?);
        let id: Option<i64> = get(row, 1)?;
        let id = id.map_or_else(String::new, |id| format!(" {id}"));
        check.violation(format!("{table}{id} names a {parent} that does not exist"));
        Ok(())
    })
}

/// Ids are given out one by one and rows are never deleted, so a gap is a row that was taken away.
pub(super) fn sequence(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    for table in ["payout", "posting", "callback", "trail"] {
        let sql =
            format!("SELECT count(*), coalesce(min(id), 1), coalesce(max(id), 0) FROM {table}");
        each(source, &sql, |row| {
            let (rows, first, last): (i64, i64, i64) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
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
