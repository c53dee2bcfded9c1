//! What the tests need of the machine: a C compiler; two interpreters by which the signatures are
//! checked against implementations that are not ours: a Python with the bcrypt module, and a PHP
//! with OpenSSL, the language of the document's own function; and a browser with its driver, for
//! the pages that people work in.
//!
//! As root, on Debian, what is missing is installed. Otherwise the command to do so is told.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::workspace::{self, Error};

/// The environment, in the folder of what can be deleted at any time.
const ENVIRONMENT: &str = "target/python";

/// A program that must be there, and how to have it.
struct Need {
    program: &'static str,
    /// What it is run with to see whether it is there and fit.
    probe: &'static [&'static str],
    packages: &'static [&'static str],
    what: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "cc",
        probe: &["--version"],
        packages: &["gcc", "libc6-dev"],
        what: "a C compiler, for the bundled SQLite",
    },
    Need {
        program: "python3",
        probe: &["--version"],
        packages: &["python3", "python3-venv"],
        what: "python3",
    },
    Need {
        program: "php",
        probe: &["-r", "exit((int) !extension_loaded('openssl'));"],
        packages: &["php-cli"],
        what: "php with OpenSSL",
    },
    Need {
        program: "chromedriver",
        probe: &["--version"],
        packages: &["chromium", "chromium-driver"],
        what: "Chromium with its driver",
    },
];

/// The programs that were seen to.
pub(super) struct Machine {
    /// A Python with the bcrypt module.
    pub(super) python: PathBuf,
    /// A PHP with OpenSSL.
    pub(super) php: PathBuf,
    /// The driver of a Chromium.
    pub(super) chromedriver: PathBuf,
}

impl Machine {
    /// Sees to what is needed.
    pub(super) fn prepare() -> Result<Self, Error> {
        for need in NEEDS.iter().filter(|need| !works(need.program, need.probe)) {
            install(need.packages, need.what)?;
        }
        Ok(Self { python: python()?, php: "php".into(), chromedriver: "chromedriver".into() })
    }

    /// How a step is told where they are.
    pub(super) fn variables(&self) -> [(&'static str, &Path); 3] {
        [
            ("VEZNE_PYTHON", &self.python),
            ("VEZNE_PHP", &self.php),
            ("VEZNE_CHROMEDRIVER", &self.chromedriver),
        ]
    }
}

/// The Python of an environment that has bcrypt.
fn python() -> Result<PathBuf, Error> {
    let environment = workspace::root().join(ENVIRONMENT);
    let python = environment.join("bin/python");
    if has_bcrypt(&python) || create(&environment) {
        return Ok(python);
    }
    install(&["python3-venv", "python3-bcrypt"], "python3 with venv and the bcrypt module")?;
    if create(&environment) {
        return Ok(python);
    }
    Err(format!("{ENVIRONMENT} has no bcrypt module, and pip could not install it").into())
}

/// Makes the environment: with pip's bcrypt, or without a network with the system's.
fn create(environment: &Path) -> bool {
    let path = environment.to_string_lossy();
    let python = environment.join("bin/python");
    let own = works("python3", &["-m", "venv", "--clear", &path])
        && works(&python.to_string_lossy(), &["-m", "pip", "install", "--quiet", "bcrypt"])
        && has_bcrypt(&python);
    let system = ["-m", "venv", "--clear", "--system-site-packages", "--without-pip", &path];
    own || works("python3", &system) && has_bcrypt(&python)
}

fn has_bcrypt(python: &Path) -> bool {
    works(&python.to_string_lossy(), &["-c", "import bcrypt"])
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
