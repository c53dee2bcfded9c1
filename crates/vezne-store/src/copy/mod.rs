//! The way of a desk from SQLite to PostgreSQL: everything, in one transaction of the target.
//!
//! Ids and positions stay, so what is sealed stays as it is and opens with the same key. The desk
//! must not be at work in two places: the file is held while it is read, and it is marked as moved
//! before the commit, so that whatever is cut off leaves at most one place that opens. A copy that
//! was cut off is run again; after a commit whose answer was lost it finds that all is there.

mod compare;
mod error;
pub(crate) mod tables;
mod tally;

use std::path::Path;

use vezne_core::model::quarantine::{DeskState, Marker, objection_at_start};
use vezne_core::model::time::Timestamp;
use vezne_core::port::Random;

use crate::key::MasterKey;
use crate::postgres::PostgresOptions;
use crate::postgres::intake::Intake;
use crate::row::desk_state::hex_of;
use crate::sqlite::moved::Moved;
use crate::sqlite::outlet::{Outgoing, Outlet};
pub use compare::{Compared, ComparedFact, ComparedTable, compare};
pub use error::CopyError;
use tables::{TABLES, Table};
pub use tally::Tally;

/// After so many rows whoever waits is told.
const STRIDE: u64 = 4_096;

/// Where a desk comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'s> {
    /// Its file.
    pub path: &'s Path,
    /// The key that it was sealed with.
    pub key: &'s MasterKey,
    /// What the node that worked on it has seen of it, if it left word.
    pub marker: Option<&'s Marker>,
}

/// Where a desk goes.
#[derive(Clone, Copy, Debug)]
pub struct Target<'t> {
    /// The URL of the database, which may hold a password.
    pub url: &'t str,
    /// How it is used.
    pub options: &'t PostgresOptions,
    /// Its address without what is secret of it, for the mark that the file keeps.
    pub shown: &'t str,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The table at hand.
    pub table: &'static str,
    /// How many of its rows are done.
    pub done: u64,
    /// How many it has.
    pub rows: u64,
    /// How many rows of all tables are done.
    pub done_of_all: u64,
    /// How many all tables have.
    pub rows_of_all: u64,
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many rows were written; none when an earlier copy had written them.
    pub rows: u64,
    /// Whether an earlier copy to the same target had come to its end, so that nothing was done.
    pub was_there: bool,
    /// What the file knows of the desk. The quarantine that it says went along.
    pub source: DeskState,
    /// Whether that quarantine began with this copy.
    pub suspected: bool,
}

/// Copies a desk to an empty database, and marks the file as moved. A quarantine goes along, and
/// one begins if the file may be a restored copy, by the rule that a server starts by: on the other
/// side nobody could tell any more.
///
/// # Errors
/// [`CopyError`], in words for the operator. The target is as empty as before, unless the error
/// says that nothing is known of the commit.
pub async fn sqlite_to_postgres(
    from: Source<'_>,
    to: Target<'_>,
    random: &dyn Random,
    progress: &mut dyn FnMut(Progress),
) -> Result<Copied, CopyError> {
    let source = Outlet::hold(from.path, from.key)?;
    let key_check = source.key_check()?.ok_or(CopyError::NoDesk)?;
    let target = Intake::open(to.url, to.options).await?;
    target.partition(source.months(&TABLES)?).await?;
    // Waits for an earlier copy whose end is still under way there.
    target.begin().await?;
    if was_copied(&source, &target, to.shown).await? {
        let source = source.desk_state()?;
        return Ok(Copied { rows: 0, was_there: true, source, suspected: false });
    }
    match (target.unlisted().await?.as_slice(), target.occupied().await?) {
        ([], None) => {}
        ([], Some(table)) => return Err(CopyError::NotEmpty(table)),
        (unlisted, _) => return Err(CopyError::OtherSchema(unlisted.join(", "))),
    }
    let (state, suspected) = suspected(&source, from.marker, target.now().await?)?;
    let rows = copy_all(&source, &target, progress).await?;
    let mut incarnation = [0; 16];
    random.fill(&mut incarnation);
    target.complete(key_check, incarnation, (source.sealer(), &state)).await?;
    let incarnation = hex_of(&incarnation);
    let (to, at) = (to.shown.to_owned(), target.now().await?);
    let mut moved = Moved { to, at, incarnation, complete: false };
    source.mark(&moved)?;
    target.commit().await.map_err(CopyError::commit)?;
    moved.complete = true;
    source.mark(&moved)?;
    Ok(Copied { rows, was_there: false, source: state, suspected })
}

