//! The store on PostgreSQL, shared by any number of nodes.
//!
//! Each group is one transaction on a connection of its own ([`transact`]); several may be under
//! way, since the engine keeps the commands of a merchant together. Nothing is decided here, and
//! nothing is decided on a standby. When the way to the server breaks while a commit is on it,
//! nobody is told anything before another connection has said what became of it ([`mark`]).

mod callback;
mod changes;
mod clock;
mod connect;
mod desk_state;
mod directory;
mod due;
mod due_payouts;
mod error;
mod hosts;
mod ids;
pub(crate) mod intake;
mod kept;
mod ledger;
mod leftover;
mod locks;
mod mark;
pub mod migrate;
pub mod months;
mod open;
mod owners;
mod partition;
mod payout;
mod place;
mod pooler;
mod read;
mod row;
mod session;
mod snapshot;
mod statements;
mod timeline;
mod transact;
mod upkeep;
mod usage;
mod view;
mod write;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use deadpool::managed::{Object, Pool, PoolError, Status};
use tokio::task::JoinSet;
use vezne_core::engine::group::Group;
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::callback::{Attempt, Callback};
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::{CallbackId, MerchantId, NodeId, PayoutId};
use vezne_core::model::ledger::{Entry, LedgerAccount};
use vezne_core::model::payout::Payout;
use vezne_core::model::personal::Secret;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::retention::{Horizon, KeptCounts, Pruned};
use vezne_core::model::unread::Unsealed;
use vezne_core::model::usage::Usage;
use vezne_core::port::{
    CallbackFilter, Clock, Connections, Fault, Found, Later, Overview, PayoutFilter, Random, Store,
};

pub use clock::ServerClock;
use connect::{Server, Sessions};
pub use error::OpenError;
pub use open::{Standing, check_url, lax_settings, standing};
pub(crate) use session::settings;
pub(crate) use snapshot::Snapshot;

use crate::key::MasterKey;
use crate::row::Result;
use crate::seal::Sealer;

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Applies pending migrations, instead of refusing to open.
    pub migrate: bool,
    /// Groups that may be under way at the same time.
    pub writers: usize,
    /// Reads that may be under way at the same time.
    pub readers: usize,
    /// Whether a pooler gives each transaction another connection, so that prepared statements and
    /// notices do not work.
    pub pooler: bool,
    /// Whether a server without a named synchronous standby is refused.
    pub require_synchronous_standby: bool,
    /// The certificates that the server's must lead to; the public ones if there is no file.
    pub ca_file: Option<PathBuf>,
    /// The password, where the URL has none.
    pub password: Option<Secret>,
    /// Whose time groups are decided at.
    pub time: Time,
    /// The cluster and database that this node worked on before; any, where it has none yet.
    pub home: Option<String>,
}

/// Whose time groups are decided at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The server's, which is the same for every node.
    Servers,
    /// The engine's, so that a test can step it.
    Engines,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            migrate: false,
            writers: 8,
            readers: 8,
            pooler: false,
            require_synchronous_standby: false,
            ca_file: None,
            password: None,
            time: Time::Servers,
            home: None,
        }
    }
}

/// What groups and reads share.
struct Desk {
    server: Arc<Server>,
    writers: Pool<Sessions>,
    readers: Pool<Sessions>,
    /// The one connection that looks after the database. What is done on it may wait for the locks
    /// of groups, and nobody waits for it.
    keeper: Pool<Sessions>,
    directory: directory::Known,
    sealer: Arc<Sealer>,
    random: Arc<dyn Random>,
    clock: Arc<ServerClock>,
    time: Time,
    /// The server and the database that it stands on.
    home: String,
}

/// The store on PostgreSQL. Dropping it ends what it keeps running.
pub struct PostgresStore {
    desk: Arc<Desk>,
    incarnation: String,
    _upkeep: JoinSet<()>,
}

/// Why a pool gave no connection.
fn of_pool(error: PoolError<OpenError>) -> OpenError {
    match error {
        PoolError::Backend(error) => error,
        error @ (PoolError::Timeout(_)
        | PoolError::Closed
        | PoolError::NoRuntimeSpecified
        | PoolError::PostCreateHook(_)) => OpenError::Database(error.to_string()),
    }
}

impl PostgresStore {
    /// Opens a database. `random` gives the nonces that values are sealed under.
    ///
    /// # Errors
    /// [`OpenError`], in words for the operator.
    pub async fn open(
        url: &str,
        key: &MasterKey,
        random: Arc<dyn Random>,
        options: &PostgresOptions,
    ) -> std::result::Result<Arc<Self>, OpenError> {
        open::open(url, key, random, options).await
    }

    /// The id of this incarnation of the database, drawn when it was first opened.
    pub fn incarnation(&self) -> &str {
        &self.incarnation
    }

    /// The cluster and the database that it stands on.
    pub fn home(&self) -> &str {
        &self.desk.home
    }

    /// Does now what is otherwise done now and then: partitions ahead of time, old marks deleted,
    /// counts added up.
    ///
    /// # Errors
    /// When the database cannot be reached or written.
    pub async fn look_after(&self) -> std::result::Result<(), OpenError> {
        upkeep::once(&self.desk).await?;
        upkeep::add_up(&self.desk).await
    }

