//! Taking a finished month out of the tables: its partitions become tables of a schema of their
//! own, and what the books and the references need of it stays.
//!
//! Months go oldest first. Nothing in a month then names a payout of one that is still there, and
//! what names a payout that went is known by what is left of it. The postings of a past month never
//! change, and neither does what its ended payouts count for; so both are added up while everybody
//! works, and only at the end, for the moment of the detaching, are the tables locked.

mod gather;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use tokio_postgres::types::Type;
use vezne_core::model::approval::Actor;
use vezne_core::model::time::Timestamp;

pub use gather::gather;

use super::connect::Server;
use super::error::OpenError;
use super::partition::{self, Span, TABLES, month_of};
use super::read::{ONE_OF, known_state, see_confirmation};
use super::session::{Session, Sql, parameters};
use super::{PostgresOptions, migrate, open};
use crate::key::MasterKey;
use crate::row::payout::{read, select};
use crate::row::state::in_doubt;
use crate::row::{Result, StoreError, Value, get};
use crate::seal::Sealer;
use crate::sqlite::open::{NeverSeals, sealer};

/// Where the tables of months that were taken out are.
pub const TAKEN_SCHEMA: &str = "vezne_taken";

/// Adding a month up reads all of it, which the plans that groups are kept to are the worst for.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = 0; \
     SET LOCAL synchronous_commit = on; \
     SET LOCAL enable_seqscan = DEFAULT; SET LOCAL enable_hashjoin = DEFAULT; \
     SET LOCAL enable_mergejoin = DEFAULT";

/// A month of the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Month {
    /// Its name, such as 2026-01.
    pub name: String,
    /// When it was taken out, if it was.
    pub taken_at: Option<Timestamp>,
    /// Its payouts, counted when it was taken out; before, what the server's statistics say.
    pub payouts: i64,
    /// Its postings, likewise.
    pub postings: i64,
}

/// Why a month was not taken out.
#[derive(Debug)]
pub enum MonthError {
    /// It is no month such as 2026-01.
    NoMonth,
    /// The server was not reached, or something failed there.
    Open(OpenError),
    /// Its state or the desk's does not allow it, in words for the operator.
    Refused(String),
}

impl std::fmt::Display for MonthError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoMonth => f.write_str("a month is written like 2026-01"),
            Self::Open(error) => error.fmt(f),
            Self::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for MonthError {}

impl<E: Into<OpenError>> From<E> for MonthError {
    fn from(error: E) -> Self {
        Self::Open(error.into())
    }
}

fn refused(why: impl Into<String>) -> MonthError {
    MonthError::Refused(why.into())
}

/// The months of a desk, oldest first, with those that were taken out.
///
/// # Errors
/// When no primary is reached, or its schema is not this program's.
pub async fn list(
    url: &str,
    options: &PostgresOptions,
) -> std::result::Result<Vec<Month>, MonthError> {
    let session = Server::new(url, options)?.connect().await?;
    migrate::check(&session).await?;
    let mut months = taken(&session).await?;
    months.extend(there(&session).await?);
    months.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(months)
}

/// Takes a month out: the oldest that is there, and that nothing is unfinished in. Its tables are
/// in [`TAKEN_SCHEMA`] afterwards. `key` shows that each of its payouts is what was accepted: once
/// it is out, nobody would find that it was altered.
///
/// # Errors
/// [`MonthError`]; the desk is as it was, unless the connection broke in the commit.
pub async fn take_out(
    url: &str,
    options: &PostgresOptions,
    key: &MasterKey,
    (month, by): (&str, &Actor),
) -> std::result::Result<Month, MonthError> {
    let span = parse(month)?;
    let session = Server::new(url, options)?.connect().await?;
    migrate::check(&session).await?;
    let sealer = sealer(key, Arc::new(NeverSeals)).map_err(|error| refused(error.to_string()))?;
    see_confirmation(&session, &sealer).await?;
    let start = open::now(&session).await?;
    let work = Work { session: &session, sealer, name: month.to_owned(), span };
    session.batch(BEGIN).await?;
    session.free(partition::LOCK, &[]).await?;
    let taken = work.all(start, &by.to_string()).await;
    finish(&session, taken).await
}

fn parse(month: &str) -> std::result::Result<Span, MonthError> {
    let first: Date = format!("{month}-01").parse().map_err(|_| MonthError::NoMonth)?;
    Ok(month_of(first)?)
}

/// Ends the transaction, so that all of it stands or nothing does.
async fn finish<T>(
    session: &Session,
    done: std::result::Result<T, MonthError>,
) -> std::result::Result<T, MonthError> {
    match done {
        Ok(done) => {
            session.batch("COMMIT").await?;
            Ok(done)
        }
        Err(error) => {
            // Whatever had been done is undone with the connection as well.
            drop(session.batch("ROLLBACK").await);
            Err(error)
        }
    }
}

