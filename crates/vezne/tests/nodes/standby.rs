//! What a node does with a standby (P8), and when the one that commits wait for is lost (P3).

use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use vezne_testbed::psql;

use crate::dice;
use crate::nodes::{Nodes, Sites, lines};
use crate::order::Order;
use crate::pair::Pair;
use crate::wire::{Answer, Connection};

/// Longer than any answer takes that nothing holds up.
const LONG: Duration = Duration::from_secs(3);

/// Longer than it takes to notice that a standby is back.
const LONGER: Duration = Duration::from_secs(30);

/// Ends the waiting of every commit that waits for a standby, and counts them.
const CANCEL: &str = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity \
     WHERE wait_event = 'SyncRep'";

#[test]
fn a_node_that_is_given_a_standby_only_says_so_and_ends() {
    let pair = Pair::start();
    let url = format!("postgres://vezne@127.0.0.1:{}/vezne", pair.standby().port());
    let output = Sites::on(&url).installation(0).command(&["serve"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("no primary was reached; a standby is no place for decisions"), "{said}");
}

#[test]
fn nothing_is_acknowledged_before_the_standby_has_it() {
    let (pair, mut dice) = (Pair::start(), dice());
    let nodes = Nodes::start(&pair.url(), 1);
    let _shops = nodes.open_shops(&mut dice);
    let mut next = 0..;
    let mut order = || Order::settled(next.next().unwrap());
    // That the waiting below would be seen to end: with the standby an answer comes soon.
    assert!(sent(nodes.addresses[0], &order()).recv_timeout(LONG).is_ok());
    // It is sent on its own, and must not be taken for one that was not replicated.
    wait_for_a_send(&nodes.journal());

    pair.standby().freeze().unwrap();
    let before = lines(&nodes.journal());
    let held_up = order();
    let answer = sent(nodes.addresses[0], &held_up);
    assert!(answer.recv_timeout(LONG).is_err(), "acknowledged without the standby");
    // What PostgreSQL itself says then: that it is done.
    let others = std::thread::spawn({
        let url = pair.primary().admin_url("vezne");
        move || psql(&url, "CREATE TABLE unreplicated (); SELECT 'done'")
    });
    let mut cancelled = 0;
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(700));
        cancelled += Pair::ask(pair.primary(), CANCEL).parse::<u32>().unwrap();
        assert!(answer.try_recv().is_err(), "acknowledged after a cancelled wait");
    }
    assert_eq!(others.join().unwrap().unwrap(), "done");
    assert!(cancelled >= 3, "{cancelled} waits were cancelled");
    assert_eq!(lines(&nodes.journal()), before, "something was sent");

    pair.standby().thaw().unwrap();
    let answer = answer.recv_timeout(LONGER).expect("acknowledged once the standby has it");
    assert!(answer.id.is_some(), "{answer:?}");
    let again = sent(nodes.addresses[0], &held_up).recv_timeout(LONGER).unwrap();
    assert_eq!(answer, again, "it is there once");
    let complaints = nodes.installations[0].audit().err();
    nodes.blame(complaints.into_iter().collect());
}

fn wait_for_a_send(journal: &Path) {
    for _ in 0..1_000 {
        if lines(journal) > 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nothing was sent while the standby was there");
}

/// Sends an order, and brings its answer whenever it comes.
fn sent(address: SocketAddr, order: &Order) -> Receiver<Answer> {
    let (request, (sender, receiver)) = (order.request(), channel());
    std::thread::spawn(move || {
        let mut connection = Connection::open(address).unwrap();
        connection.be_patient(LONGER).unwrap();
        connection.write(&request).unwrap();
        // Whoever waited may have failed by now.
        let _ = sender.send(connection.answer().unwrap());
    });
    receiver
}
