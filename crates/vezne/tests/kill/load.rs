//! The load: several connections that send as long as somebody answers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::dice::Dice;
use crate::history::History;
use crate::order::Order;
use crate::wire::{Answer, Connection};

const CONNECTIONS: usize = 8;

/// The load on one life of the server.
pub(crate) struct Load {
    threads: Vec<std::thread::JoinHandle<()>>,
    first: Arc<Mutex<Option<Instant>>>,
}

impl Load {
    pub(crate) fn start(address: SocketAddr, history: &Arc<History>, dice: &mut Dice) -> Self {
        let first = Arc::new(Mutex::new(None));
        let start = |_| {
            let (history, first, dice) = (Arc::clone(history), Arc::clone(&first), dice.split());
            std::thread::spawn(move || send_until_it_dies(address, &history, &first, dice))
        };
        Self { threads: (0..CONNECTIONS).map(start).collect(), first }
    }

    /// When the first order was accepted, if one was.
    pub(crate) fn first(&self) -> Option<Instant> {
        *self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end, which the server's death brings.
    pub(crate) fn join(self) {
        for thread in self.threads {
            thread.join().expect("the load never panics");
        }
    }
}

fn send_until_it_dies(
    address: SocketAddr,
    history: &History,
    first: &Mutex<Option<Instant>>,
    mut dice: Dice,
) {
    let Ok(mut connection) = Connection::open(address) else { return };
    loop {
        let order = history.next(&mut dice);
        let answer = send(&mut connection, &order);
        let dead = answer.is_none();
        if answer.as_ref().is_some_and(|answer| answer.id.is_some()) {
            let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(Instant::now);
        }
        history.heard(&order, answer);
        if dead {
            return;
        }
        std::thread::sleep(Duration::from_micros(dice.below(2_000)));
    }
}

/// Sends one order; nothing when its answer was lost.
fn send(connection: &mut Connection, order: &Order) -> Option<Answer> {
    connection.write(&order.request()).and_then(|()| connection.answer()).ok()
}

/// Sends every order once more to a server that nobody kills. Whatever is lost now is an error.
pub(crate) fn repeat_all(address: SocketAddr, history: &History) -> Result<usize, String> {
    let lost = |error: std::io::Error| format!("a repeat was not answered: {error}");
    let mut connection = Connection::open(address).map_err(lost)?;
    let orders = history.orders();
    for order in &orders {
        connection.write(&order.request()).map_err(lost)?;
        history.heard(order, Some(connection.answer().map_err(lost)?));
    }
    Ok(orders.len())
}
