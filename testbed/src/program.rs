//! PostgreSQL's programs: where they are, and how they are run to their end.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;

/// Where Debian keeps what belongs to one version, in a folder per version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Seconds after which a server that does not answer is given up.
const CONNECT_TIMEOUT: &str = "10";

/// Finds a program of PostgreSQL (`initdb`, `pgbench`) or beside it (`pgbouncer`).
///
/// The folder that `VEZNE_POSTGRES_BIN` names comes first; then the one where the `initdb` of the
/// path really is, so that all programs are of one version; then the newest version of Debian's;
/// then whatever the path has.
#[must_use]
pub fn bin(program: &str) -> Option<PathBuf> {
    let named = env::var_os("VEZNE_POSTGRES_BIN").map(PathBuf::from);
    let folders = named.into_iter().chain(folder_of_initdb()).chain(newest_version());
    let mut places = folders.chain(path()).chain([PathBuf::from("/usr/sbin")]);
    places.find_map(|folder| file(&folder, program))
}

fn path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

fn file(folder: &Path, program: &str) -> Option<PathBuf> {
    Some(folder.join(program)).filter(|path| path.is_file())
}

fn folder_of_initdb() -> Option<PathBuf> {
    let initdb = path().iter().find_map(|folder| file(folder, "initdb"))?;
    Some(initdb.canonicalize().ok()?.parent()?.to_owned())
}

fn newest_version() -> Option<PathBuf> {
    let folders = std::fs::read_dir(VERSIONS).ok()?.flatten();
    let versions = folders.filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
    Some(Path::new(VERSIONS).join(versions.max()?.to_string()).join("bin"))
}

/// A command of PostgreSQL that the settings of the surrounding environment do not change.
pub(crate) fn command(program: &str) -> Result<Command, Error> {
    let lacks = || Error::new(format!("this machine lacks PostgreSQL's {program}"));
    let mut command = Command::new(bin(program).ok_or_else(lacks)?);
    let settings = env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    command.env("PGCONNECT_TIMEOUT", CONNECT_TIMEOUT);
    Ok(command)
}

/// What a command prints, once it has ended well.
pub(crate) fn output(mut command: Command, input: &str) -> Result<String, Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |why: &dyn std::fmt::Display| Error::new(format!("{program}: {why}"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // A thread of its own: the other side may print before it has read everything.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(|error| failed(&error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    Err(failed(&String::from_utf8_lossy(&output.stderr).trim_end()))
}

/// Runs SQL in the database of a URL, each statement by itself, and returns the rows as lines with
/// `|` between columns.
///
/// # Errors
/// When the server cannot be reached or a statement fails; with its words.
pub fn psql(url: &str, sql: &str) -> Result<String, Error> {
    let mut command = command("psql")?;
    command.args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", url]);
    output(command, sql)
}

/// A name in SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
