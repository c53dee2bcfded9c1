//! Where payouts, ledger and outbox are kept: the only crate that knows SQL.
//!
//! - [`sqlite`]: the [`vezne_core::port::Store`] on one SQLite file, with one writer thread;
//! - [`postgres`]: the same on PostgreSQL, shared by any number of nodes;
//! - [`key`]: the master key that secrets and personal facts are sealed under;
//! - [`audit`]: the prover behind `vezne audit`, with SQL and sums of its own;
//! - [`copy`]: the way of a desk from SQLite to PostgreSQL.
//!
//! A further backend is one more folder beside these; `tests/contract/` says what it must do.

pub mod audit;
pub mod copy;
pub mod key;
pub mod postgres;
mod rail_key;
mod row;
mod seal;
pub mod sqlite;
#[doc(hidden)]
pub mod watch;

pub use key::MasterKey;
pub use postgres::{PostgresOptions, PostgresStore};
pub use sqlite::ProcessLock;
pub use sqlite::migrate::MigrationStatus;
pub use sqlite::{OpenError, OpenOptions, SqliteStore};
