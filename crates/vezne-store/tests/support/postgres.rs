//! The PostgreSQL store as the contract suite opens it: each test has a database of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vezne_core::port::Store;
use vezne_store::audit::{Report, audit_postgres_with_key};
use vezne_store::postgres::{OpenError, Time};
use vezne_store::{MasterKey, PostgresOptions, PostgresStore};
use vezne_testbed::Database;

use super::{Backend, SeededRandom, SharedBackend};

static OPENINGS: AtomicU64 = AtomicU64::new(1);

/// A fresh database, which goes away with it.
pub(crate) struct Postgres {
    pub(crate) database: Database,
}

impl Postgres {
    pub(crate) fn key() -> MasterKey {
        MasterKey::generate([7; 32])
    }

    /// Migrates, and keeps to the time of the test.
    pub(crate) fn options() -> PostgresOptions {
        PostgresOptions {
            migrate: true,
            writers: 2,
            readers: 2,
            time: Time::Engines,
            ..PostgresOptions::default()
        }
    }

    pub(crate) async fn try_open(
        &self,
        options: &PostgresOptions,
    ) -> Result<Arc<PostgresStore>, OpenError> {
        // Each opening draws marks of its own, as each process does.
        let random = Arc::new(SeededRandom::new(OPENINGS.fetch_add(1, Ordering::Relaxed)));
        PostgresStore::open(self.database.url(), &Self::key(), random, options).await
    }
}

impl Backend for Postgres {
    fn fresh() -> Self {
        Self { database: Database::fresh().expect("a database") }
    }

    async fn open(&self) -> Arc<dyn Store> {
        self.try_open(&Self::options()).await.expect("it opens")
    }

    fn audit(&self) -> Report {
        let key = Self::key();
        audit_postgres_with_key(self.database.url(), &Self::options(), Some(&key))
            .expect("it can be audited")
    }

    fn by_hand(&self, sql: &str) {
        let sql = format!("SET session_replication_role = replica; {sql}");
        self.database.sql(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    fn bytes(hex: &str) -> String {
        format!("'\\x{hex}'")
    }
}

impl SharedBackend for Postgres {
    async fn open_another(&self) -> Arc<dyn Store> {
        self.open().await
    }
}

/// The same behind a pooler, which gives each transaction another connection: nothing is prepared
/// and no id is kept for the next group. In front of the desk on the path lies a schema with a twin
/// of each of its tables, into which nothing may go astray.
pub(crate) struct Pooled(Postgres);

/// Makes the twins that are not there yet. The list of migrations has none: with it, they would be
/// a second desk, which a store refuses.
const TWINS: &str = "CREATE SCHEMA IF NOT EXISTS vezne AUTHORIZATION vezne; \
     DO $$ DECLARE name text; BEGIN \
     FOR name IN SELECT relname FROM pg_class \
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') \
         AND NOT relispartition AND relname <> 'migration' LOOP \
         EXECUTE format('CREATE TABLE IF NOT EXISTS vezne.%I (LIKE public.%I)', name, name); \
         EXECUTE format('ALTER TABLE vezne.%I OWNER TO vezne', name); \
     END LOOP; END $$";

/// Fails where a twin has a row.
const STRAYS: &str = "DO $$ DECLARE name text; stray boolean; BEGIN \
     FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'vezne'::regnamespace \
         AND relkind = 'r' LOOP \
         EXECUTE format('SELECT EXISTS (SELECT 1 FROM vezne.%I)', name) INTO stray; \
         IF stray THEN RAISE EXCEPTION 'rows went astray into %', name; END IF; \
     END LOOP; END $$";

impl Backend for Pooled {
    fn fresh() -> Self {
        Self(Postgres::fresh())
    }

    async fn open(&self) -> Arc<dyn Store> {
        let options = PostgresOptions { pooler: true, ..Postgres::options() };
        let store = self.0.try_open(&options).await.expect("it opens");
        self.0.database.sql(TWINS).expect("they are made");
        store
    }

    fn audit(&self) -> Report {
        self.0.database.sql(STRAYS).expect("nothing went astray");
        self.0.audit()
    }

    fn by_hand(&self, sql: &str) {
        self.0.by_hand(&format!("SET search_path = public; {sql}"));
    }

    fn bytes(hex: &str) -> String {
        Postgres::bytes(hex)
    }
}