    /// The server's time, for everything of the program that must agree between nodes.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::<ServerClock>::clone(&self.desk.clock)
    }

    /// Payouts to the person with this identity number, newest first, at most 1000.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn payouts_of_person(
        &self,
        identity: &str,
    ) -> std::result::Result<Found<Payout>, Fault> {
        let tag = self.desk.sealer.identity_tag(identity);
        let session = self.session().await?;
        Ok(read::payouts_of_person(&session, &self.desk.sealer, tag).await?)
    }

    async fn session(&self) -> std::result::Result<Object<Sessions>, Fault> {
        let session = self.desk.readers.get().await;
        session.map_err(|error| Fault(of_pool(error).to_string()))
    }

    /// Reads, and once more on another connection if the first was broken.
    fn read<'a, T, F>(
        &'a self,
        read: impl Fn(Object<Sessions>, Arc<Sealer>) -> F + Send + Sync + 'a,
    ) -> Later<'a, std::result::Result<T, Fault>>
    where
        T: Send + 'a,
        F: Future<Output = Result<T>> + Send + 'a,
    {
        Box::pin(async move {
            let sealer = || Arc::clone(&self.desk.sealer);
            match read(self.session().await?, sealer()).await {
                Err(error) if error::passing(&error) == error::Passing::Gone => {
                    Ok(read(self.session().await?, sealer()).await?)
                }
                other => Ok(other?),
            }
        })
    }
}

impl Store for PostgresStore {
    fn transact(&self, group: Group) -> Later<'_, (Group, std::result::Result<(), Fault>)> {
        Box::pin(self.desk.transact(group))
    }

    fn directory(&self) -> Arc<Directory> {
        self.desk.directory.now()
    }

    fn refresh(&self) -> Later<'_, std::result::Result<(), Fault>> {
        Box::pin(async move {
            let looked = directory::look(&self.desk).await;
            looked.map_err(|error| Fault(error.to_string()))
        })
    }

    fn payout(&self, id: PayoutId) -> Later<'_, std::result::Result<Option<Payout>, Fault>> {
        self.read(move |session, sealer| async move { read::payout(&session, &sealer, id).await })
    }

    fn payouts(
        &self,
        filter: PayoutFilter,
    ) -> Later<'_, std::result::Result<Found<Payout>, Fault>> {
        self.read(move |session, sealer| {
            let filter = filter.clone();
            async move { read::payouts(&session, &sealer, &filter).await }
        })
    }

    fn callback(&self, id: CallbackId) -> Later<'_, std::result::Result<Option<Callback>, Fault>> {
        self.read(move |session, sealer| async move { read::callback(&session, &sealer, id).await })
    }

    fn callbacks(
        &self,
        filter: CallbackFilter,
    ) -> Later<'_, std::result::Result<Found<Callback>, Fault>> {
        self.read(move |session, sealer| {
            let filter = filter.clone();
            async move { read::callbacks(&session, &sealer, &filter).await }
        })
    }

    fn unsealed(&self) -> Later<'_, std::result::Result<Unsealed, Fault>> {
        self.read(move |session, sealer| async move { read::unsealed(&session, &sealer).await })
    }

    fn attempts(&self, id: CallbackId) -> Later<'_, std::result::Result<Vec<Attempt>, Fault>> {
        self.read(move |session, _| async move { read::attempts(&session, id).await })
    }

    fn trail(&self, id: PayoutId) -> Later<'_, std::result::Result<Vec<AuditRecord>, Fault>> {
        self.read(move |session, _| async move { read::trail(&session, id).await })
    }

    fn entries(&self, id: PayoutId) -> Later<'_, std::result::Result<Vec<Entry>, Fault>> {
        self.read(move |session, _| async move { read::entries(&session, id).await })
    }

    fn balances(
        &self,
        id: MerchantId,
    ) -> Later<'_, std::result::Result<Vec<(LedgerAccount, i64)>, Fault>> {
        self.read(move |session, _| async move { read::balances(&session, id).await })
    }

    fn kept(&self) -> Later<'_, std::result::Result<Vec<(MerchantId, KeptCounts)>, Fault>> {
        self.read(move |session, _| async move { kept::read_all(&session).await })
    }

    fn prune(
        &self,
        horizon: Horizon,
        most: usize,
    ) -> Later<'_, std::result::Result<Pruned, Fault>> {
        Box::pin(self.desk.prune(horizon, most))
    }

    fn desk_state(&self) -> Later<'_, std::result::Result<DeskState, Fault>> {
        self.read(move |session, sealer| async move {
            desk_state::read(&session, (&sealer, &self.desk.home)).await
        })
    }

    fn lax_settings(&self) -> Later<'_, std::result::Result<Vec<&'static str>, Fault>> {
        Box::pin(async move {
            let about = place::about(&*self.session().await?).await;
            Ok(about.map_err(|error| Fault(error.to_string()))?.lax)
        })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn share_usage(
        &self,
        node: &NodeId,
        used: Vec<Usage>,
    ) -> Later<'_, std::result::Result<Vec<Usage>, Fault>> {
        let node = *node;
        Box::pin(async move { self.desk.share_usage(&node, &used).await })
    }

    /// A row is written as it was.
    fn prove_commits(&self) -> Later<'_, std::result::Result<(), Fault>> {
        Box::pin(async move {
            let session = self.desk.writers.get().await;
            let session = session.map_err(|error| Fault(of_pool(error).to_string()))?;
            let sql = "UPDATE meta SET value = value WHERE name = 'incarnation'";
            Ok(session.free(sql, &[]).await.map(drop)?)
        })
    }

    fn connections(&self) -> Vec<Connections> {
        let Desk { writers, readers, keeper, .. } = &*self.desk;
        let pools = [("groups", writers), ("reads", readers), ("upkeep", keeper)];
        let status = |(of, pool): (&'static str, &Pool<Sessions>)| {
            let Status { size: open, available: idle, waiting, .. } = pool.status();
            Connections { of, open, idle, waiting }
        };
        pools.map(status).into()
    }

    fn overview(&self) -> Later<'_, std::result::Result<Overview, Fault>> {
        self.read(move |session, sealer| async move { read::overview(&session, &sealer).await })
    }
}
