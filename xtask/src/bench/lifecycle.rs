//! `cargo xtask bench lifecycle`: how many payouts a second go the whole way: accepted, approved by
//! the policy, sent, settled, and their callback acknowledged, as a share of what a handler does
//! that only parses and answers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vezne_testbed::Server;

use super::cashout::{Cashier, OTHER, TILL};
use super::children::Children;
use super::desk::{AtWork, Desk, Store};
use super::load::{self, Plan};
use super::report::middle;
use super::{Kind, WARM_UP, handler, machine, postgres, sink};
use crate::workspace::{self, Error};

/// Rows of a request, none of which waits for another.
const ROWS: u32 = 1_000;

/// Between two looks at how far the desk has come.
const PAUSE: Duration = Duration::from_millis(100);

/// The handler is asked by so many connections, as the accepts are.
const CONNECTIONS: u16 = 512;

/// For so long.
const WINDOW: Duration = Duration::from_secs(3);

/// Longer than any attempt waits, in milliseconds.
const HANGS_MS: u32 = 600_000;

/// After so long without anything new, something is stuck.
const STUCK: Duration = Duration::from_secs(60);

/// How many, and whom they are told to.
#[derive(Debug, clap::Args)]
pub(crate) struct LifecycleArgs {
    /// Payouts of each run
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    payouts: u32,
    /// How long the merchant's server takes, in milliseconds: one desk for each
    #[arg(long, value_delimiter = ',', default_value = "0,50,500")]
    sink_ms: Vec<u32>,
    /// What another merchant's server does, for which as many callbacks wait as a run has payouts
    #[arg(long, value_enum, default_value_t = Beside::Nobody)]
    beside: Beside,
    /// Runs at each
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=40))]
    runs: u8,
    /// Where the fresh data directories are made: choose the disk to be measured
    #[arg(long, default_value = "target")]
    directory: PathBuf,
    /// Where the payouts are kept
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    store: Kind,
}

/// Who is told beside the merchant that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Beside {
    /// Nobody
    Nobody,
    /// One that takes connections and never answers
    Hanging,
    /// One that is not there
    Gone,
}

/// What one run did a second, and what it took of the processor.
struct Run {
    accepted: f64,
    settled: f64,
    told: f64,
    /// Processor seconds of the program per thousand payouts.
    server: f64,
}

/// Measures each sink on a desk of its own.
///
/// # Errors
/// When a row is not accepted, a callback is not taken, or the books are wrong afterwards.
pub(super) fn measure(args: &LifecycleArgs) -> Result<(), Error> {
    let own = std::env::current_exe()?;
    let directory = workspace::root().join(&args.directory);
    std::fs::create_dir_all(&directory)?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&directory)?;
    println!("{}", machine::describe(folder.path())?);
    let children = Children::watched(args.limit())?;
    let server = match args.store {
        Kind::Sqlite => None,
        Kind::Postgres => Some(postgres::start(&directory)?),
    };
    let bare = bare(&own, &children)?;
    println!("handler:  {bare:>9.0} requests/s that only parses and answers");
    for delay in &args.sink_ms {
        let folder = folder.path().join(format!("sink-{delay}"));
        std::fs::create_dir_all(&folder)?;
        let store = store(server.as_ref(), *delay)?;
        let runs = measure_at(args, &own, (&folder, store), *delay, &children)?;
        let median = |figure: fn(&Run) -> f64| middle(runs.iter().map(figure).collect());
        let told = median(|run| run.told);
        println!(
            "median:   sink of {delay} ms: accepted {:.0}/s, settled {:.0}/s, told {told:.0}/s; \
             {:.2} s of processor per 1,000",
            median(|run| run.accepted),
            median(|run| run.settled),
            median(|run| run.server),
        );
        println!("ratio:    sink of {delay} ms: {:.4} lifecycle/handler", told / bare);
    }
    Ok(())
}

fn store(server: Option<&Server>, delay: u32) -> Result<Store, Error> {
    let Some(server) = server else { return Ok(Store::Sqlite) };
    let database = format!("sink{delay}");
    server.create_database(&database)?;
    Ok(Store::Postgres(server.url(&database)))
}

/// What the handler does a second.
fn bare(own: &Path, children: &Children) -> Result<f64, Error> {
    let bare = handler::spawn(own, children)?;
    let plan =
        Plan { connections: CONNECTIONS, warm_up: WARM_UP, window: WINDOW, ..Plan::default() };
    let tally = load::run(&plan.against(bare.address))?;
    Ok(f64::from(u32::try_from(tally.latencies.len())?) / WINDOW.as_secs_f64())
}

