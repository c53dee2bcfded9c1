//! Nodes that are stopped in their tracks while they have payouts in hand (P6): another takes
//! over, the stopped one goes on where it was, and nothing is sent twice.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vezne_testbed::Database;

use crate::dice::Dice;
use crate::history::History;
use crate::nodes::{Nodes, lines};
use crate::wire::Connection;
use crate::{dice, rest, rounds};

/// Desks of two nodes each, all at the same time, since a pause is mostly waiting.
const DESKS: u64 = 4;
const ROUNDS: u64 = 25;

const ORDERS: usize = 6;

/// A lease of two seconds, half a second until the other node looks, and a little more.
const PAUSE: Duration = Duration::from_millis(2_700);

/// Payouts that a node found in the hands of one that did not move.
const TAKEN_OVER: &str =
    "SELECT count(*) FROM trail WHERE detail LIKE 'the worker that sent it stopped%'";

#[test]
fn a_node_that_was_stopped_sends_nothing_twice() {
    let mut dice = dice();
    let run = |dice: Dice| std::thread::spawn(move || stop_and_resume(dice));
    let desks: Vec<_> = (0..DESKS).map(|_| run(dice.split())).collect();
    let (mut taken_over, mut not_begun) = (0, 0);
    for desk in desks {
        let counts = desk.join().unwrap();
        (taken_over, not_begun) = (taken_over + counts.0, not_begun + counts.1);
    }
    println!(
        "{taken_over} payouts were taken over from nodes that were stopped, \
         {not_begun} times a lease was over before the rail was called"
    );
    assert!(taken_over > 0, "no pause came between a claim and its end");
}

/// All rounds of one desk. Says how many payouts were taken over, and how often a node that went on
/// saw that it was too late.
fn stop_and_resume(mut dice: Dice) -> (u64, u64) {
    let database = Database::fresh().unwrap();
    let nodes = Nodes::start(database.url(), 2);
    let shops = nodes.open_shops(&mut dice);
    let history = Arc::new(History::default());
    for round in 0..rounds(ROUNDS) {
        let node = usize::try_from(round % 2).unwrap();
        let busy = send(nodes.addresses[node], &history, &mut dice);
        wait_for_a_moment(&nodes.journal(), &mut dice);
        nodes.stop(node);
        // Not waited for yet: the stopped node may hold the locks that these orders need.
        let other = send(nodes.addresses[1 - node], &history, &mut dice);
        std::thread::sleep(PAUSE + Duration::from_millis(dice.below(500)));
        nodes.resume(node);
        busy.join().unwrap();
        other.join().unwrap();
    }
    let (first, address) = (&nodes.installations[0], nodes.addresses[0]);
    let mut complaints = rest::bring_to_an_end(first, address, &nodes.journal(), &history);
    complaints.extend(rest::judge(first, &nodes.journal(), &shops, &history));
    complaints.extend(first.audit().err());
    let not_begun = nodes.warned("the lease ran out before the rail was called");
    nodes.blame(complaints);
    (database.sql(TAKEN_OVER).unwrap().parse().unwrap(), not_begun)
}

/// Sends some orders to a node, which may be stopped meanwhile.
fn send(
    address: SocketAddr,
    history: &Arc<History>,
    dice: &mut Dice,
) -> std::thread::JoinHandle<()> {
    let (history, mut dice) = (Arc::clone(history), dice.split());
    std::thread::spawn(move || {
        let mut connection = Connection::open(address).unwrap();
        for _ in 0..ORDERS {
            let order = history.next(&mut dice);
            let answer = connection.write(&order.request()).and_then(|()| connection.answer());
            let lost = answer.is_err();
            history.heard(&order, answer.ok());
            if lost {
                return;
            }
        }
    })
}

/// Right after a send, or at any moment of the submissions, the claims and the sends.
fn wait_for_a_moment(journal: &Path, dice: &mut Dice) {
    let before = lines(journal);
    if dice.chance(50) {
        return std::thread::sleep(Duration::from_micros(dice.below(60_000)));
    }
    for _ in 0..200 {
        if lines(journal) > before {
            return;
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}
