//! The marker of a node: the highest claim number it has seen committed, kept outside the database,
//! so that a restored copy is told from its original.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::{error, warn};
use vezne_core::engine::quarantine::CompareMarker;
use vezne_core::engine::{Engine, Failure};
use vezne_core::model::quarantine::{DeskState, Marker};
use vezne_core::port::Store;
use vezne_outbound::Threads;

use crate::commands::Error;

/// How many may wait for the marker's disk; further ones wait for a place.
const WAITING: usize = 16;

/// The name of the file, beside the database.
pub(crate) const MARKER: &str = "marker";

/// A marker in its file.
#[derive(Debug)]
pub struct MarkerFile {
    path: PathBuf,
    seen: Mutex<Option<Marker>>,
    /// The thread that waits for the disk. Before anything is sent somebody waits for it, so it
    /// does nothing else.
    disk: Threads,
    /// How many have asked for what is committed to be remembered.
    asked: AtomicU64,
    turn: tokio::sync::Mutex<Turn>,
}

/// What the last look at the database came to.
#[derive(Debug)]
struct Turn {
    /// Those who had asked before it.
    answered: u64,
    /// What it found, which is on the disk.
    kept: Result<Marker, String>,
}

impl MarkerFile {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or is no marker; the message says what to do.
    pub fn open(path: PathBuf) -> Result<Self, Error> {
        let seen = match std::fs::read_to_string(&path) {
            Ok(text) => Some(parse(&text).ok_or_else(|| {
                format!("{} is no marker; without it the database is quarantined", path.display())
            })?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("cannot read {}: {error}", path.display()).into()),
        };
        let disk = Threads::start("vezne-marker", 1, WAITING)?;
        let turn = tokio::sync::Mutex::new(Turn { answered: 0, kept: Err(String::new()) });
        Ok(Self { path, seen: Mutex::new(seen), disk, asked: AtomicU64::new(0), turn })
    }

    /// What this node has seen.
    pub fn seen(&self) -> Option<Marker> {
        self.lock().clone()
    }

    /// Has a claim on the disk when this returns, and has found it in the database still: nothing
    /// is sent on the strength of one that lost it. Then the next claim begins a quarantine.
    ///
    /// # Errors
    /// As [`MarkerFile::keep_up`], and when the claim is not there any more.
    pub async fn keep_claim(
        self: &Arc<Self>,
        store: &dyn Store,
        claim: Marker,
    ) -> Result<(), String> {
        let found = self.keep_up(store).await?;
        if !claim.is_ahead_of(&found) {
            return Ok(());
        }
        self.on_disk(move |marker| marker.remember(claim)).await?;
        let why = "the database has lost the claim".to_owned();
        error!("nothing is sent: {why}");
        Err(why)
    }

    /// Has what the database has committed by now on the disk when this returns, and answers with
    /// it. All who ask while the disk is busy share the next look and the next write.
    ///
    /// # Errors
    /// As [`MarkerFile::see`], when the database is in quarantine, and when it does not answer.
    pub async fn keep_up(self: &Arc<Self>, store: &dyn Store) -> Result<Marker, String> {
        let mine = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut turn = self.turn.lock().await;
        if turn.answered >= mine {
            return turn.kept.clone();
        }
        let all = self.asked.load(Ordering::SeqCst);
        let kept = match store.desk_state().await {
            Ok(DeskState { altered: Some(why), .. }) => Err(why),
            Ok(state) if state.quarantine.is_some() => {
                self.distrust_from_now(state).await;
                Err("the database is in quarantine".to_owned())
            }
            Ok(state) => {
                let found = Marker::of(&state);
                self.on_disk(move |marker| marker.see(&state)).await.map(|()| found)
            }
            Err(fault) => Err(fault.to_string()),
        };
        if let Err(why) = &kept {
            warn!("what the database has committed cannot be remembered: {why}");
        }
        *turn = Turn { answered: all, kept: kept.clone() };
        kept
    }

