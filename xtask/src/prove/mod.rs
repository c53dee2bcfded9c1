//! `cargo xtask prove`: runs a harness at full length, in release mode.
//!
//! A harness is a test binary that reads what to run from its environment. The test command runs a
//! little of each; this runs as much as wanted, and repeats one history.

#[cfg(test)]
mod tests;

use std::process::Command;

use crate::workspace::{self, Error};

/// A harness by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Harness {
    /// Histories of a desk in each of which a copy of its database comes back
    Restore,
    /// Deaths of the program at any moment, under load
    Kill,
    /// Deaths inside batches
    KillBatch,
    /// What is done to several nodes and their PostgreSQL, in percent of the full length
    Nodes,
}

/// Where the desk is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Store {
    /// A file
    Sqlite,
    /// A database of a throw-away server
    Postgres,
}

/// Which harness, and how much of it.
#[derive(Debug, clap::Args)]
pub(crate) struct ProveArgs {
    /// What is proved
    #[arg(value_enum)]
    harness: Harness,
    /// How many histories or deaths, or how many percent [default: 1000, 100, 40 or 100]
    #[arg(long, visible_alias = "seeds")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    times: Option<u64>,
    /// The first seed of histories
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Where the desk is kept
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Breaks the desk in this way: then it succeeds when a history fails. `all` takes every way by
    /// turns, and a wrong name prints them
    #[arg(long, value_name = "NAME")]
    broken: Option<String>,
}

/// A harness: its test binary, and how it is told how much to run.
struct Binary {
    harness: Harness,
    /// Its name as a test of the package `vezne`.
    name: &'static str,
    /// The variable that says how much.
    times: &'static str,
    /// The full length.
    full: u64,
    on: On,
}

/// How a harness is told where the desk is kept.
enum On {
    /// By which of its tests is run.
    Tests { sqlite: &'static str, postgres: &'static str, broken: &'static str },
    /// By a variable that all its tests read.
    Variable,
    /// It has one kind of desk.
    One,
}

/// Every harness, one entry each.
const BINARIES: [Binary; 4] = [
    Binary {
        harness: Harness::Restore,
        name: "restore",
        times: "VEZNE_PROVE_SEEDS",
        full: 1_000,
        on: On::Tests {
            sqlite: "nothing_is_paid_twice_on_a_file",
            postgres: "nothing_is_paid_twice_on_a_server",
            broken: "every_broken_variant_is_caught",
        },
    },
    Binary {
        harness: Harness::Kill,
        name: "kill",
        times: "VEZNE_KILL_CYCLES",
        full: 100,
        on: On::Variable,
    },
    Binary {
        harness: Harness::KillBatch,
        name: "kill_batch",
        times: "VEZNE_KILL_CYCLES",
        full: 40,
        on: On::One,
    },
    Binary {
        harness: Harness::Nodes,
        name: "nodes",
        times: "VEZNE_NODES_PERCENT",
        full: 100,
        on: On::One,
    },
];

/// Builds a harness and runs it.
///
/// # Errors
/// When the build or the harness fails, a broken variant is not caught, or there is no such run.
pub(crate) fn run(args: &ProveArgs) -> Result<(), Error> {
    let binary = BINARIES.iter().find(|binary| binary.harness == args.harness);
    let binary = binary.ok_or("this harness has no test binary")?;
    let status = command(binary, args)?.current_dir(workspace::root()).status()?;
    let failed = || format!("prove {}: {status}", binary.name);
    if status.success() { Ok(()) } else { Err(failed().into()) }
}

fn command(binary: &Binary, args: &ProveArgs) -> Result<Command, Error> {
    let mut command = Command::new("cargo");
    command.args(["test", "--release", "--locked", "-p", "vezne", "--test", binary.name]);
    command.args(["--", "--nocapture"]);
    command.env(binary.times, args.times.unwrap_or(binary.full).to_string());
    match (&binary.on, &args.broken) {
        (On::Tests { sqlite, postgres, broken }, wanted) => {
            let test = match (wanted, args.store) {
                (Some(_), _) => broken,
                (None, Store::Sqlite) => sqlite,
                (None, Store::Postgres) => postgres,
            };
            command.args(["--exact", test]);
            command.env("VEZNE_PROVE_FIRST", args.first.to_string());
            match wanted.as_deref() {
                Some(name) if name != "all" => command.env("VEZNE_PROVE_BROKEN", name),
                Some(_) | None => command.env_remove("VEZNE_PROVE_BROKEN"),
            };
        }
        (_, Some(_)) => return Err(format!("{} has no broken variants", binary.name).into()),
        (On::Variable, None) => match args.store {
            Store::Sqlite => drop(command.env_remove("VEZNE_TEST_STORE")),
            Store::Postgres => drop(command.env("VEZNE_TEST_STORE", "postgres")),
        },
        (On::One, None) => {}
    }
    Ok(command)
}
