//! Partitions by month: made before their time comes.
//!
//! Rows of a month that has none go to the default partition and are as good there; they only make
//! it slower to take old months away.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_postgres::types::Type;

use super::error::OpenError;
use super::session::{Session, Sql};
use crate::row::{Result, StoreError, get};

pub(super) const TABLES: [&str; 5] = ["payout", "posting", "callback", "attempt", "trail"];

/// This month and so many after it have their partitions.
const AHEAD: i64 = 2;

/// Held while partitions are made or taken away. Of nodes that start together one makes them, and
/// the others find them there.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(7311011)";

/// Whoever waits for a lock on a whole table holds up everybody behind it, so it rather fails.
pub(super) const PATIENCE: &str = "SET LOCAL lock_timeout = '5s'";

static MISSING: Sql = Sql {
    text: "SELECT wanted FROM unnest($1) AS wanted \
         WHERE to_regclass(quote_ident(current_schema()) || '.' || wanted) IS NULL",
    types: &[Type::TEXT_ARRAY],
};

/// The partition of one table and month.
struct Partition {
    name: String,
    sql: String,
}

/// Makes the partitions that will be needed. One that cannot be made is warned of: its rows have
/// gone to the default partition already, and docs/scaling.md says how to move them.
///
/// # Errors
/// When the server cannot be asked.
pub(super) async fn prepare(session: &Session) -> std::result::Result<(), OpenError> {
    make(session, wanted(today(session).await?)?).await
}

/// Makes the partitions of one month; warns as [`prepare`] does.
///
/// # Errors
/// When the server cannot be asked.
pub(super) async fn prepare_month(
    session: &Session,
    day: Date,
) -> std::result::Result<(), OpenError> {
    make(session, of_month(month(day, 0)?)?.into()).await
}

async fn make(session: &Session, mut wanted: Vec<Partition>) -> std::result::Result<(), OpenError> {
    let names: Vec<String> = wanted.iter().map(|one| one.name.clone()).collect();
    let missing = session.one(&MISSING, super::session::parameters![names]).await?;
    let missing: Vec<String> = missing.rows.iter().map(|row| get(row, 0)).collect::<Result<_>>()?;
    wanted.retain(|one| missing.contains(&one.name));
    for Partition { name, sql } in wanted {
        let guarded = format!("BEGIN; {PATIENCE}; {LOCK}; {sql}; COMMIT");
        if let Err(error) = session.batch(&guarded).await {
            session.batch("ROLLBACK").await?;
            tracing::warn!(%error, partition = name, "a partition was not made");
        }
    }
    Ok(())
}

async fn today(session: &Session) -> Result<Date> {
    let found = session.free("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')", &[]).await?;
    let none = || StoreError::Broken("the server does not know the date".to_owned());
    let text: String = get(found.rows.first().ok_or_else(none)?, 0)?;
    text.parse().map_err(|_| none())
}

fn wanted(today: Date) -> Result<Vec<Partition>> {
    let months = (0..=AHEAD).map(|ahead| month(today, ahead));
    let all = months.map(|month| of_month(month?));
    Ok(all.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn of_month(months: (Date, Date)) -> Result<[Partition; 5]> {
    let Span { suffix, from, to } = span(months)?;
    Ok(TABLES.map(|table| partition(table, &suffix, (from, to))))
}

/// A month as its partitions say it.
pub(super) struct Span {
    /// What their names end with.
    pub(super) suffix: String,
    /// Where it begins, in microseconds.
    pub(super) from: i64,
    /// Where the next one begins.
    pub(super) to: i64,
}

/// The month of a day.
pub(super) fn month_of(day: Date) -> Result<Span> {
    span(month(day, 0)?)
}

fn span((first, next): (Date, Date)) -> Result<Span> {
    let suffix = first.strftime("y%Ym%m").to_string();
    Ok(Span { suffix, from: micros(first)?, to: micros(next)? })
}

/// The first days of the month that is so many ahead, and of the one after it.
fn month(today: Date, ahead: i64) -> Result<(Date, Date)> {
    let beyond = |_| StoreError::Broken("a month beyond all time".to_owned());
    let first = |ahead: i64| {
        today.first_of_month().checked_add(jiff::Span::new().months(ahead)).map_err(beyond)
    };
    Ok((first(ahead)?, first(ahead + 1)?))
}

fn micros(day: Date) -> Result<i64> {
    let beyond = |_| StoreError::Broken("a day beyond all time".to_owned());
    Ok(day.to_zoned(TimeZone::UTC).map_err(beyond)?.timestamp().as_microsecond())
}

fn partition(table: &str, suffix: &str, (from, to): (i64, i64)) -> Partition {
    let name = format!("{table}_{suffix}");
    let sql = format!(
        "CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} FOR VALUES FROM ({from}) TO ({to})"
    );
    Partition { name, sql }
}

#[cfg(test)]
mod tests {
    use super::wanted;
    use jiff::civil::date;

    #[test]
    fn months_follow_each_other_over_a_new_year() {
        let all = wanted(date(2026, 11, 24)).expect("three months");
        let payouts: Vec<_> = all.iter().filter(|one| one.name.starts_with("payout")).collect();
        let names: Vec<_> = payouts.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["payout_y2026m11", "payout_y2026m12", "payout_y2027m01"]);
        assert!(payouts[0].sql.ends_with("FROM (1793491200000000) TO (1796083200000000)"));
        assert!(payouts[1].sql.contains("FROM (1796083200000000)"));
    }
}
