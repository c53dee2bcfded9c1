//! The reads of the port. Every value is bound, every list is bounded, and a page starts after an
//! id.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use vezne_core::model::callback::Callback;
use vezne_core::model::payout::Payout;
use vezne_core::model::time::Timestamp;
use vezne_core::model::unread::Unsealed;
use vezne_core::port::{CallbackFilter, Found, Overview, PayoutFilter, SetAsideCounts};

use crate::row::sealed::{UNSEALED, read_sum};
use crate::row::{Listed, Result, get};
use crate::row::{callback, payout};
use crate::seal::Sealer;

/// No list is longer, whatever was asked for.
const MOST_ROWS: u32 = 1_000;

/// Conditions and the values bound to them.
#[derive(Default)]
struct Query {
    conditions: Vec<&'static str>,
    values: Vec<Value>,
}

impl Query {
    fn add<T: Into<Value>>(&mut self, condition: &'static str, value: Option<T>) {
        if let Some(value) = value {
            self.conditions.push(condition);
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
) -> Result<Found<Payout>> {
    let (rest, values) = payout_query(filter);
    select_payouts(connection, sealer, &rest, values)
}

fn payout_query(filter: &PayoutFilter) -> (String, Vec<Value>) {
    let mut query = Query::default();
    let merchant = filter.merchant.map(|id| id.0);
    match (&filter.reference, merchant) {
        // Names the first column of the index of references, so that it can be used.
        (Some(_), None) => query.conditions.push("merchant_id IN (SELECT id FROM merchant)"),
        (Some(_), _) => query.add("merchant_id = ?", merchant),
        // The sign keeps SQLite from fetching all payouts of a merchant only to sort them.
        (None, _) => query.add("+merchant_id = ?", merchant),
    }
    query.add("reference = ?", filter.reference.clone());
    query.add("state = ?", filter.state.clone());
    query.add("id < ?", filter.before.map(|id| id.0));
    if filter.in_doubt {
        query.conditions.push("progress = 'in-doubt'");
    }
    if filter.unsealed {
        query.conditions.push("seal IS NULL");
    }
    if filter.set_aside {
        query.conditions.push("set_aside_at IS NOT NULL");
    }
    let rest = query.finish("id", filter.limit);
    (rest, query.values)
}

/// Payouts to the person whose identity number has this tag, newest first.
pub(super) fn payouts_of_person(
    connection: &Connection,
    sealer: &Sealer,
    tag: [u8; 16],
) -> Result<Found<Payout>> {
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
) -> Result<Found<Payout>> {
    let mut statement = connection.prepare_cached(&payout::select(rest))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Listed::new();
    while let Some(row) = rows.next()? {
        found.add(payout::read_one_of_many(row, sealer)?);
    }
    Ok(found.finish())
}

/// Callbacks, newest first.
pub(super) fn callbacks(
    connection: &Connection,
    sealer: &Sealer,
    filter: &CallbackFilter,
) -> Result<Found<Callback>> {
    let mut query = Query::default();
    query.add("+c.merchant_id = ?", filter.merchant.map(|id| id.0));
    query.add("c.payout_id = ?", filter.payout.map(|id| id.0));
    query.add("c.state = ?", filter.state.clone());
    if filter.set_aside {
        query.conditions.push("c.set_aside_at IS NOT NULL");
    }
    let rest = query.finish("c.id", filter.limit);
    let mut statement = connection.prepare_cached(&callback::select(&rest))?;
    let mut rows = statement.query(params_from_iter(query.values))?;
    let mut found = Listed::new();
    while let Some(row) = rows.next()? {
        found.add(callback::read_one_of_many(row, sealer)?);
    }
    Ok(found.finish())
}

/// What stands where.
pub(super) fn overview(connection: &Connection) -> Result<Overview> {
    let one = |sql: &str| -> Result<Option<i64>> {
        Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    };
    let oldest = one("SELECT min(state_at) FROM callback WHERE state = 'due'")?;
    Ok(Overview {
        payouts: counts(connection, "SELECT state, count(*) FROM payout GROUP BY state")?,
        in_doubt: one("SELECT count(*) FROM payout WHERE progress = 'in-doubt'")?.unwrap_or(0),
        callbacks: counts(connection, "SELECT state, count(*) FROM callback GROUP BY state")?,
        set_aside: SetAsideCounts {
            payouts: one("SELECT count(*) FROM payout WHERE set_aside_at IS NOT NULL")?
                .unwrap_or(0),
            callbacks: one("SELECT count(*) FROM callback WHERE set_aside_at IS NOT NULL")?
                .unwrap_or(0),
        },
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

/// The payouts that have no seal, as sums.
pub(super) fn unsealed(connection: &Connection, sealer: &Sealer) -> Result<Unsealed> {
    let mut statement = connection.prepare_cached(UNSEALED)?;
    let mut rows = statement.query([])?;
    let mut unsealed = Unsealed { confirmed: sealer.all_sealed(), sums: Vec::new() };
    while let Some(row) = rows.next()? {
        unsealed.sums.push(read_sum(row)?);
    }
    Ok(unsealed)
}

/// The id of this incarnation of the database as hex; empty before its first opening for writing.
pub(super) fn incarnation(connection: &Connection) -> Result<String> {
    let sql = "SELECT lower(hex(value)) FROM meta WHERE name = 'incarnation'";
    Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
