//! The whole desk in the test's process: a real database in a folder of its own, the server on a
//! real port, and the workers, which move only when the test steps them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use vezne::assembly::Assembly;
use vezne::control::Complaint;
use vezne::control::request::{MerchantRequest, MerchantSettings, NewAccess, NewMerchant, Request};
use vezne::control::view::{CredentialsView, KeysView, Reply};
use vezne::database::Database;
use vezne::marker::MarkerFile;
use vezne::worker::callbacks::{CallbackSettings, CallbackWorker};
use vezne::worker::dispatch::{DispatchSettings, DispatchWorker, Memory};
use vezne_core::engine::Limits;
use vezne_core::model::callback::Callback;
use vezne_core::model::ledger::AccountKind;
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::Payout;
use vezne_core::model::personal::Secret;
use vezne_core::port::{CallbackFilter, Clock, Courier, PayoutFilter, Rail, Random, Store};
use vezne_outbound::rail::manual::Manual;
use vezne_outbound::rail::simulator::{Simulator, SimulatorSettings};
use vezne_outbound::{HttpCourier, OutboundSettings};
use vezne_store::postgres::Time;
use vezne_store::sqlite::OpenError;
use vezne_store::{MasterKey, OpenOptions, PostgresOptions, PostgresStore, SqliteStore};
use vezne_web::{Metrics, WebSettings, WebState};

use super::database::TestDatabase;
use super::gate::{Death, Gate, GatedCourier, GatedRail};
use super::http::{Answer, Connection, PATIENCE};
use super::receiver::Receiver;
use super::time::{HandClock, Seeded};

/// The site and the key of the document's samples.
pub(crate) const SITE: u64 = 1001;
pub(crate) const KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";

const OPERATOR: &str = "desk (ayse)";

/// Groups that may be under way at the same time where the store can.
const LANES: usize = 3;

/// What may differ from test to test.
pub(crate) struct Setup {
    pub(crate) live: bool,
    pub(crate) attempt_timeout: Duration,
    pub(crate) callbacks: CallbackSettings,
    pub(crate) balance: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            live: false,
            attempt_timeout: Duration::from_secs(10),
            callbacks: CallbackSettings::default(),
            balance: "1000.00",
        }
    }
}

/// What a test leaves behind on purpose. Nothing, unless it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// Callbacks that nobody acknowledged yet.
    pub(crate) due: usize,
    /// Callbacks whose attempts are used up.
    pub(crate) parked: usize,
    /// Money of payouts that have not ended, in minor units.
    pub(crate) held: i64,
}

/// One run of the program between two restarts.
struct Run {
    assembly: Assembly,
    web: Arc<WebState>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    simulator: Arc<Simulator>,
    sends: Arc<Gate>,
    attempts: Arc<Gate>,
    rails: Vec<Arc<dyn Rail>>,
    memory: Memory,
    dispatch: DispatchWorker,
    callbacks: CallbackWorker,
}

pub(crate) struct Desk {
    pub(crate) clock: Arc<HandClock>,
    pub(crate) receiver: Receiver,
    pub(crate) credentials: CredentialsView,
    folder: TempDir,
    database: TestDatabase,
    random: Arc<Seeded>,
    setup: Setup,
    run: Option<Run>,
}

impl Drop for Desk {
    fn drop(&mut self) {
        let forgotten = self.run.is_some() && !std::thread::panicking();
        assert!(!forgotten, "a test must end its desk, so that what it leaves behind is looked at");
    }
}

impl Desk {
    pub(crate) async fn open() -> Self {
        Self::with(Setup::default()).await
    }

    /// On a file whatever the store of the others.
    pub(crate) async fn on_file() -> Self {
        Self::on_file_with(Setup::default()).await
    }

    pub(crate) async fn on_file_with(setup: Setup) -> Self {
        Self::on(TestDatabase::file(), setup).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        Self::on(TestDatabase::fresh(), setup).await
    }

    async fn on(database: TestDatabase, setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (clock, random) = (Arc::default(), Arc::new(Seeded::new(2024)));
        let receiver = Receiver::start().await;
        let (live, balance) = (setup.live, setup.balance);
        let credentials = CredentialsView {
            merchant: 0,
            dialect: String::new(),
            keys: KeysView::Bankopay {
                site_id: String::new(),
                site_key: String::new(),
                callback_key: String::new(),
            },
            webhook_secret: String::new(),
        };
        let mut desk =
            Self { clock, receiver, credentials, folder, database, random, setup, run: None };
        desk.start().await;
        let url = (!live).then(|| desk.receiver.url());
        desk.credentials = desk.add_merchant(SITE, url, live).await;
        desk.top_up(SITE, balance).await;
        desk
    }

