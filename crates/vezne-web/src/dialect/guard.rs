//! A panic becomes a fault of ours, told in the dialect's own words.
//!
//! No panic is expected. Should one happen all the same, the merchant gets an answer that says to
//! ask again, instead of a connection that ends without a word.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// The future panicked. What it held is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// Runs a future to its end, or to its panic. It is dropped then and never polled again, so nothing
/// half-changed inside it is seen.
pub(super) async fn guarded<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{Panicked, guarded};

    #[tokio::test]
    async fn a_panic_is_data_and_a_value_passes() {
        let panicking = async {
            tokio::task::yield_now().await;
            panic!("on purpose");
        };
        assert_eq!(guarded(panicking).await, Err::<(), _>(Panicked));
        assert_eq!(guarded(async { 7 }).await, Ok(7));
    }
}
