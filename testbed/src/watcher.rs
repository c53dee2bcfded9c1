//! A process that outlives this one just long enough to clean up after it.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Error;

/// Hears from its standard input which process the server is, and acts when that ends: which is
/// when the one who holds the other end is gone, for whatever reason. Until it has heard anything,
/// the server's own note tells.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
note=$0/data/postmaster.pid
pid=
while read -r line; do pid=$line; done
if [ -z "$pid" ] && [ -f "$note" ]; then read -r pid < "$note"; fi
case $pid in
    '' | -) ;;
    *)
        kill -QUIT "$pid"
        kill -CONT "$pid"
        looks=0
        while [ -f "$note" ] && kill -0 "$pid" && [ "$looks" -lt 100 ]; do
            sleep 0.1
            looks=$((looks + 1))
        done
        ;;
esac
rm -rf "$0"
"#;

/// Stops a server and deletes its folder when dropped, or when this process dies.
pub(crate) struct Watcher {
    shell: Child,
}

impl Watcher {
    /// Begins to watch over a folder.
    pub(crate) fn of(folder: &Path) -> Result<Self, Error> {
        let mut command = Command::new("sh");
        command.arg("-c").arg(SCRIPT).arg(folder);
        // A group of its own, so that no Ctrl-C reaches it, and no stream that others wait on.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(Self { shell: command.spawn()? })
    }

    /// Says which process the server is; none while it does not run.
    pub(crate) fn tell(&mut self, server: Option<u32>) -> Result<(), Error> {
        let line = server.map_or("-\n".to_owned(), |id| format!("{id}\n"));
        if let Some(stdin) = &mut self.shell.stdin {
            stdin.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // The folder is gone when this returns; were it not, there is nobody to tell.
        let _ = self.shell.wait();
    }
}
