//! Rows of a month that had no partition when they came: out of the default ones, into partitions
//! of its own, so that the month can be taken out like any other.

use vezne_core::model::approval::Actor;

use super::{BEGIN, MonthError, TIMES, finish, lock_tables, parse, refused};
use crate::postgres::connect::Server;
use crate::postgres::partition::Span;
use crate::postgres::session::Session;
use crate::postgres::{PostgresOptions, migrate, open, partition};
use crate::row::{Result, StoreError, Value, get};

/// Makes the partitions that a month lacks, and moves into them what is of it; says how many rows
/// that are. The tables are locked meanwhile.
///
/// # Errors
/// [`MonthError`]; the desk is as it was, unless the connection broke in the commit.
pub async fn gather(
    url: &str,
    options: &PostgresOptions,
    month: &str,
    by: &Actor,
) -> std::result::Result<u64, MonthError> {
    let span = parse(month)?;
    let session = Server::new(url, options)?.connect().await?;
    migrate::check(&session).await?;
    let now = open::now(&session).await?;
    session.batch(BEGIN).await?;
    session.free(partition::LOCK, &[]).await?;
    let work = Work { session: &session, name: month, span };
    let moved = work.all(now.micros(), &by.to_string()).await;
    finish(&session, moved).await
}

/// One month that gets partitions.
struct Work<'a> {
    session: &'a Session,
    name: &'a str,
    span: Span,
}

impl Work<'_> {
    async fn all(&self, at: i64, by: &str) -> std::result::Result<u64, MonthError> {
        lock_tables(self.session).await?;
        let mut moved = 0;
        for (table, time) in TIMES {
            if !self.has_partition(table).await? {
                moved += self.split(table, time).await?;
            }
        }
        if moved == 0 {
            let why = format!("no row of {} is in a default partition", self.name);
            return Err(refused(why));
        }
        let sql = "INSERT INTO trail (at, actor, action, detail) \
             VALUES ($1, $2, 'month.gathered', $3)";
        let detail = format!("{}, {moved} rows", self.name);
        let line: [Value; 3] = [at.into(), by.into(), (&detail).into()];
        self.session.free(sql, &line).await?;
        Ok(moved)
    }

    async fn has_partition(&self, table: &str) -> Result<bool> {
        let sql = format!("SELECT to_regclass('{table}_{}') IS NOT NULL", self.span.suffix);
        let found = self.session.free(&sql, &[]).await?;
        let none = || StoreError::Broken("a table is neither there nor not".to_owned());
        get(found.rows.first().ok_or_else(none)?, 0)
    }

    /// Moves the month out of a default partition. Within the parent it would count as written
    /// anew, and deleting is forbidden there; so the partition leaves it for so long.
    async fn split(&self, table: &str, time: &str) -> Result<u64> {
        let Span { suffix, from, to } = &self.span;
        let of_month = format!("{time} >= {from} AND {time} < {to}");
        let parts = format!(
            "ALTER TABLE {table} DETACH PARTITION {table}_default; \
             CREATE TABLE {table}_{suffix} PARTITION OF {table} FOR VALUES FROM ({from}) TO ({to})"
        );
        self.session.batch(&parts).await?;
        let copy = format!(
            "INSERT INTO {table}_{suffix} OVERRIDING SYSTEM VALUE \
             SELECT * FROM {table}_default WHERE {of_month}"
        );
        let copied = self.session.free(&copy, &[]).await?.written;
        let away = format!("DELETE FROM {table}_default WHERE {of_month}");
        let deleted = self.session.free(&away, &[]).await?.written;
        if copied != deleted {
            let words = format!("{copied} rows of {table} were copied, and {deleted} deleted");
            return Err(StoreError::Broken(words));
        }
        let back = format!("ALTER TABLE {table} ATTACH PARTITION {table}_default DEFAULT");
        self.session.batch(&back).await?;
        Ok(copied)
    }
}
