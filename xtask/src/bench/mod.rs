//! `cargo xtask bench`: `accept` here, `batch`, `growth` and `lifecycle` in their own files.
//!
//! `accept`: how many payouts a second are accepted durably, as a share of what a
//! handler does that only parses and answers.
//!
//! On SQLite. On PostgreSQL, as a multiple of what `pgbench` books one payout per transaction.
//!
//! Both are asked by the same load generator, in turns, on the same machine in one run: the share
//! can be compared between machines, the figures cannot. Everything stays on the loopback.

mod answer;
mod batch;
mod cashout;
mod children;
mod desk;
pub(crate) mod growth;
pub(crate) mod handler;
mod lifecycle;
mod load;
mod machine;
mod postgres;
mod report;
mod request;
pub(crate) mod sink;
#[cfg(test)]
mod tests;

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

pub(crate) use self::batch::BatchArgs;
use self::children::Children;
use self::desk::{Desk, Store};
pub(crate) use self::growth::GrowthArgs;
pub(crate) use self::lifecycle::LifecycleArgs;
use self::load::Plan;
use self::report::Report;
use crate::workspace::{self, Error};

/// Before each measured window, so that caches are warm and connections are open.
const WARM_UP: Duration = Duration::from_millis(500);

/// How long and how hard.
#[derive(Debug, clap::Args)]
pub(crate) struct AcceptArgs {
    /// The measured time of each run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// Connections, each with one request under way
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Runs of each side
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=50))]
    runs: u8,
    /// Where the fresh data directory is made: choose the disk to be measured
    #[arg(long, default_value = "target")]
    directory: PathBuf,
    /// Where the payouts are kept
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    store: Kind,
}

/// What is measured, and beside what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// SQLite, beside a handler that only parses and answers
    Sqlite,
    /// PostgreSQL, on a server of its own, beside pgbench on the same server
    Postgres,
}

/// Builds what is measured and measures it.
///
/// # Errors
/// When a build fails, a request is not accepted, or the books are wrong afterwards.
pub(crate) fn accept(args: &AcceptArgs) -> Result<(), Error> {
    match args.store {
        _ if cfg!(debug_assertions) => as_released(),
        Kind::Sqlite => measure(args),
        Kind::Postgres => postgres::measure(args),
    }
}

/// The same for batches.
///
/// # Errors
/// When a build fails, a row is not accepted, or the books are wrong afterwards.
pub(crate) fn batch(args: &BatchArgs) -> Result<(), Error> {
    if cfg!(debug_assertions) { as_released() } else { batch::measure(args) }
}

/// The same for the whole way of a payout.
///
/// # Errors
/// When a build fails, a callback is not taken, or the books are wrong afterwards.
pub(crate) fn lifecycle(args: &LifecycleArgs) -> Result<(), Error> {
    if cfg!(debug_assertions) { as_released() } else { lifecycle::measure(args) }
}

/// Goes on as the released build of this very program, since a debug build would measure itself.
fn as_released() -> Result<(), Error> {
    // Built together, the program would get features that only this one asks for.
    for package in ["vezne", "xtask"] {
        let mut build = Command::new("cargo");
        build.args(["build", "--release", "--locked", "-p", package]);
        let status = build.current_dir(workspace::root()).status()?;
        if !status.success() {
            return Err(format!("cargo build --release -p {package} failed ({status})").into());
        }
    }
    let released = std::env::current_exe()?.with_file_name("../release/xtask");
    Err(Command::new(released).args(std::env::args_os().skip(1)).exec().into())
}

fn measure(args: &AcceptArgs) -> Result<(), Error> {
    let own = std::env::current_exe()?;
    let directory = workspace::root().join(&args.directory);
    std::fs::create_dir_all(&directory)?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&directory)?;
    println!("{}", machine::describe(folder.path())?);
    let children = Children::watched(args.limit())?;
    let bare = handler::spawn(&own, &children)?;
    let mut desk =
        Desk::open(&own.with_file_name("vezne"), folder.path(), Store::Sqlite, &children)?;
    desk.fund(args.measured() * 2)?;
    let mut report = Report::default();
    for run in 0..args.runs {
        let plan = args.plan(run);
        report.bare(load::run(&plan.against(bare.address))?, bare.child.cpu_seconds());
        let tally = load::run(&plan.against(desk.address))?;
        desk.accepted += tally.accepted;
        report.durable(tally, desk.cpu_seconds());
        report.print_last(plan.window);
    }
    let payouts = desk.close_and_audit()?;
    report.print(args.plan(0).window);
    println!("after:    vezne audit is clean; {payouts} payouts, one per accepted answer");
    Ok(())
}

impl AcceptArgs {
    /// All measured seconds of one side.
    fn measured(&self) -> u64 {
        u64::from(self.seconds) * u64::from(self.runs)
    }

    /// After so long, something is stuck.
    fn limit(&self) -> Duration {
        Duration::from_secs(180 + 4 * self.measured() + 10 * u64::from(self.runs))
    }

    fn plan(&self, run: u8) -> Plan {
        let window = Duration::from_secs(self.seconds.into());
        Plan { run, connections: self.connections, warm_up: WARM_UP, window, ..Plan::default() }
    }
}
