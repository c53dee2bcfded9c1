//! A node that is stopped in the middle of a transaction has the locks of its merchants. The
//! server takes them from it, another node goes on, and so does the first when it moves again.

use std::time::Duration;

use tokio::time::Instant;
use vezne_testbed::Database;

use crate::dice;
use crate::nodes::Nodes;
use crate::order::Order;
use crate::wire::Connection;

/// How often a node is stopped in the hope of a transaction.
const TRIES: u64 = 300;

/// `idle_in_transaction_session_timeout` of the program, and the same once more for the waiting.
const FREED: Duration = Duration::from_secs(21);

/// Sessions that have begun something and wait for their client, and hold a row.
const HOLDS: &str = "SELECT count(*) FROM pg_stat_activity AS a JOIN pg_locks AS l USING (pid) \
     WHERE a.datname = current_database() AND a.state = 'idle in transaction' \
     AND l.relation = 'merchant_lock'::regclass AND l.mode = 'RowShareLock'";

#[test]
fn the_locks_of_a_stopped_node_are_freed() {
    let (database, mut dice) = (Database::fresh().unwrap(), dice());
    let nodes = Nodes::start(database.url(), 2);
    let _shops = nodes.open_shops(&mut dice);
    let mut next = 0..;
    let mut order = || Order::settled(next.next().unwrap());
    let mut first = Connection::open(nodes.addresses[0]).unwrap();
    first.be_patient(2 * FREED).unwrap();
    let caught = (0..TRIES).any(|_| {
        first.write(&order().request()).unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(12_000)));
        nodes.stop(0);
        std::thread::sleep(Duration::from_millis(5));
        let holds = database.sql(HOLDS).unwrap() != "0";
        if !holds {
            nodes.resume(0);
            assert!(first.answer().unwrap().id.is_some());
        }
        holds
    });
    assert!(caught, "the node was never stopped in a transaction");

    let stopped = Instant::now();
    let mut second = Connection::open(nodes.addresses[1]).unwrap();
    second.be_patient(FREED).unwrap();
    second.write(&order().request()).unwrap();
    assert!(second.answer().unwrap().id.is_some());
    let waited = stopped.elapsed();
    assert!(waited > Duration::from_secs(1), "nothing was locked: {waited:?}");
    println!("another node went on {waited:.1?} after the first was stopped in a transaction");
    nodes.resume(0);
    let answer = first.answer().unwrap();
    assert!(answer.id.is_some(), "{answer:?}");
    let complaints = nodes.installations[0].audit().err();
    nodes.blame(complaints.into_iter().collect());
}