/// Locks whatever is partitioned. Groups take these locks one by one as they need them, so that
/// one may stand against this: the server then ends whoever closed the circle, a group begins anew
/// by itself, and this is told to try again.
async fn lock_tables(session: &Session) -> Result<()> {
    let sql = format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", TABLES.join(", "));
    session.batch(&sql).await
}

async fn taken(session: &Session) -> Result<Vec<Month>> {
    let sql = "SELECT month, taken_at, payouts, postings FROM taken_month";
    let found = session.free(sql, &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        Ok(Month {
            name: get(row, 0)?,
            taken_at: Some(Timestamp::from_micros(get(row, 1)?)),
            payouts: get(row, 2)?,
            postings: get(row, 3)?,
        })
    };
    found.rows.iter().map(read).collect()
}

/// Months with a partition of payouts.
async fn there(session: &Session) -> Result<Vec<Month>> {
    let sql = "SELECT replace(substr(one.relname, 9), 'm', '-'), \
             greatest(one.reltuples, 0)::bigint, \
             greatest(coalesce(books.reltuples, 0), 0)::bigint \
         FROM pg_inherits AS i JOIN pg_class AS one ON one.oid = i.inhrelid \
         LEFT JOIN pg_class AS books ON books.relnamespace = one.relnamespace \
             AND books.relname = 'posting' || substr(one.relname, 7) \
         WHERE i.inhparent = 'payout'::regclass AND one.relname ~ '^payout_y[0-9]{4}m[0-9]{2}$'";
    let found = session.free(sql, &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        let (name, taken_at) = (get(row, 0)?, None);
        Ok(Month { name, taken_at, payouts: get(row, 1)?, postings: get(row, 2)? })
    };
    found.rows.iter().map(read).collect()
}

/// One month on its way out.
struct Work<'a> {
    session: &'a Session,
    sealer: Sealer,
    name: String,
    span: Span,
}

