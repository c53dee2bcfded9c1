//! The prover behind `vezne audit`: shows that the books are right, or where they are not.
//!
//! It shares no SQL and no arithmetic with the store. It folds the postings itself, and compares
//! balances, payouts, callbacks and the trail with each other. It reads one snapshot without the
//! lock, so it may run beside a server at work. With the master key it checks the seal of each
//! payout too, and opens whatever is sealed; the books it proves without. What it asks is said once
//! for SQLite and PostgreSQL, except where they keep the same thing differently ([`Kind`]).

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::key::MasterKey;
use crate::postgres::{self, PostgresOptions, Snapshot};
use crate::row::{Result, Row, get};
use crate::seal::Sealer;
use crate::sqlite::OpenError;
use crate::sqlite::open::{NeverSeals, connect_auditor, sealer};
use source::{Kind, Source};

mod aside;
mod callbacks;
mod days;
mod desk;
mod file;
mod kept;
mod ledger;
mod payouts;
mod seals;
mod server;
mod source;
mod tally;
mod token_keys;
mod top_ups;

/// What is said where nobody has the key.
const NO_KEY: &str =
    "without the master key the seals of payouts and what is sealed were not looked at";

/// No check names more violations than this; the rest are counted.
const MOST_NAMED: usize = 20;

/// One question put to the database.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What must hold.
    pub what: &'static str,
    /// How many rows were looked at.
    pub rows_checked: u64,
    /// The first violations, in words without secrets or personal facts.
    pub violations: Vec<String>,
    /// How many violations there are in all.
    pub violation_count: u64,
    /// Why the question has no answer, if the database gave none: what was found until then is no
    /// proof.
    pub unanswered: Option<String>,
}

/// What an audit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every question was answered, and nothing is wrong.
    Right,
    /// Something is wrong, whatever else could not be asked.
    Wrong,
    /// Nothing is known to be wrong, and not everything could be looked at.
    Unknown,
}

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Every check, in the order they were made.
    pub checks: Vec<Check>,
    /// What somebody should know who reads it, although nothing is wrong.
    pub notes: Vec<String>,
}

impl Report {
    /// What it comes to.
    pub fn verdict(&self) -> Verdict {
        if self.checks.iter().any(|check| check.violation_count > 0) {
            return Verdict::Wrong;
        }
        match self.checks.iter().any(|check| check.unanswered.is_some()) {
            true => Verdict::Unknown,
            false => Verdict::Right,
        }
    }

    /// Whether everything was looked at and nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.verdict() == Verdict::Right
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.checks.iter().try_for_each(|check| check.fmt(f))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "note   {note}"))
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match (self.violation_count, &self.unanswered) {
            (0, None) => "ok",
            (0, Some(_)) => "?",
            (_, _) => "WRONG",
        };
        let Self { name, what, rows_checked, violation_count, .. } = self;
        writeln!(f, "{word:<6} {name:<12} {what} ({rows_checked} rows)")?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "       - {violation}"))?;
        let unanswered = self.unanswered.iter();
        unanswered.into_iter().try_for_each(|why| writeln!(f, "       ? {why}"))?;
        match usize::try_from(*violation_count).unwrap_or(usize::MAX) - self.violations.len() {
            0 => Ok(()),
            more => writeln!(f, "       - and {more} more"),
        }
    }
}

/// The body of a check: looks at rows and names what is wrong.
type Body = fn(&mut dyn Source, &mut Check) -> Result<()>;

/// The name of a check, what must hold, and how that is found out.
type Question = (&'static str, &'static str, Body);

const MIGRATIONS: Question = ("migrations", "the schema is the one this program makes", migrations);

/// What is asked of a file only.
const OF_FILES: [Question; 3] = [
    ("schema", "tables, triggers, constraints and indexes are this program's own", file::schema),
    ("file", "pages, indexes, constraints and references are whole", file::pages),
    ("sequence", "no id is missing", file::sequence),
];

