//! The plans of the queries that must stay quick when there are millions of rows.

use rusqlite::Connection;
use vezne_core::model::identifier::MerchantId;
use vezne_core::port::PayoutFilter;

use super::super::due;
use super::super::migrate::MIGRATIONS;
use super::payout_query;
use crate::row::{callback, payout};

/// How SQLite would run a query.
fn plan(sql: &str) -> String {
    let connection = Connection::open_in_memory().expect("a database in memory");
    for migration in MIGRATIONS {
        connection.execute_batch(migration.sql).expect("the schema");
    }
    let mut statement =
        connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a query that parses");
    let nothing = vec![rusqlite::types::Null; statement.parameter_count()];
    let nothing = rusqlite::params_from_iter(nothing);
    let lines = statement.query_map(nothing, |row| row.get::<_, String>(3)).expect("a plan");
    lines.map(|line| line.expect("a line")).collect::<Vec<_>>().join("; ")
}

#[test]
fn workers_find_what_is_due_by_an_index_and_in_its_order() {
    for (sql, index) in [
        (payout::select(due::DUE_PAYOUTS), "SEARCH payout USING INDEX payout_due"),
        (callback::select(due::DUE_CALLBACKS), "SEARCH c USING INDEX callback_due"),
    ] {
        let plan = plan(&sql);
        assert!(plan.starts_with(index), "{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
    }
}

#[test]
fn lists_are_never_sorted_whole() {
    let one = Some(MerchantId(1));
    let state = Some("approved".to_owned());
    for (filter, expected) in [
        (PayoutFilter::default(), "SCAN payout"),
        (PayoutFilter { merchant: one, ..Default::default() }, "SCAN payout"),
        (PayoutFilter { state: state.clone(), ..Default::default() }, "INDEX payout_state"),
        (PayoutFilter { state, merchant: one, ..Default::default() }, "INDEX payout_state"),
        (PayoutFilter { in_doubt: true, ..Default::default() }, "INDEX payout_in_doubt"),
    ] {
        let plan = plan(&payout::select(&payout_query(&filter, 0).0));
        assert!(plan.contains(expected), "{filter:?}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{filter:?}: {plan}");
    }
}

#[test]
fn what_a_restore_left_in_doubt_is_looked_for_among_the_unfinished() {
    let filter = PayoutFilter { in_doubt: true, ..Default::default() };
    let plan = plan(&payout::select(&payout_query(&filter, 1).0));
    for index in ["payout_in_doubt", "payout_due", "payout_state"] {
        assert!(plan.contains(index), "{plan}");
    }
    assert!(!plan.contains("SCAN payout;"), "{plan}");
}

#[test]
fn a_reference_is_found_by_its_index_whoever_has_it() {
    for merchant in [None, Some(MerchantId(1))] {
        let reference = Some("r".to_owned());
        let filter = PayoutFilter { merchant, reference, ..Default::default() };
        let plan = plan(&payout::select(&payout_query(&filter, 0).0));
        assert!(plan.contains("SEARCH payout USING INDEX payout_reference"), "{plan}");
    }
}
