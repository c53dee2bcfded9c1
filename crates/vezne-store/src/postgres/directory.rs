//! The directory as this node knows it, and how it hears that another node has changed it.
//!
//! A group never decides by an older directory than the one that stood when it had its locks: each
//! sees the version behind them. What requests are authenticated by follows within moments, by
//! notice, and within a second where notices do not pass, as through some poolers.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use deadpool::managed::Pool;
use tokio::sync::mpsc;
use vezne_core::engine::view::Changes;
use vezne_core::model::directory::Directory;

use super::connect::{Server, Sessions, pool};
use super::error::OpenError;
use super::session::Session;
use super::{Desk, of_pool};
use crate::row::directory::{Rows, TABLES};
use crate::row::{Result, StoreError, get};
use crate::seal::Sealer;

/// How often a node looks by itself.
const LOOK: Duration = Duration::from_secs(1);

/// How long it waits before it listens again on a new connection.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// The directory at a version.
#[derive(Clone)]
pub(super) struct Current {
    /// The version.
    pub(super) version: i64,
    /// What stood in the database then.
    pub(super) directory: Arc<Directory>,
}

/// What stands in the database, as last read.
pub(super) struct Known {
    kept: RwLock<(i64, Arc<Directory>)>,
    /// The one connection that reads it. A group waits for it while it holds locks, so nothing may
    /// have it that waits for a lock in turn: not a reader, behind which one might stand that does.
    sessions: Pool<Sessions>,
}

impl Known {
    /// Reads it for the first time.
    pub(super) async fn read(
        server: &Arc<Server>,
        session: &Session,
        sealer: &Sealer,
    ) -> std::result::Result<Self, OpenError> {
        let kept = RwLock::new(read(session, sealer).await?);
        Ok(Self { kept, sessions: pool(server, 1)? })
    }

    /// The directory.
    pub(super) fn now(&self) -> Arc<Directory> {
        Arc::clone(&self.kept.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Follows a change of this node's own, unless what it was made on is not what is kept here;
    /// then it is read again when it is next looked at.
    pub(super) fn follow(&self, version: i64, changes: &Changes) {
        let mut known = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if known.0 + 1 == version {
            *known = (version, Arc::new(changes.applied_to(&known.1)));
        }
    }

    /// The directory, read again if what is kept is older than a version that was seen.
    ///
    /// # Errors
    /// When it cannot be read, or a server shows an older one: an old primary.
    pub(super) async fn at_least(
        &self,
        version: i64,
        sealer: &Sealer,
    ) -> std::result::Result<Current, OpenError> {
        if let Some(kept) = self.kept(version) {
            return Ok(kept);
        }
        let session = self.sessions.get().await.map_err(of_pool)?;
        // Whoever had the connection before may have read it.
        if let Some(kept) = self.kept(version) {
            return Ok(kept);
        }
        let fresh = read(&session, sealer).await?;
        {
            let mut known = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            if known.0 < fresh.0 {
                *known = fresh;
            }
        }
        let older = || OpenError::Database("a server shows an older directory".to_owned());
        self.kept(version).ok_or_else(older)
    }

    fn kept(&self, wanted: i64) -> Option<Current> {
        let known = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let (version, directory) = (known.0, Arc::clone(&known.1));
        (version >= wanted).then_some(Current { version, directory })
    }
}

/// Reads version and directory in one snapshot.
async fn read(session: &Session, sealer: &Sealer) -> Result<(i64, Arc<Directory>)> {
    session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let tried = read_inside(session, sealer).await;
    session.batch("COMMIT").await?;
    tried
}

async fn read_inside(session: &Session, sealer: &Sealer) -> Result<(i64, Arc<Directory>)> {
    let version = version(session).await?;
    let mut tables = Vec::with_capacity(TABLES.len());
    for (table, sql) in TABLES {
        tables.push((table, session.free(sql, &[]).await?.rows));
    }
    Ok((version, Arc::new(Rows::new(tables).directory(sealer)?)))
}

async fn version(session: &Session) -> Result<i64> {
    let found = session.free("SELECT version FROM directory_version", &[]).await?;
    let none = || StoreError::Broken("the directory has no version".to_owned());
    get(found.rows.first().ok_or_else(none)?, 0)
}

/// Keeps the directory fresh for as long as the store is there.
pub(super) async fn follow(desk: Arc<Desk>) {
    let (news, mut heard) = mpsc::unbounded_channel();
    let mut listening = tokio::spawn(listen(Arc::clone(&desk.server), news.clone()));
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = heard.recv() => {}
            _ = ticks.tick() => {}
        }
        if let Err(error) = look(&desk).await {
            tracing::debug!(%error, "the directory could not be looked at");
        }
        if listening.is_finished() && !desk.server.pooled {
            listening = tokio::spawn(listen(Arc::clone(&desk.server), news.clone()));
        }
    }
}

/// Looks whether what is kept is what stands there, and reads it again if it is not.
pub(super) async fn look(desk: &Desk) -> std::result::Result<(), OpenError> {
    let found = {
        let session = desk.directory.sessions.get().await.map_err(of_pool)?;
        version(&session).await?
    };
    desk.directory.at_least(found, &desk.sealer).await.map(drop)
}

/// Listens until the connection ends. A pooler would give the next one to somebody else.
async fn listen(server: Arc<Server>, news: super::connect::News) {
    if server.pooled {
        return;
    }
    match server.connect_listening(Some(news)).await {
        Err(error) => {
            tracing::debug!(%error, "nobody listens for changes of the directory");
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
        Ok(session) => {
            if session.batch("LISTEN vezne_directory").await.is_ok() {
                session.ended().await;
            }
        }
    }
}
