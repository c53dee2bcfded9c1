//! The repository as the commands see it: its root, its files, the time.

use std::path::{Path, PathBuf};
use std::time::Instant;

/// Why a command failed, in words for the one who ran it.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// The folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Reads a file of the repository.
///
/// # Errors
/// When it cannot be read; with its name.
pub(crate) fn read(path: &str) -> Result<String, Error> {
    std::fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}").into())
}

/// The files under `folder` whose names end with `ending`, as sorted paths from the root.
///
/// # Errors
/// When a folder cannot be listed.
pub(crate) fn files(folder: &str, ending: &str) -> Result<Vec<String>, Error> {
    let (root, mut found) = (root(), Vec::new());
    let mut open = vec![root.join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path.strip_prefix(&root)?.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The time for stopwatches. Nothing here is a rule that a test would want to step.
#[expect(clippy::disallowed_methods, reason = "a developer's tool measures the real machine")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
