//! A file of SQLite itself: its pages, and the ids that leave no gap.

use std::collections::BTreeMap;

use super::source::Source;
use super::{Check, each};
use crate::row::{Result, get};
use crate::sqlite::migrate;

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

/// Compares every table, trigger, constraint and index with those of a database that this program
/// has made now. What SQLite keeps for itself is not looked at.
pub(super) fn schema(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    let own = migrate::fresh_schema()?;
    let mut found = BTreeMap::new();
    each(source, migrate::SCHEMA, |row| {
        let (kind, name): (String, String) = (get(row, 0)?, get(row, 1)?);
        found.insert((kind, name), get::<String>(row, 2)?);
        Ok(())
    })?;
    for ((kind, name), text) in &own {
        check.rows_checked += 1;
        match found.remove(&(kind.clone(), name.clone())) {
            None => check.violation(format!("the {kind} {name} is missing")),
            Some(other) if words(&other) != words(text) => {
                check.violation(format!("the {kind} {name} is another than this program makes"));
            }
            Some(_) => {}
        }
    }
    for (kind, name) in found.into_keys() {
        check.violation(format!("the {kind} {name} is none of this program's"));
    }
    Ok(())
}

/// A text without the layout that it was typed in.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
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
