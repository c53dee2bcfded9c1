//! The desk under test: the program's own parts in this process on a real database, with a server
//! on a real port, a clock that only the history moves, and workers that only it steps.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vezne::assembly::Assembly;
use vezne::control::Complaint;
use vezne::control::request::{QuarantineRequest, Request};
use vezne::control::view::Reply;
use vezne::marker::MarkerFile;
use vezne::worker::callbacks::{CallbackSettings, CallbackWorker};
use vezne::worker::dispatch::{DispatchSettings, DispatchWorker, Memory};
use vezne_core::engine::Limits;
use vezne_core::engine::token_keys::RotateTokenKey;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::Callback;
use vezne_core::model::payout::Payout;
use vezne_core::model::personal::Secret;
use vezne_core::model::quarantine::DeskState;
use vezne_core::port::{CallbackFilter, Clock, PayoutFilter, Rail, Random, Store as Kept};
use vezne_outbound::rail::manual::Manual;
use vezne_outbound::rail::simulator::{Simulator, SimulatorSettings};
use vezne_outbound::{HttpCourier, OutboundSettings};
use vezne_store::postgres::Time;
use vezne_store::sqlite::OpenError;
use vezne_store::{MasterKey, OpenOptions, PostgresOptions, PostgresStore, SqliteStore};
use vezne_web::{Metrics, WebSettings, WebState};
use vezne_wire::jwt::SigningKey;

use crate::broken::Broken;
use crate::http::PATIENCE;
use crate::place::{self, Backup, Place, Store};
use crate::shops::Shops;
use crate::time::{HandClock, Seeded};

/// The operator of all commands.
const OPERATOR: &str = "desk (ayse)";

/// Groups that may be under way at the same time where the store can.
const LANES: usize = 2;

/// The key under which everything is sealed, and the same as a file has it.
pub(crate) const MASTER_KEY: [u8; 32] = [7; 32];

/// One run of the program between two stops.
struct Run {
    assembly: Assembly,
    web: Arc<WebState>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    dispatch: DispatchWorker,
    callbacks: CallbackWorker,
}

/// The desk, open or closed.
pub(crate) struct Desk {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) shops: Shops,
    folder: TempDir,
    place: Place,
    random: Arc<Seeded>,
    broken: Option<Broken>,
    run: Option<Run>,
}

impl Desk {
    /// A fresh desk with its merchants.
    pub(crate) async fn fresh(store: Store, seed: u64, broken: Option<Broken>) -> Self {
        let mut desk = Self {
            clock: Arc::default(),
            shops: Shops::open().await,
            folder: tempfile::tempdir().expect("a folder"),
            place: Place::fresh(store),
            random: Arc::new(Seeded::new(seed)),
            broken,
            run: None,
        };
        desk.start().await;
        let engine = &desk.run().assembly.engine;
        vezne::channel::put_starters(engine).await.expect("the first channels");
        desk.put_token_key().await;
        for request in desk.shops.commands() {
            desk.command(Request::Merchant(request)).await;
        }
        desk
    }

    /// A desk that there is already.
    pub(crate) async fn kept(folder: TempDir, place: Place) -> Self {
        let (clock, random) = (Arc::default(), Arc::new(Seeded::new(3)));
        let shops = Shops::open().await;
        let mut desk = Self { clock, shops, folder, place, random, broken: None, run: None };
        desk.start().await;
        desk
    }

    pub(crate) async fn start(&mut self) {
        let key = MasterKey::generate(MASTER_KEY);
        let random: Arc<dyn Random> = Arc::clone(&self.random) as Arc<dyn Random>;
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let store = match &self.place {
            Place::File => open_file(&place::file(self.folder()), &key, &random).await,
            Place::Server(database) => open_server(database.url(), &key, &random).await,
        };
        let lanes = if store.is_shared() { LANES } else { 1 };
        let mut assembly =
            Assembly::start(store, clock, random, Limits { lanes, ..Limits::default() });
        let marker = MarkerFile::open(place::marker(self.folder())).expect("a marker");
        let compared = vezne::marker::settle(&assembly.engine, &*assembly.store, &marker).await;
        compared.expect("the database answers");
        let marker = Arc::new(marker);
        assembly.marker = Some(Arc::clone(&marker));
        self.run = Some(Run::start(assembly, marker, self.journal(), self.broken).await);
    }

    pub(crate) async fn close(&mut self) {
        let run = self.run.take().expect("the desk is open");
        run.stop.send(()).expect("the server runs");
        run.server.await.expect("the server ends");
        drop((run.web, run.dispatch, run.callbacks));
        run.assembly.close().await;
        self.let_go().await;
    }

    /// Waits until a file is free: the last run may be letting go of it at this moment.
    async fn let_go(&self) {
        let log = place::file(self.folder()).with_extension("sqlite3-wal");
        let patient = async {
            while self.place.is_file() && log.exists() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, patient).await.expect("the last run lets go");
    }

    /// The program ends and begins again.
    pub(crate) async fn restart(&mut self) {
        self.close().await;
        self.start().await;
    }

    /// Copies the desk: a file while it is open, a database of a server while nobody is there.
    pub(crate) async fn back_up(&mut self) -> Backup {
        if self.place.is_file() {
            return Backup::of_file(self.folder.path());
        }
        self.close().await;
        let Place::Server(database) = &self.place else { unreachable!("a file was copied") };
        let backup = Backup::of_server(database, self.folder.path());
        self.start().await;
        backup
    }

    /// Puts another database in the place of the closed desk's.
    pub(crate) fn put(&mut self, place: Place) {
        assert!(self.run.is_none(), "the desk is open");
        self.place = place;
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("simulator.journal")
    }

