//! What the tests need of the machine: a C compiler; the languages of merchants, by which the
//! signatures are checked against implementations that are not ours: Python, PHP with OpenSSL (the
//! language of the document's own function), Node and Go; a browser with its driver, for the pages
//! that people work in; and PostgreSQL with a pooler, of which one throw-away server runs as long
//! as the tests do. A server that the machine itself runs is neither needed nor touched.
//!
//! As root, on Debian, what is missing is installed. Otherwise the command to do so is told.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use vezne_testbed::{Options, Server};

use crate::workspace::{self, Error};

/// What the tests import in Python: the hash of BankoPay, and the cipher of CCPayment.
const MODULES: [&str; 2] = ["bcrypt", "cryptography"];

const PIP: [&str; 4] = ["-m", "pip", "install", "--quiet"];

/// The environment, in the folder of what can be deleted at any time.
const ENVIRONMENT: &str = "target/python";

/// A program that must be there, and how to have it.
struct Need {
    program: &'static str,
    /// Where it is, if not in the path.
    place: fn(&str) -> Option<PathBuf>,
    /// What it is run with to see whether it is there and fit.
    probe: &'static [&'static str],
    packages: &'static [&'static str],
    what: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "cc",
        place: in_path,
        probe: &["--version"],
        packages: &["gcc", "libc6-dev"],
        what: "a C compiler, for the bundled SQLite",
    },
    Need {
        program: "python3",
        place: in_path,
        probe: &["--version"],
        packages: &["python3", "python3-venv"],
        what: "python3",
    },
    Need {
        program: "php",
        place: in_path,
        probe: &["-r", "exit((int) !extension_loaded('openssl'));"],
        packages: &["php-cli"],
        what: "php with OpenSSL",
    },
    Need {
        program: "curl",
        place: in_path,
        probe: &["--version"],
        packages: &["curl"],
        what: "curl",
    },
    Need {
        program: "openssl",
        place: in_path,
        probe: &["version"],
        packages: &["openssl"],
        what: "openssl",
    },
    Need {
        program: "chromedriver",
        place: in_path,
        probe: &["--version"],
        packages: &["chromium", "chromium-driver"],
        what: "Chromium with its driver",
    },
    Need {
        program: "initdb",
        place: vezne_testbed::bin,
        probe: &["--version"],
        packages: &["postgresql"],
        what: "PostgreSQL's server",
    },
    Need {
        program: "psql",
        place: vezne_testbed::bin,
        probe: &["--version"],
        packages: &["postgresql-client"],
        what: "PostgreSQL's client",
    },
    Need {
        program: "node",
        place: in_path,
        probe: &["--version"],
        packages: &["nodejs"],
        what: "Node",
    },
    Need {
        program: "go",
        place: in_path,
        probe: &["version"],
        packages: &["golang-go"],
        what: "Go",
    },
    Need {
        program: "promtool",
        place: in_path,
        probe: &["--version"],
        packages: &["prometheus"],
        what: "promtool of Prometheus",
    },
    Need {
        program: "pgbouncer",
        place: vezne_testbed::bin,
        probe: &["--version"],
        packages: &["pgbouncer"],
        what: "PgBouncer",
    },
];

impl Need {
    fn is_met(&self) -> bool {
        (self.place)(self.program).is_some_and(|path| works(&path.to_string_lossy(), self.probe))
    }
}

/// Whatever the path has.
fn in_path(program: &str) -> Option<PathBuf> {
    Some(program.into())
}

/// The programs that were seen to.
pub(super) struct Machine {
    /// A Python with the modules.
    pub(super) python: PathBuf,
    /// A PHP with OpenSSL.
    pub(super) php: PathBuf,
    /// The driver of a Chromium.
    pub(super) chromedriver: PathBuf,
    pub(super) node: PathBuf,
    pub(super) go: PathBuf,
    /// What checks alert rules.
    pub(super) promtool: PathBuf,
    pub(super) postgres: Postgres,
}

