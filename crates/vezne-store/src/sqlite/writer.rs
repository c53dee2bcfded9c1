//! The one thread that writes: a group is shown its view, decides, and is committed or undone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;
use vezne_core::engine::free_ids::FreeIds;
use vezne_core::engine::group::Group;
use vezne_core::engine::view::Changes;
use vezne_core::port::Fault;

use super::{SharedDirectory, changes, view};
use crate::row::{Result, StoreError};
use crate::seal::Sealer;

/// Pages in the log from which on they are moved into the database, between two groups: 16 MiB.
const CHECKPOINT_PAGES: i64 = 4_096;

type Reply = oneshot::Sender<(Group, std::result::Result<(), Fault>)>;

/// The way to the writing thread.
pub(super) struct Writer {
    groups: Option<Sender<(Group, Reply)>>,
    thread: Option<JoinHandle<()>>,
}

/// What the writing thread works with.
pub(super) struct Desk {
    /// The only connection that writes.
    pub(super) connection: Connection,
    /// Seals what is written and opens what is read.
    pub(super) sealer: Arc<Sealer>,
    /// The merchants as last committed.
    pub(super) directory: SharedDirectory,
    /// The ids that nobody has.
    pub(super) free: FreeIds,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(desk: Desk) -> std::io::Result<Self> {
        // Each runner has one group under way, so the channel holds no more than there are runners.
        let (groups, waiting) = channel();
        let builder = std::thread::Builder::new().name("sqlite-writer".to_owned());
        let thread = builder.spawn(move || desk.serve(&waiting))?;
        Ok(Self { groups: Some(groups), thread: Some(thread) })
    }

    /// Runs a group and gives it back with what became of it.
    pub(super) async fn transact(&self, group: Group) -> (Group, std::result::Result<(), Fault>) {
        let stopped = || Err(Fault("the database writer has stopped".to_owned()));
        let (reply, answer) = oneshot::channel();
        let Some(groups) = &self.groups else { return (group, stopped()) };
        if let Err(refused) = groups.send((group, reply)) {
            return (refused.0.0, stopped());
        }
        match answer.await {
            Ok(answer) => answer,
            Err(_) => give_up("the database writer died with a group in hand"),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.groups = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Ends the process at once. After a failed fsync nobody knows what the disk holds, and asking it
/// again may be answered with a lie; only a start from what is really there tells.
fn give_up(why: &str) -> ! {
    tracing::error!(why, "the process ends now, because what the disk holds is unknown");
    std::process::abort()
}

/// A log that could not be moved stays where it is and is as good; a disk that failed is not.
fn survive(moved: Result<()>) {
    match moved {
        Ok(()) => {}
        Err(error) if error.is_disk_failure() => give_up(&error.to_string()),
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be moved"),
    }
}

impl Desk {
    fn serve(mut self, waiting: &Receiver<(Group, Reply)>) {
        self.sealer.warm_up();
        for (mut group, reply) in waiting {
            let written = self.run(&mut group);
            // The runner may have been dropped; what was committed stands all the same.
            drop(reply.send((group, written)));
            self.checkpoint();
        }
        // A store that was closed in order is one file. Others may still be reading, and then it is
        // not, which does no harm.
        survive(self.wal_pragma("TRUNCATE").map(drop));
    }

    /// A panic in a verb is that group's fault, so that its members are run again one by one.
    fn run(&mut self, group: &mut Group) -> std::result::Result<(), Fault> {
        let tried = catch_unwind(AssertUnwindSafe(|| self.transact(group)));
        let failed = match tried {
            Ok(Ok(changes)) => {
                // Outside the net: whoever fell after the commit must not be told that it failed.
                self.remember(changes);
                return Ok(());
            }
            Ok(Err(Failed::Decision(fault))) => fault,
            Ok(Err(Failed::Store(error))) if error.is_lost_write() => give_up(&error.to_string()),
            Ok(Err(Failed::Store(error))) => error.into(),
            Err(_) => Fault("a command panicked; nothing of its group was written".to_owned()),
        };
        self.undo();
        tracing::warn!(%failed, "a group was undone");
        Err(failed)
    }

    fn transact(&self, group: &mut Group) -> std::result::Result<Changes, Failed> {
        self.execute("BEGIN IMMEDIATE")?;
        let seen = view::load(&self.connection, &self.sealer, self.view(), &group.wanted())?;
        let changes = group.decide(seen).map_err(Failed::Decision)?;
        changes::write(&self.connection, &self.sealer, group.at(), &changes)?;
        self.commit()?;
        Ok(changes)
    }

    fn view(&self) -> view::Known {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        view::Known { directory: Arc::clone(&directory), free: self.free.clone() }
    }

    fn execute(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn commit(&self) -> Result<()> {
        match self.execute("COMMIT") {
            Err(error) if error.is_disk_failure() => give_up(&error.to_string()),
            other => other,
        }
    }

    /// Takes back whatever the group did. A full disk may have made SQLite do so itself.
    fn undo(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.execute("ROLLBACK") {
            give_up(&error.to_string());
        }
    }

    /// Advances what is kept in memory to what is committed now. Only what was written uses an id
    /// up, so ids have no gaps.
    fn remember(&mut self, changes: Changes) {
        if changes.touch_directory() {
            let mut shared = self.directory.write().unwrap_or_else(PoisonError::into_inner);
            *shared = Arc::new(changes.applied_to(&shared));
        }
        if changes.seals_confirmed {
            self.sealer.demand_seals();
        }
        self.free = changes.free;
    }

    /// Moves the log into the database when it has grown. SQLite would do so by itself inside a
    /// commit, but would keep a failed fsync to itself.
    fn checkpoint(&self) {
        survive(self.logged_pages().and_then(|pages| match pages >= CHECKPOINT_PAGES {
            true => self.wal_pragma("PASSIVE").map(drop),
            false => Ok(()),
        }));
    }

    /// The pages of the log that are not in the database yet.
    fn logged_pages(&self) -> Result<i64> {
        let (logged, moved) = self.wal_pragma("NOOP")?;
        Ok(logged - moved)
    }

    fn wal_pragma(&self, mode: &str) -> Result<(i64, i64)> {
        let sql = format!("PRAGMA wal_checkpoint({mode})");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?)
    }
}

/// Why a group was not committed.
enum Failed {
    /// One of its commands found something broken.
    Decision(Fault),
    /// The database did not do it.
    Store(StoreError),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
