//! `cargo xtask bench batch`: how many rows a second are accepted durably in batches on one
//! connection, against single accepts of the same run, and how much memory the largest batch takes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cashout::{Cashier, TILL};
use super::children::Children;
use super::desk::{Desk, Store};
use super::load::{self, Plan};
use super::report::middle;
use super::{WARM_UP, machine};
use crate::workspace::{self, Error};

/// Batches before the measured ones.
const WARM_UP_BATCHES: u32 = 3;

/// How much memory the largest batch may take.
const MEMORY_BAR_MIB: f64 = 64.0;

/// How long and how large.
#[derive(Debug, clap::Args)]
pub(crate) struct BatchArgs {
    /// The measured time of single accepts in each run
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// Connections of the single accepts that batches are compared with
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Rows of a batch
    #[arg(long, default_value_t = 1_000, value_parser = largest())]
    rows: u32,
    /// Batches of each run
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batches: u32,
    /// Rows of the batch whose memory is measured
    #[arg(long, default_value_t = 10_000, value_parser = largest())]
    largest: u32,
    /// Runs of each side
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=40))]
    runs: u8,
    /// Where the fresh data directories are made: choose the disk to be measured
    #[arg(long, default_value = "target")]
    directory: PathBuf,
}

/// As many rows as a request may have.
fn largest() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=10_000)
}

/// What each run did a second.
#[derive(Default)]
struct Rates {
    many: Vec<f64>,
    one: Vec<f64>,
    batch: Vec<f64>,
}

/// Measures the memory on one fresh desk and the speed on another.
///
/// # Errors
/// When a request is not accepted, or the books are wrong afterwards.
pub(super) fn measure(args: &BatchArgs) -> Result<(), Error> {
    let program = std::env::current_exe()?.with_file_name("vezne");
    let directory = workspace::root().join(&args.directory);
    std::fs::create_dir_all(&directory)?;
    let folder = || tempfile::Builder::new().prefix("bench-").tempdir_in(&directory);
    let (one, other) = (folder()?, folder()?);
    println!("{}", machine::describe(one.path())?);
    let children = Children::watched(args.limit())?;
    measure_memory(args, &program, one.path(), &children)?;
    let mut desk = Desk::open(&program, other.path(), Store::Sqlite, &children)?;
    let rates = measure_rates(args, &mut desk)?;
    let payouts = desk.close_and_audit()?;
    rates.print(args);
    println!("after:    vezne audit is clean; {payouts} payouts, one per accepted answer or row");
    Ok(())
}

/// How much more the process has at most during the largest batch than when it is idle.
fn measure_memory(
    args: &BatchArgs,
    program: &Path,
    folder: &Path,
    children: &Children,
) -> Result<(), Error> {
    let mut desk = Desk::open(program, folder, Store::Sqlite, children)?;
    desk.add_cashout_merchant(0)?;
    let (mut cashier, process) = (Cashier::open(desk.address, TILL)?, desk.process());
    // A batch of one row brings up whatever any first request brings up.
    let small = cashier.render(0, 1, 1)?;
    let large = cashier.render(1, 1, args.largest)?;
    cashier.send_all(&small)?;
    let idle = machine::resident_kib(process)?;
    machine::reset_peak(process)?;
    let took = cashier.send_all(&large)?;
    let peak = machine::peak_kib(process)?;
    let [idle, peak] = [idle, peak].map(|kib| f64::from(kib) / 1_024.0);
    let (rows, bytes) = (args.largest, large.iter().map(Vec::len).sum::<usize>());
    println!(
        "memory:   idle {idle:.1} MiB, at most {peak:.1} MiB in a batch of {rows} rows \
         ({bytes} bytes, {took:.0?}): {:.1} MiB more, of {MEMORY_BAR_MIB} MiB",
        peak - idle
    );
    desk.accepted = 1 + u64::from(rows);
    desk.close_and_audit().map(drop)
}

/// All runs, the sides of each in turn.
fn measure_rates(args: &BatchArgs, desk: &mut Desk) -> Result<Rates, Error> {
    desk.fund(2 * u64::from(args.seconds) * u64::from(args.runs) * 2)?;
    desk.add_cashout_merchant(args.all_rows())?;
    let (mut cashier, mut rates) = (Cashier::open(desk.address, TILL)?, Rates::default());
    let mut singles = 0..;
    for run in 0..args.runs {
        for (connections, rates) in [(args.connections, &mut rates.many), (1, &mut rates.one)] {
            let plan = args.plan(singles.next().unwrap_or_default(), connections);
            let tally = load::run(&plan.against(desk.address))?;
            desk.accepted += tally.accepted;
            rates.push(f64::from(u32::try_from(tally.latencies.len())?) / args.seconds_of_run());
        }
        rates.batch.push(measure_batches(args, run, &mut cashier)?);
        desk.accepted += u64::from(args.rows) * u64::from(args.batches + WARM_UP_BATCHES);
        rates.print_last(args);
    }
    Ok(rates)
}

/// Rows a second of one run.
fn measure_batches(args: &BatchArgs, run: u8, cashier: &mut Cashier) -> Result<f64, Error> {
    let requests = cashier.render(run, args.batches + WARM_UP_BATCHES, args.rows)?;
    let (first, others) = requests.split_at(usize::try_from(WARM_UP_BATCHES)?);
    cashier.send_all(first)?;
    let took = cashier.send_all(others)?;
    Ok(f64::from(args.rows) * f64::from(args.batches) / took.as_secs_f64())
}

impl BatchArgs {
    fn plan(&self, run: u8, connections: u16) -> Plan {
        let window = Duration::from_secs(self.seconds.into());
        Plan { run, connections, warm_up: WARM_UP, window, ..Plan::default() }
    }

    fn seconds_of_run(&self) -> f64 {
        f64::from(self.seconds)
    }

    fn all_rows(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.batches + WARM_UP_BATCHES) * u64::from(self.runs)
    }

    /// After so long, something is stuck.
    fn limit(&self) -> Duration {
        let singles = 4 * u64::from(self.seconds) + 20;
        Duration::from_secs(300 + singles * u64::from(self.runs) + self.all_rows() / 1_000)
    }
}

impl Rates {
    fn print_last(&self, args: &BatchArgs) {
        let last = |rates: &Vec<f64>| rates.last().copied().unwrap_or_default();
        let [many, one, batch] = [&self.many, &self.one, &self.batch].map(last);
        let (run, connections) = (self.batch.len(), args.connections);
        println!(
            "run {run}:    single accepts {many:>7.0}/s on {connections} connections, {one:>6.0}/s \
             on one; batches of {} {batch:>7.0} rows/s on one",
            args.rows
        );
    }

    fn print(self, args: &BatchArgs) {
        let [many, one, batch] = [self.many, self.one, self.batch].map(middle);
        println!("median:   {many:>9.0} single accepts/s on {} connections", args.connections);
        println!("median:   {one:>9.0} single accepts/s on one connection");
        println!("median:   {batch:>9.0} rows/s in batches of {} on one connection", args.rows);
        println!("ratio:    {:.2} batch/single on {} connections", batch / many, args.connections);
        println!("ratio:    {:.1} batch/single on one connection", batch / one);
    }
}