/// PostgreSQL for the tests.
pub(super) struct Postgres {
    /// The folder of its programs.
    pub(super) bin: PathBuf,
    /// The superuser's URL of a server.
    pub(super) url: String,
    /// The server, which ends with the tests.
    pub(super) _server: Option<Server>,
}

impl Postgres {
    fn start() -> Result<Self, Error> {
        let initdb = vezne_testbed::bin("initdb").ok_or("initdb is gone")?;
        let server = Server::start(&Options::default())?;
        let bin = initdb.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { bin, url: server.admin_url("postgres"), _server: Some(server) })
    }
}

impl Machine {
    /// Sees to what is needed.
    pub(super) fn prepare() -> Result<Self, Error> {
        for need in NEEDS.iter().filter(|need| !need.is_met()) {
            install(need.packages, need.what)?;
        }
        let (php, chromedriver, promtool) =
            ("php".into(), "chromedriver".into(), "promtool".into());
        let (node, go) = ("node".into(), "go".into());
        let (python, postgres) = (python()?, Postgres::start()?);
        Ok(Self { python, php, node, go, chromedriver, promtool, postgres })
    }

    /// How a step is told where they are.
    pub(super) fn variables(&self) -> [(&'static str, &OsStr); 9] {
        [
            ("VEZNE_PYTHON", self.python.as_os_str()),
            ("VEZNE_PHP", self.php.as_os_str()),
            ("VEZNE_NODE", self.node.as_os_str()),
            ("VEZNE_GO", self.go.as_os_str()),
            ("VEZNE_BASH", OsStr::new("bash")),
            ("VEZNE_CHROMEDRIVER", self.chromedriver.as_os_str()),
            ("VEZNE_PROMTOOL", self.promtool.as_os_str()),
            ("VEZNE_POSTGRES_BIN", self.postgres.bin.as_os_str()),
            ("VEZNE_POSTGRES", self.postgres.url.as_ref()),
        ]
    }
}

/// The Python of an environment that has what the tests import.
fn python() -> Result<PathBuf, Error> {
    let environment = workspace::root().join(ENVIRONMENT);
    let python = environment.join("bin/python");
    if has_modules(&python) || create(&environment) {
        return Ok(python);
    }
    let packages = ["python3-venv", "python3-bcrypt", "python3-cryptography"];
    install(&packages, "python3 with venv and the modules bcrypt and cryptography")?;
    if create(&environment) {
        return Ok(python);
    }
    Err(format!("{ENVIRONMENT} lacks a module, and pip could not install it").into())
}

/// Makes the environment: with pip's modules, or without a network with the system's.
fn create(environment: &Path) -> bool {
    let path = environment.to_string_lossy();
    let python = environment.join("bin/python");
    let own = works("python3", &["-m", "venv", "--clear", &path])
        && works(&python.to_string_lossy(), &[&PIP[..], &MODULES].concat())
        && has_modules(&python);
    let system = ["-m", "venv", "--clear", "--system-site-packages", "--without-pip", &path];
    own || works("python3", &system) && has_modules(&python)
}

fn has_modules(python: &Path) -> bool {
    works(&python.to_string_lossy(), &["-c", &format!("import {}", MODULES.join(", "))])
}

fn install(packages: &[&str], what: &str) -> Result<(), Error> {
    let command = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !is_root() || !works("apt-get", &["--version"]) {
        return Err(format!("this machine lacks {what}: sudo {command}").into());
    }
    println!("installing {what}: {command}");
    let script = format!("apt-get update -qq && DEBIAN_FRONTEND=noninteractive {command}");
    let output = output("sh", &["-c", &script])?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("could not install {what} by `{command}`:\n{why}").into())
}

fn is_root() -> bool {
    output("id", &["-u"]).is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn works(program: &str, arguments: &[&str]) -> bool {
    output(program, arguments).is_ok_and(|output| output.status.success())
}

fn output(program: &str, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(program).args(arguments).stdin(Stdio::null()).output()
}