impl Work<'_> {
    async fn all(&self, start: Timestamp, by: &str) -> std::result::Result<Month, MonthError> {
        self.is_whole_and_over(start).await?;
        self.is_the_oldest().await?;
        self.is_finished().await?;
        self.reads().await?;
        let told = self.told().await?;
        let taken = self.record(start, by).await?;
        self.keep().await?;
        lock_tables(self.session).await?;
        // Between the adding up and the lock a person may have had a callback sent again, and a
        // node whose clock is behind may have written to an older month.
        self.is_the_oldest().await?;
        self.is_finished().await?;
        self.has_not_moved_since(&taken, told).await?;
        self.detach().await?;
        Ok(taken)
    }

    /// The statement with the month's own tables and bounds in it.
    fn of_month(&self, sql: &str) -> String {
        sql.replace("{m}", &self.span.suffix)
            .replace("{from}", &self.span.from.to_string())
            .replace("{to}", &self.span.to.to_string())
            .replace("{name}", &self.name)
    }

    async fn count(&self, sql: &str) -> Result<i64> {
        let found = self.session.free(&self.of_month(sql), &[]).await?;
        let none = || StoreError::Broken("nothing was counted".to_owned());
        get(found.rows.first().ok_or_else(none)?, 0)
    }

    async fn is_whole_and_over(&self, now: Timestamp) -> std::result::Result<(), MonthError> {
        if now.micros() <= self.span.to {
            return Err(refused(format!("{} is not over", self.name)));
        }
        let sql = "SELECT count(*) FROM taken_month WHERE month = '{name}'";
        if self.count(sql).await? > 0 {
            return Err(refused(format!("{} was taken out already", self.name)));
        }
        for table in TABLES {
            let name = format!("{table}_{}", self.span.suffix);
            let sql = format!(
                "SELECT count(*) FROM pg_inherits \
                 WHERE inhparent = '{table}'::regclass AND inhrelid = to_regclass('{name}')"
            );
            if self.count(&sql).await? == 0 {
                return Err(refused(format!(
                    "there is no partition {name}: `vezne month gather {}` makes it of what is \
                     in {table}_default",
                    self.name
                )));
            }
        }
        Ok(())
    }

    async fn is_the_oldest(&self) -> std::result::Result<(), MonthError> {
        for (table, time) in TIMES {
            let sql = format!(
                "SELECT count(*) FROM (SELECT FROM {table} WHERE {time} < {{from}} LIMIT 1) AS x"
            );
            if self.count(&sql).await? > 0 {
                return Err(refused(format!(
                    "{table} has rows from before {}: months are taken out oldest first",
                    self.name
                )));
            }
        }
        Ok(())
    }

    async fn is_finished(&self) -> std::result::Result<(), MonthError> {
        let doubted = in_doubt(&known_state(self.session, &self.sealer).await?, ONE_OF);
        let doubted = format!("SELECT count(*) FROM payout_{{m}} WHERE {doubted}");
        let doubted = (doubted.as_str(), "payouts are in doubt", "vezne payout list --in-doubt");
        for (sql, what, look) in [doubted].into_iter().chain(UNFINISHED) {
            let count = self.count(sql).await?;
            if count > 0 {
                let why = format!("{count} {what} of {}: see `{look}`", self.name);
                return Err(refused(why));
            }
        }
        Ok(())
    }

    /// Each payout is what was accepted and stands where it was brought. One that no group has met
    /// since it was altered was not set aside yet.
    async fn reads(&self) -> std::result::Result<(), MonthError> {
        let sql = self.of_month(&select("WHERE created_at >= {from} AND created_at < {to}"));
        let mut unread = None;
        let mut see = |row: &tokio_postgres::Row| match read(row, &self.sealer) {
            Ok(_) => Ok(()),
            Err(error) if error.is_of_one_row() => {
                let id: i64 = get(row, 0)?;
                let _ = unread.get_or_insert_with(|| format!("payout {id} does not read: {error}"));
                Ok(())
            }
            Err(error) => Err(error),
        };
        self.session.each(&sql, &mut see).await?;
        match unread {
            None => Ok(()),
            Some(why) => Err(refused(format!("{why}; `vezne audit` names all that do not"))),
        }
    }

    /// How many callbacks of the month there are, and how often they were sent.
    async fn told(&self) -> Result<(i64, i64)> {
        let sent = "SELECT coalesce(sum(attempts), 0)::bigint FROM callback_{m}";
        Ok((self.count("SELECT count(*) FROM callback_{m}").await?, self.count(sent).await?))
    }

    /// Writes the month down.
    async fn record(&self, at: Timestamp, by: &str) -> Result<Month> {
        let payouts = self.count("SELECT count(*) FROM payout_{m}").await?;
        let postings = self.count("SELECT count(*) FROM posting_{m}").await?;
        let sql = "INSERT INTO taken_month \
             (month, starts_at, ends_at, taken_at, taken_by, payouts, postings) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let name = self.name.clone();
        let values: [Value; 7] = [
            (&name).into(),
            self.span.from.into(),
            self.span.to.into(),
            at.micros().into(),
            by.into(),
            payouts.into(),
            postings.into(),
        ];
        self.session.free(sql, &values).await?;
        let sql = "INSERT INTO trail (at, actor, action, detail) \
             VALUES ($1, $2, 'month.taken-out', $3)";
        let who: [Value; 3] = [at.micros().into(), by.into(), (&name).into()];
        self.session.free(sql, &who).await?;
        Ok(Month { name, taken_at: Some(at), payouts, postings })
    }

    /// Keeps what is needed of it.
    async fn keep(&self) -> Result<()> {
        for sql in KEEP {
            self.session.free(&self.of_month(sql), &[]).await?;
        }
        self.carry_days().await
    }

    async fn carry_days(&self) -> Result<()> {
        let mut days: BTreeMap<(i64, i64, String), i64> = BTreeMap::new();
        for row in self.session.free(&self.of_month(COUNTED), &[]).await?.rows {
            let hour: i64 = get(&row, 2)?;
            let day = Timestamp::from_micros(hour.saturating_mul(HOUR)).day();
            let key = (get(&row, 0)?, i64::from(day.number()), get(&row, 1)?);
            let sum = days.entry(key).or_default();
            let beyond = || StoreError::Broken("a day beyond all money".to_owned());
            *sum = sum.checked_add(get(&row, 3)?).ok_or_else(beyond)?;
        }
        let numbers = |read: fn(&(i64, i64, String)) -> i64| days.keys().map(read).collect();
        let (merchants, on): (Vec<i64>, Vec<i64>) = (numbers(|key| key.0), numbers(|key| key.1));
        let channels: Vec<String> = days.keys().map(|key| key.2.clone()).collect();
        let minors: Vec<i64> = days.into_values().collect();
        let values = parameters![self.name.clone(), merchants, on, channels, minors];
        self.session.one(&CARRY_DAYS, values).await.map(drop)
    }

    /// Under the lock: nothing has come to the month since it was added up, and nobody was told
    /// anew.
    async fn has_not_moved_since(
        &self,
        counted: &Month,
        told: (i64, i64),
    ) -> std::result::Result<(), MonthError> {
        let payouts = self.count("SELECT count(*) FROM payout_{m}").await?;
        let postings = self.count("SELECT count(*) FROM posting_{m}").await?;
        if (payouts, postings) != (counted.payouts, counted.postings) {
            return Err(refused("the month was written to meanwhile; try again"));
        }
        match self.told().await? == told {
            true => Ok(()),
            false => Err(refused("a callback of the month was sent meanwhile; try again")),
        }
    }

    async fn detach(&self) -> Result<()> {
        let schema = format!("CREATE SCHEMA IF NOT EXISTS {TAKEN_SCHEMA}");
        self.session.batch(&schema).await?;
        for table in TABLES {
            let sql = format!(
                "ALTER TABLE {table} DETACH PARTITION {table}_{{m}}; \
                 CREATE TRIGGER {table}_is_closed BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE \
                     ON {table}_{{m}} FOR EACH STATEMENT \
                     EXECUTE FUNCTION refuse_change('a month that was taken out stays as it is'); \
                 ALTER TABLE {table}_{{m}} SET SCHEMA {TAKEN_SCHEMA}"
            );
            self.session.batch(&self.of_month(&sql)).await?;
        }
        Ok(())
    }
}

