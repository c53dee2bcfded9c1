//! What is each store's own: opening, secrets in the file, triggers, the positive controls of the
//! audit, and the way from one to the other.

mod audit;
mod audit_postgres;
mod copy;
mod damage;
mod healthy;
mod opening;
mod secrets;
