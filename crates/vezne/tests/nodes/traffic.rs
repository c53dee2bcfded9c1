//! The load: several connections to all nodes by turns, which send an order that was not answered
//! to another node, under the same trx and with the same bytes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::time::Instant;

use crate::dice::Dice;
use crate::history::History;
use crate::order::Order;
use crate::wire::{Answer, Connection};

const CONNECTIONS: usize = 12;

/// How long a merchant waits before it asks another node: less than a failover takes.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// "Ask again": nothing was decided.
const UNDECIDED: [i64; 2] = [20_008, 20_009];

/// The load on all nodes.
pub(crate) struct Traffic {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    addresses: Vec<SocketAddr>,
    history: Arc<History>,
    is_over: AtomicBool,
    /// The longest pause between two orders of a connection.
    pause_micros: AtomicU64,
    watch: Mutex<Watch>,
}

/// The first order that was sent and accepted after a moment.
#[derive(Default)]
struct Watch {
    from: Option<Instant>,
    accepted: Option<Instant>,
}

impl Traffic {
    pub(crate) fn start(addresses: &[SocketAddr], history: &Arc<History>, dice: &mut Dice) -> Self {
        let shared = Arc::new(Shared {
            addresses: addresses.to_owned(),
            history: Arc::clone(history),
            is_over: AtomicBool::new(false),
            pause_micros: AtomicU64::new(100_000),
            watch: Mutex::default(),
        });
        let start = |place| {
            let (shared, dice) = (Arc::clone(&shared), dice.split());
            std::thread::spawn(move || shared.send_until_it_is_over(place, dice))
        };
        let threads = (0..CONNECTIONS).map(start).collect();
        Self { shared, threads }
    }

    /// How long a connection waits at most before its next order.
    pub(crate) fn pause(&self, most: Duration) {
        let micros = u64::try_from(most.as_micros()).unwrap();
        self.shared.pause_micros.store(micros, Ordering::Relaxed);
    }

    /// From now on the first order that is sent and accepted is looked out for.
    pub(crate) fn watch(&self) {
        *self.shared.watch() = Watch { from: Some(Instant::now()), accepted: None };
    }

    /// How long after [`watch`](Self::watch) an order was accepted; nothing before `patience` ends.
    pub(crate) fn first_accepted(&self, patience: Duration) -> Option<Duration> {
        let end = Instant::now() + patience;
        loop {
            let Watch { from, accepted } = *self.shared.watch();
            let took = from.zip(accepted).map(|(from, accepted)| accepted - from);
            if took.is_some() || Instant::now() > end {
                return took;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Lets every connection end what it began.
    pub(crate) fn stop(self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("the load never panics");
        }
    }
}

impl Shared {
    fn watch(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send_until_it_is_over(&self, mut node: usize, mut dice: Dice) {
        let mut connection = None;
        while !self.is_over.load(Ordering::Relaxed) {
            let order = self.history.next(&mut dice);
            let sent = Instant::now();
            let answer = self.send(&mut connection, node, &order);
            let accepted = answer.as_ref().is_some_and(|answer| answer.id.is_some());
            let lost = answer.is_none();
            if self.history.heard(&order, answer) && accepted {
                self.accepted(sent);
            }
            if lost {
                (connection, node) = (None, node + 1);
                std::thread::sleep(Duration::from_millis(20));
            }
            let most = self.pause_micros.load(Ordering::Relaxed);
            std::thread::sleep(Duration::from_micros(dice.below(most)));
        }
    }

    /// Sends one order; nothing when it was not decided, or its answer was lost.
    fn send(
        &self,
        connection: &mut Option<Connection>,
        node: usize,
        order: &Order,
    ) -> Option<Answer> {
        if connection.is_none() {
            let fresh = Connection::open(self.addresses[node % self.addresses.len()]).ok()?;
            fresh.be_patient(PATIENCE).ok()?;
            *connection = Some(fresh);
        }
        let open = connection.as_mut()?;
        let answer = open.write(&order.request()).and_then(|()| open.answer()).ok();
        answer.filter(|answer| !UNDECIDED.contains(&answer.code))
    }

    fn accepted(&self, sent: Instant) {
        let mut watch = self.watch();
        if watch.from.is_some_and(|from| sent >= from) {
            watch.accepted.get_or_insert_with(Instant::now);
        }
    }
}
