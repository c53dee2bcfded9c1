//! The load generator: connections that are kept alive, each with one request under way.
//!
//! It shares the machine with what it measures, so it does little: rendered bytes out, a search for
//! the length and for `"code":200` in what comes back, two readings of the clock.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::answer;
use super::request::Request;
use crate::workspace::{self, Error};

/// The longest answer that is read.
const LONGEST: usize = 16 * 1024;

/// How long after the window the last answers may come.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one run does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) address: SocketAddr,
    /// Part of every `trx`, so that no two runs share one.
    pub(super) run: u8,
    pub(super) connections: u16,
    pub(super) warm_up: Duration,
    pub(super) window: Duration,
}

/// What came of a run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// All answers, each an acceptance, those of the warm-up and after the window among them.
    pub(super) accepted: u64,
    /// Of each answer within the window, in microseconds.
    pub(super) latencies: Vec<u32>,
}

impl Default for Plan {
    fn default() -> Self {
        let address = (Ipv4Addr::LOCALHOST, 0).into();
        Self { address, run: 0, connections: 1, warm_up: Duration::ZERO, window: Duration::ZERO }
    }
}

impl Plan {
    pub(super) fn against(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }
}

/// Runs the plan: half of the cores generate, at least one.
///
/// # Errors
/// When an answer is not an acceptance, or a connection breaks.
pub(super) fn run(plan: &Plan) -> Result<Tally, Error> {
    let cores = std::thread::available_parallelism()?.get();
    let threads = u16::try_from((cores / 2).max(1))?.min(plan.connections);
    let start = workspace::now();
    let mut total = Tally::default();
    std::thread::scope(|scope| {
        let part = |thread| (thread..plan.connections).step_by(threads.into());
        let run = |thread| scope.spawn(move || run_part(*plan, part(thread), start));
        let running: Vec<_> = (0..threads).map(run).collect();
        for thread in running {
            let tally = thread.join().map_err(|_| "a thread of the load generator panicked")??;
            total.add(tally);
        }
        Ok(total)
    })
}

fn run_part(
    plan: Plan,
    connections: impl Iterator<Item = u16>,
    start: Instant,
) -> Result<Tally, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut tasks, mut total) = (JoinSet::new(), Tally::default());
        for connection in connections {
            tasks.spawn(drive(plan, connection, start));
        }
        let all = async {
            while let Some(tally) = tasks.join_next().await {
                total.add(tally??);
            }
            Ok(total)
        };
        let late = |_| "the server stopped answering";
        timeout(plan.warm_up + plan.window + PATIENCE, all).await.map_err(late)?
    })
}

async fn drive(plan: Plan, connection: u16, start: Instant) -> Result<Tally, Error> {
    let mut stream = TcpStream::connect(plan.address).await?;
    stream.set_nodelay(true)?;
    let mut request = Request::new(plan.run, connection);
    let (mut received, mut tally) = (vec![0; LONGEST], Tally::default());
    let open = start + plan.warm_up;
    let end = open + plan.window;
    let mut sent = workspace::now();
    while sent < end {
        exchange(&mut stream, request.next(), &mut received, answer::ACCEPTED).await?;
        let answered = workspace::now();
        tally.accepted += 1;
        if answered >= open && answered < end {
            let micros = answered.duration_since(sent).as_micros();
            tally.latencies.push(u32::try_from(micros).unwrap_or(u32::MAX));
        }
        sent = answered;
    }
    Ok(tally)
}

/// Sends one request and reads its answer, which has to say this much. Gives the answer's length.
pub(super) async fn exchange(
    stream: &mut TcpStream,
    request: &[u8],
    received: &mut [u8],
    says: &str,
) -> Result<usize, Error> {
    stream.write_all(request).await?;
    let mut filled = 0;
    loop {
        match stream.read(&mut received[filled..]).await? {
            0 => return Err("the server closed a connection, or sent a very long answer".into()),
            count => filled += count,
        }
        match answer::whole(&received[..filled], says)? {
            None => {}
            Some(length) if length == filled => return Ok(length),
            Some(_) => return Err("the server sent more than was asked for".into()),
        }
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.latencies.extend(other.latencies);
    }
}