    fn run(&self) -> &Run {
        self.run.as_ref().expect("the desk is open")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.run().address
    }

    pub(crate) fn store(&self) -> &Arc<dyn Kept> {
        &self.run().assembly.store
    }

    /// An operator's command.
    pub(crate) async fn try_command(&self, request: Request) -> Result<Reply, Complaint> {
        self.run().assembly.control().run(OPERATOR, request).await
    }

    /// An operator's command that must succeed.
    pub(crate) async fn command(&self, request: Request) -> Reply {
        let shown = format!("{request:?}");
        self.try_command(request).await.unwrap_or_else(|complaint| panic!("{shown}: {complaint}"))
    }

    pub(crate) async fn quarantine(&self, request: QuarantineRequest) -> Reply {
        self.command(Request::Quarantine(request)).await
    }

    pub(crate) async fn state(&self) -> DeskState {
        self.store().desk_state().await.expect("the store answers")
    }

    /// Lets the dispatch worker do all that is due.
    pub(crate) async fn dispatch(&self) -> usize {
        self.run().dispatch.step().await
    }

    /// Lets the callback worker do all that is due.
    pub(crate) async fn tell(&self) -> usize {
        self.run().callbacks.step().await
    }

    /// All payouts, the newest first.
    pub(crate) async fn payouts(&self) -> Vec<Payout> {
        let filter = PayoutFilter { limit: 1_000, ..PayoutFilter::default() };
        self.store().payouts(filter).await.expect("the store answers").rows
    }

    /// What `payout list --in-doubt` shows.
    pub(crate) async fn in_doubt(&self) -> Vec<Payout> {
        let filter = PayoutFilter { in_doubt: true, limit: 1_000, ..PayoutFilter::default() };
        self.store().payouts(filter).await.expect("the store answers").rows
    }

    /// All callbacks, the newest first.
    pub(crate) async fn callbacks(&self) -> Vec<Callback> {
        let filter = CallbackFilter { limit: 1_000, ..CallbackFilter::default() };
        self.store().callbacks(filter).await.expect("the store answers").rows
    }

    /// Finding two primes takes longer than a whole history, so all desks of a process have the
    /// same key.
    async fn put_token_key(&self) {
        static KEY: OnceLock<String> = OnceLock::new();
        let made = || SigningKey::generate("k1").expect("a key").to_text().to_string();
        let verb = RotateTokenKey {
            id: "k1".to_owned(),
            private: Secret::new(KEY.get_or_init(made).as_str()),
            overlap: std::time::Duration::from_secs(3_600),
            not_younger_than: std::time::Duration::ZERO,
            by: Actor::System,
        };
        let put = self.run().assembly.engine.run(verb).await;
        assert!(put.is_ok_and(|is_fresh| is_fresh), "the first key is put");
    }
}

async fn open_server(url: &str, key: &MasterKey, random: &Arc<dyn Random>) -> Arc<dyn Kept> {
    let options = PostgresOptions {
        migrate: true,
        writers: LANES,
        readers: 1,
        time: Time::Engines,
        ..PostgresOptions::default()
    };
    let opened = PostgresStore::open(url, key, Arc::clone(random), &options).await;
    opened.expect("it opens")
}

/// Opens a file. The last run may be letting go of it at this moment.
async fn open_file(path: &Path, key: &MasterKey, random: &Arc<dyn Random>) -> Arc<dyn Kept> {
    let patient = async {
        loop {
            let options = OpenOptions { migrate: true };
            match SqliteStore::open(path, key, Arc::clone(random), options) {
                Ok(store) => return store,
                Err(OpenError::InUse { .. }) => tokio::task::yield_now().await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, patient).await.expect("the last run lets go")
}

impl Run {
    async fn start(
        assembly: Assembly,
        marker: Arc<MarkerFile>,
        journal: PathBuf,
        broken: Option<Broken>,
    ) -> Self {
        let simulator =
            SimulatorSettings { journal: Some(journal), ..SimulatorSettings::default() };
        let outbound =
            OutboundSettings { simulator: simulator.clone(), ..OutboundSettings::default() };
        let simulator = Arc::new(Simulator::open(simulator).expect("a journal"));
        let rails = Broken::rails(broken, vec![Arc::new(Manual), simulator as Arc<dyn Rail>]);
        let (engine, store) = (assembly.engine.clone(), Arc::clone(&assembly.store));
        let (clock, random) = (Arc::clone(&assembly.clock), Arc::clone(&assembly.random));
        let memory = Memory { store: Arc::clone(&store), marker };
        let pace = DispatchSettings::default();
        let dispatch = DispatchWorker::new(engine.clone(), Arc::clone(&clock), rails, memory, pace);
        let courier = HttpCourier::new(&outbound, Arc::clone(&random)).expect("a courier");
        let callbacks = CallbackWorker {
            engine,
            store,
            clock,
            random,
            courier: Arc::new(courier),
            settings: CallbackSettings::default(),
            on_attempt: Arc::new(|_, _| ()),
        };
        let web = web(&assembly);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&web);
        let server = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            let app = vezne_web::router(&serving);
            vezne_web::serve(listener, app, &serving.settings, stopped, PATIENCE).await;
        });
        Self { assembly, web, address, stop, server, dispatch, callbacks }
    }
}

fn web(assembly: &Assembly) -> Arc<WebState> {
    // The clock stands still for most of the time, so nobody's allowance grows.
    let settings = WebSettings {
        requests_per_second: 100_000,
        failed_logins_per_minute: 100_000,
        ..WebSettings::default()
    };
    let (engine, store) = (assembly.engine.clone(), Arc::clone(&assembly.store));
    WebState::new(engine, store, Arc::clone(&assembly.clock), settings, Arc::new(Metrics::new()))
}
