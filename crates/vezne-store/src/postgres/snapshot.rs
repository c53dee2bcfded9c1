//! One snapshot of a whole database, read row by row by a thread that waits for each page.

use tokio::runtime::{Builder, Runtime};

use super::connect::Server;
use super::error::OpenError;
use super::session::Session;
use super::{PostgresOptions, migrate};
use crate::row::{Result, Row};

/// Reading everything takes its time, and all of it is wanted, not the first rows soon; the plans
/// that groups are kept to are the worst for it. A table whose rows a policy hides is rather not
/// read at all.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
     SET LOCAL cursor_tuple_fraction = 1; SET LOCAL row_security = off; \
     SET LOCAL enable_seqscan = DEFAULT; SET LOCAL enable_hashjoin = DEFAULT; \
     SET LOCAL enable_mergejoin = DEFAULT";

/// Rows that are in memory at a time.
const PAGE: usize = 1_000;

/// A transaction that sees one moment of the database and writes nothing.
pub(crate) struct Snapshot {
    session: Session,
    runtime: Runtime,
}

impl Snapshot {
    /// Takes one. The calling thread must not be one that a runtime runs on.
    ///
    /// # Errors
    /// When no server is reached.
    pub(crate) fn take(
        url: &str,
        options: &PostgresOptions,
    ) -> std::result::Result<Self, OpenError> {
        let built = Builder::new_current_thread().enable_all().build();
        let runtime = built.map_err(|error| OpenError::Database(error.to_string()))?;
        let session = runtime.block_on(begin(url, options))?;
        Ok(Self { session, runtime })
    }

    /// Refuses a schema that this program may not run on.
    pub(crate) fn check_schema(&self) -> std::result::Result<(), OpenError> {
        self.runtime.block_on(migrate::check(&self.session))
    }

    /// Calls a function with each row of a query, a page of them at a time. A query that fails
    /// leaves the snapshot as it was.
    pub(crate) fn each(
        &self,
        sql: &str,
        see: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.batch("SAVEPOINT question")?;
        let seen = self.pages(sql, see);
        // This closes the cursor as well, whether it was opened or not.
        let ended = self.batch("ROLLBACK TO SAVEPOINT question; RELEASE SAVEPOINT question");
        seen.and(ended)
    }

    fn pages(&self, sql: &str, see: &mut dyn FnMut(&dyn Row) -> Result<()>) -> Result<()> {
        self.batch(&format!("DECLARE answer NO SCROLL CURSOR FOR {sql}"))?;
        let fetch = format!("FETCH {PAGE} FROM answer");
        loop {
            let page = self.runtime.block_on(self.session.free(&fetch, &[]))?.rows;
            page.iter().try_for_each(|row| see(row))?;
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn batch(&self, sql: &str) -> Result<()> {
        self.runtime.block_on(self.session.batch(sql))
    }
}

/// Whether a standby confirms commits is nothing to one who only reads.
async fn begin(url: &str, options: &PostgresOptions) -> std::result::Result<Session, OpenError> {
    let options = PostgresOptions { require_synchronous_standby: false, ..options.clone() };
    let session = Server::new(url, &options)?.connect_reading().await?;
    session.batch(BEGIN).await?;
    Ok(session)
}
