//! The wiring: which store, rails and courier stand behind the core's ports.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tracing::warn;
use vezne_core::engine::{Bells, Engine, GroupRunner, Limits};
use vezne_core::model::callback::Schedule;
use vezne_core::model::identifier::NodeId;
use vezne_core::port::{Clock, Courier, Rail, Random, Store};
use vezne_outbound::OutboundSettings;
use vezne_outbound::destination::Rules;
use vezne_store::{MasterKey, ProcessLock};

use crate::commands::Error;
use crate::commands::serve::outbound_settings;
use crate::config::{Config, seconds};
use crate::control::Control;
use crate::database::{Database, Opened};
use crate::marker::MarkerFile;
use crate::system::SystemRandom;
use crate::worker::callbacks::CallbackSettings;
use crate::worker::dispatch::DispatchSettings;

/// The desk with its database open.
pub struct Assembly {
    /// Where commands run.
    pub engine: Engine,
    /// What they read.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
    /// What wakes the workers.
    pub bells: Bells,
    /// Which of the nodes on the database this process is.
    pub node: NodeId,
    /// Where callbacks may go.
    pub destinations: Arc<Rules>,
    /// The CCPayment brands of the configuration.
    pub brands: Arc<[String]>,
    /// How merchants are told, once somebody needs it.
    pub courier: Option<Arc<dyn Courier>>,
    /// What this node remembers of the database, once the two were compared.
    pub marker: Option<Arc<MarkerFile>>,
    /// Kept while the desk is open on a database that does not itself see to it that one process
    /// at a time uses the directory.
    node_lock: Option<ProcessLock>,
    runner: JoinHandle<()>,
}

impl Assembly {
    /// Opens the database and starts the engine on the present runtime.
    ///
    /// # Errors
    /// When the directory, the key or the database cannot be had; the message says what to do.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        make_directory(&config.store.directory)?;
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let key = master_key(config, &*random).await?;
        let database = config.store.kept_in()?;
        let node_lock = match &database {
            Database::File(_) => None,
            // What is this node's own lies there: the control socket, and what it remembers.
            Database::Server { .. } => {
                Some(ProcessLock::take(&config.store.directory.join("node"))?)
            }
        };
        let migrate = config.store.migrate_on_start;
        let Opened { store, clock, lanes, home } =
            database.open(&key, Arc::clone(&random), migrate).await?;
        if let Some(home) = home {
            keep_home(&config.store.home(), &home)?;
        }
        let (engine, kept) = (&config.engine, config.retention.bounds());
        let limits = Limits { queue: engine.queue, group: engine.group, lanes, kept };
        let mut desk = Self::start(store, clock, random, limits);
        desk.destinations = Arc::new(Rules::new(&outbound_settings(config))?);
        desk.brands = config.ccpayment.brands.iter().map(|brand| brand.name.clone()).collect();
        desk.node_lock = node_lock;
        Ok(desk)
    }

    /// Opens a desk that there is already.
    ///
    /// # Errors
    /// As [`Assembly::open`], and when there is none in the directory.
    pub async fn reopen(config: &Config) -> Result<Self, Error> {
        let database = config.store.kept_in()?;
        if database.is_begun().await? {
            return Self::open(config).await;
        }
        let (place, key) = match &database {
            Database::File(_) => (config.store.directory.display().to_string(), "store.directory"),
            Database::Server { .. } => (database.shown(), "store.url"),
        };
        Err(format!(
            "there is no desk in {place}: is this the right {key}? \
             `vezne serve` or `vezne merchant add` begins one"
        )
        .into())
    }

    /// Starts the engine on a store, with any clock and die.
    pub fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        limits: Limits,
    ) -> Self {
        let (bells, mut node) = (Bells::default(), [0; 16]);
        random.fill(&mut node);
        let parts = (Arc::clone(&store), Arc::clone(&clock), bells.clone());
        let (engine, runner) = Engine::new(parts.0, parts.1, limits, parts.2);
        let lanes: JoinSet<()> = runner.split().into_iter().map(GroupRunner::run).collect();
        let runner = tokio::spawn(async move { drop(lanes.join_all().await) });
        let node = NodeId::from_bytes(node);
        Self {
            engine,
            store,
            clock,
            random,
            bells,
            node,
            destinations: Arc::default(),
            brands: Arc::default(),
            courier: None,
            marker: None,
            node_lock: None,
            runner,
        }
    }

    /// The operator's commands.
    pub fn control(&self) -> Control {
        let (engine, store) = (self.engine.clone(), Arc::clone(&self.store));
        let (clock, random) = (Arc::clone(&self.clock), Arc::clone(&self.random));
        let (courier, marker) = (self.courier.clone(), self.marker.clone());
        let destinations = Arc::clone(&self.destinations);
        let brands = Arc::clone(&self.brands);
        Control { engine, store, clock, random, destinations, brands, courier, marker }
    }

    /// Commits what waits and stops. Every other handle to the engine must be gone by now.
    pub async fn close(self) {
        let Self { engine, runner, node_lock: _kept, .. } = self;
        drop(engine);
        if tokio::time::timeout(Duration::from_secs(10), runner).await.is_err() {
            warn!("commands were still waiting when the program stopped");
        }
    }
}