    async fn start(&mut self) {
        let key = MasterKey::generate([7; 32]);
        let random: Arc<dyn Random> = Arc::clone(&self.random) as Arc<dyn Random>;
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let store = self.open_store(&key, &random).await;
        let lanes = if store.is_shared() { LANES } else { 1 };
        let mut assembly =
            Assembly::start(store, clock, random, Limits { lanes, ..Limits::default() });
        let outbound = OutboundSettings {
            total_timeout: self.setup.attempt_timeout,
            simulator: SimulatorSettings {
                journal: Some(self.journal_file()),
                ..SimulatorSettings::default()
            },
            ..OutboundSettings::default()
        };
        let marker = MarkerFile::open(self.marker()).expect("a marker");
        let compared = vezne::marker::settle(&assembly.engine, &*assembly.store, &marker).await;
        compared.expect("the database answers");
        let marker = Arc::new(marker);
        assembly.marker = Some(Arc::clone(&marker));
        self.run = Some(Run::start(assembly, marker, &outbound, &self.setup.callbacks).await);
    }

    /// Opens the database.
    async fn open_store(&self, key: &MasterKey, random: &Arc<dyn Random>) -> Arc<dyn Store> {
        let Some(url) = self.database.url() else { return self.open_file(key, random).await };
        let options = PostgresOptions {
            migrate: true,
            writers: LANES,
            readers: 2,
            time: Time::Engines,
            ..PostgresOptions::default()
        };
        let opened = PostgresStore::open(url, key, Arc::clone(random), &options).await;
        opened.expect("it opens")
    }

