//! What every handler shares: the way into the engine, the settings, the limits and the metrics.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use vezne_core::engine::Engine;
use vezne_core::model::directory::Directory;
use vezne_core::model::merchant::Mode;
use vezne_core::port::{Clock, Store};

use crate::dialect::ccpayment::CcPaymentSettings;
use crate::dialect::{RoomSettings, Rooms};
use crate::limiter::{AddressPace, Hearing, MerchantPace};
use crate::metrics::Metrics;
use crate::workers::Workers;

/// How long a refusal waits for a look at what other nodes have changed.
const LOOK: Duration = Duration::from_secs(2);

/// The limits of the desk's front. Each has a default that suits a small installation.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// The most bytes of a request's body.
    pub max_body_bytes: usize,
    /// The most bytes of the merchants' bodies that are read or worked on at the same time, and
    /// half as many of strangers'. A merchant has a quarter of it, and at least room for one body.
    /// Short bodies take nothing.
    pub bodies_in_flight_bytes: usize,
    /// How long a connection may take over a request's head, or idle before the next one.
    pub header_timeout: Duration,
    /// How long a request's body may wait for room, and then how long it may take to arrive.
    pub request_timeout: Duration,
    /// How long a connection may read nothing of an answer that it has asked for.
    pub write_timeout: Duration,
    /// How many connections are served at once; more wait unaccepted.
    pub max_connections: usize,
    /// How many of them one address may have that is no trusted proxy's; more are turned away.
    pub max_connections_per_address: usize,
    /// How many requests a second a merchant may make that has no figure of its own.
    pub requests_per_second: u32,
    /// How many wrong logins a minute one address may make before it has to wait.
    pub failed_logins_per_minute: u32,
    /// How often a minute one address may ask for hosted pages and what belongs to them.
    pub visits_per_minute: u32,
    /// The proxies whose word about the caller's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// The brands and bounds of the CCPayment dialect.
    pub ccpayment: CcPaymentSettings,
}

impl Default for WebSettings {
    fn default() -> Self {
        Self {
            max_body_bytes: 256 * 1024,
            bodies_in_flight_bytes: 32 * 1024 * 1024,
            header_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            max_connections: 4_096,
            max_connections_per_address: 1_024,
            requests_per_second: 100,
            failed_logins_per_minute: 60,
            visits_per_minute: 600,
            trusted_proxies: Vec::new(),
            ccpayment: CcPaymentSettings::default(),
        }
    }
}

/// What every handler shares.
pub struct WebState {
    /// The way to change anything.
    pub engine: Engine,
    /// What is read without the engine: the directory, the overview.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The limits.
    pub settings: WebSettings,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What runs beside the requests.
    pub workers: Workers,
    pub(crate) pace: MerchantPace,
    pub(crate) failed_logins: AddressPace,
    /// Visitors of hosted pages, who are nobody's API calls.
    pub(crate) visits: AddressPace,
    pub(crate) hearing: Hearing,
    pub(crate) rooms: Arc<Rooms>,
    ready: AtomicBool,
    complaints: OnceLock<Complaints>,
    destinations: OnceLock<DestinationRule>,
    disk: OnceLock<DiskLook>,
    incidents: AtomicU64,
}

/// What of the merchants this process cannot serve as it is configured.
pub type Complaints = Box<dyn Fn(&Directory) -> Vec<String> + Send + Sync>;

/// How much room a disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskRoom {
    /// Bytes that may still be written.
    pub free: u64,
    /// Bytes in all.
    pub size: u64,
}

impl DiskRoom {
    /// With less than this nothing is safe: the database's log alone takes some of it, 16 MiB.
    const FULL: u64 = 64 << 20;

    /// With less than this, and less than a tenth of the disk, a person should make room.
    const NEARLY_FULL: u64 = 10 << 30;

    /// Whether nothing more may fit.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.free < Self::FULL
    }

    /// Whether a person should make room.
    #[must_use]
    pub const fn is_nearly_full(self) -> bool {
        self.is_full() || (self.free < Self::NEARLY_FULL && self.free < self.size / 10)
    }
}

