//! What is SQLite's own: opening, secrets in the file, triggers, and the audit's positive control.

mod audit;
mod damage;
mod opening;
mod secrets;
