//! The store on one SQLite file.
//!
//! One thread owns the only connection that writes and runs one group per transaction, so that
//! groups never wait for each other's locks and one fsync serves them whole. One more thread reads,
//! on a connection that cannot write. Nothing here blocks a worker of the async runtime.

mod callback;
mod changes;
mod desk_state;
mod directory;
mod due;
mod due_payouts;
mod kept;
mod ledger;
mod lock;
pub mod migrate;
pub mod moved;
pub(crate) mod open;
pub(crate) mod outlet;
mod payout;
mod read;
mod reader;
mod row;
mod settings;
mod trail;
mod used_proof;
mod view;
mod writer;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use vezne_core::engine::group::Group;
use vezne_core::model::audit::AuditRecord;
use vezne_core::model::callback::{Attempt, Callback};
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::{CallbackId, MerchantId, NodeId, PayoutId};
use vezne_core::model::ledger::{Entry, LedgerAccount};
use vezne_core::model::payout::Payout;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::retention::{Horizon, KeptCounts, Pruned};
use vezne_core::model::unread::Unsealed;
use vezne_core::model::usage::Usage;
use vezne_core::port::{
    CallbackFilter, Fault, Found, Later, Overview, PayoutFilter, Random, Store,
};

use crate::key::MasterKey;
use crate::seal::Sealer;
pub use lock::ProcessLock;
use open::Opened;
pub use open::{OpenError, OpenOptions};
use reader::Reader;
use writer::Writer;

/// The merchants as last committed, shared between the writer and everybody who looks.
pub(crate) type SharedDirectory = Arc<RwLock<Arc<Directory>>>;

/// The store on one SQLite file. Dropping it waits for its threads and frees the file.
pub struct SqliteStore {
    directory: SharedDirectory,
    incarnation: String,
    sealer: Arc<Sealer>,
    // Dropped in this order: the writer closes last, because only it can empty the log into the
    // database, and the lock is let go after both.
    reader: Reader,
    writer: Option<Writer>,
    _lock: Option<ProcessLock>,
}

impl SqliteStore {
    /// Opens a database for writing. `random` gives the nonces that values are sealed under.
    ///
    /// # Errors
    /// [`OpenError`], in words for the operator.
    pub fn open(
        path: &Path,
        key: &MasterKey,
        random: Arc<dyn Random>,
        options: OpenOptions,
    ) -> Result<Arc<Self>, OpenError> {
        Self::start(path, open::open_writing(path, key, random, options)?)
    }

    /// Opens a database for reading only, beside a process that may be writing. Takes no lock.
    ///
    /// # Errors
    /// [`OpenError`], in words for the operator.
    pub fn open_read_only(path: &Path, key: &MasterKey) -> Result<Arc<Self>, OpenError> {
        Self::start(path, open::open_reading(path, key)?)
    }

    fn start(path: &Path, opened: Opened) -> Result<Arc<Self>, OpenError> {
        let Opened { lock, writer, reader, sealer } = opened;
        let directory = directory::read(&reader, &sealer)?;
        let directory = Arc::new(RwLock::new(Arc::new(directory)));
        let incarnation = read::incarnation(&reader)?;
        let failed = |error| OpenError::Io { path: path.to_owned(), error };
        let start = |connection| {
            let free = view::free_ids(&connection)?;
            let (sealer, directory) = (Arc::clone(&sealer), Arc::clone(&directory));
            let desk = writer::Desk { connection, sealer, directory, free };
            Writer::start(desk).map_err(failed)
        };
        let writer = writer.map(start).transpose()?;
        let reader = Reader::start(reader).map_err(failed)?;
        Ok(Arc::new(Self { directory, incarnation, sealer, reader, writer, _lock: lock }))
    }

    /// The id of this incarnation of the database, drawn when it was created. A marker outside that
    /// names another one shows that a file was exchanged.
    pub fn incarnation(&self) -> &str {
        &self.incarnation
    }

    /// Payouts to the person with this identity number, newest first, at most 1000.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn payouts_of_person(&self, identity: &str) -> Result<Found<Payout>, Fault> {
        let (tag, sealer) = (self.sealer.identity_tag(identity), Arc::clone(&self.sealer));
        self.reader.run(move |connection| read::payouts_of_person(connection, &sealer, tag)).await
    }
}

