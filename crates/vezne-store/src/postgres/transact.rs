//! One group in one transaction: lock, look, decide, write, commit.
//!
//! The merchants of a group are locked in the order of their ids before anything of theirs is read,
//! so two groups that share one take turns and never wait for each other in a circle. What workers
//! claim is passed over when somebody else has it. The time is the server's, and so is the word
//! whether it is still the primary.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use vezne_core::engine::free_ids::FreeIds;
use vezne_core::engine::group::Group;
use vezne_core::engine::view::Changes;
use vezne_core::model::time::Timestamp;
use vezne_core::port::Fault;

use super::directory::Current;
use super::error::{OpenError, Passing, passing};
use super::session::{Query, Session, Sql};
use super::{Desk, Time, changes, mark, timeline, view};
use crate::row::{StoreError, get};

/// So long a server may take for one step before a commit.
const STEP: Duration = Duration::from_secs(15);

/// So long a commit may take before another connection is asked what became of it.
const COMMIT: Duration = Duration::from_secs(20);

/// So often a group is tried before its callers hear of it.
const TRIES: u32 = 12;

static HEAD: Sql = Sql {
    text: "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, \
         substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)",
    types: &[],
};

/// Why a group was not committed.
enum Failed {
    /// One of its commands found something broken.
    Decision(Fault),
    /// The database did not do it, and nothing of it is there.
    Store(StoreError),
    /// No connection was to be had.
    Open(OpenError),
    /// The commit was sent, and nobody said what became of it.
    Unknown(Box<Written>),
}

/// What a group has written, while its commit is on the way.
struct Written {
    mark: mark::Mark,
    changes: Changes,
    directory: Option<i64>,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

/// Bounds a step before the commit. A server that takes too long is as good as gone.
async fn step<T>(
    work: impl Future<Output = std::result::Result<T, Failed>>,
) -> std::result::Result<T, Failed> {
    let late = || OpenError::Database("PostgreSQL took too long for one step".to_owned());
    tokio::time::timeout(STEP, work).await.unwrap_or_else(|_| Err(late().into()))
}

impl Desk {
    /// Runs a group until it is decided and committed, or surely not.
    pub(super) async fn transact(
        &self,
        mut group: Group,
    ) -> (Group, std::result::Result<(), Fault>) {
        let mut tries = 0;
        loop {
            let failed = match self.attempt(&mut group).await {
                Ok(()) => return (group, Ok(())),
                Err(failed) => failed,
            };
            tries += 1;
            let fault = match failed {
                Failed::Decision(fault) => return (group, Err(fault)),
                Failed::Unknown(written) => match self.settle(*written).await {
                    true => return (group, Ok(())),
                    false => Fault("the connection broke at the commit".to_owned()),
                },
                Failed::Store(error) if passing(&error) == Passing::Lasting => {
                    return (group, Err(error.into()));
                }
                Failed::Store(error) => error.into(),
                Failed::Open(error) => Fault(error.to_string()),
            };
            if tries >= TRIES {
                group.keep_together();
                return (group, Err(fault));
            }
            tracing::debug!(%fault, tries, "a group is tried again");
            self.pause(tries).await;
        }
    }

    /// Waits a little, longer each time and never as long as others do.
    async fn pause(&self, tries: u32) {
        let most = 5_u64 << tries.min(9);
        let wait = most / 2 + self.random.number() % (most / 2 + 1);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }

    async fn attempt(&self, group: &mut Group) -> std::result::Result<(), Failed> {
        let session = step(async {
            self.writers.get().await.map_err(|error| Failed::Open(super::of_pool(error)))
        })
        .await?;
        let tried = match self.write(&session, group).await {
            Ok(Some(written)) => self.commit(&session, written).await,
            Ok(None) => step(async { Ok(session.batch("ROLLBACK").await?) }).await,
            Err(failed) => Err(failed),
        };
        if let Err(failed) = &tried {
            self.leave(session, failed).await;
        }
        tried
    }

    /// Takes back what an attempt did, or gives its connection up.
    async fn leave(
        &self,
        session: deadpool::managed::Object<super::connect::Sessions>,
        failed: &Failed,
    ) {
        let whole = match failed {
            Failed::Decision(_) => true,
            Failed::Store(error) => error_came_from_server(error),
            Failed::Open(_) | Failed::Unknown(_) => false,
        };
        let undone = match whole {
            true => tokio::time::timeout(STEP, session.batch("ROLLBACK")).await,
            false => Ok(Err(StoreError::Broken("the connection is given up".to_owned()))),
        };
        if !matches!(undone, Ok(Ok(()))) {
            // The server undoes what a lost connection had begun.
            drop(deadpool::managed::Object::take(session));
        }
    }

