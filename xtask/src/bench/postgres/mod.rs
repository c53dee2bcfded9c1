//! `cargo xtask bench accept --store postgres`: durable accepts of one merchant over HTTP, beside
//! `pgbench` that writes the same rows one payout per transaction, in turns on one server.

mod plain;
mod script;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use vezne_testbed::{Options, Server};

use self::plain::{Plain, Way};
use super::children::Children;
use super::desk::{Desk, Store};
use super::load::{self, Plan};
use super::report::{Report, middle};
use super::{AcceptArgs, machine};
use crate::workspace::{self, Error};

/// As an operator with some memory to spare runs a server.
const SETTINGS: &[(&str, &str)] = &[
    ("shared_buffers", "512MB"),
    ("synchronous_commit", "on"),
    ("max_wal_size", "4GB"),
    ("max_connections", "200"),
];

/// The program's database.
const DESK: &str = "desk";

/// How long the program runs at first, to have a payout whose rows can be copied.
const FIRST: Duration = Duration::from_secs(1);

/// Starts a server and measures both sides.
///
/// # Errors
/// When a request is not accepted, a transaction fails, or the books are wrong afterwards.
pub(super) fn measure(args: &AcceptArgs) -> Result<(), Error> {
    let program = std::env::current_exe()?.with_file_name("vezne");
    let directory = workspace::root().join(&args.directory);
    std::fs::create_dir_all(&directory)?;
    let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&directory)?;
    println!("{}", machine::describe(folder.path())?);
    let children = Children::watched(args.limit() + plain::SEARCH)?;
    let server = start(&directory)?;
    server.create_database(DESK)?;
    let store = Store::Postgres(server.url(DESK));
    let mut desk = Desk::open(&program, &folder.path().join(DESK), store, &children)?;
    desk.fund(args.measured() * 2)?;
    let first = Plan { window: FIRST, ..args.plan(args.runs) };
    desk.accepted += load::run(&first.against(desk.address))?.accepted;
    let mut plain = made(&server, &program, folder.path())?;
    let ways = plain.find_best()?;
    let (report, rates) = in_turns(args, &server, &mut desk, (&mut plain, ways))?;
    let payouts = desk.close_and_audit()?;
    let transactions = plain.check()?;
    print(report.durable_median(args.plan(0).window), rates.map(middle), ways);
    println!("after:    vezne audit is clean; {payouts} payouts, one per accepted answer");
    println!("          {transactions} payouts of pgbench, of as many rows each");
    Ok(())
}

/// A server on the disk to be measured.
pub(super) fn start(directory: &Path) -> Result<Server, Error> {
    let setting = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let settings = SETTINGS.iter().map(setting).collect();
    let server = Server::start_below(directory, &Options { fsync: true, settings })?;
    let version = server.sql("postgres", "SHOW server_version")?;
    let settings: Vec<_> = SETTINGS.iter().map(|(name, value)| format!("{name} {value}")).collect();
    println!("server:   PostgreSQL {version}, fsync on, {}", settings.join(", "));
    Ok(server)
}

/// The other side: the same tables, made by the program, and the first balances copied.
fn made<'a>(server: &'a Server, program: &Path, folder: &Path) -> Result<Plain<'a>, Error> {
    server.create_database(plain::DATABASE)?;
    let store = Store::Postgres(server.url(plain::DATABASE));
    store.migrate(program, &folder.join(plain::DATABASE))?;
    Plain::copied(server, DESK, folder)
}

/// All runs, the sides of each in turn, each with a fresh checkpoint behind it.
fn in_turns(
    args: &AcceptArgs,
    server: &Server,
    desk: &mut Desk,
    (plain, ways): (&mut Plain<'_>, [Way; 2]),
) -> Result<(Report, [Vec<f64>; 2]), Error> {
    let (mut report, mut rates) = (Report::default(), [const { Vec::new() }; 2]);
    for run in 0..args.runs {
        let plan = args.plan(run);
        server.sql(DESK, "CHECKPOINT")?;
        let tally = load::run(&plan.against(desk.address))?;
        desk.accepted += tally.accepted;
        report.durable(tally, desk.cpu_seconds());
        report.print_last(plan.window);
        for (way, rates) in ways.into_iter().zip(&mut rates) {
            server.sql(DESK, "CHECKPOINT")?;
            let rate = plain.run(way, args.seconds)?;
            println!("run {}:    pgbench  {rate:>9.0} payouts/s, {way}", run + 1);
            rates.push(rate);
        }
    }
    Ok((report, rates))
}

/// The medians, and the ratio to what `pgbench` does in each way.
fn print(durable: f64, rates: [f64; 2], ways: [Way; 2]) {
    println!("median:   durable  {durable:>9.0} accepted payouts/s of one merchant over HTTP");
    for (way, rate) in ways.iter().zip(rates) {
        println!("median:   pgbench  {rate:>9.0} payouts/s, one per transaction, {way}");
    }
    for (way, rate) in ways.iter().zip(rates) {
        println!("ratio:    {:.2} durable/pgbench, {way}", durable / rate);
    }
}
