//! The files that a repository of this kind has, and the documentation that the code makes.

use super::Violation;
use crate::docs;
use crate::workspace::{self, Error};

const FILES: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
    "deny.toml",
    "clippy.toml",
    ".ci/run",
];

pub(super) fn check() -> Result<Vec<Violation>, Error> {
    let mut violations = missing(|path| workspace::root().join(path).is_file());
    for path in docs::stale()? {
        let what = "not in step with the code that it is made from: run cargo xtask docs";
        violations.push(Violation::new(path, 1, what));
    }
    Ok(violations)
}

pub(super) fn missing(exists: impl Fn(&str) -> bool) -> Vec<Violation> {
    let missing = FILES.iter().filter(|path| !exists(path));
    let what = "is missing: people look for it here";
    missing.map(|path| Violation::new(path, 1, what)).collect()
}
