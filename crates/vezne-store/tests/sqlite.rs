//! The SQLite store: the contract of every store, and what is SQLite's own.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod contract;
mod only;
mod support;

pub(crate) use support::sqlite::{SharedSqlite, Sqlite};

contract::suite!(Sqlite);
contract::shared_suite!(SharedSqlite);
