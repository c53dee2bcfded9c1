//! A database for one test.

use std::env;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::OnceLock;

use crate::program::psql;
use crate::server::OWNER;
use crate::{Error, Options, Server};

/// The superuser's URL of a server to use, as `cargo xtask test` sets it for all tests.
const VARIABLE: &str = "VEZNE_POSTGRES";

/// The server of this process. It is never dropped: its watcher sees to it when the process ends.
static SHARED: OnceLock<Result<Server, Error>> = OnceLock::new();

/// A fresh, empty database, dropped with this guard.
///
/// It is on the server that `VEZNE_POSTGRES` names by a superuser's URL, or else on one that this
/// process starts once.
pub struct Database {
    name: String,
    url: String,
    admin_url: String,
    /// The URL under which it is made and dropped.
    maintenance_url: String,
}

impl Database {
    /// Makes one, owned by the program's role.
    ///
    /// # Errors
    /// When there is no server and none can be started, or it does not answer.
    pub fn fresh() -> Result<Self, Error> {
        Self::made(maintenance_url()?, "template1")
    }

    /// Makes another with what is in this one, to which nobody may be connected meanwhile.
    ///
    /// # Errors
    /// When the server does not answer, or somebody stays connected.
    pub fn copy(&self) -> Result<Self, Error> {
        Self::made(self.maintenance_url.clone(), &self.name)
    }

    fn made(maintenance_url: String, template: &str) -> Result<Self, Error> {
        let name = format!("vezne_{:016x}", RandomState::new().build_hasher().finish());
        let admin_url = with_database(&maintenance_url, &name)?;
        let own = Self { url: with_owner(&admin_url)?, name, admin_url, maintenance_url };
        let name = &own.name;
        psql(
            &own.maintenance_url,
            &format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}"),
        )?;
        Ok(own)
    }

    /// For the program's role, which is no superuser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// For the superuser.
    #[must_use]
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL as the superuser; see [`psql`].
    ///
    /// # Errors
    /// When the server does not answer, or a statement fails.
    pub fn sql(&self, sql: &str) -> Result<String, Error> {
        psql(&self.admin_url, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be gone already, and the database with it.
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = psql(&self.maintenance_url, &sql);
    }
}

fn maintenance_url() -> Result<String, Error> {
    if let Ok(url) = env::var(VARIABLE) {
        return Ok(url);
    }
    let server = SHARED.get_or_init(|| Server::start(&Options::default()));
    Ok(server.as_ref().map_err(Error::clone)?.admin_url("postgres"))
}

/// The URL with another database.
fn with_database(url: &str, name: &str) -> Result<String, Error> {
    let (url, query) = url.split_once('?').map_or((url, None), |(url, query)| (url, Some(query)));
    let (scheme, rest) = url.split_once("://").ok_or_else(|| no_url(url))?;
    let host = rest.split('/').next().unwrap_or(rest);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{scheme}://{host}/{name}{query}"))
}

/// The URL with the program's role for its user. A password stays: let both have the same.
fn with_owner(url: &str) -> Result<String, Error> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| no_url(url))?;
    let (user, host) = rest.rsplit_once('@').ok_or_else(|| no_url(url))?;
    let password = user.split_once(':').map(|(_, password)| format!(":{password}"));
    Ok(format!("{scheme}://{OWNER}{}@{host}", password.unwrap_or_default()))
}

fn no_url(url: &str) -> Error {
    Error::new(format!("{VARIABLE} is not postgres://USER@HOST/DATABASE, but {url}"))
}

#[cfg(test)]
mod tests {
    use super::{with_database, with_owner};

    #[test]
    fn urls_are_rewritten_for_a_database_and_its_owner() {
        let rows = [
            (
                "postgres://postgres@h:1/postgres",
                "postgres://postgres@h:1/x",
                "postgres://vezne@h:1/x",
            ),
            ("postgres://a:b@h", "postgres://a:b@h/x", "postgres://vezne:b@h/x"),
            ("postgresql://a@h/y?c=d", "postgresql://a@h/x?c=d", "postgresql://vezne@h/x?c=d"),
        ];
        for (url, database, owner) in rows {
            assert_eq!(with_database(url, "x").as_deref(), Ok(database));
            assert_eq!(with_owner(database).as_deref(), Ok(owner));
        }
        assert!(with_database("h/x", "x").is_err() && with_owner("postgres://h/x").is_err());
    }
}
