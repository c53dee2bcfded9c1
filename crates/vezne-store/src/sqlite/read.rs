//! The reads of the port. Every value is bound, every list is bounded, and a page starts after an
//! id.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use vezne_core::model::callback::{Callback, CallbackState, Untold};
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::retention::KeptCounts;
use vezne_core::model::time::Timestamp;
use vezne_core::model::unread::Unsealed;
use vezne_core::port::{CallbackFilter, Found, Overview, PayoutFilter, SetAsideCounts};

use super::desk_state;
use crate::row::callback::{read_untold, untold_of};
use crate::row::sealed::{UNSEALED, read_sum};
use crate::row::state::in_doubt;
use crate::row::{Listed, Result, get};
use crate::row::{callback, payout};
use crate::seal::Sealer;

/// No list is longer, whatever was asked for.
const MOST_ROWS: u32 = 1_000;

const ONE_OF: (&str, &str) = ("IN (", ")");

/// Conditions and the values bound to them. Numbers say which value a condition means.
#[derive(Default)]
struct Query {
    /// The index that has what is asked for and little else, where SQLite might take another one.
    index: Option<&'static str>,
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

    /// Only what is set aside: few rows at any time, which an index of their own has.
    fn add_set_aside(&mut self, list: &List) {
        let List { id, table, .. } = list;
        self.conditions.push(format!(
            "{id} IN (SELECT id FROM {table} INDEXED BY {table}_set_aside \
             WHERE set_aside_at IS NOT NULL)"
        ));
    }

