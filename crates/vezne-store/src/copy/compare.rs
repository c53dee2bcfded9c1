//! The proof that a copy is whole: both sides are read, row by row, and told by the same sums.

use std::path::Path;

use super::error::CopyError;
use super::tables::{TABLES, Table};
use super::tally::Tally;
use super::{Counter, Progress, Target};
use crate::postgres::intake::Intake;
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

/// All tables on both sides.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Each table, in the order in which they are copied.
    pub tables: Vec<ComparedTable>,
}

impl ComparedTable {
    /// Whether both sides have the same rows.
    pub fn is_same(&self) -> bool {
        self.source == self.target
    }
}

impl Compared {
    /// Whether both sides have the same.
    pub fn is_same(&self) -> bool {
        self.tables.iter().all(ComparedTable::is_same)
    }
}

/// Reads both sides whole. Nothing may have been done on the target since it was copied to.
///
/// # Errors
/// When a side cannot be read. Differences are no error of this function.
pub async fn compare(
    from: &Path,
    to: Target<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Compared, CopyError> {
    let source = Outlet::look(from)?;
    let target = Intake::look(to.url, to.options).await?;
    let mut counter = Counter::new(&source, progress)?;
    let mut compared = Compared::default();
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
) -> crate::row::Result<ComparedTable> {
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
