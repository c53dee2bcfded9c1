//! What is each store's own: opening, secrets in the file, triggers, the positive controls of the
//! audit, the way from one to the other, a dump that is restored elsewhere, and what connections,
//! servers and other nodes do to PostgreSQL.

mod audit;
mod audit_postgres;
mod copy;
mod damage;
mod healthy;
mod lost_commits;
mod months;
mod moved;
mod mutations;
mod opening;
mod opening_postgres;
mod place;
mod sealed_meanwhile;
mod secrets;
mod serial;
mod trouble;
mod truth;
mod unshown;
