//! The one thread that writes: a group is shown its view, decides, and is committed or undone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, SendError, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;
use vezne_core::engine::free_ids::FreeIds;
use vezne_core::engine::group::Group;
use vezne_core::engine::view::Changes;
use vezne_core::model::retention::{Horizon, Pruned};
use vezne_core::port::Fault;

use super::{SharedDirectory, changes, kept, view};
use crate::row::{Result, StoreError};
use crate::seal::Sealer;

/// Pages in the log from which on they are moved into the database, between two groups: 16 MiB.
const CHECKPOINT_PAGES: i64 = 4_096;

type Reply<T> = oneshot::Sender<T>;

/// A group, and what became of it.
type Ran = (Group, std::result::Result<(), Fault>);

/// What the thread is asked for.
enum Job {
    /// To run a group.
    Run(Box<Group>, Reply<Ran>),
    /// To let go what lies beyond a horizon, at most so many rows of each kind.
    Prune(Horizon, usize, Reply<std::result::Result<Pruned, Fault>>),
    /// To commit a little.
    Prove(Reply<std::result::Result<(), Fault>>),
}

/// The way to the writing thread.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
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
        // Each runner has one group under way, and tidying goes step by step, so the channel holds
        // one more than there are runners.
        let (jobs, waiting) = channel();
        let builder = std::thread::Builder::new().name("sqlite-writer".to_owned());
        let thread = builder.spawn(move || desk.serve(&waiting))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs a group and gives it back with what became of it.
    pub(super) async fn transact(&self, group: Group) -> Ran {
        let (reply, answer) = oneshot::channel();
        let Some(jobs) = &self.jobs else { return (group, Err(stopped())) };
        match jobs.send(Job::Run(Box::new(group), reply)) {
            Ok(()) => {}
            Err(SendError(Job::Run(group, _))) => return (*group, Err(stopped())),
            Err(SendError(Job::Prune(..) | Job::Prove(_))) => {
                give_up("the database writer lost a group")
            }
        }
        match answer.await {
            Ok(answer) => answer,
            Err(_) => give_up("the database writer died with a group in hand"),
        }
    }

    /// Lets go what lies beyond a horizon, in a commit of its own.
    pub(super) async fn prune(
        &self,
        horizon: Horizon,
        most: usize,
    ) -> std::result::Result<Pruned, Fault> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Prune(horizon, most, reply);
        self.jobs.as_ref().ok_or_else(stopped)?.send(job).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Commits a little, behind the groups that wait.
    pub(super) async fn prove(&self) -> std::result::Result<(), Fault> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(Job::Prove(reply)).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn stopped() -> Fault {
    Fault("the database writer has stopped".to_owned())
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

/// How much of the log is not in the database yet. SQLite says its length at every commit; to ask
/// for it would be a statement that is parsed anew each time.
#[derive(Default)]
struct Log {
    /// Pages in it as of the last commit.
    length: Arc<AtomicI64>,
    /// Its length when it was looked at last; a shorter one has begun anew.
    seen: i64,
    /// Pages of it that are in the database.
    moved: i64,
}

impl Log {
    /// Listens to the commits of a connection.
    fn of(connection: &mut Connection) -> Result<Self> {
        let log = Self::default();
        let length = Arc::clone(&log.length);
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            length.store(i64::from(pages), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(log)
    }

    /// Pages that wait to be moved.
    fn waiting(&mut self) -> i64 {
        let length = self.length.load(Ordering::Relaxed);
        if length < self.seen {
            self.moved = 0;
        }
        self.seen = length;
        length - self.moved
    }
}

impl Desk {
    fn serve(mut self, waiting: &Receiver<Job>) {
        self.sealer.warm_up();
        let mut log = Log::of(&mut self.connection).unwrap_or_else(|error| {
            tracing::warn!(%error, "the length of the write-ahead log is not known");
            Log::default()
        });
        for job in waiting {
            // Whoever asked may have gone; what was committed stands all the same.
            match job {
                Job::Run(mut group, reply) => {
                    let written = self.run(&mut group);
                    drop(reply.send((*group, written)));
                }
                Job::Prune(horizon, most, reply) => {
                    drop(reply.send(self.prune(&horizon, most)));
                }
                Job::Prove(reply) => drop(reply.send(self.prove())),
            }
            self.checkpoint(&mut log);
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

    fn prune(&self, horizon: &Horizon, most: usize) -> std::result::Result<Pruned, Fault> {
        self.alone(|| kept::prune(&self.connection, horizon, most))
    }

    /// A row is written as it was, which takes room in the log like any other.
    fn prove(&self) -> std::result::Result<(), Fault> {
        self.alone(|| self.execute("UPDATE meta SET value = value WHERE name = 'incarnation'"))
    }

    /// Does something in a commit of its own.
    fn alone<T>(&self, work: impl FnOnce() -> Result<T>) -> std::result::Result<T, Fault> {
        let tried = self.execute("BEGIN IMMEDIATE").and_then(|()| {
            let done = work()?;
            self.commit()?;
            Ok(done)
        });
        tried.map_err(|error| {
            if error.is_lost_write() {
                give_up(&error.to_string());
            }
            self.undo();
            error.into()
        })
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
    fn checkpoint(&self, log: &mut Log) {
        if log.waiting() < CHECKPOINT_PAGES {
            return;
        }
        survive(self.wal_pragma("PASSIVE").map(|(_, moved)| log.moved = moved));
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
