//! Booking what came of something outside: tried again for as long as it may still be booked.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;
use vezne_core::engine::Failure;

/// The wait before the second try; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The longest of these waits.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Books until it is decided, whatever the decision: once at least, and again while the lease
/// lasts. After it whoever has the claim then finds out anew.
///
/// # Errors
/// The last try's failure.
pub(super) async fn book<T, R, F>(
    lease_end: Instant,
    attempt: impl Fn() -> F,
) -> Result<T, Failure<R>>
where
    F: Future<Output = Result<T, Failure<R>>>,
{
    let mut wait = FIRST_WAIT;
    loop {
        let failure = match attempt().await {
            Err(failure @ (Failure::Busy | Failure::Fault(_))) => failure,
            decided @ (Ok(_) | Err(Failure::Refused(_))) => return decided,
        };
        if Instant::now() + wait >= lease_end {
            return Err(failure);
        }
        if wait == FIRST_WAIT {
            let why = match &failure {
                Failure::Fault(fault) => fault.to_string(),
                Failure::Busy | Failure::Refused(_) => "the queue is full".to_owned(),
            };
            warn!("what came back from outside is not booked yet and is tried again: {why}");
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use tokio::time::Instant;
    use vezne_core::engine::Failure;
    use vezne_core::port::Fault;

    use super::book;

    /// Books with a store that fails so many times; answers with the outcome and the tries.
    async fn after(failures: usize, lease: Duration) -> (Result<(), Failure<()>>, usize) {
        let tries = Cell::new(0);
        let attempt = || {
            tries.set(tries.get() + 1);
            let fails = tries.get() <= failures;
            async move { if fails { Err(Failure::Fault(Fault("away".into()))) } else { Ok(()) } }
        };
        let booked = book(Instant::now() + lease, attempt).await;
        (booked, tries.get())
    }

    #[tokio::test]
    async fn an_answer_is_booked_once_the_store_is_back() {
        assert_eq!(after(2, Duration::from_secs(60)).await, (Ok(()), 3));
    }

    #[tokio::test]
    async fn it_is_tried_once_at_least_and_not_beyond_the_lease() {
        let away = || Err(Failure::Fault(Fault("away".into())));
        assert_eq!(after(usize::MAX, Duration::ZERO).await, (away(), 1));
        let (booked, tries) = after(usize::MAX, Duration::from_millis(200)).await;
        assert_eq!(booked, away());
        // At once, after 50 ms and after 150; a machine that is slow leaves the last one out.
        assert!((2..=3).contains(&tries), "{tries}");
    }

    #[tokio::test]
    async fn a_refusal_is_a_decision() {
        let lease_end = Instant::now() + Duration::from_secs(60);
        let booked: Result<(), _> = book(lease_end, async || Err(Failure::Refused("late"))).await;
        assert_eq!(booked, Err(Failure::Refused("late")));
    }
}
