//! Limits that hold over two nodes, each with a front and a worker of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vezne::worker::usage::{Exchanged, UsageWorker};
use vezne_core::model::identifier::NodeId;
use vezne_core::port::{Fault, Store};
use vezne_web::{Metrics, WebSettings, WebState};
use vezne_wire::bankopay::Service;

use crate::support::http::{Connection, PATIENCE};
use crate::support::shared::{Post, Shared};
use crate::support::{Ask, Desk, Left};

const GRANTED: i64 = 200;
const WRONG_KEY: i64 = 20014;
const TOO_MANY: i64 = 20007;

/// A front of its own on the desk's database, where nobody works but the test.
struct Node {
    address: SocketAddr,
    worker: UsageWorker,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Node {
    async fn start(desk: &Desk, post: &Arc<Post>, number: u8) -> Self {
        let (assembly, post) = (desk.assembly(), Arc::clone(post));
        let store: Arc<dyn Store> = Arc::new(Shared { store: Arc::clone(desk.store()), post });
        let clock = Arc::clone(&assembly.clock);
        let settings = WebSettings {
            requests_per_second: 4,
            failed_logins_per_minute: 2,
            ..WebSettings::default()
        };
        let (engine, metrics) = (assembly.engine.clone(), Arc::new(Metrics::new()));
        let web = WebState::new(engine, Arc::clone(&store), Arc::clone(&clock), settings, metrics);
        let id = NodeId::from_bytes([number; 16]);
        let worker = UsageWorker::new(store, Arc::clone(&web), clock, id).expect("it is shared");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            let app = vezne_web::router(&web);
            vezne_web::serve(listener, app, &web.settings, stopped, PATIENCE).await;
        });
        Self { address, worker, stop, server }
    }

    /// A request for the list of banks, with the right key or a wrong one.
    async fn ask(&self, key_is_right: bool) -> i64 {
        let ask = Ask::sample(Service::BankTransfer);
        let ask = if key_is_right { ask } else { ask.text("site_key", "wrong") };
        Connection::open(self.address).await.post("/api/bank-list", ask.body()).await.code()
    }

    async fn end(self) {
        self.stop.send(()).expect("the server runs");
        self.server.await.expect("the server ends");
    }
}

struct Nodes {
    desk: Desk,
    post: Arc<Post>,
    one: Node,
    two: Node,
}

impl Nodes {
    async fn start() -> Self {
        let (desk, post) = (Desk::open().await, Arc::default());
        let (one, two) = (Node::start(&desk, &post, 1).await, Node::start(&desk, &post, 2).await);
        let mut nodes = Self { desk, post, one, two };
        assert_eq!(nodes.exchange().await, [Exchanged::Done(0, 0), Exchanged::Done(0, 0)]);
        nodes
    }

    async fn exchange(&mut self) -> [Exchanged; 2] {
        [self.one.worker.step().await, self.two.worker.step().await]
    }

    async fn end(self) {
        self.one.end().await;
        self.two.end().await;
        self.desk.end(Left::default()).await;
    }
}

#[tokio::test]
async fn what_one_node_let_through_the_other_does_not() {
    let mut nodes = Nodes::start().await;
    for (key_is_right, first, last) in [(true, GRANTED, 4), (false, WRONG_KEY, 2)] {
        for number in 1..last {
            assert_eq!(nodes.one.ask(key_is_right).await, first, "{number}");
        }
        assert_eq!(nodes.two.ask(key_is_right).await, first, "nobody has told it");
        assert_eq!(nodes.exchange().await, [Exchanged::Done(1, 0), Exchanged::Done(1, 1)]);
        assert_eq!(nodes.two.ask(key_is_right).await, TOO_MANY);
        assert_eq!(nodes.exchange().await, [Exchanged::Done(0, 1), Exchanged::Done(0, 0)]);
        assert_eq!(nodes.one.ask(key_is_right).await, TOO_MANY);
    }
    nodes.desk.clock.pass(Duration::from_secs(60));
    for key_is_right in [true, false] {
        assert_ne!(nodes.one.ask(key_is_right).await, TOO_MANY);
    }
    nodes.end().await;
}

#[tokio::test]
async fn what_could_not_be_told_is_told_later_and_an_outage_is_one() {
    let mut nodes = Nodes::start().await;
    nodes.post.down.store(true, Ordering::Relaxed);
    let fault = || Exchanged::Failed(Fault("the database is down".to_owned()));
    for expected in [[fault(), fault()], [Exchanged::StillFailing, Exchanged::StillFailing]] {
        assert_eq!(nodes.one.ask(true).await, GRANTED);
        assert_eq!(nodes.two.ask(true).await, GRANTED, "each goes on by itself");
        assert_eq!(nodes.exchange().await, expected);
    }
    nodes.post.down.store(false, Ordering::Relaxed);
    assert_eq!(nodes.exchange().await, [Exchanged::Recovered, Exchanged::Recovered]);
    assert_eq!(nodes.two.ask(true).await, TOO_MANY, "two of its own and two of the other's");
    assert_eq!(nodes.exchange().await, [Exchanged::Done(0, 1), Exchanged::Done(0, 0)]);
    assert_eq!(nodes.one.ask(true).await, TOO_MANY);
    nodes.post.down.store(true, Ordering::Relaxed);
    assert_eq!(nodes.exchange().await, [fault(), fault()], "another outage");
    nodes.end().await;
}

#[tokio::test]
async fn a_worker_stops_when_it_is_told_to() {
    let nodes = Nodes::start().await;
    let Nodes { desk, one, two, .. } = nodes;
    let Node { worker, stop, server, .. } = one;
    worker.run(std::future::ready(())).await;
    stop.send(()).expect("the server runs");
    server.await.expect("the server ends");
    two.end().await;
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn a_database_of_its_own_has_no_worker() {
    let desk = Desk::on_file().await;
    let (assembly, settings) = (desk.assembly(), WebSettings::default());
    let (store, clock) = (desk.store(), &assembly.clock);
    let (engine, metrics) = (assembly.engine.clone(), Arc::new(Metrics::new()));
    let web = WebState::new(engine, Arc::clone(store), Arc::clone(clock), settings, metrics);
    let worker = UsageWorker::new(Arc::clone(store), web, Arc::clone(clock), assembly.node);
    assert!(worker.is_none());
    desk.end(Left::default()).await;
}
