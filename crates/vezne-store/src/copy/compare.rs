//! The proof that a copy is whole: both sides are read, row by row, and told by the same sums.
//!
//! What the desk says of itself is compared fact by fact. Two things a copy changes there: the
//! target has an incarnation of its own, which must be the one that the file's mark names, and its
//! seal is made anew over that one, so that it must only be borne.

use vezne_core::model::quarantine::DeskState;
use vezne_core::model::time::Timestamp;

use super::error::CopyError;
use super::tables::{TABLES, Table};
use super::tally::{Tally, digest};
use super::{Counter, Progress, Source, Target};
use crate::postgres::intake::Intake;
use crate::row::{Result, Value};
use crate::sqlite::outlet::{Outgoing, Outlet};

/// A table on both sides.
#[derive(Clone, Debug)]
pub struct ComparedTable {
    /// Its name.
    pub name: &'static str,
    /// What SQLite has.
    pub source: Tally,
    /// What PostgreSQL has.
    pub target: Tally,
}

/// What the desk says of itself on both sides, one fact of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedFact {
    /// Its name.
    pub name: &'static str,
    /// What the file says.
    pub source: String,
    /// What PostgreSQL says.
    pub target: String,
}

/// Everything on both sides.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Each table, in the order in which they are copied.
    pub tables: Vec<ComparedTable>,
    /// What decides which desk it is, and whether it sends.
    pub desk: Vec<ComparedFact>,
}

impl ComparedTable {
    /// Whether both sides have the same rows.
    pub fn is_same(&self) -> bool {
        self.source == self.target
    }
}

impl ComparedFact {
    /// Whether both sides say what they must.
    pub fn is_same(&self) -> bool {
        self.source == self.target
    }
}

impl Compared {
    /// Whether both sides have the same.
    pub fn is_same(&self) -> bool {
        self.tables.iter().all(ComparedTable::is_same)
            && self.desk.iter().all(ComparedFact::is_same)
    }
}

/// Reads both sides whole. Nothing may have been done on the target since it was copied to.
///
/// # Errors
/// When a side cannot be read. Differences are no error of this function.
pub async fn compare(
    from: Source<'_>,
    to: Target<'_>,
    progress: &mut dyn FnMut(Progress),
) -> std::result::Result<Compared, CopyError> {
    let source = Outlet::look(from.path, from.key)?;
    let target = Intake::look(to.url, to.options).await?;
    let mut counter = Counter::new(&source, progress)?;
    let desk = compare_desk(&source, &target).await?;
    let mut compared = Compared { desk, ..Compared::default() };
    for table in &TABLES {
        counter.begin(&source, table)?;
        let both = compare_table(&source, &target, table, &mut counter).await;
        compared.tables.push(both.map_err(|error| CopyError::table(table.name, error))?);
        counter.end();
    }
    Ok(compared)
}

async fn compare_table(
    outlet: &Outlet,
    intake: &Intake,
    table: &Table,
    counter: &mut Counter<'_>,
) -> Result<ComparedTable> {
    let (mut source, mut target) = (Tally::default(), Tally::default());
    let mut statement = outlet.select(table)?;
    let mut rows = Outgoing::of(table, &mut statement)?;
    while let Some(row) = rows.next()? {
        source.add(table, &row)?;
    }
    let mut see = |row: &Vec<_>| {
        counter.advance();
        target.add(table, row)
    };
    intake.each(table, &mut see).await?;
    Ok(ComparedTable { name: table.name, source, target })
}

async fn compare_desk(outlet: &Outlet, intake: &Intake) -> Result<Vec<ComparedFact>> {
    let (here, key_here) = (outlet.known_state()?, outlet.key_check()?);
    let (there, key_there) = (intake.desk_state(outlet.sealer()).await?, intake.key_check().await?);
    let moved_to = outlet.moved()?.map_or_else(none, |moved| moved.incarnation);
    let names = NAMES.into_iter();
    let here = facts(&here, moved_to, key_here);
    let there = facts(&there, there.incarnation.clone(), key_there);
    let both = names.zip(here.into_iter().zip(there));
    let fact = |(name, (source, target))| ComparedFact { name, source, target };
    Ok(both.map(fact).collect())
}

/// What [`facts`] are called.
const NAMES: [&str; 8] = [
    "incarnation",
    "its own word",
    "claims",
    "releases",
    "in quarantine since",
    "reason",
    "doubtful until",
    "check of the master key",
];

/// Of a state that was altered nothing else is shown than that: it reads as a quarantine.
fn facts(state: &DeskState, incarnation: String, key: Option<Vec<u8>>) -> [String; 8] {
    let DeskState { incarnation: _, claims, releases, quarantine, .. } = state;
    let DeskState { doubtful_until, moved: _, sealed: _, altered, .. } = state;
    let releases = altered.as_ref().map_or_else(|| releases.to_string(), |_| "altered".to_owned());
    [
        incarnation,
        altered.clone().unwrap_or_else(|| "yes".to_owned()),
        claims.to_string(),
        releases,
        quarantine.as_ref().map_or_else(none, |one| moment(one.since)),
        quarantine.as_ref().map_or_else(none, |one| one.reason.clone()),
        doubtful_until.map_or_else(none, moment),
        key.map_or_else(none, |key| format!("{:032x}", digest(&[Value::Bytes(key)]))),
    ]
}

fn none() -> String {
    "none".to_owned()
}

fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.micros())
        .map_or_else(|_| at.micros().to_string(), |moment| moment.to_string())
}
