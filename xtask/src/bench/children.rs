//! The processes that the bench starts, none of which may outlive it.

use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::workspace::Error;

/// How long the bench has to come to an end by itself once its children are gone.
const UNWIND: Duration = Duration::from_secs(5);

/// The ids of the processes that run.
type Ids = Arc<Mutex<Vec<u32>>>;

/// The processes of this bench.
#[derive(Clone)]
pub(super) struct Children {
    running: Ids,
}

/// A process that is killed when dropped.
pub(super) struct Child {
    process: std::process::Child,
    running: Ids,
}

impl Children {
    /// Kills all of them at Ctrl-C, SIGTERM or the time limit. The bench itself then ends on the
    /// first thing that it misses, and cleans up as it does after any error.
    pub(super) fn watched(limit: Duration) -> Result<Self, Error> {
        let running = Ids::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut interrupt, mut terminate) = {
            let _entered = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        let watched = Arc::clone(&running);
        std::thread::spawn(move || {
            let why = runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => "interrupted",
                    _ = terminate.recv() => "terminated",
                    () = tokio::time::sleep(limit) => "out of time",
                }
            });
            eprintln!("bench: {why}");
            kill("KILL", &watched.lock().unwrap_or_else(PoisonError::into_inner));
            std::thread::sleep(UNWIND);
            std::process::exit(1);
        });
        Ok(Self { running })
    }

    pub(super) fn spawn(&self, command: &mut Command) -> Result<Child, Error> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let program = command.get_program().to_string_lossy().into_owned();
        let process = command.spawn().map_err(|error| format!("{program}: {error}"))?;
        running.push(process.id());
        Ok(Child { process, running: Arc::clone(&self.running) })
    }
}

impl Child {
    /// What it prints.
    pub(super) fn output(&mut self) -> Result<ChildStdout, Error> {
        self.process.stdout.take().ok_or_else(|| "its output was not asked for".into())
    }

    /// Fails once it has ended, which no child does by itself.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("it ended by itself ({status})").into()),
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The processor time that it has used so far.
    pub(super) fn cpu_seconds(&self) -> f64 {
        super::machine::cpu_seconds(&self.process.id().to_string())
    }

    /// Asks it to end and waits for that. The time limit ends one that does not.
    pub(super) fn stop(mut self) -> Result<(), Error> {
        kill("TERM", &[self.process.id()]);
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("it ended badly ({status})").into()) }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let id = self.process.id();
        self.running.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != id);
        // It may have ended already; then there is nothing to do.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn kill(signal: &str, ids: &[u32]) {
    let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
    if !ids.is_empty() {
        // The shell's own kill, as a small system has no other. One that is gone is no failure.
        let command = format!("kill -{signal} {}", ids.join(" "));
        drop(Command::new("sh").args(["-c", &command]).stderr(Stdio::null()).status());
    }
}