    /// Opens a file. The last run may be letting go of it at this moment.
    async fn open_file(&self, key: &MasterKey, random: &Arc<dyn Random>) -> Arc<dyn Store> {
        let options = OpenOptions { migrate: true };
        let open = || SqliteStore::open(&self.file(), key, Arc::clone(random), options);
        let patient = async {
            loop {
                match open() {
                    Ok(store) => return store,
                    Err(OpenError::InUse { .. }) => tokio::task::yield_now().await,
                    Err(error) => panic!("{error}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, patient).await.expect("the last run lets go")
    }

    /// Drops everything and opens it again from what is on the disk.
    pub(crate) async fn restart(&mut self) {
        self.close().await;
        self.start().await;
    }

    /// Copies the database while nobody has it open.
    pub(crate) async fn back_up(&mut self) -> PathBuf {
        self.close().await;
        let backup = self.folder.path().join("backup");
        std::fs::copy(self.file(), &backup).expect("it is copied");
        self.start().await;
        backup
    }

    /// Puts a copy in the place of the database.
    pub(crate) async fn restore(&mut self, backup: &Path) {
        self.close().await;
        std::fs::copy(backup, self.file()).expect("it is copied");
        self.start().await;
    }

    async fn close(&mut self) {
        let run = self.run.take().expect("the desk is open");
        run.stop.send(()).expect("the server runs");
        run.server.await.expect("the server ends");
        drop((run.web, run.dispatch, run.callbacks));
        run.assembly.close().await;
    }

    fn run(&self) -> &Run {
        self.run.as_ref().expect("the desk is open")
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("vezne.sqlite3")
    }

    pub(crate) fn marker(&self) -> PathBuf {
        self.folder.path().join("marker")
    }

    fn journal_file(&self) -> PathBuf {
        self.folder.path().join("simulator.journal")
    }

    /// What the simulator was sent, a line each.
    pub(crate) fn journal(&self) -> String {
        std::fs::read_to_string(self.journal_file()).expect("the simulator keeps it")
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.run().assembly.store
    }

    pub(crate) fn assembly(&self) -> &Assembly {
        &self.run().assembly
    }

    pub(crate) fn web(&self) -> &Arc<WebState> {
        &self.run().web
    }

    pub(crate) fn callback_worker(&self) -> CallbackWorker {
        self.run().callbacks.clone()
    }

    pub(crate) fn dispatch_worker(&self) -> DispatchWorker {
        self.run().dispatch.clone()
    }

    /// Another worker on the same rails, at its own pace.
    pub(crate) fn dispatch_worker_at(&self, pace: DispatchSettings) -> DispatchWorker {
        self.dispatch_worker_on(self.run().rails.clone(), pace)
    }

    /// Another worker on other rails.
    pub(crate) fn dispatch_worker_on(
        &self,
        rails: Vec<Arc<dyn Rail>>,
        pace: DispatchSettings,
    ) -> DispatchWorker {
        let Run { assembly, memory, .. } = self.run();
        let (engine, clock) = (assembly.engine.clone(), Arc::clone(&assembly.clock));
        DispatchWorker::new(engine, clock, rails, memory.clone(), pace)
    }

    /// How many orders the simulator was sent.
    pub(crate) fn sent(&self) -> usize {
        let journal = std::fs::read_to_string(self.folder.path().join("simulator.journal"));
        journal.expect("the journal").lines().count()
    }

    /// How often the simulator was sent an order that it had already.
    pub(crate) fn duplicates(&self) -> u64 {
        self.run().simulator.duplicates()
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.run().address).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.connect().await.post(path, body).await
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

    pub(crate) async fn add_merchant(
        &self,
        site_id: u64,
        callback_url: Option<String>,
        live: bool,
    ) -> CredentialsView {
        let settings =
            MerchantSettings { callback_url, bcrypt_cost: Some(4), ..MerchantSettings::default() };
        let (name, site_key) = (format!("Shop {site_id}"), Some(KEY.to_owned()));
        let access = NewAccess::Bankopay { site_id, site_key };
        let new = NewMerchant { name, access, live, settings, ..NewMerchant::default() };
        match self.command(Request::Merchant(MerchantRequest::Add(new))).await {
            Reply::Credentials(credentials) => credentials,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn top_up(&self, site_id: u64, amount: &str) {
        let (merchant, amount) = (site_id.to_string(), amount.to_owned());
        let top_up = MerchantRequest::TopUp { merchant, amount, note: String::new() };
        self.command(Request::Merchant(top_up)).await;
    }

    pub(crate) async fn set(&self, settings: MerchantSettings) {
        let merchant = SITE.to_string();
        self.command(Request::Merchant(MerchantRequest::Set { merchant, settings })).await;
    }

    /// Lets the dispatch worker do all that is due.
    pub(crate) async fn dispatch(&self) -> usize {
        self.run().dispatch.step().await
    }

    /// Lets the callback worker do all that is due.
    pub(crate) async fn tell(&self) -> usize {
        self.run().callbacks.step().await
    }

    /// The dispatch worker dies at its next question to the simulator, and the program with it.
    pub(crate) async fn dispatch_dies(&mut self, death: Death) {
        let (worker, gate) = (self.run().dispatch.clone(), Arc::clone(&self.run().sends));
        self.dies(gate, death, async move { worker.step().await }).await;
    }

    /// The callback worker dies at its next attempt, and the program with it.
    pub(crate) async fn tell_dies(&mut self, death: Death) {
        let (worker, gate) = (self.run().callbacks.clone(), Arc::clone(&self.run().attempts));
        self.dies(gate, death, async move { worker.step().await }).await;
    }

    async fn dies(
        &mut self,
        gate: Arc<Gate>,
        death: Death,
        step: impl Future<Output = usize> + Send + 'static,
    ) {
        gate.hold(death);
        let step = tokio::spawn(step);
        tokio::time::timeout(PATIENCE, gate.reached()).await.expect("the worker gets there");
        step.abort();
        drop(step.await);
        self.restart().await;
    }

    /// All payouts, the newest first.
    pub(crate) async fn payouts(&self) -> Vec<Payout> {
        let filter = PayoutFilter { limit: 1_000, ..PayoutFilter::default() };
        self.store().payouts(filter).await.expect("the store answers").rows
    }

    /// The newest payout with this reference of the merchant's.
    pub(crate) async fn payout(&self, trx: &str) -> Payout {
        let found = self.payouts().await.into_iter().find(|payout| payout.reference.text == trx);
        found.unwrap_or_else(|| panic!("there is no payout {trx}"))
    }

    /// All callbacks, the newest first.
    pub(crate) async fn callbacks(&self) -> Vec<Callback> {
        let filter = CallbackFilter { limit: 1_000, ..CallbackFilter::default() };
        self.store().callbacks(filter).await.expect("the store answers").rows
    }

    /// The first merchant's balances but for funding, which is all the others taken together. What
    /// is zero is left out.
    pub(crate) async fn money(&self) -> String {
        let merchant = self.store().directory().iter().next().expect("a merchant").id;
        let mut balances = self.store().balances(merchant).await.expect("the store answers");
        balances.retain(|(account, minor)| *minor != 0 && account.kind != AccountKind::Funding);
        balances.sort_by(|(one, _), (other, _)| one.kind.cmp(&other.kind));
        let shown = balances.iter().map(|(account, minor)| {
            let amount = Money::new(*minor, Currency::TRY).to_string();
            format!("{} {}", account.kind, amount.trim_end_matches(" TRY"))
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    async fn left(&self) -> Left {
        let callbacks = self.callbacks().await;
        let count = |code| callbacks.iter().filter(|one| one.state.code() == code).count();
        let mut held = 0;
        for merchant in self.store().directory().iter() {
            let balances = self.store().balances(merchant.id).await.expect("the store answers");
            let of_held = balances.iter().filter(|(one, _)| one.kind == AccountKind::Held);
            held += of_held.map(|(_, minor)| minor).sum::<i64>();
        }
        Left { due: count("due"), parked: count("parked"), held }
    }

    /// Closes the desk: nothing is left but what the test says, nothing was sent twice, and the
    /// books are right.
    pub(crate) async fn end(mut self, left: Left) {
        assert_eq!(self.left().await, left, "this is left at the end");
        assert_eq!(self.duplicates(), 0, "an order was sent again that had arrived");
        self.close().await;
        let database = match self.database.url() {
            None => Database::File(self.file()),
            Some(url) => {
                let (url, options) = (Secret::new(url), PostgresOptions::default());
                Database::Server { url, options }
            }
        };
        let report = database.audit().expect("the audit runs");
        assert!(report.is_clean(), "{report}");
    }
}

impl Run {
    async fn start(
        mut assembly: Assembly,
        marker: Arc<MarkerFile>,
        outbound: &OutboundSettings,
        settings: &CallbackSettings,
    ) -> Self {
        let (engine, store) = (assembly.engine.clone(), Arc::clone(&assembly.store));
        let (clock, random) = (Arc::clone(&assembly.clock), Arc::clone(&assembly.random));
        let (sends, attempts) = (Arc::<Gate>::default(), Arc::<Gate>::default());
        let simulator = Simulator::open(outbound.simulator.clone()).expect("a journal");
        let simulator = Arc::new(simulator);
        let gated = GatedRail { simulator: Arc::clone(&simulator), gate: Arc::clone(&sends) };
        let rails: Vec<Arc<dyn Rail>> = vec![Arc::new(Manual), Arc::new(gated)];
        let pace = DispatchSettings::default();
        let memory = Memory { store: Arc::clone(&store), marker };
        let (all, now) = (rails.clone(), Arc::clone(&clock));
        let dispatch = DispatchWorker::new(engine.clone(), now, all, memory.clone(), pace);
        let courier = HttpCourier::new(outbound, Arc::clone(&random)).expect("a courier");
        let courier: Arc<dyn Courier> =
            Arc::new(GatedCourier { courier, gate: Arc::clone(&attempts) });
        assembly.courier = Some(Arc::clone(&courier));
        let web = web(&assembly);
        let callbacks = CallbackWorker {
            engine,
            store,
            clock,
            random,
            courier,
            settings: settings.clone(),
            on_attempt: Arc::new(|_, _| ()),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&web);
        let server = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            let app = vezne_web::router(&serving);
            vezne_web::serve(listener, app, &serving.settings, stopped, PATIENCE).await;
        });
        Self {
            assembly,
            web,
            address,
            stop,
            server,
            simulator,
            sends,
            attempts,
            rails,
            memory,
            dispatch,
            callbacks,
        }
    }
}

fn web(assembly: &Assembly) -> Arc<WebState> {
    // The clock stands still, so nobody's allowance grows.
    let settings = WebSettings {
        requests_per_second: 100_000,
        failed_logins_per_minute: 100_000,
        ..WebSettings::default()
    };
    let (engine, store) = (assembly.engine.clone(), Arc::clone(&assembly.store));
    WebState::new(engine, store, Arc::clone(&assembly.clock), settings, Arc::new(Metrics::new()))
}
