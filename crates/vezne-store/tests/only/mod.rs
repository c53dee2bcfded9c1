//! What is SQLite's own: opening, secrets in the file, triggers, the audit's positive control, and
//! the way to PostgreSQL.

mod audit;
mod copy;
mod damage;
mod opening;
mod secrets;
