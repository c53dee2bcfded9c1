//! Batches: rows decided in order and committed at once, proofs that stand for one content, and
//! twins that a person looks at.

use super::table::{Table, check};

/// Runs lines that must leave everything as it was.
#[track_caller]
fn check_writes_nothing(table: &mut Table, lines: &str) {
    let before = table.book.print();
    table.check(lines);
    assert_eq!(before, table.book.print());
}

/// Three rows of which the second does not fit, and the third is a repeat of what came before.
const MIXED: &str = r"
    batch A proof=p1 {
        named ref-1 papara 60.00            => accepted 2
        named ref-2 papara 50.00            => insufficient-balance 50.00
        named ref-0 papara 5.00             => replayed 1
        named ref-3 payco 5.00              => channel-not-offered payco
        named ref-4 papara 40.00            => accepted 3
        named ref-5 papara 0.01             => insufficient-balance 0.01
        named ref-1 papara 61.00            => reference-reused 2
    }
";

fn mixed() -> Table {
    let mut table = check(
        r"
        merchant A
        top-up A 105.00
        submit A ref-0 papara 5.00          => accepted 1
        ",
    );
    table.check(MIXED);
    table
}

#[test]
fn rows_are_decided_in_order_and_each_by_itself() {
    mixed().check(
        r"
        payout 2 awaiting-approval
        payout 3 awaiting-approval
        payout 4 missing
        balance A available 0.00
        balance A held 105.00
        refusal A ref-2 insufficient-balance
        refusal A ref-3 channel-not-offered
        refusal A ref-1 none
        submit A ref-2 papara 50.00         => insufficient-balance 50.00 again
        submit A ref-4 papara 40.00         => replayed 3
        reviews
        ",
    );
}

#[test]
fn a_batch_that_is_repeated_gets_the_same_answers_and_writes_nothing() {
    let mut table = mixed();
    let repeat = MIXED
        .replace("accepted", "replayed")
        .replace("-balance 50.00", "-balance 50.00 again")
        .replace("-balance 0.01", "-balance 0.01 again")
        .replace("offered payco", "offered payco again");
    check_writes_nothing(&mut table, &repeat);
    // Whatever has changed since.
    table.check("clock +86400s \n top-up A 500.00 \n reject 2 no \n edit A suspended");
    check_writes_nothing(&mut table, &repeat);
}

#[test]
fn a_day_counts_the_rows_before() {
    check(
        r"
        merchant A day=100.00
        top-up A 1000.00
        batch A {
            named ref-1 papara 60.00        => accepted 1
            named ref-2 payfix 40.01        => day-limit-reached 100.00
            named ref-3 payfix 40.00        => accepted 2
            named ref-4 papara 0.01         => day-limit-reached 100.00
        }
        day A papara 60.00
        day A payfix 40.00
        ",
    );
}

#[test]
fn batches_share_a_group_with_other_commands() {
    check(
        r"
        merchant A auto=1000.00
        merchant B
        top-up A 100.00
        top-up B 100.00
        group {
            submit A ref-1 papara 30.00     => accepted 1
            batch A proof=p1 content=c1 {
                named ref-1 papara 30.00    => replayed 1
                named ref-2 papara 30.00    => accepted 2
            }
            batch A proof=p1 content=c1 {
                named ref-2 papara 30.00    => replayed 2
            }
            batch A proof=p1 content=c2 {
                named ref-9 papara 30.00
            } => proof-reused
            batch B proof=p1 content=c2 {   # its own proof
                named ref-2 papara 30.00    => accepted 3
            }
            submit A ref-3 papara 40.01     => insufficient-balance 40.01
            submit A ref-4 papara 40.00     => accepted 4
        }
        claim                               => send 1/1, send 2/1, send 4/1
        ",
    );
}

