//! How every statement of both stores is run on a database that has grown: none walks through what
//! is stored or what waits, with statistics of the planner and without.
//!
//! The statements are those that the contract suite really runs. A text in the sources that it
//! never runs is found as well.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    dead_code,
    unused_imports,
    unused_macros,
    reason = "helpers of tests fail by panicking, as tests do, and only a part of them is used here"
)]

/// Runs enough of the contract suite for one backend that every statement is run.
macro_rules! run_everything {
    ($backend:ident) => {
        run_everything! { $backend:
            submit { accepts_and_books a_refusal_is_final retry_refused_opens_again }
            life { settled_and_returned in_doubt_and_paid }
            callbacks { claimed_oldest_first_within_room the_first_body_is_kept
                        a_body_is_made_afresh_for_other_keys who_takes_nothing_is_known
                        attempts_are_recorded parked_and_sent_again }
            channels { every_part_reads_back a_removed_channel_stays_away }
            merchants { every_field_reads_back edits_replace_everything }
            reads { payouts_by_filter a_commit_is_proved }
            restart { the_books_and_the_trail }
            batches { a_proof_is_remembered }
            token_keys { rotated_keys_are_kept }
            dispatch { places_go_round_and_nobody_waits_behind_a_backlog
                       a_crowd_of_due_payouts_is_gone_through }
            quarantine { a_release_goes_in_steps }
            keep { ten_years_on counts_outlive_a_restart }
            altered { a_repaired_payout_is_taken_up old_payouts_wait_for_a_person }
        }
    };
    ($backend:ident: $($module:ident { $($test:ident)+ })+) => {
        $(tokio::join!($(Box::pin(crate::contract::$module::$test::<$backend>())),+);)+
    };
}

mod contract;
mod plans {
    pub(crate) mod fill;
    pub(crate) mod operations;
    pub(crate) mod postgres;
    pub(crate) mod sources;
    pub(crate) mod sqlite;
}
mod support;

/// Tables that grow with what is stored or with what waits.
const GROWING: [&str; 11] = [
    "payout",
    "payout_reference",
    "taken_payout",
    "refusal",
    "posting",
    "day_total",
    "callback",
    "attempt",
    "trail",
    "used_proof",
    "balance",
];

/// What may go through more than it needs, by a part of its text, and why.
const ALLOWED: [(&str, &str); 10] = [
    (
        "FROM payout WHERE identity_tag =",
        "no face of the program asks; an index would cost every accept",
    ),
    ("count(*) FROM payout WHERE progress = 'in-doubt'", "those in doubt only, by their own index"),
    ("AND set_aside_at IS NULL ORDER BY -state_at DESC LIMIT 1", "the first of an index"),
    ("FROM callback INDEXED BY callback_oldest", "the first of an index"),
    (
        "FROM payout INDEXED BY payout_state WHERE state = 'approved' AND set_aside_at IS NULL",
        "the first of an index, behind those that were set aside",
    ),
    ("FROM callback INDEXED BY callback_failing", "the first of an index, for each merchant"),
    (
        "FROM payout WHERE progress IS NOT NULL AND set_aside_at IS NULL ORDER BY rail LIMIT 1",
        "the first of an index",
    ),
    (
        "SELECT count(*) FROM payout WHERE id IN (SELECT id FROM payout WHERE progress",
        "what is unfinished, after a release",
    ),
    ("FROM payout WHERE seal IS NULL GROUP BY state", "what is to be confirmed, by its own index"),
    ("DELETE FROM commit_mark", "marks older than a day, by their own index"),
];

/// What is watched is the whole process's, so the tests take turns.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn is_allowed(sql: &str) -> bool {
    ALLOWED.iter().any(|(part, _)| sql.contains(part))
}
