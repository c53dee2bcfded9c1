//! The server's processes: the one that was started, and those that it starts.

use std::fs::{File, read_to_string};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Child;

use crate::Error;
use crate::home::Home;
use crate::process::{self, until};

/// How much of its log a failed start shows.
const LINES: usize = 20;

/// What the log says when somebody else has the port.
const TAKEN: &str = "Address already in use";

/// The first process of a server, which is the parent of all others.
pub(super) struct Postmaster {
    child: Child,
}

impl Postmaster {
    /// Starts it on its data, and waits until it answers.
    pub(super) fn start(home: &mut Home, data: &Path) -> Result<Self, Error> {
        let log = home.path("log");
        let file = File::create(&log)?;
        let mut command = home.command("postgres")?;
        command.arg("-D").arg(data).stdout(file.try_clone()?).stderr(file).process_group(0);
        let mut own = Self { child: command.spawn()? };
        home.watcher.tell(Some(own.child.id()))?;
        let ready = until("the server to answer", || own.is_ready(data));
        ready.map_err(|error| explained(&error, &log))?;
        Ok(own)
    }

    /// By the note that it keeps beside its data, as `pg_ctl` knows it.
    fn is_ready(&mut self, data: &Path) -> Result<Option<()>, Error> {
        if let Some(status) = self.child.try_wait()? {
            return Err(Error::new(format!("the server ended ({status})")));
        }
        let note = read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        let lines: Vec<&str> = note.lines().map(str::trim).collect();
        let is_own = lines.first() == Some(&self.child.id().to_string().as_str());
        let is_ready = matches!(lines.get(7), Some(&("ready" | "standby")));
        Ok((is_own && is_ready).then_some(()))
    }

    /// Itself and its children.
    pub(super) fn processes(&self) -> Result<Vec<u32>, Error> {
        let mut processes = process::children(self.child.id())?;
        processes.push(self.child.id());
        Ok(processes)
    }

    /// Stops it first, so that it starts no more, and then its children.
    pub(super) fn freeze(&self) -> Result<(), Error> {
        process::signal("STOP", &[self.child.id()])?;
        process::signal("STOP", &self.processes()?)
    }

    /// Kills all of them, and returns when none is left.
    pub(super) fn kill(mut self) -> Result<(), Error> {
        process::signal("STOP", &[self.child.id()])?;
        let processes = self.processes()?;
        process::signal("KILL", &processes)?;
        self.child.wait()?;
        until("the processes to end", || {
            Ok(processes.iter().all(|id| !process::runs(*id)).then_some(()))
        })
    }

    /// Asks it by a signal to stop, frozen or not, and returns when it has.
    pub(super) fn stop(mut self, signal: &str) -> Result<(), Error> {
        process::signal(signal, &[self.child.id()])?;
        process::signal("CONT", &self.processes()?)?;
        until("the server to stop", || Ok(self.child.try_wait()?)).map(drop)
    }
}

/// Whether a start failed because of its port.
pub(super) fn port_is_taken(error: &Error) -> bool {
    error.to_string().contains(TAKEN)
}

/// With the last lines of the log.
fn explained(error: &Error, log: &Path) -> Error {
    let log = read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
    Error::new(format!("{error}:\n{last}"))
}
