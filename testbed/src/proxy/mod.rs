//! A proxy in front of a server, for faults of the network.

mod frontend;
mod link;

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use self::link::Link;
use crate::Server;
use crate::server::OWNER;

/// Forwards connections to a server until told to break them.
pub struct Proxy {
    address: SocketAddr,
    rules: Arc<Rules>,
}

/// What the connections have to do, and which there are.
struct Rules {
    target: SocketAddr,
    is_closed: AtomicBool,
    refuses: AtomicBool,
    delay_micros: AtomicU64,
    cuts_due: AtomicU64,
    cuts_done: AtomicU64,
    links: Mutex<Vec<Weak<Link>>>,
}

impl Proxy {
    /// Begins to listen on a free port of loopback.
    ///
    /// # Panics
    /// When loopback has no port left.
    #[must_use]
    pub fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("the port that was bound");
        let rules = Arc::new(Rules::towards(target));
        let shared = Arc::clone(&rules);
        std::thread::spawn(move || shared.accept(&listener));
        Self { address, rules }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As [`Server::url`], but through the proxy. The database is that of the proxy's target: the
    /// server is named so that a reader sees which.
    #[must_use]
    pub fn url_through(&self, server: &Server, database: &str) -> String {
        debug_assert_eq!(server.port(), self.rules.target.port(), "the proxy leads elsewhere");
        format!("postgres://{OWNER}@{}/{database}", self.address)
    }

    /// The next `count` times that a COMMIT has been forwarded, the client is cut off at once and
    /// never sees the answer. Every other time, beginning with the second, the server is cut off at
    /// once as well; otherwise it finishes first.
    ///
    /// A COMMIT is a simple query whose last statement is one, or the execution of a prepared one.
    pub fn cut_after_commit(&self, count: u64) {
        self.rules.cuts_due.store(count, Ordering::SeqCst);
    }

    /// How many clients have been cut off after a COMMIT.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.rules.cuts_done.load(Ordering::SeqCst)
    }

    /// Cuts all connections, on both sides.
    pub fn cut_all(&self) {
        self.rules.cut_all();
    }

    /// Whether new connections are closed as soon as they come.
    pub fn refuse(&self, refuses: bool) {
        self.rules.refuses.store(refuses, Ordering::SeqCst);
    }

    /// How long everything that is read waits before it is forwarded, either way.
    pub fn delay(&self, delay: Duration) {
        let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX);
        self.rules.delay_micros.store(micros, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.rules.is_closed.store(true, Ordering::SeqCst);
        // The listener's thread waits for a connection: this one ends it.
        let _ = TcpStream::connect(self.address);
        self.rules.cut_all();
    }
}

impl Rules {
    fn towards(target: SocketAddr) -> Self {
        Self {
            target,
            is_closed: AtomicBool::new(false),
            refuses: AtomicBool::new(false),
            delay_micros: AtomicU64::new(0),
            cuts_due: AtomicU64::new(0),
            cuts_done: AtomicU64::new(0),
            links: Mutex::default(),
        }
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming().map_while(Result::ok) {
            if self.is_closed.load(Ordering::SeqCst) {
                return;
            }
            if !self.refuses.load(Ordering::SeqCst)
                && let Ok(server) = TcpStream::connect(self.target)
            {
                Link::spawn(client, server, self);
            }
        }
    }

    /// Takes note of a connection, and forgets those that have ended.
    fn add(&self, link: &Arc<Link>) {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| link.strong_count() > 0);
        links.push(Arc::downgrade(link));
    }

    fn cut_all(&self) {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        for link in links.iter().filter_map(Weak::upgrade) {
            link.close(Shutdown::Both);
        }
    }

    fn pause(&self) {
        let micros = self.delay_micros.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_micros(micros));
    }

    /// Takes one of the cuts that are due.
    fn take_cut(&self) -> bool {
        let one_less = |due: u64| due.checked_sub(1);
        self.cuts_due.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}