    /// Trusts the database no more until it was released, and says so once.
    pub(crate) async fn distrust_from_now(self: &Arc<Self>, state: DeskState) {
        let reason = state.quarantine.as_ref().map(|one| one.reason.clone()).unwrap_or_default();
        match self.on_disk(move |marker| marker.distrust(&state)).await {
            Ok(true) => tell(&reason),
            Ok(false) => {}
            Err(why) => error!("the quarantine cannot be remembered: {why}"),
        }
    }

    /// Works on the file on its own thread.
    ///
    /// # Errors
    /// The work's own, and when it panicked.
    pub async fn on_disk<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let marker = Arc::clone(self);
        let done = self.disk.run(move || work(&marker)).await;
        done.unwrap_or_else(|| Err("the marker's thread failed".to_owned()))
    }

    /// Remembers what a database has committed. On the disk when this returns, which may take as
    /// long as a disk does; nothing is written that was known already.
    ///
    /// # Errors
    /// When the database is behind what was seen before, or the file cannot be written.
    pub fn see(&self, state: &DeskState) -> Result<(), String> {
        let (mut seen, found) = (self.lock(), Marker::of(state));
        if let Some(why) = seen.as_ref().and_then(|seen| seen.objection(state)) {
            return Err(why);
        }
        match seen.as_ref().is_none_or(|seen| found.is_ahead_of(seen)) {
            true => self.write(&mut seen, found),
            false => Ok(()),
        }
    }

    /// Remembers what was committed, if that is news.
    fn remember(&self, marker: Marker) -> Result<(), String> {
        let mut seen = self.lock();
        match seen.as_ref().is_none_or(|seen| marker.is_ahead_of(seen)) {
            true => self.write(&mut seen, marker),
            false => Ok(()),
        }
    }

    /// Remembers to trust a database only once it was released. Answers with whether that is new.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn distrust(&self, state: &DeskState) -> Result<bool, String> {
        let (mut seen, distrusting) = (self.lock(), Marker::distrusting(state));
        let is_new = seen.as_ref() != Some(&distrusting);
        if is_new {
            self.write(&mut seen, distrusting)?;
        }
        Ok(is_new)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Marker>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, seen: &mut Option<Marker>, marker: Marker) -> Result<(), String> {
        let failed = |error| format!("cannot write {}: {error}", self.path.display());
        replace_whole(&self.path, print(&marker).as_bytes()).map_err(failed)?;
        *seen = Some(marker);
        Ok(())
    }
}

fn print(marker: &Marker) -> String {
    let Marker { incarnation, releases, claims, sealed } = marker;
    let sealed = if *sealed { "sealed\n" } else { "" };
    format!("incarnation {incarnation}\nreleases {releases}\nclaims {claims}\n{sealed}")
}

fn parse(text: &str) -> Option<Marker> {
    let mut lines = text.lines();
    let mut next = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
    let incarnation = next("incarnation")?.to_owned();
    let releases = next("releases")?.parse().ok()?;
    let claims = next("claims")?.parse().ok()?;
    // Those from before desks were sealed end here.
    let sealed = match lines.next() {
        None => false,
        Some("sealed") => true,
        Some(_) => return None,
    };
    Some(Marker { incarnation, releases, claims, sealed })
}

/// Replaces a private file: whenever the program is killed, the old or the new content is there,
/// and whole.
fn replace_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Compares the marker of a node that starts with its database, which goes into quarantine when it
/// may be a restored copy.
///
/// # Errors
/// When the database or the file fails.
pub async fn settle(engine: &Engine, store: &dyn Store, file: &MarkerFile) -> Result<(), Error> {
    let compare = || CompareMarker { marker: file.seen(), alone: !store.is_shared() };
    let compared = match engine.run(compare()).await {
        // Another node that starts at this moment may have begun the quarantine first.
        Err(Failure::Fault(_)) => engine.run(compare()).await,
        other => other,
    };
    let state = compared.map_err(|failure| failure.to_string())?;
    match &state.quarantine {
        None => file.see(&state)?,
        Some(quarantine) => {
            file.distrust(&state)?;
            tell(&quarantine.reason);
        }
    }
    Ok(())
}

/// Says in the log that nothing is sent.
fn tell(reason: &str) {
    warn!(
        "the database is in quarantine, so no payout is sent: {reason}; \
         see `vezne quarantine status`"
    );
}

#[cfg(test)]
mod tests;
