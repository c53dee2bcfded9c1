//! SQLite: the plan of every statement, and how its work grows with what is stored and what waits.

use std::sync::Arc;

use rusqlite::Connection;
use vezne_core::model::approval::Policy;
use vezne_core::model::merchant::Merchant;
use vezne_store::watch;

use super::fill::{Dialect, Kind, STEP, statements};
use super::operations::operations;
use super::sources::{assert_all_run, plain};
use crate::support::old::{confirm, make_old};
use crate::support::sqlite::Sqlite;
use crate::support::{Backend, FakeClock, HOUR, NOON, World, merchant, submission};
use crate::{GROWING, is_allowed};

const DIALECT: Dialect = Dialect {
    yes: "1",
    content: "x'00000000000000000000000000000000'",
    seal: "NULL",
    settled_before: HOUR,
};

/// A desk of three merchants, and so many payouts of the first beside.
async fn grown(payouts: usize) -> World<Sqlite> {
    let world = World::<Sqlite>::empty().await;
    for login in ["a", "b", "c"] {
        let policy = Policy { approve_below_minor: Some(1_000) };
        let id = world.add(Merchant { policy, ..merchant(login) }).await;
        world.top_up(id.0, 1_000_000).await;
    }
    let (backend, clock) = world.close().await;
    make_old(&backend);
    let connection = Connection::open(backend.path()).expect("the file opens");
    let numbers = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n \
         WHERE i < {payouts} + 1000) SELECT i FROM n"
    );
    for sql in statements(Kind::Mixed, &numbers, NOON, &DIALECT) {
        connection.execute(&sql, []).expect("it is filled");
    }
    connection.close().expect("it closes");
    let world = World::on(backend, clock).await;
    assert_eq!(confirm(&world, STEP).await, u64::try_from(payouts).expect("a number"));
    world
}

/// What of a plan goes through more than it needs.
fn faults(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect(sql);
    let none = vec![rusqlite::types::Null; statement.parameter_count()];
    let lines = statement
        .query_map(rusqlite::params_from_iter(none), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(3)?))
        })
        .expect("a plan");
    let lines: Vec<_> = lines.map(|line| line.expect("a line")).collect();
    let inside_correlated = |parent: i64| {
        let above = lines.iter().find(|(id, _, _)| *id == parent);
        above.is_some_and(|(_, _, text)| text.starts_with("CORRELATED"))
    };
    let newest = sql.contains("ORDER BY id DESC LIMIT") || sql.contains("ORDER BY c.id DESC LIMIT");
    let mut found = Vec::new();
    for (_, parent, text) in &lines {
        let words: Vec<&str> = text.split_whitespace().collect();
        let table = words.get(1).copied().unwrap_or_default();
        let table = if ["c", "earlier"].contains(&table) { "callback" } else { table };
        let growing = GROWING.contains(&table);
        // Without any condition a list is the end of the table.
        let whole_list = newest && !sql.contains("WHERE");
        let scans = words.first() == Some(&"SCAN") && growing && !whole_list;
        // Few ids, or one list within its limit, may be put in order.
        let sorts = text.contains("TEMP B-TREE") && !sql.contains(" IN (");
        // What is booked of one payout is a handful, however many there are.
        let few = text.ends_with("USING INDEX posting_payout (payout_id=?)");
        let unique = few || text.contains("INTEGER PRIMARY KEY") || text.contains("autoindex");
        let walks = inside_correlated(*parent) && growing && !unique;
        // An index of states alone leads to all of a state.
        let by_state = text.contains("USING INDEX payout_state (state=?)")
            || text.contains("USING INDEX callback_state (state=?)");
        let wrong = by_state && !sql.contains("LIMIT");
        if scans || sorts || walks || wrong {
            found.push(text.clone());
        }
    }
    found
}

fn assert_plans(connection: &Connection, run: &[String], when: &str) {
    let mut wrong = String::new();
    for sql in run.iter().filter(|sql| !is_allowed(&plain(sql))) {
        let found = faults(connection, sql);
        if !found.is_empty() {
            wrong.push_str(&format!("{when}: {sql}\n  {}\n", found.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Statements that ask for or change rows; the others begin and end transactions, or set something.
fn looks_or_writes(sql: &str) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| sql.starts_with(verb))
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_an_index() {
    let _turn = crate::TURN.lock().await;
    watch::begin();
    run_everything! { Sqlite }
    let world = grown(12_000).await;
    operations(&world, |_| ()).await;
    let mut run = watch::sqlite();
    assert_all_run("sqlite", &run);
    run.retain(|sql| looks_or_writes(sql) && !is_of_an_audit(sql));
    let (backend, _) = world.close().await;
    let connection = Connection::open(backend.path()).expect("the file opens");
    assert_plans(&connection, &run, "without statistics");
    connection.execute_batch("ANALYZE").expect("it is analysed");
    drop(connection);
    let connection = Connection::open(backend.path()).expect("the file opens");
    assert_plans(&connection, &run, "with statistics");
}

/// What the audit asks goes through everything.
fn is_of_an_audit(sql: &str) -> bool {
    let mut beginnings = super::sources::beginnings("sqlite");
    beginnings.extend(super::sources::beginnings("row"));
    beginnings.extend(super::sources::beginnings("row/directory"));
    let sql = plain(sql);
    !beginnings.iter().any(|beginning| sql.contains(beginning.as_str()))
}

/// Each thing that a desk does all day, by name, with the work that SQLite had with it.
async fn works_of(world: &World<Sqlite>) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    let mut last = watch::work();
    let note = |name: &str| {
        let now = watch::work();
        all.push((name.to_owned(), now - last));
        last = now;
    };
    operations(world, note).await;
    all
}

#[tokio::test]
async fn no_work_grows_with_what_is_stored_or_waits() {
    let _turn = crate::TURN.lock().await;
    watch::begin();
    let mut works = Vec::new();
    for payouts in [1_000, 12_000] {
        let world = grown(payouts).await;
        works.push(works_of(&world).await);
        world.close().await;
    }
    let (few, many) = (&works[0], &works[1]);
    let grew = |((name, few), (_, many)): (&(String, u64), &(String, u64))| {
        (*many > few * 3 / 2 + 100).then(|| format!("{name}: {few} became {many}"))
    };
    let grown: Vec<String> = few.iter().zip(many).filter_map(grew).collect();
    assert!(grown.is_empty(), "{grown:#?}");
}
