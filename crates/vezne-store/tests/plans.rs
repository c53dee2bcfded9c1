//! How every statement of both stores is run on a database that has grown: none walks through what
//! is stored or what waits, with statistics of the planner and without.
//!
//! The statements are those that the contract suite really runs. A text in the sources that it never
//! runs is found as well.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    dead_code,
    unused_imports,
    unused_macros,
    reason = "helpers of tests fail by panicking, as tests do, and only a part of them is used here"
)]

mod contract;
mod plans {
    pub(crate) mod fill;
    pub(crate) mod postgres;
    pub(crate) mod sources;
    pub(crate) mod sqlite;
}
mod support;

/// Tables that grow with what is stored or with what waits.
const GROWING: [&str; 10] = [
    "payout",
    "payout_reference",
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
const ALLOWED: [(&str, &str); 5] = [
    (
        "FROM payout WHERE identity_tag =",
        "no face of the program asks; an index would cost every accept",
    ),
    ("count(*) FROM payout WHERE progress = 'in-doubt'", "those in doubt only, by their own index"),
    ("min(state_at) FROM callback WHERE state = 'due'", "the first of an index"),
    ("FROM payout WHERE progress IS NOT NULL ORDER BY rail LIMIT 1", "the first of an index"),
    ("DELETE FROM commit_mark", "marks older than a day, by their own index"),
];

/// What is watched is the whole process's, so the tests take turns.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn is_allowed(sql: &str) -> bool {
    ALLOWED.iter().any(|(part, _)| sql.contains(part))
}