/// Writes down where this node works, once. A copy of the desk elsewhere is refused from then on.
fn keep_home(path: &Path, home: &str) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    create_whole(path, format!("{home}\n").as_bytes())
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}

/// Makes the data directory, for its owner only.
///
/// # Errors
/// When it cannot be made.
pub fn make_directory(directory: &Path) -> Result<(), Error> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|error| format!("cannot make {}: {error}", directory.display()).into())
}

/// The master key: from the environment, from its file, or, on the very first start, a fresh one.
///
/// # Errors
/// When it is missing although there is a database, cannot be read, or is no key.
pub async fn master_key(config: &Config, random: &dyn Random) -> Result<MasterKey, Error> {
    match kept_key(config)? {
        Some(key) => Ok(key),
        None => first_key(config, random).await,
    }
}

/// The master key that there is already.
pub(crate) fn kept_key(config: &Config) -> Result<Option<MasterKey>, Error> {
    if let Ok(text) = std::env::var("VEZNE_MASTER_KEY") {
        let key = MasterKey::parse(text.trim());
        return key.map(Some).map_err(|error| format!("VEZNE_MASTER_KEY: {error}").into());
    }
    let path = config.store.key_file();
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let key = MasterKey::parse(text.trim());
            key.map(Some).map_err(|error| format!("{}: {error}", path.display()).into())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
    }
}

async fn first_key(config: &Config, random: &dyn Random) -> Result<MasterKey, Error> {
    let path = config.store.key_file();
    if config.store.kept_in()?.is_sealed().await? {
        let why = "the database is there but its master key is not: put the key back";
        return Err(format!("{why} ({})", path.display()).into());
    }
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    let key = MasterKey::generate(bytes);
    create_whole(&path, key.to_hex().as_bytes())?;
    warn!("a fresh master key was written to {}: keep a copy in a safe place", path.display());
    Ok(key)
}

/// Makes a private file that is there whole or not at all, whenever the program is killed. It never
/// replaces one: of two first starts at once, the other's key may be in use already.
fn create_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let draft = Path::new(&draft);
    let mut options = std::fs::OpenOptions::new();
    // A draft of this name is a killed process's that had our process id.
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    let linked = std::fs::hard_link(draft, path);
    std::fs::remove_file(draft)?;
    linked?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// The rails, in the program's own pace.
///
/// # Errors
/// When the simulator's journal cannot be opened.
pub fn rails(settings: &OutboundSettings) -> Result<Vec<Arc<dyn Rail>>, Error> {
    Ok(vezne_outbound::rail::all(settings)?)
}

/// How merchants are told.
///
/// # Errors
/// When a certificate file cannot be read.
pub fn courier(
    settings: &OutboundSettings,
    random: Arc<dyn Random>,
) -> Result<Arc<dyn Courier>, Error> {
    Ok(Arc::new(vezne_outbound::HttpCourier::new(settings, random)?))
}

pub(crate) fn dispatch_settings(config: &Config) -> DispatchSettings {
    let section = &config.dispatch;
    DispatchSettings {
        concurrency: section.concurrency,
        concurrency_per_merchant: section.concurrency_per_merchant,
        lease: seconds(section.lease_seconds),
        ask_again: seconds(section.ask_again_seconds),
        ask_again_most: seconds(section.ask_again_most_seconds),
        quarantine: seconds(section.quarantine_seconds),
    }
}

pub(crate) fn callback_settings(config: &Config) -> CallbackSettings {
    let section = &config.callbacks;
    let waits = |list: &[u64]| list.iter().copied().map(seconds).collect();
    CallbackSettings {
        concurrency: section.concurrency,
        concurrency_per_merchant: section.concurrency_per_merchant,
        lease: section.lease(),
        schedule: Schedule {
            after_failure: waits(&section.retry_seconds),
            after_refusal: waits(&section.refused_retry_seconds),
        },
    }
}
