//! The reads of the port. Every value is bound, every list is bounded, and a page starts after an
//! id.

use std::borrow::Cow;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use vezne_core::model::callback::Callback;
use vezne_core::model::payout::Payout;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{CallbackFilter, Overview, PayoutFilter};

use super::desk_state;
use crate::row::state::in_doubt;
use crate::row::{Result, get};
use crate::row::{callback, payout};
use crate::seal::Sealer;

/// No list is longer, whatever was asked for.
const MOST_ROWS: u32 = 1_000;

/// Conditions and the values bound to them.
#[derive(Default)]
struct Query {
    conditions: Vec<Cow<'static, str>>,
    values: Vec<Value>,
}

impl Query {
    fn add<T: Into<Value>>(&mut self, condition: &'static str, value: Option<T>) {
        if let Some(value) = value {
            self.conditions.push(condition.into());
            self.values.push(value.into());
        }
    }

    /// The text after `FROM`, newest first.
    fn finish(&mut self, id: &str, limit: u32) -> String {
        let mut text = String::new();
        for (index, condition) in self.conditions.iter().enumerate() {
            text.push_str(if index == 0 { "WHERE " } else { " AND " });
            text.push_str(condition);
        }
        self.values.push(i64::from(limit.min(MOST_ROWS)).into());
        format!("{text} ORDER BY {id} DESC LIMIT ?")
    }
}

/// Payouts, newest first.
pub(super) fn payouts(
    connection: &Connection,
    sealer: &Sealer,
    filter: &PayoutFilter,
) -> Result<Vec<Payout>> {
    let asked_trust = desk_state::read(connection)?.asked_trust();
    let (rest, values) = payout_query(filter, asked_trust);
    select_payouts(connection, sealer, &rest, values)
}

fn payout_query(filter: &PayoutFilter, asked_trust: i64) -> (String, Vec<Value>) {
    let mut query = Query::default();
    let merchant = filter.merchant.map(|id| id.0);
    match (&filter.reference, merchant) {
        // Names the first column of the index of references, so that it can be used.
        (Some(_), None) => {
            query.conditions.push("merchant_id IN (SELECT id FROM merchant)".into());
        }
        (Some(_), _) => query.add("merchant_id = ?", merchant),
        // The sign keeps SQLite from fetching all payouts of a merchant only to sort them.
        (None, _) => query.add("+merchant_id = ?", merchant),
    }
    query.add("reference = ?", filter.reference.clone());
    query.add("state = ?", filter.state.clone());
    query.add("id < ?", filter.before.map(|id| id.0));
    if filter.in_doubt {
        query.conditions.push(in_doubt(asked_trust).into());
    }
    let rest = query.finish("id", filter.limit);
    (rest, query.values)
}

/// Payouts to the person whose identity number has this tag, newest first.
pub(super) fn payouts_of_person(
    connection: &Connection,
    sealer: &Sealer,
    tag: [u8; 16],
) -> Result<Vec<Payout>> {
    let mut query = Query::default();
    query.add("identity_tag = ?", Some(tag.to_vec()));
    let rest = query.finish("id", MOST_ROWS);
    select_payouts(connection, sealer, &rest, query.values)
}

fn select_payouts(
    connection: &Connection,
    sealer: &Sealer,
    rest: &str,
    values: Vec<Value>,
) -> Result<Vec<Payout>> {
    let mut statement = connection.prepare_cached(&payout::select(rest))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(payout::read(row, sealer)?);
    }
    Ok(found)
}

/// Callbacks, newest first.
pub(super) fn callbacks(
    connection: &Connection,
    sealer: &Sealer,
    filter: &CallbackFilter,
) -> Result<Vec<Callback>> {
    let mut query = Query::default();
    query.add("+c.merchant_id = ?", filter.merchant.map(|id| id.0));
    query.add("c.payout_id = ?", filter.payout.map(|id| id.0));
    query.add("c.state = ?", filter.state.clone());
    let rest = query.finish("c.id", filter.limit);
    let mut statement = connection.prepare_cached(&callback::select(&rest))?;
    let mut rows = statement.query(params_from_iter(query.values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(callback::read(row, sealer)?);
    }
    Ok(found)
}

/// What stands where.
pub(super) fn overview(connection: &Connection) -> Result<Overview> {
    let one = |sql: &str| -> Result<Option<i64>> {
        Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    };
    let in_doubt = in_doubt(desk_state::read(connection)?.asked_trust());
    let in_doubt = format!("SELECT count(*) FROM payout WHERE {in_doubt}");
    let oldest = one("SELECT min(state_at) FROM callback WHERE state = 'due'")?;
    Ok(Overview {
        payouts: counts(connection, "SELECT state, count(*) FROM payout GROUP BY state")?,
        in_doubt: one(&in_doubt)?.unwrap_or(0),
        callbacks: counts(connection, "SELECT state, count(*) FROM callback GROUP BY state")?,
        oldest_due_callback: oldest.map(Timestamp::from_micros),
        quarantined: one("SELECT quarantined_at FROM desk_state")?.is_some(),
    })
}

fn counts(connection: &Connection, sql: &str) -> Result<Vec<(String, i64)>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut counts = Vec::new();
    while let Some(row) = rows.next()? {
        counts.push((get(row, 0)?, get(row, 1)?));
    }
    Ok(counts)
}

/// The id of this incarnation of the database as hex; empty before its first opening for writing.
pub(super) fn incarnation(connection: &Connection) -> Result<String> {
    let sql = "SELECT lower(hex(value)) FROM meta WHERE name = 'incarnation'";
    Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
