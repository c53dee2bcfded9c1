//! The reads of the port. Every value is bound, every list is bounded, and a page starts after an
//! id.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use vezne_core::model::callback::{Callback, CallbackState};
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_core::model::time::Timestamp;
use vezne_core::port::{CallbackFilter, Overview, PayoutFilter};

use crate::row::{Result, get};
use crate::row::{callback, payout};
use crate::seal::Sealer;

/// No list is longer, whatever was asked for.
const MOST_ROWS: u32 = 1_000;

/// Conditions and the values bound to them. Numbers say which value a condition means.
#[derive(Default)]
struct Query {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Query {
    /// Binds a value; answers with its number.
    fn bind(&mut self, value: impl Into<Value>) -> usize {
        self.values.push(value.into());
        self.values.len()
    }

    /// A column that must have a value, where one is asked for.
    fn add<T: Into<Value>>(&mut self, column: &str, sign: &str, value: Option<T>) {
        if let Some(value) = value {
            let number = self.bind(value);
            self.conditions.push(format!("{column} {sign} ?{number}"));
        }
    }

    /// Of one merchant whatever the state: an index has them in order within each state, and only
    /// the newest of each are looked at.
    fn add_newest(&mut self, list: &List, merchant: i64, before: Option<i64>, limit: u32) {
        let (merchant, limit) = (self.bind(merchant), self.bind(most(limit)));
        let older = before.map(|before| format!("AND id < ?{}", self.bind(before)));
        let (table, older) = (list.table, older.unwrap_or_default());
        let newest = |state: &&str| {
            format!(
                "SELECT id FROM (SELECT id FROM {table} WHERE merchant_id = ?{merchant} \
                 AND state = '{state}' {older} ORDER BY id DESC LIMIT ?{limit})"
            )
        };
        let all: Vec<String> = list.states.iter().map(newest).collect();
        self.conditions.push(format!("{} IN ({})", list.id, all.join(" UNION ALL ")));
    }

    /// The text after `FROM`, newest first.
    fn finish(&mut self, id: &str, limit: u32) -> String {
        let limit = self.bind(most(limit));
        let all = self.conditions.join(" AND ");
        let all = if all.is_empty() { all } else { format!("WHERE {all} ") };
        format!("{all}ORDER BY {id} DESC LIMIT ?{limit}")
    }
}

fn most(limit: u32) -> i64 {
    i64::from(limit.min(MOST_ROWS))
}

/// What is listed by merchant.
struct List {
    table: &'static str,
    /// Its id, as the whole query calls it.
    id: &'static str,
    /// Every state that it can be in.
    states: &'static [&'static str],
}

const PAYOUTS: List = List { table: "payout", id: "id", states: &PayoutState::CODES };
const CALLBACKS: List = List { table: "callback", id: "c.id", states: &CallbackState::CODES };

/// Payouts, newest first.
pub(super) fn payouts(
    connection: &Connection,
    sealer: &Sealer,
    filter: &PayoutFilter,
) -> Result<Vec<Payout>> {
    let (rest, values) = payout_query(filter);
    select_payouts(connection, sealer, &rest, values)
}

fn payout_query(filter: &PayoutFilter) -> (String, Vec<Value>) {
    let mut query = Query::default();
    let merchant = filter.merchant.map(|id| id.0);
    let before = filter.before.map(|id| id.0);
    let narrow = filter.reference.is_some() || filter.state.is_some() || filter.in_doubt;
    match (&filter.reference, merchant) {
        // Names the first column of the index of references, so that it can be used.
        (Some(_), None) => {
            query.conditions.push("merchant_id IN (SELECT id FROM merchant)".to_owned());
        }
        (None, Some(merchant)) if !narrow => {
            query.add_newest(&PAYOUTS, merchant, before, filter.limit);
        }
        (_, merchant) => query.add(own("merchant_id", filter.in_doubt), "=", merchant),
    }
    query.add("reference", "=", filter.reference.clone());
    let found_otherwise = filter.reference.is_some() || filter.in_doubt;
    query.add(own("state", found_otherwise), "=", filter.state.clone());
    query.add("id", "<", before);
    if filter.in_doubt {
        query.conditions.push("progress = 'in-doubt'".to_owned());
    }
    let rest = query.finish("id", filter.limit);
    (rest, query.values)
}

/// A column that SQLite must not look up in an index, because a better one has the rows.
fn own(column: &'static str, found_otherwise: bool) -> &'static str {
    match column {
        "merchant_id" if found_otherwise => "+merchant_id",
        "state" if found_otherwise => "+state",
        column => column,
    }
}

/// Payouts to the person whose identity number has this tag, newest first.
pub(super) fn payouts_of_person(
    connection: &Connection,
    sealer: &Sealer,
    tag: [u8; 16],
) -> Result<Vec<Payout>> {
    let mut query = Query::default();
    query.add("identity_tag", "=", Some(tag.to_vec()));
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
    let (rest, values) = callback_query(filter);
    let mut statement = connection.prepare_cached(&callback::select(&rest))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(callback::read(row, sealer)?);
    }
    Ok(found)
}

fn callback_query(filter: &CallbackFilter) -> (String, Vec<Value>) {
    let mut query = Query::default();
    let (merchant, payout) = (filter.merchant.map(|id| id.0), filter.payout.map(|id| id.0));
    match (merchant, payout, &filter.state) {
        (Some(merchant), None, None) => {
            query.add_newest(&CALLBACKS, merchant, None, filter.limit);
        }
        (merchant, Some(_), state) => {
            query.add("+c.merchant_id", "=", merchant);
            query.add("c.payout_id", "=", payout);
            query.add("+c.state", "=", state.clone());
        }
        (merchant, None, state) => {
            query.add("c.merchant_id", "=", merchant);
            query.add("c.state", "=", state.clone());
        }
    }
    let rest = query.finish("c.id", filter.limit);
    (rest, query.values)
}

/// The index is named, because without statistics SQLite would rather go through all of a state.
const OLDEST_DUE: &str = "SELECT state_at FROM callback INDEXED BY callback_oldest \
     WHERE state = 'due' ORDER BY state_at LIMIT 1";

/// What stands where.
pub(super) fn overview(connection: &Connection) -> Result<Overview> {
    let one = |sql: &str| -> Result<Option<i64>> {
        let found = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        Ok(found.flatten())
    };
    Ok(Overview {
        payouts: counts(connection, "payout")?,
        in_doubt: one("SELECT count(*) FROM payout WHERE progress = 'in-doubt'")?.unwrap_or(0),
        callbacks: counts(connection, "callback")?,
        oldest_due_callback: one(OLDEST_DUE)?.map(Timestamp::from_micros),
        quarantined: one("SELECT quarantined_at FROM desk_state")?.is_some(),
    })
}

/// How many there are in each state, as the triggers have counted them.
fn counts(connection: &Connection, subject: &str) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT state, count FROM tally WHERE subject = ? AND count <> 0 ORDER BY state";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([subject])?;
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
