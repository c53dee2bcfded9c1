//! What is each store's own: opening, secrets in the file, triggers, and the audit's positive controls.

mod audit;
mod audit_postgres;
mod damage;
mod healthy;
mod opening;
mod secrets;