fn read_only() -> Fault {
    Fault("the database is open for reading only".to_owned())
}

impl Store for SqliteStore {
    fn transact(&self, group: Group) -> Later<'_, (Group, Result<(), Fault>)> {
        match &self.writer {
            Some(writer) => Box::pin(writer.transact(group)),
            None => Box::pin(std::future::ready((group, Err(read_only())))),
        }
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn refresh(&self) -> Later<'_, Result<(), Fault>> {
        // This process is the only one that writes, and follows its own commits.
        Box::pin(std::future::ready(Ok(())))
    }

    fn payout(&self, id: PayoutId) -> Later<'_, Result<Option<Payout>, Fault>> {
        let sealer = Arc::clone(&self.sealer);
        Box::pin(self.reader.run(move |connection| payout::read_one(connection, &sealer, id)))
    }

    fn payouts(&self, filter: PayoutFilter) -> Later<'_, Result<Found<Payout>, Fault>> {
        let sealer = Arc::clone(&self.sealer);
        Box::pin(self.reader.run(move |connection| read::payouts(connection, &sealer, &filter)))
    }

    fn callback(&self, id: CallbackId) -> Later<'_, Result<Option<Callback>, Fault>> {
        let sealer = Arc::clone(&self.sealer);
        Box::pin(self.reader.run(move |connection| callback::read_one(connection, &sealer, id)))
    }

    fn callbacks(&self, filter: CallbackFilter) -> Later<'_, Result<Found<Callback>, Fault>> {
        let sealer = Arc::clone(&self.sealer);
        Box::pin(self.reader.run(move |connection| read::callbacks(connection, &sealer, &filter)))
    }

    fn unsealed(&self) -> Later<'_, Result<Unsealed, Fault>> {
        let sealer = Arc::clone(&self.sealer);
        Box::pin(self.reader.run(move |connection| read::unsealed(connection, &sealer)))
    }

    fn attempts(&self, id: CallbackId) -> Later<'_, Result<Vec<Attempt>, Fault>> {
        Box::pin(self.reader.run(move |connection| callback::read_attempts(connection, id)))
    }

    fn trail(&self, id: PayoutId) -> Later<'_, Result<Vec<AuditRecord>, Fault>> {
        Box::pin(self.reader.run(move |connection| trail::read(connection, id)))
    }

    fn entries(&self, id: PayoutId) -> Later<'_, Result<Vec<Entry>, Fault>> {
        Box::pin(self.reader.run(move |connection| ledger::read_entries(connection, id)))
    }

    fn balances(&self, id: MerchantId) -> Later<'_, Result<Vec<(LedgerAccount, i64)>, Fault>> {
        Box::pin(self.reader.run(move |connection| ledger::read_balances(connection, id)))
    }

    fn overview(&self) -> Later<'_, Result<Overview, Fault>> {
        let sealer = Arc::clone(&self.sealer);
        Box::pin(self.reader.run(move |connection| read::overview(connection, &sealer)))
    }

    fn kept(&self) -> Later<'_, Result<Vec<(MerchantId, KeptCounts)>, Fault>> {
        Box::pin(self.reader.run(kept::read_all))
    }

    fn prune(&self, horizon: Horizon, most: usize) -> Later<'_, Result<Pruned, Fault>> {
        match &self.writer {
            Some(writer) => Box::pin(writer.prune(horizon, most)),
            None => Box::pin(std::future::ready(Err(read_only()))),
        }
    }

    fn prove_commits(&self) -> Later<'_, Result<(), Fault>> {
        match &self.writer {
            Some(writer) => Box::pin(writer.prove()),
            None => Box::pin(std::future::ready(Err(read_only()))),
        }
    }

    fn desk_state(&self) -> Later<'_, Result<DeskState, Fault>> {
        let sealer = Arc::clone(&self.sealer);
        Box::pin(self.reader.run(move |connection| desk_state::read(connection, &sealer)))
    }

    fn is_shared(&self) -> bool {
        false
    }

    /// The file is locked by one process: there is nobody to tell.
    fn share_usage(&self, _: &NodeId, _: Vec<Usage>) -> Later<'_, Result<Vec<Usage>, Fault>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