    /// Everything up to the commit; nothing when there is nothing to commit.
    async fn write(
        &self,
        session: &Session,
        group: &mut Group,
    ) -> std::result::Result<Option<Written>, Failed> {
        step(self.begin(session, group)).await?;
        let wanted = group.wanted();
        let mut free = session.take_ids();
        let locked = step(async { Ok(view::lock(session, &wanted, &mut free).await?) }).await?;
        let version = locked.version();
        let current = step(self.directory_at_least(version)).await?;
        let directory = Arc::clone(&current.directory);
        let seen = step(async { Ok(locked.show(session, self, current, free).await?) }).await?;
        let view::Seen { view, held, owners, seals, empty } = seen;
        let all = view.free.clone();
        let changes = decide(group, view).map_err(|fault| {
            session.keep_ids(all);
            Failed::Decision(fault)
        })?;
        if empty && changes.is_empty() {
            session.keep_ids(changes.free);
            return Ok(None);
        }
        held.cover(&changes, &directory)?;
        let mark = mark::Mark::draw(&*self.random);
        let directory = changes.touch_directory().then_some(version + 1);
        let at = group.at();
        let key = (&*self.sealer, &*self.home);
        let queries = changes::queries(key, at, &changes, &owners, &seals)?;
        step(async {
            changes::write_directory(session, &self.sealer, &changes, directory).await?;
            changes::run(session, queries, &mark, at).await?;
            Ok(())
        })
        .await?;
        Ok(Some(Written { mark, changes, directory }))
    }

    /// Begins, and has the group decide at the server's time.
    async fn begin(&self, session: &Session, group: &mut Group) -> std::result::Result<(), Failed> {
        let head = session.begin(&Query::new(&HEAD, Vec::new())).await?;
        let none = || StoreError::Broken("the server says nothing of itself".to_owned());
        let row = head.rows.first().ok_or_else(none)?;
        self.server.advance(timeline::read(row, 1)?)?;
        let now = Timestamp::from_micros(get(row, 0)?);
        if self.time == Time::Servers {
            group.decide_at(self.clock.hear(now));
        }
        Ok(())
    }

    /// The directory as it stands under a group's locks. What is kept is read again when it has
    /// moved.
    async fn directory_at_least(&self, version: i64) -> std::result::Result<Current, Failed> {
        Ok(self.directory.at_least(version, &self.sealer).await?)
    }

    async fn commit(&self, session: &Session, written: Written) -> std::result::Result<(), Failed> {
        let warned = session.warnings();
        let committed = tokio::time::timeout(COMMIT, session.batch("COMMIT")).await;
        // A warning may say that this very commit was not replicated.
        if !matches!(committed, Ok(Ok(()))) || session.warnings() != warned {
            return Err(Failed::Unknown(Box::new(written)));
        }
        let free = self.remember(written);
        session.keep_ids(free);
        Ok(())
    }

    /// Finds out what became of a commit, however long it takes: nobody may be told anything
    /// before.
    async fn settle(&self, written: Written) -> bool {
        let mut tries = 0;
        loop {
            let asked = mark::settle(&self.server, &written.mark, &*self.random);
            // It may hang on an old primary that nobody follows any more.
            let late = || OpenError::Database("nobody confirmed a commit in time".to_owned());
            match tokio::time::timeout(COMMIT, asked).await.unwrap_or_else(|_| Err(late())) {
                Ok(committed) => {
                    if committed {
                        self.remember(written);
                    }
                    return committed;
                }
                Err(error) => {
                    tries += 1;
                    if tries % 20 == 1 {
                        tracing::warn!(%error, "what became of a commit is not known yet");
                    }
                }
            }
            self.pause(tries.min(6)).await;
        }
    }

    /// Advances what is kept in memory to what is committed now; answers with the unused ids.
    fn remember(&self, written: Written) -> FreeIds {
        let Written { mut changes, directory, .. } = written;
        let free = std::mem::take(&mut changes.free);
        if changes.seals_confirmed {
            self.sealer.demand_seals();
        }
        if let Some(version) = directory {
            self.directory.follow(version, &changes);
        }
        free
    }
}

/// A panic in a verb is that group's fault, so that its members are run again one by one.
fn decide(
    group: &mut Group,
    view: vezne_core::engine::view::View,
) -> std::result::Result<Changes, Fault> {
    catch_unwind(AssertUnwindSafe(|| group.decide(view))).unwrap_or_else(|_| {
        Err(Fault("a command panicked; nothing of its group was written".to_owned()))
    })
}

/// Whether the server itself said so, so that the connection is still good.
fn error_came_from_server(error: &StoreError) -> bool {
    match error {
        StoreError::Postgres(error) => error.as_db_error().is_some(),
        StoreError::Broken(_) | StoreError::Altered(_) | StoreError::Sqlite(_) => false,
    }
}