/// What the file knows of the desk, in quarantine if it is there or must be, and whether it had to
/// be put there.
fn suspected(
    source: &Outlet,
    marker: Option<&Marker>,
    now: Timestamp,
) -> Result<(DeskState, bool), CopyError> {
    let state = source.desk_state()?;
    let altered = state.altered.clone();
    match altered.or_else(|| objection_at_start(marker, &state, true)) {
        Some(why) if state.quarantine.is_none() || state.altered.is_some() => {
            // As at a start: a release must end above all that was seen.
            let seen = marker.map_or(0, |marker| marker.releases);
            Ok((source.quarantine(state, seen, why, now)?, true))
        }
        Some(_) | None => Ok((state, false)),
    }
}

/// Whether an earlier copy came to its end, although nobody may have heard of it.
async fn was_copied(source: &Outlet, target: &Intake, shown: &str) -> Result<bool, CopyError> {
    let Some(mut moved) = source.moved()? else { return Ok(false) };
    if moved.incarnation == target.incarnation().await? {
        moved.complete = true;
        source.mark(&moved)?;
        return Ok(true);
    }
    match !moved.complete && moved.to == shown {
        true => Ok(false),
        false => Err(CopyError::Source(crate::OpenError::Moved(moved))),
    }
}

/// Counts rows for whoever waits.
struct Counter<'c> {
    told: &'c mut dyn FnMut(Progress),
    now: Progress,
}

impl<'c> Counter<'c> {
    fn new(source: &Outlet, told: &'c mut dyn FnMut(Progress)) -> Result<Self, CopyError> {
        let mut now = Progress { table: "", done: 0, rows: 0, done_of_all: 0, rows_of_all: 0 };
        for table in &TABLES {
            now.rows_of_all += source.count(table)?;
        }
        Ok(Self { told, now })
    }

    fn begin(&mut self, source: &Outlet, table: &Table) -> Result<(), CopyError> {
        self.now = Progress { table: table.name, done: 0, rows: source.count(table)?, ..self.now };
        Ok(())
    }

    fn advance(&mut self) {
        self.now.done += 1;
        self.now.done_of_all += 1;
        if self.now.done.is_multiple_of(STRIDE) {
            (self.told)(self.now);
        }
    }

    fn end(&mut self) {
        (self.told)(self.now);
    }
}

async fn copy_all(
    source: &Outlet,
    target: &Intake,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, CopyError> {
    let mut counter = Counter::new(source, progress)?;
    for table in &TABLES {
        counter.begin(source, table)?;
        let copied = copy_table(source, target, table, &mut counter).await;
        copied.map_err(|error| CopyError::table(table.name, error))?;
        counter.end();
    }
    Ok(counter.now.done_of_all)
}

async fn copy_table(
    source: &Outlet,
    target: &Intake,
    table: &Table,
    counter: &mut Counter<'_>,
) -> crate::row::Result<()> {
    let mut statement = source.select(table)?;
    let mut rows = Outgoing::of(table, &mut statement)?;
    let mut way_in = target.way_in(table).await?;
    while let Some(row) = rows.next()? {
        way_in.write(&row).await?;
        counter.advance();
    }
    way_in.finish().await?;
    Ok(())
}
