//! One throw-away server: started, asked, broken and stopped.

pub(crate) mod address;
mod postmaster;
mod replica;

use std::path::{Path, PathBuf};

use self::postmaster::Postmaster;
use crate::home::Home;
use crate::program::{self, psql, quoted};
use crate::{Error, process};

/// The superuser, and the role of the program: no superuser, but it may create databases.
const ADMIN: &str = "postgres";
pub(crate) const OWNER: &str = "vezne";

/// How often another port is tried because somebody took the one that was free.
const ATTEMPTS: u32 = 5;

/// How a server is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether it waits for the disk. Without, a commit survives the death of every process, and
    /// only a crash of the machine loses it.
    pub fsync: bool,
    /// Further lines of its configuration, each a name and a value; the last of a name counts.
    pub settings: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { fsync: false, settings: vec![("max_connections".to_owned(), "200".to_owned())] }
    }
}

/// One throw-away PostgreSQL server. It is stopped and deleted when dropped, and also when this
/// process is killed.
pub struct Server {
    postmaster: Option<Postmaster>,
    port: u16,
    data: PathBuf,
    options: Options,
    home: Home,
}

impl Server {
    /// Makes a server below the system's folder for temporary files, and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is not there or does not start; with its words.
    pub fn start(options: &Options) -> Result<Self, Error> {
        Self::start_below(&std::env::temp_dir(), options)
    }

    /// The same on a disk of choice.
    ///
    /// # Errors
    /// As for [`start`](Self::start), or when the server's account may not enter `directory`.
    pub fn start_below(directory: &Path, options: &Options) -> Result<Self, Error> {
        let mut server = Self::empty(directory, options)?;
        let mut initdb = server.home.command("initdb")?;
        initdb.args(["--no-sync", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", ADMIN]);
        initdb.arg("-D").arg(&server.data);
        program::output(initdb, "")?;
        server.run_on_a_free_port()?;
        server.sql(ADMIN, &format!("CREATE ROLE {OWNER} LOGIN CREATEDB"))?;
        Ok(server)
    }

    /// A folder with nothing in it yet.
    fn empty(directory: &Path, options: &Options) -> Result<Self, Error> {
        let home = Home::below(directory)?;
        let (data, options) = (home.path("data"), options.clone());
        Ok(Self { postmaster: None, port: 0, data, options, home })
    }

    /// The first start, with a port that nobody has.
    fn run_on_a_free_port(&mut self) -> Result<(), Error> {
        let mut outcome = Ok(());
        for _ in 0..ATTEMPTS {
            self.port = address::free_port()?;
            outcome = self.run();
            if !matches!(&outcome, Err(error) if postmaster::port_is_taken(error)) {
                break;
            }
        }
        outcome
    }

    /// Starts it with what is in its folder, and waits until it answers.
    fn run(&mut self) -> Result<(), Error> {
        std::fs::write(self.data.join("postgresql.conf"), self.configuration())?;
        self.postmaster = Some(Postmaster::start(&mut self.home, &self.data)?);
        Ok(())
    }

    /// Hints in the log make `pg_rewind` possible, and kept segments let a standby catch up.
    fn configuration(&self) -> String {
        let (port, fsync) = (self.port, if self.options.fsync { "on" } else { "off" });
        let mut text = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\n\
             fsync = {fsync}\nwal_log_hints = on\nwal_keep_size = '512MB'\n"
        );
        for (name, value) in &self.options.settings {
            text += &format!("{name} = {}\n", literal(value));
        }
        text
    }

    /// The URL of a database for the program's role, which is no superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{OWNER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of a database for the superuser.
    #[must_use]
    pub fn admin_url(&self, database: &str) -> String {
        format!("postgres://{ADMIN}@127.0.0.1:{}/{database}", self.port)
    }

    /// Where it listens, on loopback only.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its data.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Runs SQL as the superuser; see [`psql`].
    ///
    /// # Errors
    /// When the server does not answer, or a statement fails.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, Error> {
        psql(&self.admin_url(database), sql)
    }

    /// An empty database of the program's role.
    ///
    /// # Errors
    /// When there is one of that name.
    pub fn create_database(&self, name: &str) -> Result<(), Error> {
        let name = quoted(name);
        self.sql(ADMIN, &format!("CREATE DATABASE {name} OWNER {OWNER}")).map(drop)
    }

    /// Drops a database from under whoever uses it.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn drop_database(&self, name: &str) -> Result<(), Error> {
        self.sql(ADMIN, &format!("DROP DATABASE {} WITH (FORCE)", quoted(name))).map(drop)
    }

    /// Changes a setting for good, and lets the server read it. What takes a restart takes effect
    /// at the next one.
    ///
    /// # Errors
    /// When there is no such setting.
    pub fn configure(&self, name: &str, value: &str) -> Result<(), Error> {
        let value = literal(value);
        let sql = format!("ALTER SYSTEM SET {name} = {value}; SELECT pg_reload_conf()");
        self.sql(ADMIN, &sql).map(drop)
    }

    /// Kills all of its processes at once, as a crash would.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.postmaster.take().ok_or_else(not_running)?.kill()?;
        self.home.watcher.tell(None)
    }

    /// Stops it in an orderly way, cutting its clients off.
    ///
    /// # Errors
    /// When it does not run.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.postmaster.take().ok_or_else(not_running)?.stop("INT")?;
        self.home.watcher.tell(None)
    }

    /// Starts it again after [`kill`](Self::kill) or [`stop`](Self::stop): same data, same port.
    ///
    /// # Errors
    /// When it does not start, with its words, or it runs already.
    pub fn start_again(&mut self) -> Result<(), Error> {
        match self.postmaster {
            Some(_) => Err(Error::new("the server runs")),
            None => self.run(),
        }
    }

    /// Stops all of its processes in their tracks: connections stay open and nothing answers.
    ///
    /// # Errors
    /// When it does not run.
    pub fn freeze(&self) -> Result<(), Error> {
        self.postmaster.as_ref().ok_or_else(not_running)?.freeze()
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn thaw(&self) -> Result<(), Error> {
        let processes = self.postmaster.as_ref().ok_or_else(not_running)?.processes()?;
        process::signal("CONT", &processes)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(postmaster) = self.postmaster.take() else { return };
        // If it cannot be stopped, the watcher that is dropped next tries again.
        if postmaster.stop("QUIT").is_ok() {
            let _ = self.home.watcher.tell(None);
        }
    }
}

fn not_running() -> Error {
    Error::new("the server does not run")
}

/// A text in SQL and in the configuration.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
