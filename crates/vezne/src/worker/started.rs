//! What a worker has under way.

use std::ops::{Deref, DerefMut};

use tokio::task::JoinSet;

/// Tasks that a worker has started. They stop with it, unless it panics: a send that is cut off is
/// in doubt, so its tasks go on to their end while the worker is started again.
#[derive(Debug)]
pub(super) struct Started<T: 'static>(JoinSet<T>);

impl<T: Send + 'static> Started<T> {
    pub(super) fn new() -> Self {
        Self(JoinSet::new())
    }
}

impl<T> Deref for Started<T> {
    type Target = JoinSet<T>;

    fn deref(&self) -> &JoinSet<T> {
        &self.0
    }
}

impl<T> DerefMut for Started<T> {
    fn deref_mut(&mut self) -> &mut JoinSet<T> {
        &mut self.0
    }
}

impl<T> Drop for Started<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.detach_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::Started;

    /// Starts something and then panics, or is stopped; answers with whether that went on.
    async fn goes_on(panics: bool) -> bool {
        let (release, held) = oneshot::channel::<()>();
        let (done, ended) = oneshot::channel();
        let (tell, began) = oneshot::channel();
        let worker = tokio::spawn(async move {
            let mut started = Started::new();
            started.spawn(async move {
                drop(held.await);
                let _ = done.send(());
            });
            let _ = tell.send(());
            assert!(!panics, "on purpose");
            std::future::pending::<()>().await;
        });
        began.await.expect("it begins");
        if !panics {
            worker.abort();
        }
        assert!(worker.await.is_err());
        let _ = release.send(());
        ended.await.is_ok()
    }

    #[tokio::test]
    async fn what_was_started_outlives_a_panic_and_nothing_else() {
        assert!(goes_on(true).await);
        assert!(!goes_on(false).await);
    }
}
