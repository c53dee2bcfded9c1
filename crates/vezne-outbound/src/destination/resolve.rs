//! Names to addresses, behind a trait so that tests can answer, and answer differently next time.
//!
//! The C library's `getaddrinfo` keeps a thread for as long as a silent name server likes, so names
//! are asked for by a resolver that waits without one. It reads what the system reads, resolv.conf
//! and hosts, also when they change. The lookups under way are bounded, in all and of each name:
//! one whose servers are silent fills its own room.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use vezne_core::port::Later;

use crate::threads::Threads;
use system::System;

mod system;
#[cfg(test)]
mod tests;

/// Lookups under way at the same time, of all names; further ones wait for a place.
const MOST_LOOKUPS: usize = 256;

/// Lookups of one name under way at the same time.
const MOST_OF_A_NAME: usize = 4;

/// How often it is looked whether the system's files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Looks names up.
pub trait Resolve: Send + Sync {
    /// Every address of a host name. Errors say why there is none, in words for a log.
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>>;
}

/// The resolver of the program.
pub struct NameResolver {
    system: RwLock<Arc<System>>,
    follows: Option<Follower>,
    all: Semaphore,
    of_each: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// Reads the system's files again, on a thread that may wait for them.
struct Follower {
    thread: Threads,
    looked_at: Mutex<Instant>,
}

impl NameResolver {
    /// A resolver that asks whom the system says. Without a resolv.conf that is a server on this
    /// machine, as the C library has it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn system() -> io::Result<Self> {
        let looked_at = Mutex::new(Instant::now());
        let thread = Threads::start("vezne-names", 1, 1)?;
        let follows = Some(Follower { thread, looked_at });
        Ok(Self { follows, ..Self::of(System::read()) })
    }

    fn of(system: System) -> Self {
        Self {
            system: RwLock::new(Arc::new(system)),
            follows: None,
            all: Semaphore::new(MOST_LOOKUPS),
            of_each: Mutex::default(),
        }
    }

    fn known(&self) -> Arc<System> {
        Arc::clone(&self.system.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the system's files again if they have changed; whoever comes meanwhile goes by what
    /// was read before.
    async fn follow(&self) {
        let Some(Follower { thread, looked_at }) = &self.follows else { return };
        {
            let mut looked_at = lock(looked_at);
            if looked_at.elapsed() < LOOK_EVERY {
                return;
            }
            *looked_at = Instant::now();
        }
        let known = self.known();
        if let Some(Some(fresh)) = thread.run(move || known.changed()).await {
            *self.system.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        }
    }

    fn room(&self, host: &str) -> Room<'_> {
        let mut of_each = lock(&self.of_each);
        let of_name = of_each.entry(host.to_owned());
        let places = of_name.or_insert_with(|| Arc::new(Semaphore::new(MOST_OF_A_NAME)));
        Room { of_each: &self.of_each, host: host.to_owned(), places: Arc::clone(places) }
    }

    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.follow().await;
        let system = self.known();
        if let Some(addresses) = system.listed(host) {
            return Ok(addresses);
        }
        let room = self.room(host);
        // The name's own first, so that nobody holds a place of all and waits for its own.
        let closed = |_| io::Error::other("the resolver was closed");
        let _own = room.places.acquire().await.map_err(closed)?;
        let _of_all = self.all.acquire().await.map_err(closed)?;
        system.ask(host).await
    }
}

impl Resolve for NameResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(self.look_up(host))
    }
}

/// The places of one name. It is forgotten with the last lookup of it.
struct Room<'a> {
    of_each: &'a Mutex<HashMap<String, Arc<Semaphore>>>,
    host: String,
    places: Arc<Semaphore>,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let mut of_each = lock(self.of_each);
        // The list's and this one.
        if Arc::strong_count(&self.places) <= 2 {
            of_each.remove(&self.host);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
