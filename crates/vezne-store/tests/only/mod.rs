//! What is one store's own. SQLite's: opening, secrets in the file, triggers, and the audit's
//! positive control. PostgreSQL's: a dump that is restored elsewhere.

mod audit;
mod damage;
mod moved;
mod opening;
mod secrets;
