//! Threads for what blocks or takes long.
//!
//! Whoever shares a thread shares its stalls, so each kind of work has threads of its own: hashes,
//! which are made to be slow, and files, which are as slow as their disk. Nothing of the kind goes
//! to the blocking threads of the async runtime, where anything may be in the way. The queue in
//! front of them is bounded; who finds no place waits for one.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

#[cfg(test)]
mod tests;

type Job = Box<dyn FnOnce() + Send>;
type Queue = Arc<Mutex<mpsc::Receiver<Job>>>;

/// A fixed number of threads behind a bounded queue. They end when this is dropped.
#[derive(Debug)]
pub struct Threads {
    queue: mpsc::Sender<Job>,
}

impl Threads {
    /// Starts threads of this name: at least one, with room for at least one job that waits.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(name: &str, threads: usize, waiting: usize) -> io::Result<Self> {
        let (queue, receiver) = mpsc::channel(waiting.max(1));
        let receiver: Queue = Arc::new(Mutex::new(receiver));
        for number in 1..=threads.max(1) {
            let receiver = Arc::clone(&receiver);
            let builder = std::thread::Builder::new().name(format!("{name}-{number}"));
            builder.spawn(move || serve(&receiver))?;
        }
        Ok(Self { queue })
    }

    /// Waits for a place in the queue, then for the result; nothing when the job panicked. A job
    /// whose asker is gone before it begins is not done: it would be for nobody.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !done.is_closed() {
                drop(done.send(job()));
            }
        });
        self.queue.send(job).await.ok()?;
        result.await.ok()
    }
}

fn serve(queue: &Queue) {
    while let Some(job) = next(queue) {
        // A panic is this job's failure alone: its asker hears that, and the thread lives on.
        drop(catch_unwind(AssertUnwindSafe(job)));
    }
}

fn next(queue: &Queue) -> Option<Job> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}
