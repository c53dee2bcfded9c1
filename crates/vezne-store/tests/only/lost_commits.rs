//! Connections that break at the commit, and servers that stop there (P2): whatever is answered
//! afterwards is true.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;
use vezne_testbed::{Options, Proxy, Server};

use super::truth::judge;
use crate::support::fleet::{Client, Fleet, Shift, Told};

const CUTS: u64 = 1_000;
const MERCHANTS: i64 = 6;
const CLIENTS: u64 = 12;
const LANES: usize = 5;

/// As much of a number as the environment asks for.
pub(crate) fn rounds(all: u64) -> u64 {
    let percent = std::env::var("VEZNE_NODES_PERCENT");
    let percent: u64 = percent.map_or(100, |text| text.parse().expect("a number"));
    (all * percent).div_ceil(100).max(1)
}

/// A server behind a proxy, and clients at work through it.
struct Run {
    server: Server,
    proxy: Proxy,
    shift: Arc<Shift>,
    clients: Vec<JoinHandle<Told>>,
    fleet: Fleet,
}

impl Run {
    async fn start() -> Self {
        let server = Server::start(&Options::default()).unwrap();
        server.create_database("vezne").unwrap();
        let proxy = Proxy::start(SocketAddr::from(([127, 0, 0, 1], server.port())));
        let url = proxy.url_through(&server, "vezne");
        let fleet = Fleet::open(&url, &Fleet::options(LANES - 1), LANES).await;
        fleet.populate(MERCHANTS).await;
        let shift = Arc::<Shift>::default();
        let start = |number: u64| {
            let merchant = 1 + i64::try_from(number).unwrap() % MERCHANTS;
            tokio::spawn(Client::of(&fleet, merchant, number).work(Arc::clone(&shift)))
        };
        let clients = (0..CLIENTS).map(start).collect();
        Self { server, proxy, shift, clients, fleet }
    }

    /// Waits for so many answers, so that the next commit that is cut may be any, and is seldom
    /// the one that asks after another. Not for ever: all may wait for a commit that was lost.
    async fn answered(&self, count: u64) {
        let wanted = self.shift.answers.load(Ordering::Relaxed) + count;
        for _ in 0..200 {
            if self.shift.answers.load(Ordering::Relaxed) >= wanted {
                return;
            }
            a_moment(1).await;
        }
    }

    /// Lets the clients end what they began, and judges by the server itself.
    async fn end(self) -> Vec<Told> {
        let Self { server, proxy: _proxy, shift, clients, fleet } = self;
        shift.is_over.store(true, Ordering::Relaxed);
        let mut told = Vec::new();
        for client in clients {
            told.push(client.await.unwrap());
        }
        drop(fleet);
        judge(&told, &server.url("vezne")).await;
        let accepted: usize = told.iter().map(|one| one.accepted.len()).sum();
        let faults: u64 = told.iter().map(|one| one.faults).sum();
        println!("{accepted} payouts accepted, {faults} faults told");
        told
    }
}

async fn a_moment(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test]
async fn what_is_answered_after_a_lost_commit_is_true() {
    let run = Run::start().await;
    let cuts = rounds(CUTS);
    for cut in 0..cuts {
        run.proxy.cut_after_commit(1);
        while run.proxy.cuts() == cut {
            a_moment(1).await;
        }
        run.answered(1 + cut % 4).await;
    }
    println!("{} connections cut after a COMMIT, every other one on both sides", run.proxy.cuts());
    run.end().await;
}

#[tokio::test]
async fn a_server_that_stops_or_goes_away_makes_no_answer_false() {
    let mut run = Run::start().await;
    for round in 0..rounds(5) {
        // Stopped once for longer than a commit is waited for.
        run.server.freeze().unwrap();
        a_moment(if round == 1 { 21_000 } else { 300 }).await;
        run.server.thaw().unwrap();
        a_moment(300).await;
        // The way there is closed.
        run.proxy.refuse(true);
        run.proxy.cut_all();
        a_moment(500).await;
        run.proxy.refuse(false);
        a_moment(300).await;
        // Killed, and started again.
        run.server.kill().unwrap();
        a_moment(200).await;
        run.server.start_again().unwrap();
        a_moment(200).await;
    }
    run.end().await;
}