    /// The text after the table, newest first.
    fn finish(&mut self, id: &str, limit: u32) -> String {
        let limit = self.bind(most(limit));
        let index = self.index.map_or(String::new(), |name| format!("INDEXED BY {name} "));
        let all = self.conditions.join(" AND ");
        let all = if all.is_empty() { all } else { format!("WHERE {all} ") };
        format!("{index}{all}ORDER BY {id} DESC LIMIT ?{limit}")
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
) -> Result<Found<Payout>> {
    let (rest, values) = payout_query(filter, &desk_state::read(connection, sealer)?);
    select_payouts(connection, sealer, &rest, values)
}

fn payout_query(filter: &PayoutFilter, desk: &DeskState) -> (String, Vec<Value>) {
    let mut query = Query::default();
    let merchant = filter.merchant.map(|id| id.0);
    let before = filter.before.map(|id| id.0);
    let narrow = filter.reference.is_some() || filter.state.is_some() || filter.in_doubt;
    let narrow = narrow || filter.unsealed || filter.set_aside;
    match (&filter.reference, merchant) {
        // Names the first column of the index of references, so that it can be used.
        (Some(_), None) => {
            query.conditions.push("merchant_id IN (SELECT id FROM merchant)".to_owned());
        }
        (None, Some(merchant)) if !narrow => {
            query.add_newest(&PAYOUTS, merchant, before, filter.limit);
        }
        (_, merchant) => query.add(own("merchant_id", found_otherwise(filter)), "=", merchant),
    }
    query.add("reference", "=", filter.reference.clone());
    let found_otherwise = filter.reference.is_some() || found_otherwise(filter);
    query.add(own("state", found_otherwise), "=", filter.state.clone());
    query.add("id", "<", before);
    if filter.in_doubt {
        query.conditions.push(in_doubt(desk, ONE_OF));
    }
    if filter.unsealed {
        query.index = Some("payout_unsealed").filter(|_| filter.reference.is_none());
        query.conditions.push("seal IS NULL".to_owned());
    }
    if filter.set_aside {
        query.add_set_aside(&PAYOUTS);
    }
    let rest = query.finish("id", filter.limit);
    (rest, query.values)
}

/// Whether few rows are asked for that an index of their own has.
fn found_otherwise(filter: &PayoutFilter) -> bool {
    filter.in_doubt || filter.unsealed || filter.set_aside
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
) -> Result<Found<Payout>> {
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
    let (rest, values) = callback_query(filter);
    let mut statement = connection.prepare_cached(&callback::select(&rest))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Listed::new();
    while let Some(row) = rows.next()? {
        found.add(callback::read_one_of_many(row, sealer)?);
    }
    Ok(found.finish())
}

fn callback_query(filter: &CallbackFilter) -> (String, Vec<Value>) {
    let mut query = Query::default();
    let (merchant, payout) = (filter.merchant.map(|id| id.0), filter.payout.map(|id| id.0));
    match (merchant, payout, &filter.state) {
        (Some(merchant), None, None) if !filter.set_aside => {
            query.add_newest(&CALLBACKS, merchant, None, filter.limit);
        }
        (merchant, Some(_), state) => {
            query.add("+c.merchant_id", "=", merchant);
            query.add("c.payout_id", "=", payout);
            query.add("+c.state", "=", state.clone());
        }
        (merchant, None, state) if filter.set_aside => {
            query.add("+c.merchant_id", "=", merchant);
            query.add("+c.state", "=", state.clone());
        }
        (merchant, None, state) => {
            query.add("c.merchant_id", "=", merchant);
            query.add("c.state", "=", state.clone());
        }
    }
    if filter.set_aside {
        query.add_set_aside(&CALLBACKS);
    }
    let rest = query.finish("c.id", filter.limit);
    (rest, query.values)
}

/// The index is named, because without statistics SQLite would rather go through all of a state.
const OLDEST_DUE: &str = "SELECT state_at FROM callback INDEXED BY callback_oldest \
     WHERE state = 'due' AND set_aside_at IS NULL ORDER BY state_at LIMIT 1";

/// Approved payouts are due from the moment of their approval on, so the one with the lowest id
/// tells how far behind the dispatch is. The index is named for the same reason.
const OLDEST_APPROVED: &str = "SELECT due_at FROM payout INDEXED BY payout_state \
     WHERE state = 'approved' AND set_aside_at IS NULL ORDER BY id LIMIT 1";

/// What stands where.
pub(super) fn overview(connection: &Connection, sealer: &Sealer) -> Result<Overview> {
    let one = |sql: &str| -> Result<Option<i64>> {
        let found = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
        Ok(found.flatten())
    };
    let state = desk_state::read(connection, sealer)?;
    let in_doubt = in_doubt(&state, ONE_OF);
    let in_doubt = format!("SELECT count(*) FROM payout WHERE {in_doubt}");
    Ok(Overview {
        payouts: counts(connection, "payout")?,
        in_doubt: one(&in_doubt)?.unwrap_or(0),
        callbacks: counts(connection, "callback")?,
        set_aside: SetAsideCounts {
            payouts: one("SELECT count(*) FROM payout WHERE set_aside_at IS NOT NULL")?
                .unwrap_or(0),
            callbacks: one("SELECT count(*) FROM callback WHERE set_aside_at IS NOT NULL")?
                .unwrap_or(0),
        },
        oldest_approved: one(OLDEST_APPROVED)?.map(Timestamp::from_micros),
        untold: untold(connection)?,
        oldest_due_callback: one(OLDEST_DUE)?.map(Timestamp::from_micros),
        quarantined: state.quarantine.is_some(),
        most_kept: KeptCounts {
            refusals: one("SELECT max(refusals) FROM kept_count")?.unwrap_or(0),
            idle_proofs: one("SELECT max(idle_proofs) FROM kept_count")?.unwrap_or(0),
        },
    })
}

/// The merchants that have not taken a callback at several attempts: one look into the index for
/// each merchant.
fn untold(connection: &Connection) -> Result<Vec<Untold>> {
    let sql = untold_of("callback INDEXED BY callback_failing");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(read_untold(row)?);
    }
    Ok(found)
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

/// The payouts that have no seal, as sums.
pub(super) fn unsealed(connection: &Connection, sealer: &Sealer) -> Result<Unsealed> {
    let mut statement = connection.prepare_cached(UNSEALED)?;
    let mut rows = statement.query([])?;
    let mut unsealed = Unsealed { confirmed: sealer.desk_sealed(), sums: Vec::new() };
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