/// What is asked of a server only.
const OF_SERVERS: [Question; 4] = [
    ("schema", "triggers, indexes and constraints are there and in force", server::schema),
    ("sequence", "no id is used twice, or was never given out", server::sequence),
    ("links", "what a row names is there, and a reference is its payout's alone", server::links),
    ("taken", "what is left of months that were taken out is whole", server::taken),
];

/// The checks after those. A new one is a function and a line.
const CHECKS: [Question; 18] = [
    ("token-keys", "one key signs, and the others have an end", token_keys::signing),
    ("entries", "the postings of an entry belong together and move money", ledger::entries),
    (
        "balances",
        "each balance is the fold of its postings, and they sum to zero",
        ledger::balances,
    ),
    ("held", "what is held is what unfinished payouts hold", ledger::held),
    ("credit", "nothing available is below its credit limit", ledger::credit),
    ("references", "a reference has one payout, or a refusal that stands", payouts::references),
    ("bookings", "each payout is booked as its state says", payouts::bookings),
    ("trail", "each payout came to its state by an allowed road", payouts::trail),
    ("day-totals", "each day's total is the fold of its payouts", days::totals),
    ("callbacks", "each outcome has its one callback, and no other has", callbacks::events),
    (
        "attempts",
        "attempts are numbered, and acknowledged means an attempt was",
        callbacks::attempts,
    ),
    ("folded", "no payout stands beside an old refusal of its reference", kept::folded),
    ("counts", "what is kept for nothing is counted, and there is no more of it", kept::counts),
    ("tally", "the counts of the metrics are those of the rows", tally::counts),
    ("owners", "whatever is booked or told belongs to a merchant", callbacks::owners),
    ("top-ups", "each top-up has its line in the trail", top_ups::lines),
    ("set-aside", "no row is set aside because it does not read", aside::rows),
    ("desk", "what the desk says of quarantines is what was done", desk::state),
];

/// Audits a database of SQLite.
///
/// # Errors
/// When the file cannot be opened. What is wrong inside it is the report's.
pub fn audit(path: &Path) -> std::result::Result<Report, OpenError> {
    audit_with_key(path, None)
}

/// Audits a database of SQLite, with what only the master key can tell.
///
/// # Errors
/// As [`audit`].
pub fn audit_with_key(
    path: &Path,
    key: Option<&MasterKey>,
) -> std::result::Result<Report, OpenError> {
    let sealer = key.map(|key| sealer(key, Arc::new(NeverSeals))).transpose()?;
    let connection = connect_auditor(path)?;
    let mut snapshot = connection.unchecked_transaction()?;
    let report = report(&mut snapshot, sealer.as_ref());
    snapshot.finish()?;
    Ok(report)
}

/// Audits a database of PostgreSQL: that of the primary, or where none is reached, of a standby.
/// The caller waits; it may be part of a runtime or not.
///
/// # Errors
/// When no server is reached. What is wrong inside the database is the report's.
pub fn audit_postgres(
    url: &str,
    options: &PostgresOptions,
) -> std::result::Result<Report, postgres::OpenError> {
    audit_postgres_with_key(url, options, None)
}