#[test]
fn a_row_that_is_only_looked_for_pays_nothing() {
    let mut table = check(
        r"
        merchant A
        top-up A 100.00
        submit A ref-1 papara 10.00         => accepted 1
        submit A ref-2 papara 100.00        => insufficient-balance 100.00
        ",
    );
    check_writes_nothing(
        &mut table,
        r"
        batch A proof=p1 content=c1 twin=t1/60s {
            repeat ref-1 papara 10.00       => replayed 1
            repeat ref-1 papara 11.00       => reference-reused 1
            repeat ref-2 papara 100.00      => insufficient-balance 100.00 again
            repeat ref-3 papara 10.00       => nothing
        }
        ",
    );
    // It remembered no proof either, so whoever mends the request may send it under the same one.
    table.check(
        r"
        batch A proof=p1 content=c2 {
            repeat ref-3 pigeon 10.00       => nothing
            named ref-4 papara 10.00        => accepted 2
            repeat ref-4 papara 10.00       => replayed 2       # what stands before it counts
        }
        batch A proof=p1 content=c1 {
            repeat ref-1 papara 10.00
        } => proof-reused
        ",
    );
}

#[test]
fn an_opened_reference_is_free_for_a_row_that_looks_for_it() {
    check(
        r"
        merchant A retry-refused
        submit A ref-1 papara 10.00         => insufficient-balance 10.00
        batch A {
            repeat ref-1 papara 10.00       => nothing
        }
        refusal A ref-1 insufficient-balance
        ",
    );
}

#[test]
fn a_proof_stands_for_one_content_for_good() {
    let mut table = check(
        r"
        merchant A
        top-up A 100.00
        batch A proof=p1 content=c1 {
            named ref-1 papara 10.00        => accepted 1
        }
        clock +99999999s
        ",
    );
    check_writes_nothing(
        &mut table,
        r"
        batch A proof=p1 content=c1 {
            named ref-1 papara 10.00        => replayed 1
        }
        batch A proof=p1 content=c2 {
            named ref-1 papara 10.00
            named ref-2 papara 20.00
        } => proof-reused
        batch A proof=p1 content=c2 {
            repeat ref-1 papara 10.00
        } => proof-reused
        ",
    );
    table.check(
        r"
        batch A proof=p2 content=c1 {
            named ref-2 papara 20.00        => accepted 2
        }
        batch A content=c3 {                # a merchant that may use one again
            named ref-3 papara 20.00        => accepted 3
        }
        batch A content=c4 {
            named ref-4 papara 20.00        => accepted 4
        }
        ",
    );
}

/// What is refused was asked for all the same.
#[test]
fn a_proof_is_used_up_by_refused_rows_too() {
    check(
        r"
        merchant A
        batch A proof=p1 content=c1 {
            named ref-1 papara 10.00        => insufficient-balance 10.00
        }
        batch A proof=p1 content=c2 {
            named ref-2 papara 10.00
        } => proof-reused
        ",
    );
}

/// One request whose references were made for it.
const FIRST: &str = r"
    merchant A auto=1000.00
    top-up A 1000.00
    batch A proof=p1 twin=t1/60s {
        named ref-1 papara 10.00            => accepted 1
        unnamed p1-2 papara 20.00           => accepted 2
    }
    payout 1 approved
    payout 2 approved
    reviews
";

#[test]
fn a_twin_waits_for_a_person_within_its_window_only() {
    for (wait, state, asked) in
        [(0, "awaiting-approval", "4"), (59, "awaiting-approval", "4"), (60, "approved", "")]
    {
        check(FIRST).check(&format!(
            r"
            clock +{wait}s
            batch A proof=p2 twin=t1/60s {{
                named ref-3 papara 10.00    => accepted 3
                unnamed p2-2 papara 20.00   => accepted 4
            }}
            payout 3 approved
            payout 4 {state}
            reviews {asked}
            balance A held 60.00
            "
        ));
    }
}

#[test]
fn the_trail_says_why_a_twin_waits_and_a_person_lets_it_go() {
    check(FIRST).check(
        r#"
        batch A proof=p2 twin=t1/60s {
            unnamed p2-1 papara 20.00       => accepted 3
        }
        trail system review.asked "an identical request without references of its own came shortly before"
        claim                               => send 1/1, send 2/1
        approve 3                           => ok
        claim                               => send 3/1
        "#,
    );
}

#[test]
fn each_twin_begins_the_window_anew() {
    check(FIRST).check(
        r"
        clock +59s
        batch A proof=p2 twin=t1/60s {
            unnamed p2-1 papara 20.00       => accepted 3
        }
        clock +59s
        batch A proof=p3 twin=t1/60s {
            unnamed p3-1 papara 20.00       => accepted 4
        }
        clock +60s
        batch A proof=p4 twin=t1/60s {
            unnamed p4-1 papara 20.00       => accepted 5
        }
        reviews 3 4
        payout 5 approved
        ",
    );
}

