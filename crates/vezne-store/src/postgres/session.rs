//! One connection: statements that are prepared once, and many of them on their way at a time.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::task::Poll;

use futures_util::TryStreamExt;
use tokio::task::JoinHandle;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, RowStream, Statement};
use vezne_core::engine::free_ids::FreeIds;

use super::leftover::Leftover;
use super::row::type_of;
use crate::row::{self, Result};
use crate::watch;

/// What a transaction of ours needs. A node that stops while it holds locks keeps them no longer
/// than ten seconds. Every look-up of a group is by key, and must stay so on tables that have grown
/// since they were last counted; what is discouraged so counts as dear, and compiling a plan for
/// that would take longer than running it. One plan for all parameters is kept of each statement
/// that is prepared: to plan takes longer than most statements. So it must be one that is right for
/// a desk with no rows and with many; what has no such plan is not prepared ([`Session::free`]).
const SETTINGS: [(&str, &str); 8] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "'10s'"),
    ("idle_in_transaction_session_timeout", "'10s'"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
];

/// What sets them for a whole session.
pub(crate) fn settings() -> String {
    SETTINGS.map(|(name, value)| format!("SET {name} = {value}")).join("; ")
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// Behind a pooler each transaction may be on another connection, and brings its settings along.
static SETTINGS_POOLED: LazyLock<String> = LazyLock::new(|| {
    SETTINGS.map(|(name, value)| format!("SET LOCAL {name} = {value}")).join("; ")
});

/// What a statement by itself is wrapped in behind a pooler.
const BEGIN_LONE: &str = "BEGIN";

/// A statement with the types of its parameters, so that it needs no look at the server first.
#[derive(Debug)]
pub(super) struct Sql {
    /// What it says.
    pub(super) text: &'static str,
    /// What `$1`, `$2`, ... are.
    pub(super) types: &'static [Type],
}

/// A parameter.
pub(super) type Parameter = Box<dyn ToSql + Sync + Send>;

/// A statement with its parameters.
pub(super) struct Query {
    sql: &'static Sql,
    parameters: Vec<Parameter>,
}

impl Query {
    /// A statement to run.
    pub(super) fn new(sql: &'static Sql, parameters: Vec<Parameter>) -> Self {
        Self { sql, parameters }
    }
}

/// A statement on its way.
type Turn<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// Boxes each parameter of a statement.
macro_rules! parameters {
    ($($parameter:expr),* $(,)?) => {
        vec![$(Box::new($parameter) as $crate::postgres::session::Parameter),*]
    };
}
pub(super) use parameters;

/// What a statement came to.
pub(super) struct Answer {
    /// The rows it gave.
    pub(super) rows: Vec<Row>,
    /// How many rows it wrote.
    pub(super) written: u64,
}

/// One connection to the server.
pub(super) struct Session {
    client: Client,
    driver: JoinHandle<()>,
    warnings: Arc<AtomicU64>,
    /// Nothing where a pooler gives each transaction another server connection, which would not
    /// know the names of prepared statements.
    prepared: Option<Mutex<HashMap<&'static str, Statement>>>,
    /// The schema that the desk is in, as SQL names it, once that is known. Whatever else a role or
    /// a database says about the path, tables are looked for there.
    schema: OnceLock<String>,
    /// Whether a transaction is under way.
    open: AtomicBool,
    /// Ids that this connection was given and did not use.
    leftover: Mutex<Leftover>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Session {
    /// A session on a connection that `driver` moves.
    pub(super) fn new(
        client: Client,
        driver: JoinHandle<()>,
        warnings: Arc<AtomicU64>,
        pooled: bool,
    ) -> Self {
        let prepared = (!pooled).then(Mutex::default);
        let (schema, open) = (OnceLock::new(), AtomicBool::new(false));
        Self { client, driver, warnings, prepared, schema, open, leftover: Mutex::default() }
    }

    /// How many warnings have come so far. One that comes with a commit may say that the commit was
    /// not replicated after all.
    pub(super) fn warnings(&self) -> u64 {
        self.warnings.load(Ordering::Relaxed)
    }

    /// Whether nothing more can be asked of it.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Waits until the connection ends, whoever ends it.
    pub(super) async fn ended(mut self) {
        // A driver that was stopped or fell is at its end as well.
        let _ = (&mut self.driver).await;
    }

    /// Whether a pooler stands between.
    pub(super) fn is_pooled(&self) -> bool {
        self.prepared.is_none()
    }

    /// Ids that this connection drew for an earlier group.
    pub(super) fn take_ids(&self) -> FreeIds {
        self.leftover.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps ids for the next group. Behind a pooler the next transaction may be on another server,
    /// which may give the same ones out.
    pub(super) fn keep_ids(&self, ids: FreeIds) {
        if !self.is_pooled() {
            self.leftover.lock().unwrap_or_else(PoisonError::into_inner).keep(ids);
        }
    }

    /// Runs statements without parameters, such as those around a transaction. Those that neither
    /// begin nor end one belong to the one that is under way, or else are one of their own.
    pub(super) async fn batch(&self, sql: &str) -> Result<()> {
        let begins = sql.starts_with("BEGIN");
        let ends = sql.ends_with("COMMIT") || sql == "ROLLBACK";
        if !begins && !ends {
            self.alone(vec![Box::pin(self.around(sql.to_owned()))]).await?;
            return Ok(());
        }
        self.open.store(begins && !ends, Ordering::Relaxed);
        let pinned = if begins { self.pinned(sql) } else { None };
        Ok(self.client.batch_execute(pinned.as_deref().unwrap_or(sql)).await?)
    }

    /// A batch that begins a transaction, with the schema that holds for it behind the first
    /// statement; nothing where the connection keeps it.
    fn pinned(&self, sql: &str) -> Option<String> {
        let schema = self.schema.get().filter(|_| self.is_pooled())?;
        let (begin, rest) = sql.split_once(';').unwrap_or((sql, ""));
        Some(format!("{begin}; SET LOCAL search_path = {schema}, pg_temp; {rest}"))
    }

    /// Has all further statements find their tables in a schema, which is named as SQL does.
    pub(super) async fn pin(&self, schema: &str) -> Result<()> {
        if !self.is_pooled() {
            // The tables of this session alone come last, so that they are nobody's desk.
            self.batch(&format!("SET search_path = {schema}, pg_temp")).await?;
        }
        self.schema.get_or_init(|| schema.to_owned());
        Ok(())
    }

    /// Runs statements, all of them on their way before the first answer comes.
    pub(super) async fn run(&self, queries: &[Query]) -> Result<Vec<Answer>> {
        let mut prepared = Vec::with_capacity(queries.len());
        for query in queries {
            prepared.push(self.prepare(query.sql).await?);
        }
        let both = queries.iter().zip(&prepared);
        let turns = both.map(|(query, statement)| -> Turn<'_> {
            Box::pin(self.send(query, statement.as_ref()))
        });
        self.alone(turns.collect()).await
    }

    /// Runs what may be no part of a transaction. Behind a pooler it then is one of its own, since
    /// nothing else says which schema is meant.
    async fn alone(&self, mut turns: Vec<Turn<'_>>) -> Result<Vec<Answer>> {
        let Some(begin) = self.pinned(BEGIN_LONE).filter(|_| !self.is_open()) else {
            return in_order(turns).await;
        };
        turns.insert(0, Box::pin(self.around(begin)));
        turns.push(Box::pin(self.around("COMMIT".to_owned())));
        let mut answers = in_order(turns).await?;
        answers.pop();
        answers.remove(0);
        Ok(answers)
    }

    /// A statement around others, which gives no rows.
    async fn around(&self, sql: String) -> Result<Answer> {
        self.client.batch_execute(&sql).await?;
        Ok(Answer { rows: Vec::new(), written: 0 })
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Sees to the settings of all its transactions, where it keeps them.
    pub(super) async fn settle(&self) -> Result<()> {
        if self.is_pooled() {
            return Ok(());
        }
        self.batch(&settings()).await
    }

    /// Begins a transaction that may write and runs a statement in it, all in one turn.
    pub(super) async fn begin(&self, query: &Query) -> Result<Answer> {
        let statement = self.prepare(query.sql).await?;
        let started = async {
            match self.is_pooled() {
                true => self.batch(&format!("{BEGIN}; {}", *SETTINGS_POOLED)).await?,
                false => self.batch(BEGIN).await?,
            }
            Ok(Answer { rows: Vec::new(), written: 0 })
        };
        let asked = self.send(query, statement.as_ref());
        let turns: Vec<Turn<'_>> = vec![Box::pin(started), Box::pin(asked)];
        let mut answers = in_order(turns).await?;
        answers.pop().ok_or_else(nothing)
    }

    /// Runs one statement.
    pub(super) async fn one(
        &self,
        sql: &'static Sql,
        parameters: Vec<Parameter>,
    ) -> Result<Answer> {
        let mut answers = self.run(&[Query::new(sql, parameters)]).await?;
        answers.pop().ok_or_else(nothing)
    }

    /// Runs a statement whose text is made up as needed, and which is therefore not kept prepared.
    pub(super) async fn free(&self, sql: &str, values: &[row::Value]) -> Result<Answer> {
        watch::note(
            sql,
            values.iter().map(type_of).collect::<Vec<_>>().iter().map(Type::name),
            false,
        );
        let asked = async {
            let parameters =
                values.iter().map(|value| (value as &(dyn ToSql + Sync), type_of(value)));
            collect(self.client.query_typed_raw(sql, parameters).await?).await
        };
        let mut answers = self.alone(vec![Box::pin(asked)]).await?;
        answers.pop().ok_or_else(nothing)
    }

    /// Runs a statement and shows each of its rows as it comes, so that none need be kept.
    pub(super) async fn each(
        &self,
        sql: &str,
        see: &mut dyn FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        let lone = self.is_pooled() && !self.is_open();
        if lone {
            self.batch(BEGIN_LONE).await?;
        }
        let seen = self.stream(sql, see).await;
        if lone {
            self.batch("COMMIT").await?;
        }
        seen
    }

    async fn stream(&self, sql: &str, see: &mut dyn FnMut(&Row) -> Result<()>) -> Result<()> {
        let none: [(&(dyn ToSql + Sync), Type); 0] = [];
        let mut rows = std::pin::pin!(self.client.query_typed_raw(sql, none).await?);
        while let Some(row) = rows.as_mut().try_next().await? {
            see(&row)?;
        }
        Ok(())
    }

    /// Starts the way in for many rows of a table; `columns` is a list of them.
    ///
    /// # Errors
    /// Also outside a transaction, where behind a pooler nothing would say which schema is meant.
    pub(super) async fn copy_in(&self, table: &str, columns: &str) -> Result<CopyIn> {
        if !self.is_open() {
            return Err(row::StoreError::Broken("rows come in outside a transaction".to_owned()));
        }
        let shape = self.client.prepare(&format!("SELECT {columns} FROM {table}")).await?;
        let types: Vec<Type> = shape.columns().iter().map(|one| one.type_().clone()).collect();
        let sql = format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)");
        let writer = BinaryCopyInWriter::new(self.client.copy_in(&sql).await?, &types);
        Ok(CopyIn { writer: Box::pin(writer), columns: types.len() })
    }

    async fn prepare(&self, sql: &'static Sql) -> Result<Option<Statement>> {
        watch::note(sql.text, sql.types.iter().map(Type::name), !self.is_pooled());
        let Some(prepared) = &self.prepared else { return Ok(None) };
        let kept = || prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = kept().get(sql.text) {
            return Ok(Some(statement.clone()));
        }
        let statement = self.client.prepare_typed(sql.text, sql.types).await?;
        kept().insert(sql.text, statement.clone());
        Ok(Some(statement))
    }

    async fn send(&self, query: &Query, statement: Option<&Statement>) -> Result<Answer> {
        let parameters = query.parameters.iter().map(|one| &**one as &(dyn ToSql + Sync));
        let rows = match statement {
            Some(statement) => self.client.query_raw(statement, parameters).await?,
            None => {
                let typed = parameters.zip(query.sql.types.iter().cloned());
                self.client.query_typed_raw(query.sql.text, typed).await?
            }
        };
        collect(rows).await
    }
}

/// Rows on their way into a table.
pub(crate) struct CopyIn {
    writer: Pin<Box<BinaryCopyInWriter>>,
    columns: usize,
}

impl CopyIn {
    /// Sends a row.
    pub(crate) async fn write(&mut self, row: &[row::Value]) -> Result<()> {
        if row.len() != self.columns {
            return Err(row::StoreError::Broken("a row with other columns".to_owned()));
        }
        Ok(self.writer.as_mut().write_raw(row.iter()).await?)
    }

    /// Ends the way in, and says how many rows went it.
    pub(crate) async fn finish(mut self) -> Result<u64> {
        Ok(self.writer.as_mut().finish().await?)
    }
}

fn nothing() -> row::StoreError {
    row::StoreError::Broken("a statement had no answer".to_owned())
}

async fn collect(rows: RowStream) -> Result<Answer> {
    let mut stream = std::pin::pin!(rows);
    let mut rows = Vec::new();
    while let Some(row) = stream.as_mut().try_next().await? {
        rows.push(row);
    }
    Ok(Answer { rows, written: stream.rows_affected().unwrap_or(0) })
}

/// Starts futures in order and waits for all. The first in order that failed is what failed: those
/// behind it were only refused for its sake.
async fn in_order<T>(futures: Vec<impl Future<Output = Result<T>>>) -> Result<Vec<T>> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, done) in &mut running {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(result) => *done = Some(result),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}
