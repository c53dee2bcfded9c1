//! `cargo xtask prove`: runs a harness of seeded histories for as many seeds as wanted, in release
//! mode.
//!
//! A harness is a test binary that reads what to run from its environment. The test command runs a
//! few seeds of each; this runs any number, and repeats one.

#[cfg(test)]
mod tests;

use std::process::Command;

use crate::workspace::{self, Error};

/// A harness by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Harness {
    /// Histories of a desk in each of which a copy of its database comes back
    Restore,
}

/// Where the desk of a history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Store {
    /// A file
    Sqlite,
    /// A database of a throw-away server
    Postgres,
}

/// Which histories.
#[derive(Debug, clap::Args)]
pub(crate) struct ProveArgs {
    /// What is proved
    #[arg(value_enum)]
    harness: Harness,
    /// How many histories
    #[arg(long, default_value_t = 1_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Where the desk is kept
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Breaks the desk in this way: then it succeeds when a seed fails. `all` takes every way by
    /// turns, and a wrong name prints them
    #[arg(long, value_name = "NAME")]
    broken: Option<String>,
}

/// A harness: its test binary, and the tests in it.
struct Binary {
    harness: Harness,
    /// Its name as a test of the package `vezne`.
    name: &'static str,
    on_sqlite: &'static str,
    on_postgres: &'static str,
    broken: &'static str,
}

/// Every harness, one entry each.
const BINARIES: [Binary; 1] = [Binary {
    harness: Harness::Restore,
    name: "restore",
    on_sqlite: "nothing_is_paid_twice_on_a_file",
    on_postgres: "nothing_is_paid_twice_on_a_server",
    broken: "every_broken_variant_is_caught",
}];

/// Builds a harness and runs it.
///
/// # Errors
/// When the build or a history fails, or a broken variant is not caught.
pub(crate) fn run(args: &ProveArgs) -> Result<(), Error> {
    let binary = BINARIES.iter().find(|binary| binary.harness == args.harness);
    let binary = binary.ok_or("this harness has no test binary")?;
    let status = command(binary, args).current_dir(workspace::root()).status()?;
    let failed = || format!("prove {}: {status}", binary.name);
    if status.success() { Ok(()) } else { Err(failed().into()) }
}

fn command(binary: &Binary, args: &ProveArgs) -> Command {
    let test = match (&args.broken, args.store) {
        (Some(_), _) => binary.broken,
        (None, Store::Sqlite) => binary.on_sqlite,
        (None, Store::Postgres) => binary.on_postgres,
    };
    let mut command = Command::new("cargo");
    command.args(["test", "--release", "--locked", "-p", "vezne", "--test", binary.name]);
    command.args(["--", "--exact", "--nocapture", test]);
    command.env("VEZNE_PROVE_SEEDS", args.seeds.to_string());
    command.env("VEZNE_PROVE_FIRST", args.first.to_string());
    match args.broken.as_deref() {
        Some(name) if name != "all" => command.env("VEZNE_PROVE_BROKEN", name),
        Some(_) | None => command.env_remove("VEZNE_PROVE_BROKEN"),
    };
    command
}
