//! The PostgreSQL store: the contract of every store, and what is PostgreSQL's own.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod contract;
mod support;

pub(crate) use support::postgres::Postgres;

contract::suite!(Postgres);
