//! The real program: started, asked by its control socket, killed. Nothing of it outlives its
//! value.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use std::collections::BTreeMap;
use vezne::control::request::Request;
use vezne::control::socket;
use vezne::control::view::Reply;
use vezne::operator::Operator;

use super::database::TestDatabase;

/// How long a start may take; the target is 5 s.
const START: Duration = Duration::from_secs(30);

/// What the program says once it serves, before its address.
const SERVES: &str = "takes requests on ";

/// One installation: a data directory and its settings.
pub(crate) struct Installation {
    directory: PathBuf,
    settings: Vec<(&'static str, String)>,
    _database: TestDatabase,
    log: Arc<Mutex<BTreeMap<String, u64>>>,
}

/// A running `vezne serve`. Dropped, it is killed as by the system.
pub(crate) struct Serving {
    child: Child,
    addresses: Receiver<SocketAddr>,
}

impl Installation {
    #[allow(dead_code, reason = "each test binary uses a part")]
    pub(crate) fn new(directory: &Path, settings: &[(&'static str, &str)]) -> Self {
        Self::on(TestDatabase::fresh(), directory, settings)
    }

    /// On a file whatever the store of the others, for those who look into it.
    #[allow(dead_code, reason = "each test binary uses a part")]
    pub(crate) fn on_file(directory: &Path, settings: &[(&'static str, &str)]) -> Self {
        Self::on(TestDatabase::file(), directory, settings)
    }

    fn on(database: TestDatabase, directory: &Path, settings: &[(&'static str, &str)]) -> Self {
        let own = [
            ("VEZNE_STORE_DIRECTORY", directory.to_str().expect("a plain path")),
            ("VEZNE_SERVER_LISTEN", "127.0.0.1:0"),
            ("VEZNE_SERVER_OPERATIONS_LISTEN", "127.0.0.1:0"),
            ("VEZNE_SERVER_REQUESTS_PER_SECOND", "1000000"),
            ("VEZNE_STORE_URL", database.url().unwrap_or_default()),
            ("NO_COLOR", "1"),
        ];
        let all = own.iter().chain(settings);
        let settings = all.map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { directory: directory.to_owned(), settings, _database: database, log: Arc::default() }
    }

    /// Starts the server and comes back at once.
    pub(crate) fn spawn(&self) -> Serving {
        let mut command = self.command(&["serve"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stderr = child.stderr.take().expect("its log is a pipe");
        let (sender, addresses) = channel();
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || follow(stderr, &sender, &log));
        Serving { child, addresses }
    }

    /// Starts the server and waits until it serves.
    pub(crate) fn serve(&self) -> (Serving, SocketAddr) {
        let serving = self.spawn();
        let address = serving.address();
        (serving, address.unwrap_or_else(|| panic!("no start; the log:\n{}", self.warnings())))
    }

    /// Asks the running server as an operator.
    pub(crate) fn ask(&self, request: Request) -> Result<Reply, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let socket = self.directory.join("control.sock");
        let call = async {
            let operator = Operator { name: Some("harness".to_owned()), login: None };
            let asked = socket::call(&socket, &operator, &request);
            tokio::time::timeout(START, asked).await.map_err(|_| "no answer in time".to_owned())
        };
        let answer = runtime.expect("a runtime").block_on(call)?;
        let answer = answer.ok_or("no server listens on the control socket")?;
        answer.map_err(|complaint| complaint.to_string())
    }

    /// Whether the books are right, in the words of `vezne audit`.
    pub(crate) fn audit(&self) -> Result<(), String> {
        let output = self.command(&["audit"]).output().expect("the audit starts");
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(format!("vezne audit: {}\n{}", output.status, String::from_utf8_lossy(&said)))
    }

    /// What the servers warned of, each kind of line once with its count.
    pub(crate) fn warnings(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().map(|(line, count)| format!("{count:>6} x {line}\n")).collect()
    }

    /// A command of the program, with the settings of this installation only.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vezne"));
        command.args(arguments).env_clear();
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Serving {
    /// The id of its process.
    #[allow(dead_code, reason = "each test binary uses a part")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it serves; nothing when it ended before it did, or took too long.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.addresses.recv_timeout(START).ok()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself, which is noticed elsewhere.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Finds the address in a log, and keeps what warns.
fn follow(stderr: impl Read, found: &Sender<SocketAddr>, log: &Mutex<BTreeMap<String, u64>>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let address = line.split_once(SERVES).and_then(|(_, address)| address.trim().parse().ok());
        if let Some(address) = address {
            // Whoever started it may have killed it before it was ready.
            let _ = found.send(address);
        } else if !line.contains(" INFO ") {
            let kind: String = line.split_once('Z').map_or(line.as_str(), |(_, rest)| rest).into();
            let kind = kind.replace(|c: char| c.is_ascii_digit(), "#");
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            *log.entry(kind).or_default() += 1;
        }
    }
}
