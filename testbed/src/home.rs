//! A folder for one server, and the account under which PostgreSQL runs in it.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::watcher::Watcher;
use crate::{Error, program};

/// The account that Debian's packages make.
const ACCOUNT: &str = "postgres";

/// A user and a group.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

/// The folder, deleted when dropped or when this process dies.
pub(crate) struct Home {
    pub(crate) watcher: Watcher,
    /// Whom PostgreSQL runs as, if not as ourselves: it refuses to run as root.
    account: Option<Account>,
    folder: TempDir,
}

impl Home {
    /// A fresh folder below `directory`.
    pub(crate) fn below(directory: &Path) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("vezne-pg-").tempdir_in(directory)?;
        let watcher = Watcher::of(folder.path())?;
        let is_root = folder.path().metadata()?.uid() == 0;
        let account = if is_root { Some(Account::find()?) } else { None };
        if let Some(Account { user, group }) = account {
            chown(folder.path(), Some(user), Some(group))?;
        }
        Ok(Self { watcher, account, folder })
    }

    /// Where the folder is.
    pub(crate) fn directory(&self) -> &Path {
        self.folder.path().parent().unwrap_or(Path::new("/"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command that runs here, under the account, without reading anything.
    pub(crate) fn command(&self, program: &str) -> Result<Command, Error> {
        let mut command = program::command(program)?;
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some(Account { user, group }) = self.account {
            command.uid(user).gid(group);
        }
        Ok(command)
    }
}

impl Account {
    fn find() -> Result<Self, Error> {
        let accounts = std::fs::read_to_string("/etc/passwd")?;
        let found = accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            let is_it = fields.next() == Some(ACCOUNT);
            let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            is_it.then_some(Self { user, group })
        });
        let lacks = format!("PostgreSQL does not run as root, and there is no account {ACCOUNT}");
        found.ok_or_else(|| Error::new(lacks))
    }
}
