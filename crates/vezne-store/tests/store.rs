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

    crate::contract::suite! { Pooled:
        life { rejected settled_and_returned failed unsent_and_sent_again accepted_then_settled
               in_doubt_and_paid in_doubt_and_not_paid in_doubt_and_sent_again
               a_lost_lease_is_a_doubt what_is_due_longest_comes_first }
        callbacks { claimed_oldest_first_within_room outcomes_are_told_in_order
                    the_first_body_is_kept attempts_are_recorded }
        merchants { every_field_reads_back edits_replace_everything }
        histories { random_histories_stay_clean }
    }
}