#[test]
fn other_content_other_merchants_and_named_rows_are_no_twins() {
    check(FIRST).check(
        r"
        merchant B auto=1000.00
        top-up B 100.00
        batch A proof=p2 twin=t2/60s {
            unnamed p2-1 papara 20.00       => accepted 3
        }
        batch B proof=p1 twin=t1/60s {
            unnamed p1-2 papara 20.00       => accepted 4
        }
        batch A proof=p3 twin=t1/60s {
            named ref-3 papara 10.00        => accepted 5
        }
        batch A proof=p4 {
            unnamed p4-1 papara 10.00       => accepted 6
        }
        reviews
        ",
    );
}

/// Only requests with unnamed rows count as the first.
#[test]
fn named_rows_have_no_twin_behind_them_either() {
    check(
        r"
        merchant A auto=1000.00
        top-up A 100.00
        batch A proof=p1 twin=t1/60s {
            named ref-1 papara 10.00        => accepted 1
        }
        batch A proof=p2 twin=t1/60s {
            unnamed p2-1 papara 10.00       => accepted 2
        }
        reviews
        ",
    );
}

/// Not even when a twin came between the two, and then it leaves the twin's window as it is.
#[test]
fn a_repeat_is_no_twin() {
    const REPEAT: &str = r"
        batch A proof=p1 twin=t1/60s {
            named ref-1 papara 10.00        => replayed 1
            unnamed p1-2 papara 20.00       => replayed 2
        }
    ";
    let mut table = check(FIRST);
    check_writes_nothing(&mut table, REPEAT);
    table.check(
        r"
        clock +10s
        batch A proof=p2 twin=t1/60s {
            unnamed p2-1 papara 20.00       => accepted 3
        }
        clock +50s
        ",
    );
    check_writes_nothing(&mut table, REPEAT);
    table.check(
        r"
        clock +10s
        batch A proof=p3 twin=t1/60s {
            unnamed p3-1 papara 20.00       => accepted 4
        }
        reviews 3
        payout 4 approved
        ",
    );
}

#[test]
fn a_merchant_without_proofs_has_its_twins_seen_too() {
    let mut table = check(
        r"
        merchant A auto=1000.00
        top-up A 100.00
        batch A content=c1 twin=t1/60s {
            unnamed made-1 papara 10.00     => accepted 1
        }
        batch A content=c2 twin=t1/60s {
            unnamed made-2 papara 10.00     => accepted 2
        }
        reviews 2
        ",
    );
    check_writes_nothing(
        &mut table,
        r"
        batch A content=c1 twin=t1/60s {
            unnamed made-1 papara 10.00     => replayed 1
        }
        ",
    );
}

#[test]
fn a_fault_in_a_row_is_the_whole_batch_s() {
    check(
        r"
        merchant A
        top-up A 100.00
        batch A proof=p1 content=c1 {
            named ref-1 papara 10.00
            named ref-2 papara 0.00
        } => fault a dialect let an amount through that is not above zero
        payout 1 missing
        batch A proof=p1 content=c2 {       # and used nothing up
            named ref-1 papara 10.00        => accepted 1
        }
        ",
    );
}

/// What was refused may be asked for again, by the same request; only another one is its twin.
#[test]
fn a_repeat_that_opens_a_refused_reference_is_no_twin() {
    check(
        r"
        merchant A auto=1000.00 retry-refused
        batch A proof=p1 content=c1 twin=t1/60s {
            unnamed p1-1 papara 10.00       => insufficient-balance 10.00
            unnamed p1-2 papara 20.00       => insufficient-balance 20.00
        }
        top-up A 10.00
        batch A proof=p1 content=c1 twin=t1/60s {
            unnamed p1-1 papara 10.00       => accepted 1
            unnamed p1-2 papara 20.00       => insufficient-balance 20.00
        }
        reviews
        top-up A 40.00
        batch A proof=p2 content=c2 twin=t1/60s {
            unnamed p2-1 papara 20.00       => accepted 2
        }
        batch A proof=p1 content=c1 twin=t1/60s {
            unnamed p1-2 papara 20.00       => accepted 3   # now the other one came between
        }
        reviews 2 3
        ",
    );
}
