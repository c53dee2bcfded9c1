//! One process per database: a file lock that the system itself drops when the process ends.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::open::OpenError;

/// Held as long as the store is open. A killed process leaves the file but not the lock.
pub struct ProcessLock {
    file: File,
}

impl Drop for ProcessLock {
    /// Closing the file would not do while a child that another thread is just starting has it
    /// open too, as each has until its program runs.
    fn drop(&mut self) {
        // What cannot be unlocked is closed, which is as good a moment later.
        let _ = self.file.unlock();
    }
}

impl ProcessLock {
    /// Takes the lock of a database, or of whatever else one process at a time may use, or says who
    /// has it. It is a file beside it.
    ///
    /// # Errors
    /// [`OpenError::InUse`], and when the file cannot be made.
    pub fn take(database: &Path) -> Result<Self, OpenError> {
        let path = beside(database, ".lock");
        let failed = |error| OpenError::Io { path: path.clone(), error };
        let mut file = private_file().open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(failed)?;
                let (path, pid) = (database.to_owned(), pid.trim().parse().ok());
                return Err(OpenError::InUse { path, pid });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Self { file })
    }
}

/// Opens for reading and writing, creating a file that only its owner may read.
pub(super) fn private_file() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The path of a file that belongs to a database: its name with an ending more.
pub(super) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_free_again_although_a_child_still_has_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let database = directory.path().join("desk");
        let lock = ProcessLock::take(&database).expect("it is free");
        assert!(matches!(ProcessLock::take(&database), Err(OpenError::InUse { .. })));
        let child = lock.file.try_clone().expect("it is open twice");
        drop(lock);
        drop(ProcessLock::take(&database).expect("it is free again"));
        drop(child);
    }
}
