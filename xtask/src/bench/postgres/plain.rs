//! The plain way: `pgbench` books one payout per transaction.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use vezne_testbed::Server;

use super::script;
use crate::workspace::Error;

/// Its database.
pub(super) const DATABASE: &str = "plain";

/// How many clients are tried, and for how many seconds each, to find what is best.
const CLIENTS: &[u8] = &[1, 2, 4, 8, 16, 32];
const TRIAL: u16 = 3;

/// How long all trials take at most.
pub(super) const SEARCH: Duration = Duration::from_secs(120);

/// The payouts of a database, and their rows in the three tables that grow with them.
const COUNT: &str = "SELECT (SELECT count(*) FROM payout), \
     (SELECT count(*) FROM payout_reference), \
     (SELECT count(*) FROM posting WHERE payout_id IS NOT NULL)";

/// How `pgbench` is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) clients: u8,
    /// Whether all statements of a transaction are sent before the first answer.
    pub(super) pipelined: bool,
}

/// What `pgbench` works on.
pub(super) struct Plain<'a> {
    server: &'a Server,
    /// The program's database.
    model: String,
    /// The scripts: statement by statement, and pipelined.
    scripts: [PathBuf; 2],
    runs: u16,
    transactions: u64,
}

impl<'a> Plain<'a> {
    /// After the model of what the program has written to its database. The tables are there.
    pub(super) fn copied(server: &'a Server, model: &str, folder: &Path) -> Result<Self, Error> {
        script::copy_balances(server, model, DATABASE)?;
        let statements = script::statements(server, model)?;
        let scripts = ["plain.sql", "pipelined.sql"].map(|name| folder.join(name));
        std::fs::write(&scripts[0], script::of(&statements, false))?;
        std::fs::write(&scripts[1], script::of(&statements, true))?;
        Ok(Self { server, model: model.to_owned(), scripts, runs: 0, transactions: 0 })
    }

    /// The best of the ways that go statement by statement, and of those that are pipelined.
    pub(super) fn find_best(&mut self) -> Result<[Way; 2], Error> {
        Ok([self.best_number_of_clients(false)?, self.best_number_of_clients(true)?])
    }

    fn best_number_of_clients(&mut self, pipelined: bool) -> Result<Way, Error> {
        let (mut best, mut most) = (Way { clients: 1, pipelined }, 0.0);
        let mut rates = Vec::new();
        for &clients in CLIENTS {
            let way = Way { clients, pipelined };
            let rate = self.run(way, TRIAL)?;
            rates.push(format!("{clients}: {rate:.0}"));
            if rate > most {
                (best, most) = (way, rate);
            }
        }
        let (how, rates) = (best.how(), rates.join(", "));
        println!("pgbench:  {how}, payouts/s by clients: {rates}");
        Ok(best)
    }

    /// Transactions a second of one run.
    pub(super) fn run(&mut self, way: Way, seconds: u16) -> Result<f64, Error> {
        self.runs += 1;
        let program = vezne_testbed::bin("pgbench").ok_or("this machine lacks pgbench")?;
        let cores = std::thread::available_parallelism()?.get();
        let mut command = Command::new(program);
        command.args(["-n", "-M", "prepared", "-D", "n=0", "-D", &format!("run={}", self.runs)]);
        command.args(["-T", &seconds.to_string(), "-c", &way.clients.to_string()]);
        command.args(["-j", &cores.min(way.clients.into()).to_string(), "-f"]);
        command.arg(&self.scripts[usize::from(way.pipelined)]).arg(self.server.url(DATABASE));
        let output = command.stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let figures = transactions(&text).filter(|_| output.status.success());
        let failed = || format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr));
        let (transactions, rate) = figures.ok_or_else(failed)?;
        self.transactions += transactions;
        Ok(rate)
    }

    /// Both databases have as many rows per payout, and this one a payout per transaction.
    pub(super) fn check(&self) -> Result<u64, Error> {
        for database in [&*self.model, DATABASE] {
            let counts = self.server.sql(database, COUNT)?;
            let mut each = counts.split('|');
            let payouts = each.next().unwrap_or_default();
            if each.any(|count| count != payouts) {
                return Err(format!("{database} has payouts, references, postings {counts}").into());
            }
        }
        let counted = self.server.sql(DATABASE, "SELECT count(*) FROM payout")?.parse::<u64>()?;
        let transactions = self.transactions;
        if counted == transactions {
            return Ok(counted);
        }
        Err(format!("{transactions} transactions of pgbench, but {counted} payouts").into())
    }
}

impl Way {
    fn how(self) -> &'static str {
        if self.pipelined { "pipelined" } else { "statement by statement" }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} clients", self.how(), self.clients)
    }
}

/// How many transactions there were, and how many a second, by what `pgbench` says at its end.
pub(super) fn transactions(text: &str) -> Option<(u64, f64)> {
    let number = |name| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()
    };
    let count = number("number of transactions actually processed: ")?.parse().ok()?;
    Some((count, number("tps = ")?.parse().ok()?))
}
