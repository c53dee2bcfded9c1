//! The real program: `vezne serve` on a fresh directory, with one merchant that has money.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::cashout::{ROWS_PER_TOP_UP, TILL, Till};
use super::children::{Child, Children};
use crate::workspace::{self, Error};

/// The document's sample credentials, which the request carries.
const MERCHANT: &[&str] = &[
    "merchant",
    "add",
    "Bench",
    "--site-id",
    "1001",
    "--site-key",
    "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU",
    "--approve-below",
    "none",
];

/// Each time this much money, which lasts for four million payouts of the sample.
const TOP_UP: &[&str] = &["merchant", "top-up", "1001", "1000000000.00"];

/// So many seconds of any machine's payouts are paid by one top-up.
const SECONDS_PER_TOP_UP: u64 = 15;

const START: Duration = Duration::from_secs(30);

/// Asks a file for a number, independently of the program.
const NUMBER: &str =
    "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])";

/// Where a desk keeps its books.
#[derive(Clone)]
pub(super) enum Store {
    /// In its folder.
    Sqlite,
    /// In the database of this URL.
    Postgres(String),
}

/// What the program does beside serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtWork {
    /// Nothing, so that nothing but accepting is measured.
    Accepting,
    /// It sends payouts and tells merchants.
    Whole,
}

/// The running program.
pub(super) struct Desk {
    /// Where merchants call.
    pub(super) address: SocketAddr,
    /// How many answers said that a payout was accepted.
    pub(super) accepted: u64,
    program: PathBuf,
    folder: PathBuf,
    store: Store,
    operations: SocketAddr,
    child: Child,
}

impl Desk {
    /// Starts the program on `folder`, and adds the merchant once it is ready.
    pub(super) fn open(
        program: &Path,
        folder: &Path,
        store: Store,
        children: &Children,
    ) -> Result<Self, Error> {
        Self::open_for(program, folder, store, children, AtWork::Accepting)
    }

    /// As [`Desk::open`], for more than accepting.
    pub(super) fn open_for(
        program: &Path,
        folder: &Path,
        store: Store,
        children: &Children,
        at_work: AtWork,
    ) -> Result<Self, Error> {
        let (address, operations) = free_addresses()?;
        let mut serve = store.command(program, folder);
        serve.arg("serve");
        serve.env("VEZNE_SERVER_LISTEN", address.to_string());
        serve.env("VEZNE_SERVER_OPERATIONS_LISTEN", operations.to_string());
        serve.env("VEZNE_SERVER_REQUESTS_PER_SECOND", "10000000");
        serve.env("VEZNE_DISPATCH_ENABLED", (at_work == AtWork::Whole).to_string());
        serve.env("VEZNE_LOG_LEVEL", "error");
        let child = children.spawn(serve.stdin(Stdio::null()).stdout(Stdio::null()))?;
        let (program, folder) = (program.to_owned(), folder.to_owned());
        let mut desk = Self { address, accepted: 0, program, folder, store, operations, child };
        desk.wait_until_ready()?;
        desk.ask(MERCHANT)?;
        Ok(desk)
    }

    /// Gives the merchant enough for so many seconds.
    pub(super) fn fund(&self, seconds: u64) -> Result<(), Error> {
        (0..=seconds / SECONDS_PER_TOP_UP).try_for_each(|_| self.ask(TOP_UP))
    }

    /// Adds a merchant that sends batches, and gives it enough for so many rows.
    pub(super) fn add_cashout_merchant(&self, rows: u64) -> Result<(), Error> {
        self.ask(&TILL.merchant("none"))?;
        (0..=rows / ROWS_PER_TOP_UP).try_for_each(|_| self.ask(&TILL.top_up()))
    }

    /// Adds a merchant that is told at this URL and whose payouts need no person.
    pub(super) fn add_told_merchant(&self, till: Till, rows: u64, url: &str) -> Result<(), Error> {
        self.ask(&[till.merchant("1000000.00"), vec!["--callback-url", url]].concat())?;
        (0..=rows / ROWS_PER_TOP_UP).try_for_each(|_| self.ask(&till.top_up()))
    }

    /// How many payouts or callbacks are committed in a state.
    pub(super) fn count(&self, subject: &str, state: &str) -> Result<u64, Error> {
        let of = format!("subject = '{subject}' AND state = '{state}'");
        self.store
            .number(&self.folder, &format!("SELECT coalesce(sum(count), 0) FROM tally WHERE {of}"))
    }

    /// The id of its process.
    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn cpu_seconds(&self) -> f64 {
        self.child.cpu_seconds()
    }

    /// Ends the program, has it prove its books, and counts its payouts.
    pub(super) fn close_and_audit(self) -> Result<u64, Error> {
        let Self { accepted, program, folder, store, child, .. } = self;
        child.stop().map_err(|error| format!("vezne serve: {error}"))?;
        output(store.command(&program, &folder).arg("audit"))?;
        let payouts = store.number(&folder, "SELECT count(*) FROM payout")?;
        if payouts == accepted {
            return Ok(payouts);
        }
        Err(format!("{accepted} answers said accepted, but there are {payouts} payouts").into())
    }

    fn ask(&self, arguments: &[&str]) -> Result<(), Error> {
        output(self.store.command(&self.program, &self.folder).args(arguments)).map(drop)
    }

    fn wait_until_ready(&mut self) -> Result<(), Error> {
        let start = workspace::now();
        while start.elapsed() < START {
            self.child.check().map_err(|error| format!("vezne serve: {error}"))?;
            if is_ready(self.operations).unwrap_or(false) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("vezne serve was not ready in time".into())
    }
}

impl Store {
    /// A command of the program on the bench's directory and store, whatever the environment says
    /// otherwise.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("VEZNE_") {
                command.env_remove(name);
            }
        }
        command.env("VEZNE_STORE_DIRECTORY", folder).env("VEZNE_OPERATOR", "bench");
        match self {
            Self::Sqlite => &mut command,
            Self::Postgres(url) => command.env("VEZNE_STORE_URL", url),
        };
        command
    }

    /// Makes the tables.
    pub(super) fn migrate(&self, program: &Path, folder: &Path) -> Result<(), Error> {
        output(self.command(program, folder).arg("migrate")).map(drop)
    }

    /// What the database says, independently of the program.
    fn number(&self, folder: &Path, sql: &str) -> Result<u64, Error> {
        let number = match self {
            Self::Sqlite => {
                let mut ask = Command::new("python3");
                output(ask.args(["-c", NUMBER]).arg(folder.join("vezne.sqlite3")).arg(sql))?
            }
            Self::Postgres(url) => vezne_testbed::psql(url, sql)?,
        };
        Ok(number.trim().parse()?)
    }
}

fn output(command: &mut Command) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    // The arguments hold nothing secret but the document's own sample key.
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    Err(format!("{command:?} failed ({}):\n{out}{err}", output.status).into())
}

/// Two addresses that were free a moment ago.
fn free_addresses() -> Result<(SocketAddr, SocketAddr), Error> {
    let [one, other] = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    Ok((one?.local_addr()?, other?.local_addr()?))
}

fn is_ready(operations: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&operations, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(status.ends_with(b" 200"))
}