fn measure_at(
    args: &LifecycleArgs,
    own: &Path,
    (folder, store): (&Path, Store),
    delay: u32,
    children: &Children,
) -> Result<Vec<Run>, Error> {
    let sink = sink::spawn(own, delay, children)?;
    let program = own.with_file_name("vezne");
    let desk = Desk::open_for(&program, folder, store, children, AtWork::Whole)?;
    let url = format!("http://{}/callback", sink.address);
    desk.add_told_merchant(TILL, u64::from(args.payouts) * (u64::from(args.runs) + 1), &url)?;
    let mut told = Told { desk, acknowledged: 0 };
    let other = sink::spawn(own, HANGS_MS, children)?;
    let other_address = other.address;
    let _hanging = (args.beside == Beside::Hanging).then_some(other);
    if args.beside != Beside::Nobody {
        told.put_beside(args.payouts / ROWS, other_address)?;
    }
    // Whatever any first payout brings up.
    told.one(args.runs, 1)?;
    let mut runs = Vec::new();
    for number in 0..args.runs {
        let batches = args.payouts / ROWS;
        let run = told.one(number, batches)?;
        let Run { accepted, settled, told, server } = run;
        println!(
            "run {}:    sink of {delay} ms: accepted {accepted:>7.0}/s, settled {settled:>6.0}/s, \
             told {told:>6.0}/s; {server:.2} s of processor per 1,000",
            number + 1
        );
        runs.push(run);
    }
    let payouts = told.desk.close_and_audit()?;
    let sink = sink.child.cpu_seconds();
    println!("after:    vezne audit is clean; {payouts} payouts; the sink took {sink:.1} s");
    Ok(runs)
}

/// The desk, and how many callbacks were acknowledged.
struct Told {
    desk: Desk,
    acknowledged: u64,
}

impl Told {
    /// Gives another merchant as much to be told as a run has.
    fn put_beside(&mut self, batches: u32, address: SocketAddr) -> Result<(), Error> {
        let desk = &mut self.desk;
        let rows = u64::from(batches) * u64::from(ROWS);
        desk.add_told_merchant(OTHER, rows, &format!("http://{address}/callback"))?;
        let mut cashier = Cashier::open(desk.address, OTHER)?;
        cashier.send_all(&cashier.render(0, batches, ROWS)?)?;
        desk.accepted += rows;
        wait(desk, workspace::now(), ("payout", "settled"), desk.accepted).map(drop)
    }

    /// One run, to the last acknowledgement.
    fn one(&mut self, run: u8, batches: u32) -> Result<Run, Error> {
        let desk = &mut self.desk;
        // The run before may have lasted longer than an idle connection does.
        let mut cashier = Cashier::open(desk.address, TILL)?;
        let requests = cashier.render(run, batches, ROWS)?;
        let (rows, processor) = (u64::from(batches) * u64::from(ROWS), desk.cpu_seconds());
        let count = f64::from(batches * ROWS);
        let start = workspace::now();
        let accepted = cashier.send_all(&requests)?;
        desk.accepted += rows;
        self.acknowledged += rows;
        let settled = wait(desk, start, ("payout", "settled"), desk.accepted)?;
        let told = wait(desk, start, ("callback", "acknowledged"), self.acknowledged)?;
        let rate = |took: Duration| count / took.as_secs_f64();
        let server = (desk.cpu_seconds() - processor) * 1_000.0 / count;
        Ok(Run { accepted: rate(accepted), settled: rate(settled), told: rate(told), server })
    }
}

/// Waits until so many are committed in a state, and says how long that took since the start.
fn wait(
    desk: &Desk,
    start: Instant,
    (subject, state): (&str, &str),
    goal: u64,
) -> Result<Duration, Error> {
    let (mut last, mut moved) = (0, workspace::now());
    loop {
        let (asked, count) = (start.elapsed(), desk.count(subject, state)?);
        if count >= goal {
            return Ok(asked);
        }
        if count > last {
            (last, moved) = (count, workspace::now());
        }
        if moved.elapsed() > STUCK {
            return Err(format!("{count} of {goal} were {state} for a minute").into());
        }
        std::thread::sleep(PAUSE);
    }
}

impl LifecycleArgs {
    /// After so long, something is stuck.
    fn limit(&self) -> Duration {
        let all = u64::from(self.payouts) * (u64::from(self.runs) + 1);
        let sinks = u64::try_from(self.sink_ms.len()).unwrap_or(u64::MAX);
        Duration::from_secs(120 + sinks.saturating_mul(60 + all / 50))
    }
}
