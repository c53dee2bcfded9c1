//! The built program as a user runs it: a configuration file, a directory, commands, a server.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::database::TestDatabase;
use super::http::PATIENCE;

/// Free ports are looked for below those that the system hands out, so that nobody else takes one
/// between the look and the server's start.
static NEXT_PORT: AtomicU16 = AtomicU16::new(0);

fn free_port() -> u16 {
    let start = 20_000 + u16::try_from(std::process::id() % 100).expect("a small number") * 100;
    loop {
        let port = start + NEXT_PORT.fetch_add(1, Ordering::SeqCst);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// An installation of its own.
pub(crate) struct Program {
    folder: TempDir,
    database: TestDatabase,
    pub(crate) operations: SocketAddr,
    environment: Vec<(String, String)>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The JSON documents on its output.
    pub(crate) fn json(&self) -> Vec<Value> {
        let documents = serde_json::Deserializer::from_str(&self.stdout).into_iter();
        let parsed = documents.collect::<Result<Vec<Value>, _>>();
        parsed.unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("a command prints text");
        let code = output.status.code().expect("it was not killed");
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Program {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// With more sections of the configuration file.
    pub(crate) fn with(sections: &str) -> Self {
        Self::on(TestDatabase::fresh(), sections)
    }

    /// On a file whatever the store of the others, for what is a file's own.
    pub(crate) fn on_file(sections: &str) -> Self {
        Self::on(TestDatabase::file(), sections)
    }

    /// On a fresh database of a server whatever the store of the others, for what is a server's
    /// own.
    pub(crate) fn on_server() -> Self {
        Self::on(TestDatabase::server(), "")
    }

    /// Runs SQL on the server's database, as its owner.
    pub(crate) fn sql(&self, sql: &str) {
        let url = self.database.url().expect("it is on a server");
        vezne_testbed::psql(url, sql).expect("it is SQL");
    }

    fn on(database: TestDatabase, sections: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let operations = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let directory = folder.path().join("data");
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\noperations_listen = \"{operations}\"\n\
             [store]\ndirectory = {directory:?}\nurl = {:?}\n{sections}\n",
            database.url().unwrap_or_default()
        );
        std::fs::write(folder.path().join("vezne.toml"), text).expect("a configuration file");
        Self { folder, database, operations, environment: Vec::new() }
    }

    /// Sets a variable for everything that is run from now on.
    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory().join("vezne.sqlite3")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vezne"));
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.arg("--config").arg(self.folder.path().join("vezne.toml"));
        command.args(["--operator", "ayse"]).args(arguments).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().expect("the program runs").into()
    }

    /// A command that must succeed, without a word on the error stream but for the log's.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran
    }

    /// A command that must succeed with one JSON document.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.ok(&[&["--json"], arguments].concat());
        let mut documents = ran.json();
        assert_eq!(documents.len(), 1, "{arguments:?}: {}", ran.stdout);
        documents.remove(0)
    }

    /// A command that must fail with a complaint that has these words, in both kinds of output.
    pub(crate) fn fails(&self, arguments: &[&str], words: &str) {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains("vezne: "), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        let ran = self.run(&[&["--json"], arguments].concat());
        let last = ran.stderr.lines().last().unwrap_or_default();
        let complaint: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{ran:?}"));
        let error = complaint["error"].as_str().expect("an error");
        assert!(ran.code == 1 && error.contains(words), "{arguments:?}: {error}");
    }

    /// Starts the server with its directory on a small disk of its own; nothing where this machine
    /// lends nobody one.
    pub(crate) fn serve_on_a_disk(&self, size: &str) -> Option<Served> {
        std::fs::create_dir_all(self.directory()).expect("a directory");
        let mount = format!("mount -t tmpfs -o size={size},mode=700 tmpfs \"$0\" && exec \"$@\"");
        let own = |rest: &Command| {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &mount]);
            command.arg(self.directory()).arg(rest.get_program()).args(rest.get_args());
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        };
        let lends = own(&Command::new("true")).status().is_ok_and(|status| status.success());
        lends.then(|| Served::wait(own(&self.command(&["serve"])).spawn().expect("it runs")))
    }

    /// The same command, run where a server sees its own disk.
    pub(crate) fn ok_beside(&self, served: &Served, arguments: &[&str]) -> Ran {
        let (process, command) = (served.process().to_string(), self.command(arguments));
        let mut inside = Command::new("nsenter");
        inside.args(["--user", "--mount", "--preserve-credentials", "--target", &process]);
        inside.arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
        let ran: Ran = inside.output().expect("it runs").into();
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran
    }

    /// Starts the server and waits until it takes requests.
    pub(crate) fn serve(&self) -> Served {
        let mut command = self.command(&["serve"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Served::wait(command.spawn().expect("the program runs"))
    }
}

#[derive(Default)]
struct Log {
    text: Mutex<String>,
    grew: Condvar,
}

/// A running server. It is killed when a test drops it.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Served {
    fn wait(mut child: Child) -> Self {
        let log = Arc::<Log>::default();
        let stderr = child.stderr.take().expect("it has an error stream");
        let kept = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut text = kept.text.lock().expect("no test panicked here");
                text.push_str(&line);
                text.push('\n');
                kept.grew.notify_all();
            }
        });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut served = Self { child, address, log, reader: Some(reader) };
        let ready = served.says("takes requests on ");
        let (_, after) = ready.split_once("takes requests on ").expect("it says where");
        let end = after.find(|letter: char| !letter.is_ascii_digit() && !":.".contains(letter));
        let address = &after[..end.unwrap_or(after.len())];
        served.address = address.parse().unwrap_or_else(|_| panic!("{address} is no address"));
        served
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text.lock().expect("no test panicked here").clone()
    }

    /// Waits until its log has these words.
    pub(crate) fn says(&self, words: &str) -> String {
        let text = self.log.text.lock().expect("no test panicked here");
        let silent = |text: &mut String| !text.contains(words);
        let waited = self.log.grew.wait_timeout_while(text, PATIENCE, silent);
        let (text, _) = waited.expect("no test panicked here");
        assert!(text.contains(words), "the server never said {words:?}:\n{text}");
        text.clone()
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &process]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Asks it to end, waits, and gives all that it printed: its output and its log.
    pub(crate) fn stop(mut self) -> (i32, String, String) {
        self.terminate();
        let mut printed = String::new();
        let mut stdout = self.child.stdout.take().expect("it has an output");
        stdout.read_to_string(&mut printed).expect("it prints text");
        let status = self.child.wait().expect("it ends");
        self.reader.take().expect("it is read").join().expect("its log is text");
        (status.code().unwrap_or(-1), printed, self.log())
    }
}

/// Asks again and again until there is an answer. The other side is a process of its own, whose
/// progress has no other sign.
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..PATIENCE.as_millis() / 20 {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("waited in vain for {what}");
}
