//! Two PostgreSQL servers: a primary, and the standby that its commits wait for.

use vezne_testbed::{Options, Server};

/// What the servers are called among each other.
const NAMES: [&str; 2] = ["one", "two"];

/// Whom the primary's commits wait for.
const WAITS_FOR: &str = "synchronous_standby_names";

const DATABASE: &str = "vezne";

/// The pair. Which of them is the primary changes.
pub(crate) struct Pair {
    servers: [Server; 2],
    primary: usize,
}

impl Pair {
    /// A primary with a database, and a standby that it waits for.
    pub(crate) fn start() -> Self {
        let options = Options::default();
        let one = Server::start(&options).expect("a primary");
        one.create_database(DATABASE).unwrap();
        let two = one.standby(NAMES[1], &options).expect("a standby");
        one.configure(WAITS_FOR, NAMES[1]).unwrap();
        Self { servers: [one, two], primary: 0 }
    }

    /// The URL that every node has: both servers, always in the same order.
    pub(crate) fn url(&self) -> String {
        let [one, two] = [self.servers[0].port(), self.servers[1].port()];
        format!("postgres://vezne@127.0.0.1:{one},127.0.0.1:{two}/{DATABASE}")
    }

    pub(crate) fn primary(&self) -> &Server {
        &self.servers[self.primary]
    }

    pub(crate) fn standby(&self) -> &Server {
        &self.servers[1 - self.primary]
    }

    /// Kills the primary. The standby is not promoted yet.
    pub(crate) fn lose_primary(&mut self) {
        self.servers[self.primary].kill().unwrap();
    }

    /// Stops the standby in good order.
    pub(crate) fn stop_standby(&mut self) {
        self.servers[1 - self.primary].stop().unwrap();
    }

    /// Starts the standby again.
    pub(crate) fn start_standby(&mut self) {
        self.servers[1 - self.primary].start_again().unwrap();
    }

    /// Promotes the standby. Its commits wait for the other server, or, as long as that one is no
    /// standby, for none.
    pub(crate) fn promote(&mut self, waits: bool) {
        self.primary = 1 - self.primary;
        self.wait_for_standby(waits);
        self.primary().promote().unwrap();
    }

    /// Whether the primary's commits wait for the standby from now on.
    pub(crate) fn wait_for_standby(&self, waits: bool) {
        let names = if waits { NAMES[1 - self.primary] } else { "" };
        self.primary().configure(WAITS_FOR, names).unwrap();
    }

    /// The same while the server that was lost is back already, and takes itself for the primary.
    pub(crate) fn promote_beside_old(&mut self) {
        self.servers[self.primary].start_again().unwrap();
        self.promote(false);
    }

    /// Starts the server that was lost as it was: it still takes itself for the primary.
    pub(crate) fn revive_old_primary(&mut self) {
        self.servers[1 - self.primary].start_again().unwrap();
    }

    /// Makes the other server a standby of the primary, whatever it is now.
    pub(crate) fn rejoin(&mut self) {
        let name = NAMES[1 - self.primary];
        let [one, two] = &mut self.servers;
        let (primary, other) = if self.primary == 0 { (&*one, two) } else { (&*two, one) };
        other.rewind_from(primary, name).unwrap();
    }

    /// What a server answers to SQL.
    pub(crate) fn ask(server: &Server, sql: &str) -> String {
        server.sql(DATABASE, sql).unwrap()
    }
}