/// Looks how much room the disk has that the desk writes to.
pub type DiskLook = Box<dyn Fn() -> Option<DiskRoom> + Send + Sync>;

/// Whether a URL may be called for a merchant of this mode, or why not, as far as the URL tells.
pub type DestinationRule = Box<dyn Fn(&str, Mode) -> Result<(), String> + Send + Sync>;

/// The number by which a merchant's developer and the operator speak of one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incident(u64);

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}", self.0)
    }
}

impl WebState {
    /// The state of a desk that is not ready yet: [`WebState::set_ready`] opens it to probes.
    pub fn new(
        engine: Engine,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        settings: WebSettings,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        let (now, shared) = (clock.now(), store.is_shared());
        Arc::new(Self {
            engine,
            store,
            clock,
            metrics,
            workers: Workers::default(),
            pace: MerchantPace::new(shared, settings.ccpayment.most_rows),
            failed_logins: AddressPace::new(settings.failed_logins_per_minute, shared),
            visits: AddressPace::new(settings.visits_per_minute, false),
            hearing: Hearing::since(now),
            rooms: Arc::new(Rooms::new(RoomSettings {
                all: settings.bodies_in_flight_bytes,
                longest: settings.ccpayment.max_body_bytes,
                longest_of_strangers: settings.max_body_bytes,
            })),
            settings,
            ready: AtomicBool::new(false),
            complaints: OnceLock::new(),
            destinations: OnceLock::new(),
            disk: OnceLock::new(),
            // Counting on from the time of the start keeps the numbers apart over restarts.
            incidents: AtomicU64::new(now.micros().unsigned_abs()),
        })
    }

    /// Tells the probes whether to send traffic here: true once started, false when draining.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }

    /// Whether traffic should be sent here.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Has readiness tell what this process cannot serve as it is configured. Traffic comes all the
    /// same: the others are served, and nobody waits for one merchant's trouble.
    pub fn complain_of(&self, complaints: Complaints) {
        // Said once, before the first request.
        drop(self.complaints.set(complaints));
    }

    /// Has URLs that requests name held to the rule of the calls themselves.
    pub fn call_by(&self, rule: DestinationRule) {
        // There is one rule, which is set where the desk is put together.
        drop(self.destinations.set(rule));
    }

    /// Has the metrics tell how much room the desk's disk has.
    pub fn look_at_disk(&self, look: DiskLook) {
        // There is one disk, which is known where the desk is put together.
        drop(self.disk.set(look));
    }

    /// How much room the desk's disk has, where somebody knows.
    pub(crate) fn disk(&self) -> Option<DiskRoom> {
        self.disk.get().and_then(|look| look())
    }

    /// Whether a URL may be called, as far as the URL tells.
    pub(crate) fn check_destination(&self, url: &str, mode: Mode) -> Result<(), String> {
        self.destinations.get().map_or(Ok(()), |rule| rule(url, mode))
    }

    /// What this process cannot serve now.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints.get().map_or_else(Vec::new, |find| find(&self.store.directory()))
    }

    /// Looks once more before a caller is turned away whom another node may have let in a moment
    /// ago: what is made of a refusal cannot be taken back. Whoever is turned away too often anyway
    /// is not worth a look. Answers with whether it looked.
    pub(crate) async fn look_again(&self, address: IpAddr) -> bool {
        if !self.store.is_shared() || self.failed_logins.blocks(address, self.clock.now()) {
            return false;
        }
        let looked = tokio::time::timeout(LOOK, self.store.refresh()).await;
        let looked = matches!(looked, Ok(Ok(())));
        if !looked {
            tracing::debug!("the directory could not be looked at before a refusal");
        }
        looked
    }

    /// The number of a new fault.
    pub(crate) fn incident(&self) -> Incident {
        Incident(self.incidents.fetch_add(1, Ordering::Relaxed))
    }
}
