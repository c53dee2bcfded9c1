//! The thread that reads, so that no worker of the async runtime ever waits for a disk.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;
use vezne_core::port::Fault;

use crate::row::Result;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The way to the reading thread.
pub(super) struct Reader {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts the thread on a connection.
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, waiting) = channel();
        let builder = std::thread::Builder::new().name("sqlite-reader".to_owned());
        let thread = builder.spawn(move || serve(&connection, &waiting))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Reads with a function, in one snapshot of the database.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Fault> {
        let stopped = || Fault("the database reader has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The asker may have gone away.
            drop(reply.send(snapshot(connection, read)));
        });
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?.map_err(Fault::from)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A read that panics is that caller's fault alone; the thread goes on with the next.
fn serve(connection: &Connection, waiting: &Receiver<Job>) {
    for job in waiting {
        let job = std::panic::AssertUnwindSafe(|| job(connection));
        if std::panic::catch_unwind(job).is_err() {
            tracing::error!("a read of the database panicked");
        }
    }
}

/// Several statements of one read see one state of the database.
fn snapshot<T>(connection: &Connection, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let transaction = connection.unchecked_transaction()?;
    let found = read(&transaction);
    transaction.finish()?;
    found
}
