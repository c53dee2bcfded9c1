//! The program's own tasks: one that ends although nobody told it to is told of and begun again.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tracing::error;
use vezne_web::WebState;

/// The rest before a task is begun again for the first time; each further one doubles it.
const FIRST_REST: Duration = Duration::from_millis(500);

/// The longest of these rests.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// A task that has worked for so long is begun again as if it had never failed.
const GOOD_WHILE: Duration = Duration::from_secs(600);

/// Keeps tasks going until the program is told to stop.
pub struct Supervisor {
    tasks: JoinSet<()>,
    web: Arc<WebState>,
    stopped: watch::Receiver<bool>,
}

impl Supervisor {
    /// A supervisor that tells readiness and metrics how its tasks stand.
    pub fn new(web: Arc<WebState>, stopped: watch::Receiver<bool>) -> Self {
        Self { tasks: JoinSet::new(), web, stopped }
    }

    /// Keeps a task going that ends only when the program is told to stop. `make` makes it, and
    /// makes it anew whenever it has ended before.
    pub fn keep<F>(&mut self, name: &'static str, make: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.web.workers.started(name);
        let (web, stopped) = (Arc::clone(&self.web), self.stopped.clone());
        self.tasks.spawn(kept(name, make, web, stopped));
    }

    /// Waits until all have ended, which they do when the program is told to stop.
    pub async fn ended(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    /// Cuts off those that are still at work.
    pub fn abort(&mut self) {
        self.tasks.abort_all();
    }
}

async fn kept<F>(
    name: &'static str,
    mut make: impl FnMut() -> F,
    web: Arc<WebState>,
    mut stopped: watch::Receiver<bool>,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let mut rest = FIRST_REST;
    loop {
        let began = Instant::now();
        // Dropped with this future, and then the task ends too.
        let mut one = JoinSet::new();
        one.spawn(make());
        let ended = one.join_next().await;
        if *stopped.borrow() {
            return;
        }
        web.workers.failed(name);
        error!("the worker `{name}` {}; it is started again", why(ended));
        rest = if began.elapsed() < GOOD_WHILE { rest } else { FIRST_REST };
        tokio::select! {
            // The sender is only dropped with the server itself, which is a reason to stop too.
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(rest) => {}
        }
        rest = (rest * 2).min(LONGEST_REST);
        web.workers.started(name);
    }
}

fn why(ended: Option<Result<(), JoinError>>) -> String {
    match ended {
        Some(Err(error)) => format!("failed: {error}"),
        Some(Ok(())) | None => "ended by itself".to_owned(),
    }
}
