//! What the tests need of the machine: a C compiler, and a Python with the bcrypt module, by which
//! the signatures are checked against an implementation that is not ours.
//!
//! As root, on Debian, what is missing is installed. Otherwise the command to do so is told.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::workspace::{self, Error};

/// The environment, in the folder of what can be deleted at any time.
const ENVIRONMENT: &str = "target/python";

/// Sees to what is needed, and gives the path of the Python.
pub(super) fn prepare() -> Result<PathBuf, Error> {
    if !works("cc", &["--version"]) {
        install(&["gcc", "libc6-dev"], "a C compiler, for the bundled SQLite")?;
    }
    if !works("python3", &["--version"]) {
        install(&["python3", "python3-venv"], "python3")?;
    }
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
