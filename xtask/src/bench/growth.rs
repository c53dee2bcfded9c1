//! `growth`: what an accept, a claim, a list and a look of the metrics cost, against what is stored
//! and what waits.
//!
//! The store is measured without HTTP, by a bench of its own crate, because a desk of millions has
//! to be filled from beside it.

use std::process::Command;

use crate::workspace::{self, Error};

/// How much there is, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct GrowthArgs {
    /// Payouts that ended, each count a desk of its own
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1_000_000, 5_000_000])]
    stored: Vec<u64>,
    /// Payouts and callbacks that wait, each count a desk of its own
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1_000_000])]
    waiting: Vec<u64>,
    /// Only this store
    #[arg(long, value_enum)]
    store: Option<super::Kind>,
}

/// Builds the bench and runs it.
///
/// # Errors
/// When it does not build or run.
pub(crate) fn run(args: &GrowthArgs) -> Result<(), Error> {
    let list = |all: &[u64]| all.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    let mut bench = Command::new("cargo");
    bench.args(["bench", "--locked", "-p", "vezne-store", "--bench", "growth", "--"]);
    bench.args(["--stored", &list(&args.stored), "--waiting", &list(&args.waiting)]);
    match args.store {
        Some(super::Kind::Sqlite) => bench.args(["--store", "sqlite"]),
        Some(super::Kind::Postgres) => bench.args(["--store", "postgres"]),
        None => &mut bench,
    };
    let status = bench.current_dir(workspace::root()).status()?;
    if status.success() { Ok(()) } else { Err(format!("the bench failed ({status})").into()) }
}
