//! What is each store's own: opening, secrets in the file, triggers, the positive controls of the
//! audit, the way from one to the other, and a dump that is restored elsewhere.

mod audit;
mod audit_postgres;
mod copy;
mod damage;
mod healthy;
mod moved;
mod opening;
mod secrets;
