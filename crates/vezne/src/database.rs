//! Where the desk is kept: a file of this machine, or a PostgreSQL that several nodes share.

use std::path::{Path, PathBuf};
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
    /// The cluster and the database of a server.
    pub(crate) home: Option<String>,
}

impl config::Store {
    /// The database that the configuration names, and no other one than this directory's node
    /// worked on before.
    pub(crate) fn kept_in(&self) -> Result<Database, Error> {
        if self.url.expose().is_empty() {
            return Ok(Database::File(self.database()));
        }
        let mut database = self.at(self.url.clone())?;
        if let Database::Server { options, .. } = &mut database {
            options.home = kept_home(&self.home())?;
        }
        Ok(database)
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
            home: None,
        };
        Ok(Database::Server { url, options })
    }
}

/// What a node has written down of where it works, if it has.
fn kept_home(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read {}: {error}", path.display()).into()),
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
                let newest = store.payouts(filter).await?.rows.pop();
                let clock = SteadyClock::since(newest.map(|payout| payout.updated_at));
                Ok(Opened { store, clock: Arc::new(clock), lanes: 1, home: None })
            }
            Self::Server { url, options } => {
                let store = PostgresStore::open(url.expose(), key, random, options).await?;
                let (clock, home) = (store.clock(), Some(store.home().to_owned()));
                // One for the commands of no merchant in particular, such as those of the workers.
                Ok(Opened { store, clock, lanes: options.writers + 1, home })
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
        self.audit_with_key(None)
    }

    /// Proves its books, with what only the master key can tell.
    ///
    /// # Errors
    /// As [`Database::audit`].
    pub fn audit_with_key(&self, key: Option<&MasterKey>) -> Result<Report, Error> {
        match self {
            Self::File(path) => Ok(audit::audit_with_key(path, key)?),
            Self::Server { url, options } => {
                Ok(audit::audit_postgres_with_key(url.expose(), options, key)?)
            }
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

    /// Settings of its server that are off although commits may be lost or torn without them.
    pub(crate) async fn lax_settings(&self) -> Result<Vec<&'static str>, Error> {
        match self {
            Self::File(_) => Ok(Vec::new()),
            Self::Server { url, options } => {
                Ok(postgres::lax_settings(url.expose(), options).await?)
            }
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
