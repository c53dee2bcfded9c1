//! Where the desk is kept: a file of this machine, or a PostgreSQL that several nodes share.

use std::path::PathBuf;
use std::sync::Arc;

use vezne_core::model::personal::Secret;
use vezne_core::port::{Clock, PayoutFilter, Random, Store};
use vezne_store::audit::{self, Report};
use vezne_store::postgres::{self, Standing, Time};
use vezne_store::sqlite::{OpenOptions, migrate};
use vezne_store::{MasterKey, MigrationStatus, PostgresOptions, PostgresStore, SqliteStore};

use crate::commands::Error;
use crate::config;
use crate::system::SteadyClock;

/// A database by its address.
#[derive(Clone, Debug)]
pub enum Database {
    /// A SQLite file, which one process at a time may write.
    File(PathBuf),
    /// A PostgreSQL database.
    Server {
        /// Its URL, which may hold a password.
        url: Secret,
        /// How it is used.
        options: PostgresOptions,
    },
}

/// An open database with what goes with it.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    /// The time that all nodes agree on.
    pub(crate) clock: Arc<dyn Clock>,
    /// Groups that may be under way at the same time.
    pub(crate) lanes: usize,
}

impl config::Store {
    /// The database that the configuration names.
    pub(crate) fn kept_in(&self) -> Result<Database, Error> {
        match self.url.expose().is_empty() {
            true => Ok(Database::File(self.database())),
            false => self.at(self.url.clone()),
        }
    }

    /// The PostgreSQL database at a URL, used as the configuration says.
    pub(crate) fn at(&self, url: Secret) -> Result<Database, Error> {
        let file = |path: &PathBuf| Some(path.clone()).filter(|path| !path.as_os_str().is_empty());
        let password = file(&self.password_file).map(|path| {
            let read = std::fs::read_to_string(&path);
            read.map(|text| Secret::new(text.trim_end_matches(['\r', '\n'])))
                .map_err(|error| format!("cannot read {}: {error}", path.display()))
        });
        let options = PostgresOptions {
            migrate: self.migrate_on_start,
            writers: self.writers,
            readers: self.readers,
            pooler: self.pooler,
            require_synchronous_standby: self.require_synchronous_standby,
            ca_file: file(&self.ca_file),
            password: password.transpose()?,
            time: Time::Servers,
        };
        Ok(Database::Server { url, options })
    }
}

impl Database {
    /// Opens it for work.
    pub(crate) async fn open(
        &self,
        key: &MasterKey,
        random: Arc<dyn Random>,
        migrate: bool,
    ) -> Result<Opened, Error> {
        match self {
            Self::File(path) => {
                let store = SqliteStore::open(path, key, random, OpenOptions { migrate })?;
                let filter = PayoutFilter { limit: 1, ..PayoutFilter::default() };
                // One that does not read says nothing of the time, and stops nothing.
                let newest = store.payouts(filter).await.unwrap_or_default().pop();
                let clock = SteadyClock::since(newest.map(|payout| payout.updated_at));
                Ok(Opened { store, clock: Arc::new(clock), lanes: 1 })
            }
            Self::Server { url, options } => {
                let store = PostgresStore::open(url.expose(), key, random, options).await?;
                let clock = store.clock();
                // One for the commands of no merchant in particular, such as those of the workers.
                Ok(Opened { store, clock, lanes: options.writers + 1 })
            }
        }
    }

    /// Whether a desk was begun in it.
    pub(crate) async fn is_begun(&self) -> Result<bool, Error> {
        match self {
            Self::File(path) => Ok(path.exists()),
            Self::Server { .. } => Ok(self.standing().await? > Standing::Empty),
        }
    }

    /// Whether something in it may be sealed, so that a fresh key would not do.
    pub(crate) async fn is_sealed(&self) -> Result<bool, Error> {
        match self {
            Self::File(path) => Ok(path.exists()),
            Self::Server { .. } => Ok(self.standing().await? == Standing::Sealed),
        }
    }

    async fn standing(&self) -> Result<Standing, Error> {
        match self {
            Self::File(_) => Ok(Standing::Empty),
            Self::Server { url, options } => Ok(postgres::standing(url.expose(), options).await?),
        }
    }

    /// The migrations it lacks.
    pub(crate) async fn pending(&self) -> Result<Vec<MigrationStatus>, Error> {
        let mut all = match self {
            Self::File(path) => migrate::status(path)?,
            Self::Server { url, options } => {
                postgres::migrate::status(url.expose(), options).await?
            }
        };
        all.retain(|migration| !migration.applied);
        Ok(all)
    }

    /// Applies the migrations it lacks, and says which.
    pub(crate) async fn migrate(&self) -> Result<Vec<MigrationStatus>, Error> {
        match self {
            Self::File(path) => Ok(migrate::migrate(path)?),
            Self::Server { url, options } => {
                Ok(postgres::migrate::migrate(url.expose(), options).await?)
            }
        }
    }

    /// Proves its books.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn audit(&self) -> Result<Report, Error> {
        match self {
            Self::File(path) => Ok(audit::audit(path)?),
            Self::Server { url, options } => Ok(audit::audit_postgres(url.expose(), options)?),
        }
    }

    /// Opens it only to look, beside whoever works on it.
    pub(crate) async fn look(
        &self,
        key: &MasterKey,
        random: Arc<dyn Random>,
    ) -> Result<Arc<dyn Store>, Error> {
        match self {
            Self::File(path) => Ok(SqliteStore::open_read_only(path, key)?),
            Self::Server { .. } => Ok(self.open(key, random, false).await?.store),
        }
    }

    /// Its address, without what is secret of it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Server { url, .. } => match url::Url::parse(url.expose()) {
                Ok(url) => format!("{}{}", url.host_str().unwrap_or("PostgreSQL"), url.path()),
                // Several hosts are no URL to others, and any part may be the password.
                Err(_) => "PostgreSQL".to_owned(),
            },
        }
    }
}
