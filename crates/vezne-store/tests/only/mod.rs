//! What is each store's own: opening, secrets in the file, triggers, and the positive controls of
//! the audit.

mod audit;
mod audit_postgres;
mod damage;
mod healthy;
mod opening;
mod secrets;
