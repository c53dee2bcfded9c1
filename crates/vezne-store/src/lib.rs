//! Where payouts, ledger and outbox are kept: the only crate that knows SQL.
//!
//! - [`sqlite`]: the [`vezne_core::port::Store`] on one SQLite file, with one writer thread;
//! - [`key`]: the master key that secrets and personal facts are sealed under;
//! - [`audit`]: the prover behind `vezne audit`, with SQL and sums of its own.
//!
//! A second backend is one more folder beside `sqlite/`; `tests/contract/` says what it must do.

pub mod audit;
pub mod key;
mod row;
mod seal;
pub mod sqlite;

pub use key::MasterKey;
pub use sqlite::{OpenError, OpenOptions, SqliteStore};
