//! The developer's commands: `cargo xtask test`, `tidy`, `docs`, `bench` and `prove`.

mod bench;
mod docs;
mod package;
mod prove;
mod suite;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Error;

/// The same allocator as the program's, so that the bench compares like with like.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The developer's commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything that must pass
    Test {
        /// Leave out what takes long: the release build and the tests of its binary
        #[arg(long)]
        quick: bool,
    },
    /// Check the rules of style and structure that a tool can check
    Tidy,
    /// Write the tables of the documentation that are made from the code
    Docs {
        /// Change nothing; fail if a file is not what it would be made
        #[arg(long)]
        check: bool,
    },
    /// Make the Debian package, with manual pages and completions
    Package,
    /// Measure
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Run a harness of seeded histories, for as many seeds as wanted
    Prove(prove::ProveArgs),
    /// Serve the handler that the bench compares with, until standard input ends
    #[command(hide = true)]
    BenchHandler,
    /// Serve a merchant's server for the bench, until standard input ends
    #[command(hide = true)]
    BenchSink {
        /// How long it takes for each callback, in milliseconds
        delay_ms: u32,
    },
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    /// Durable accepts over HTTP, against a handler that only parses and answers, or pgbench
    Accept(bench::AcceptArgs),
    /// Durable rows of large batches, against single accepts, and the memory of the largest
    Batch(bench::BatchArgs),
    /// What single things cost, against the payouts that are stored and those that wait
    Growth(bench::GrowthArgs),
    /// Payouts that go the whole way, to the acknowledged callback, against the same handler
    Lifecycle(bench::LifecycleArgs),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Test { quick } => suite::run(quick),
        Command::Tidy => tidy::run(),
        Command::Docs { check: true } => docs::check(),
        Command::Docs { check: false } => docs::write(),
        Command::Package => package::run(),
        Command::Bench(BenchCommand::Accept(args)) => bench::accept(&args),
        Command::Bench(BenchCommand::Batch(args)) => bench::batch(&args),
        Command::Bench(BenchCommand::Growth(args)) => bench::growth::run(&args),
        Command::Bench(BenchCommand::Lifecycle(args)) => bench::lifecycle(&args),
        Command::Prove(args) => prove::run(&args),
        Command::BenchHandler => bench::handler::serve(),
        Command::BenchSink { delay_ms } => bench::sink::serve(delay_ms),
    }
}
