//! The threads that compute hashes.
//!
//! bcrypt is made to be slow. On threads of its own it cannot hold up the requests being answered,
//! nor the blocking tasks of everything else; the queue in front of them is bounded, so a burst of
//! approvals waits in the outbox instead of in memory (`research/reliability.md` W10).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};
use vezne_core::port::Fault;

use crate::settings::SettingsError;

#[cfg(test)]
mod tests;

/// Work for a thread. Its result is the bytes of a callback.
pub(super) type Work = Box<dyn FnOnce() -> Result<Vec<u8>, Fault> + Send>;

type Done = oneshot::Sender<Result<Vec<u8>, Fault>>;
type Queue = Arc<Mutex<mpsc::Receiver<(Work, Done)>>>;

/// A fixed number of threads behind a bounded queue. They end when the pool is dropped.
pub(super) struct Pool {
    queue: mpsc::Sender<(Work, Done)>,
}

impl Pool {
    /// Starts the threads: at least one, with room for at least one waiting.
    ///
    /// # Errors
    /// [`SettingsError::Threads`] when the system gives no thread.
    pub(super) fn start(threads: usize, waiting: usize) -> Result<Self, SettingsError> {
        let (queue, receiver) = mpsc::channel(waiting.max(1));
        let receiver: Queue = Arc::new(Mutex::new(receiver));
        for number in 1..=threads.max(1) {
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new()
                .name(format!("vezne-hash-{number}"))
                .spawn(move || serve(&receiver))
                .map_err(|error| SettingsError::Threads(error.to_string()))?;
        }
        Ok(Self { queue })
    }

    /// Waits for a place in the queue, then for the result.
    ///
    /// # Errors
    /// The work's own fault, or one that says that it did not end.
    pub(super) async fn run(&self, work: Work) -> Result<Vec<u8>, Fault> {
        let (done, result) = oneshot::channel();
        let stopped = || Fault("the hash threads have stopped".to_owned());
        self.queue.send((work, done)).await.map_err(|_| stopped())?;
        result.await.map_err(|_| Fault("the work of a hash thread failed".to_owned()))?
    }
}

fn serve(queue: &Queue) {
    while let Some((work, done)) = next(queue) {
        // Whoever asked may have gone; the hash would be for nobody.
        if done.is_closed() {
            continue;
        }
        // A panic is this work's failure alone: its `done` is dropped, and the thread lives on.
        if let Ok(result) = catch_unwind(AssertUnwindSafe(work)) {
            let _ = done.send(result);
        }
    }
}

fn next(queue: &Queue) -> Option<(Work, Done)> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}
