//! The Debian package, with what is made of the program itself: manual pages and completions.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace::{self, Error};

/// Where the package takes them from.
const PLACE: &str = "target/package";

/// The file of each shell's completions.
const COMPLETIONS: [(&str, &str); 3] =
    [("bash", "vezne.bash"), ("zsh", "_vezne"), ("fish", "vezne.fish")];

/// Builds the program, makes what goes with it, and the package.
///
/// # Errors
/// When a step fails; `cargo install cargo-deb` if that is missing.
pub(crate) fn run() -> Result<(), Error> {
    let (root, place) = (workspace::root(), workspace::root().join(PLACE));
    cargo(&["build", "--release", "--locked", "-p", "vezne"])?;
    // Pages of commands that are gone must not stay.
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(&place)?;
    let program = root.join("target/release/vezne");
    let pages = place.join("man");
    made(Command::new(&program).arg("man").arg("--directory").arg(&pages))?;
    for (shell, file) in COMPLETIONS {
        complete(&program, shell, &place.join(file))?;
    }
    cargo(&["deb", "-p", "vezne", "--no-build"])
}

fn complete(program: &Path, shell: &str, path: &Path) -> Result<(), Error> {
    made(Command::new(program).args(["completions", shell]).stdout(File::create(path)?))
}

fn cargo(arguments: &[&str]) -> Result<(), Error> {
    made(Command::new("cargo").args(arguments).current_dir(workspace::root()))
}

fn made(command: &mut Command) -> Result<(), Error> {
    let status = command.stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed ({status})").into()) }
}
