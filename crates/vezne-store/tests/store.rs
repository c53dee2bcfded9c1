//! The stores: the contract that all of them keep, and what is each one's own.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod contract;
mod only;
mod support;

mod sqlite {
    use crate::support::sqlite::Sqlite;

    crate::contract::suite!(Sqlite);
}

mod postgres {
    use crate::support::postgres::Postgres;

    crate::contract::suite!(Postgres);
    crate::contract::shared_suite!(Postgres);
}

mod pooled {
    use crate::support::postgres::Pooled;

    crate::contract::suite!(Pooled);
}
