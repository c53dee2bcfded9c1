//! Every column of every table is changed once: the audit finds it, or it is said here why not.

use std::collections::BTreeSet;

use rusqlite::Connection;
use vezne_store::audit::audit_with_key;

use super::healthy::healthy;
use crate::support::sqlite::{Sqlite, by_hand};

/// What the audit cannot know: columns of a table, and why.
const OUT_OF_SCOPE: [(&str, &[&str], &str); 12] = [
    (
        "merchant",
        &[
            "name",
            "mode",
            "status",
            "credit_limit_minor",
            "day_limit_minor",
            "approve_below_minor",
            "retry_refused",
            "reference_scope",
            "requests_per_second",
            "callback_base_url",
            "callback_version",
            "former_webhook_until",
        ],
        SETTING,
    ),
    ("access", &["dialect", "login"], SETTING),
    (
        "terms",
        &[
            "channel",
            "position",
            "day_limit_minor",
            "fixed_minor",
            "least_amount_minor",
            "most_amount_minor",
            "maximum_minor",
            "minimum_minor",
            "percent_ppm",
            "rail",
            "receiver_fixed_minor",
            "receiver_maximum_minor",
            "receiver_minimum_minor",
            "receiver_percent_ppm",
        ],
        SETTING,
    ),
    ("endpoint", &["name", "url"], SETTING),
    ("token_key", &["id", "until"], SETTING),
    (
        "callback",
        &["attempts", "body_version", "failure_step", "refusal_step", "state_at"],
        "it says when a merchant is told next, and being told again does no harm",
    ),
    ("callback", &["message"], "the body that is made of it is sealed once it is there"),
    (
        "attempt",
        &["at", "detail", "http_status", "took_micros"],
        "what a merchant answered stands nowhere else",
    ),
    ("desk_state", &["claims"], "the markers of the nodes are compared with it, and lie outside"),
    ("migration", &["applied_at", "name"], "they are for people"),
    (
        "refusal",
        &["amount_minor", "at", "code", "reference", "scope"],
        "what was refused stands nowhere else",
    ),
    (
        "trail",
        &["action", "actor", "callback_id", "detail"],
        "but for the steps of payouts and top-ups, what somebody did stands nowhere else",
    ),
];

/// What the healthy desk has no rows of: lists of a merchant's settings, and channels, which are
/// settings too.
const NOT_FILLED: [&str; 8] = [
    "allowed_network",
    "bank",
    "channel",
    "channel_bank",
    "channel_field",
    "channel_option",
    "channel_rule",
    "merchant_option",
];

/// Why nobody can tell that it was changed.
const SETTING: &str = "an operator may have given any value of it";

/// Where the usual change would break a constraint, one that does not.
const VALID: [(&str, &str, &str); 8] = [
    ("merchant", "mode", "'live'"),
    ("merchant", "status", "'suspended'"),
    ("merchant", "reference_scope", "'channel'"),
    ("merchant", "retry_refused", "1 - retry_refused"),
    ("payout", "state", "'approved', due_at = updated_at"),
    ("posting", "reason", "'settle'"),
    ("callback", "state", "'parked'"),
    ("attempt", "outcome", "'failed'"),
];

/// A column, and a change of one row of it.
struct Change {
    table: String,
    column: String,
    sql: String,
}

/// A change of each column that is there, of a row that has a value where one has.
fn changes(connection: &Connection) -> Vec<Change> {
    let sql = "SELECT t.name, c.name, c.type FROM sqlite_schema AS t, pragma_table_info(t.name) AS c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid";
    let mut statement = connection.prepare(sql).expect("a query");
    let read = |row: &rusqlite::Row<'_>| {
        let (table, column, kind): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let valid = VALID.iter().find(|(of, name, _)| (*of, *name) == (&*table, &*column));
        let other = match (valid, kind.as_str()) {
            (Some((_, _, other)), _) => (*other).to_owned(),
            (None, "INTEGER") => format!("coalesce({column}, 6) + 1000"),
            (None, "TEXT") => format!("coalesce({column}, '') || 'x'"),
            (None, _) => format!(
                "CASE WHEN {column} IS NULL THEN x'00112233445566778899aabbccddeeff' \
                          ELSE CAST({column} || x'00' AS BLOB) END"
            ),
        };
        let first = format!("SELECT min({column}) FROM {table} WHERE {column} IS NOT NULL");
        let sql = format!("UPDATE {table} SET {column} = {other} WHERE {column} IS ({first})");
        Ok(Change { table, column, sql })
    };
    let rows = statement.query_map([], read).expect("they are listed");
    rows.collect::<Result<_, _>>().expect("they are listed")
}

fn is_empty(connection: &Connection, table: &str) -> bool {
    let sql = format!("SELECT count(*) = 0 FROM {table}");
    connection.query_row(&sql, [], |row| row.get(0)).expect("it is counted")
}

#[tokio::test]
async fn whatever_is_changed_is_found_or_said_to_be_out_of_scope() {
    let backend = healthy::<Sqlite>().await;
    let connection = Connection::open(backend.path()).expect("it opens");
    let (mut missed, mut empty) = (BTreeSet::new(), BTreeSet::new());
    for Change { table, column, sql } in changes(&connection) {
        if is_empty(&connection, &table) {
            empty.insert(table);
            continue;
        }
        let copy = backend.path().with_file_name("copy.db");
        std::fs::copy(backend.path(), &copy).expect("it copies");
        by_hand(&copy, &sql);
        let report = audit_with_key(&copy, Some(&Sqlite::key())).expect("it can be audited");
        if report.is_clean() {
            missed.insert((table, column));
        }
        for file in ["copy.db", "copy.db-wal", "copy.db-shm"] {
            drop(std::fs::remove_file(backend.path().with_file_name(file)));
        }
    }
    let named = OUT_OF_SCOPE.iter().flat_map(|(table, columns, _)| {
        columns.iter().map(|column| ((*table).to_owned(), (*column).to_owned()))
    });
    // What a proof was used at, and until when it is looked for, says only for how long twins of it
    // are known.
    let twins = ["at", "until"].map(|column| ("used_proof".to_owned(), column.to_owned()));
    let said: BTreeSet<_> = named.chain(twins).collect();
    let unsaid: Vec<_> = missed.difference(&said).collect();
    let found: Vec<_> = said.difference(&missed).collect();
    assert!(unsaid.is_empty() && found.is_empty(), "not found: {unsaid:?}\nfound: {found:?}");
    assert_eq!(empty.into_iter().collect::<Vec<_>>(), NOT_FILLED, "tables without rows");
}
