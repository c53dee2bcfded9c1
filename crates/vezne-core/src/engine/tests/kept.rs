//! What is kept of a merchant for nothing is bounded; at the bound nothing is stored, and whatever
//! pays for its place goes on.

use super::table::{Table, check};
use crate::model::retention::{KeptBounds, KeptCounts};

/// Runs lines with little room.
#[track_caller]
fn check_within(refusals: i64, idle_proofs: i64, lines: &str) -> Table {
    let mut table = Table::new();
    table.bounds = KeptBounds { refusals, idle_proofs };
    table.check(lines);
    table
}

#[track_caller]
fn counts(table: &Table, refusals: i64, idle_proofs: i64) {
    let kept: Vec<_> = table.book.kept.values().copied().collect();
    assert_eq!(kept, [KeptCounts { refusals, idle_proofs }]);
}

#[test]
fn at_the_bound_only_new_refusals_are_turned_away() {
    let table = check_within(
        2,
        0,
        r"
        merchant A
        top-up A 10.00
        submit A ref-1 papara 11.00         => insufficient-balance 11.00
        submit A ref-2 payco 1.00           => channel-not-offered payco
        submit A ref-3 papara 11.00         => cannot-refuse-now
        refusal A ref-3 none
        submit A ref-1 papara 11.00         => insufficient-balance 11.00 again
        submit A ref-4 papara 4.00          => accepted 1
        submit A ref-4 papara 4.00          => replayed 1
        submit A ref-4 papara 4.01          => reference-reused 1
        submit A ref-3 papara 4.00          => accepted 2
        submit A ref-3 papara 11.00         => reference-reused 2
        ",
    );
    counts(&table, 2, 0);
}

#[test]
fn the_bound_holds_within_a_group_and_for_each_merchant() {
    check_within(
        1,
        0,
        r"
        merchant A
        merchant B
        group {
            submit A ref-1 papara 1.00      => insufficient-balance 1.00
            submit A ref-2 papara 1.00      => cannot-refuse-now
            submit A ref-1 papara 1.00      => insufficient-balance 1.00 again
            submit B ref-1 papara 1.00      => insufficient-balance 1.00
        }
        submit B ref-2 papara 1.00          => cannot-refuse-now
        ",
    );
}

#[test]
fn a_refusal_in_the_place_of_another_needs_no_room() {
    let mut table = check_within(
        1,
        0,
        r"
        merchant A retry-refused
        submit A ref-1 papara 1.00          => insufficient-balance 1.00
        submit A ref-1 papara 2.00          => insufficient-balance 2.00
        submit A ref-1 payco 2.00           => channel-not-offered payco
        submit A ref-2 papara 1.00          => cannot-refuse-now
        ",
    );
    counts(&table, 1, 0);
    // The row of one that a payout took the place of stays, and counts.
    table.check("top-up A 5.00 \n submit A ref-1 papara 2.00 => accepted 1");
    table.check("submit A ref-3 papara 9.00 => cannot-refuse-now");
    counts(&table, 1, 0);
}

#[test]
fn only_proofs_that_brought_nothing_need_room() {
    let mut table = check_within(
        9,
        1,
        r"
        merchant A
        top-up A 10.00
        batch A proof=p1 {
            named ref-1 papara 4.00         => accepted 1
            named ref-2 papara 9.00         => insufficient-balance 9.00
        }
        batch A proof=p2 {
            named ref-3 papara 9.00         => insufficient-balance 9.00
        }
        batch A proof=p3 {
            named ref-4 papara 5.00         => accepted 2
        }
        ",
    );
    counts(&table, 2, 1);
    let full = r"
        batch A proof=p4 {
            named ref-5 papara 9.00
            repeat ref-6 papara 1.00
            named ref-5 papara 9.01
        } => no-room
    ";
    table.check(full);
    // A repeat of what was accepted brings nothing new either.
    table.check("batch A proof=p5 { \n named ref-1 papara 4.00 \n } => no-room");
    counts(&table, 2, 1);
    table.check(
        r"
        refusal A ref-5 none
        batch A proof=p2 {
            named ref-3 papara 9.00         => insufficient-balance 9.00 again
        }
        batch A proof=p2 content=other {
            named ref-3 papara 9.00
        } => proof-reused
        top-up A 100.00
        batch A proof=p4 {
            named ref-5 papara 9.00         => accepted 3
            repeat ref-6 papara 1.00        => nothing
            named ref-5 papara 9.01         => reference-reused 3
        }
        ",
    );
    counts(&table, 2, 1);
}

#[test]
fn what_a_batch_takes_back_leaves_what_was_there() {
    let mut table = check_within(
        9,
        0,
        r"
        merchant A retry-refused
        submit A ref-1 papara 1.00          => insufficient-balance 1.00
        group {
            submit A ref-2 papara 2.00      => insufficient-balance 2.00
            batch A proof=p1 {
                named ref-1 papara 8.00
                named ref-2 papara 8.00
                named ref-3 papara 8.00
            } => no-room
            submit A ref-4 papara 4.00      => insufficient-balance 4.00
        }
        ",
    );
    counts(&table, 3, 0);
    table.check("edit A retry-refused=no");
    table.check(
        r"
        submit A ref-1 papara 1.00          => insufficient-balance 1.00 again
        submit A ref-2 papara 2.00          => insufficient-balance 2.00 again
        refusal A ref-3 none
        ",
    );
}

#[test]
fn a_proof_is_looked_for_as_long_as_a_twin_would_be() {
    let table = check(
        r"
        merchant A
        top-up A 10.00
        batch A proof=p1 twin=t1/60s {
            unnamed made-1 papara 1.00      => accepted 1
        }
        ",
    );
    let mut until: Vec<_> = table.book.used_proofs.values().map(|used| used.until).collect();
    until.sort_unstable();
    assert_eq!(until, [None, Some(table.now.plus(std::time::Duration::from_secs(60)))]);
}
