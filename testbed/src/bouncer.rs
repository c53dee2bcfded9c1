//! PgBouncer before a server.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::Child;

use crate::Error;
use crate::home::Home;
use crate::process::{self, until};
use crate::program::psql;
use crate::server::{OWNER, address};

/// A pooler that lends its connections to the server of a database. It ends when dropped.
pub struct Bouncer {
    child: Child,
    url: String,
    _home: Home,
}

impl Bouncer {
    /// Starts one before the database of a URL; `mode` is `session` or `transaction`.
    ///
    /// # Errors
    /// When PgBouncer is not there or does not start.
    pub fn before(url: &str, mode: &str) -> Result<Self, Error> {
        let strange = || Error::new(format!("{url} is not postgres://USER@HOST:PORT/DATABASE"));
        let (_, place) = url.split_once('@').ok_or_else(strange)?;
        let (server, database) = place.split_once('/').ok_or_else(strange)?;
        let (host, server_port) = server.split_once(':').ok_or_else(strange)?;
        let mut home = Home::below(&std::env::temp_dir())?;
        let (port, users) = (address::free_port()?, home.path("users"));
        let settings = format!(
            "[databases]\n* = host={host} port={server_port}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\n",
            users.display()
        );
        std::fs::write(&users, format!("\"{OWNER}\" \"\"\n"))?;
        let (ini, log) = (home.path("pgbouncer.ini"), File::create(home.path("log"))?);
        std::fs::write(&ini, settings)?;
        let mut command = home.command("pgbouncer")?;
        command.arg(&ini).stdout(log.try_clone()?).stderr(log).process_group(0);
        let child = command.spawn()?;
        home.watcher.tell(Some(child.id()))?;
        let url = format!("postgres://{OWNER}@127.0.0.1:{port}/{database}");
        let own = Self { child, url, _home: home };
        until("the pooler to answer", || Ok(psql(&own.url, "SELECT 1").ok()))?;
        Ok(own)
    }

    /// The URL of the database behind it, for the program's role.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = process::signal("KILL", &[self.child.id()]);
        let _ = self.child.wait();
    }
}
