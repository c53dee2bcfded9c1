//! Where the desk's database is, and how a copy of it is made and put back.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use vezne::database::Database;
use vezne_core::model::personal::Secret;
use vezne_store::PostgresOptions;

/// Ends all connections to a database but this one.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// The store that a history begins on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// A file.
    Sqlite,
    /// A database of a real server.
    Postgres,
}

/// The database of a desk.
pub(crate) enum Place {
    /// The file of this name in the desk's folder.
    File,
    /// One of a server, dropped with this.
    Server(vezne_testbed::Database),
}

impl Place {
    pub(crate) fn fresh(store: Store) -> Self {
        match store {
            Store::Sqlite => Self::File,
            Store::Postgres => Self::fresh_server(),
        }
    }

    pub(crate) fn fresh_server() -> Self {
        Self::Server(vezne_testbed::Database::fresh().expect("a database"))
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File)
    }

    /// As the program is told of it.
    pub(crate) fn database(&self, folder: &Path) -> Database {
        match self {
            Self::File => Database::File(file(folder)),
            Self::Server(database) => {
                let (url, options) = (Secret::new(database.url()), PostgresOptions::default());
                Database::Server { url, options }
            }
        }
    }
}

/// The file that a desk is kept in.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("vezne.sqlite3")
}

/// A node's marker.
pub(crate) fn marker(folder: &Path) -> PathBuf {
    folder.join("marker")
}

/// A copy of a desk, with the marker as it was beside it at that moment.
pub(crate) struct Backup {
    kept: Kept,
    marker: Option<String>,
}

enum Kept {
    File(PathBuf),
    Server(vezne_testbed::Database),
}

impl Backup {
    /// Copies a file, beside whoever works on it.
    pub(crate) fn of_file(folder: &Path) -> Self {
        let to = folder.join("backup");
        let database = Connection::open(file(folder)).expect("it opens");
        database.execute("VACUUM INTO ?1", [to.to_str()]).expect("it is copied");
        Self { kept: Kept::File(to), marker: read(&marker(folder)) }
    }

    /// Copies a database of a server that nobody works on. Its last connections are cut: some of
    /// them end later than the run that they were of.
    pub(crate) fn of_server(database: &vezne_testbed::Database, folder: &Path) -> Self {
        database.sql(CUT).expect("the server answers");
        let copy = database.copy().expect("nobody is connected");
        Self { kept: Kept::Server(copy), marker: read(&marker(folder)) }
    }

    /// Puts it back, in the place of what is there.
    pub(crate) fn lay(self, folder: &Path) -> Place {
        match self.kept {
            Kept::Server(database) => Place::Server(database),
            Kept::File(path) => {
                for left in ["vezne.sqlite3-wal", "vezne.sqlite3-shm"] {
                    assert!(!folder.join(left).exists(), "the desk was not closed: {left}");
                }
                std::fs::rename(path, file(folder)).expect("it is put back");
                Place::File
            }
        }
    }

    /// Puts the marker back as well, as a restore of the whole folder does.
    pub(crate) fn lay_marker(&self, folder: &Path) {
        match &self.marker {
            Some(text) => std::fs::write(marker(folder), text).expect("it is written"),
            None => lose_marker(folder),
        }
    }
}

/// The folder is a fresh one, without a marker.
pub(crate) fn lose_marker(folder: &Path) {
    if marker(folder).exists() {
        std::fs::remove_file(marker(folder)).expect("it can be removed");
    }
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}