/// Each table with the time that it is partitioned by.
const TIMES: [(&str, &str); 5] = [
    ("payout", "created_at"),
    ("posting", "at"),
    ("callback", "created_at"),
    ("attempt", "at"),
    ("trail", "at"),
];

/// What keeps a month where it is: how it is counted, how it is called, and where it is seen.
const UNFINISHED: [(&str, &str, &str); 5] = [
    (
        "SELECT count(*) FROM payout_{m} WHERE set_aside_at IS NOT NULL",
        "payouts are set aside",
        "vezne payout list --set-aside",
    ),
    (
        "SELECT count(*) FROM callback AS c WHERE c.set_aside_at IS NOT NULL \
         AND (c.created_at < {to} \
              OR EXISTS (SELECT 1 FROM payout_{m} AS p WHERE p.id = c.payout_id))",
        "callbacks are set aside about payouts",
        "vezne callback list --set-aside",
    ),
    (
        "SELECT count(*) FROM payout_{m} WHERE seal IS NULL",
        "payouts have no seal yet",
        "vezne seal status",
    ),
    (
        "SELECT count(*) FROM payout_{m} \
         WHERE state IN ('awaiting-approval', 'approved', 'dispatched')",
        "payouts are unfinished",
        "vezne payout list --state awaiting-approval, approved or dispatched",
    ),
    (
        "SELECT count(*) FROM callback AS c WHERE c.state = 'due' \
         AND (c.created_at < {to} \
              OR EXISTS (SELECT 1 FROM payout_{m} AS p WHERE p.id = c.payout_id))",
        "callbacks are due about payouts",
        "vezne callback list --state due",
    ),
];

/// What is kept of a month, each by one statement.
const KEEP: [&str; 3] = [
    "INSERT INTO taken_payout (merchant_id, payout_id, created_at, commission_minor, \
         receiver_commission_minor, content, currency, month) \
     SELECT merchant_id, id, created_at, commission_minor, \
         coalesce(receiver_commission_minor, 0), content, currency, '{name}' FROM payout_{m}",
    "INSERT INTO taken_callback (merchant_id, callback_id, month) \
     SELECT c.merchant_id, c.id, '{name}' FROM callback_{m} AS c \
     WHERE EXISTS (SELECT 1 FROM attempt AS a WHERE a.callback_id = c.id AND a.at >= {to}) \
        OR c.id IN (SELECT t.callback_id FROM trail AS t WHERE t.at >= {to})",
    "INSERT INTO carried_balance (month, merchant_id, currency, account, minor) \
     SELECT '{name}', merchant_id, currency, account, sum(minor)::bigint FROM ( \
         SELECT merchant_id, currency, debit AS account, -amount_minor AS minor FROM posting_{m} \
         UNION ALL \
         SELECT merchant_id, currency, credit, amount_minor FROM posting_{m}) AS moved \
     GROUP BY merchant_id, currency, account",
];

/// What its payouts count for, by the hour; whose day an hour belongs to is the core's to say.
const COUNTED: &str = "SELECT merchant_id, channel, created_at / 3600000000, \
         sum(amount_minor)::bigint \
     FROM payout_{m} WHERE state NOT IN ('rejected', 'failed') \
     GROUP BY merchant_id, channel, created_at / 3600000000";

/// An hour in microseconds.
const HOUR: i64 = 3_600_000_000;

static CARRY_DAYS: Sql = Sql {
    text: "INSERT INTO carried_day_total (month, merchant_id, day, channel, minor) \
         SELECT $1, * FROM unnest($2, $3, $4, $5)",
    types: &[Type::TEXT, Type::INT8_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::INT8_ARRAY],
};