/// Audits a database of PostgreSQL, with what only the master key can tell.
///
/// # Errors
/// As [`audit_postgres`].
pub fn audit_postgres_with_key(
    url: &str,
    options: &PostgresOptions,
    key: Option<&MasterKey>,
) -> std::result::Result<Report, postgres::OpenError> {
    let refused = |error: OpenError| postgres::OpenError::Database(error.to_string());
    let sealer = key.map(|key| sealer(key, Arc::new(NeverSeals))).transpose().map_err(refused)?;
    // The snapshot waits for a runtime of its own, which a thread of another runtime may not.
    let prove = || Ok(report(&mut Snapshot::take(url, options)?, sealer.as_ref()));
    let proven = std::thread::scope(|scope| scope.spawn(prove).join());
    proven.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn report(source: &mut dyn Source, sealer: Option<&Sealer>) -> Report {
    let mut report = Report { checks: vec![run(source, MIGRATIONS)], notes: Vec::new() };
    // On another schema the other questions would mean nothing.
    if report.is_clean() {
        let own: &[Question] = match source.kind() {
            Kind::Sqlite => &OF_FILES,
            Kind::Postgres => &OF_SERVERS,
        };
        let all = own.iter().chain(&CHECKS);
        report.checks.extend(all.map(|question| run(source, *question)));
        report.open(source, sealer);
    }
    report
}

impl Report {
    /// Asks what only the master key can tell, or says that nobody asked.
    fn open(&mut self, source: &mut dyn Source, sealer: Option<&Sealer>) {
        match sealer {
            None => self.notes.push(NO_KEY.to_owned()),
            Some(sealer) => {
                for (name, what, body) in seals::CHECKS {
                    self.checks.push(ask(name, what, |check| body(source, sealer, check)));
                }
            }
        }
        // A question that failed is a violation of the checks above already.
        self.notes.extend(seals::note(source).ok().flatten());
        self.notes.extend(desk::note(source).ok().flatten());
    }
}

fn run(source: &mut dyn Source, (name, what, body): Question) -> Check {
    ask(name, what, |check| body(source, check))
}

fn ask(
    name: &'static str,
    what: &'static str,
    body: impl FnOnce(&mut Check) -> Result<()>,
) -> Check {
    let (violations, violation_count) = (Vec::new(), 0);
    let unanswered = None;
    let mut check = Check { name, what, rows_checked: 0, violations, violation_count, unanswered };
    // A question the database could not answer is no clean bill. Whether that is because of what is
    // in it or of the way there makes the difference between wrong books and unseen ones.
    match body(&mut check) {
        Ok(()) => {}
        Err(error) if error.is_unseen() => check.unanswered = Some(error.to_string()),
        Err(error) => check.violation(format!("could not be checked: {error}")),
    }
    check
}

fn migrations(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    match source.check_schema() {
        Ok(None) => return check.count(source, "SELECT count(*) FROM migration"),
        Ok(Some(wrong)) => check.violation(wrong),
        Err(why) => check.unanswered = Some(why),
    }
    Ok(())
}

impl Check {
    fn violation(&mut self, what: String) {
        self.violation_count += 1;
        if self.violations.len() < MOST_NAMED {
            self.violations.push(what);
        }
    }

    /// Names every row that a query finds; the query selects one text.
    fn none_of(&mut self, source: &mut dyn Source, sql: &str) -> Result<()> {
        each(source, sql, |row| {
            self.violation(get(row, 0)?);
            Ok(())
        })
    }

    /// Counts the rows of a query that selects one number.
    fn count(&mut self, source: &mut dyn Source, sql: &str) -> Result<()> {
        each(source, sql, |row| {
            self.rows_checked += u64::try_from(get::<i64>(row, 0)?).unwrap_or(0);
            Ok(())
        })
    }
}

/// Calls a function with each row of a query.
fn each(
    source: &mut dyn Source,
    sql: &str,
    mut see: impl FnMut(&dyn Row) -> Result<()>,
) -> Result<()> {
    source.each(sql, &mut see)
}

/// Calls a function with the rows that share an id. The query is ordered by it, and selects it
/// first.
fn each_group<T>(
    source: &mut dyn Source,
    sql: &str,
    read: impl Fn(&dyn Row) -> Result<T>,
    mut see: impl FnMut(i64, &[T]),
) -> Result<()> {
    let (mut current, mut group) = (None, Vec::new());
    each(source, sql, |row| {
        let id: i64 = get(row, 0)?;
        if let Some(done) = current.replace(id).filter(|done| *done != id) {
            see(done, &group);
            group.clear();
        }
        group.push(read(row)?);
        Ok(())
    })?;
    if let Some(last) = current {
        see(last, &group);
    }
    Ok(())
}
