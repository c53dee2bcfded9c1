//! What a store does by itself now and then: partitions ahead of time, old marks deleted, counts
//! added up.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::error::OpenError;
use super::session::Sql;
use super::{Desk, mark, of_pool, partition, read};

/// How often it is looked after.
const PAUSE: Duration = Duration::from_secs(3_600);

/// How long a task that ended by itself rests before it begins again.
const REST: Duration = Duration::from_secs(5);

/// Keeps a task going that never ends by itself: one that panics is begun again.
pub(super) async fn kept<F>(name: &'static str, make: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // Dropped with this future, and then the task ends too.
        let mut one = JoinSet::new();
        one.spawn(make());
        while let Some(ended) = one.join_next().await {
            tracing::error!(name, ?ended, "a task of the store ended and is begun again");
        }
        tokio::time::sleep(REST).await;
    }
}

/// Looks after the database for as long as the store is there. Several nodes may do so at once.
pub(super) async fn run(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = once(&desk).await {
            tracing::warn!(%error, "the database was not looked after");
        }
    }
}

/// Makes partitions ahead of time, deletes old marks, and sees whether a person has vouched for
/// what is not sealed.
pub(super) async fn once(desk: &Desk) -> Result<(), OpenError> {
    let session = desk.keeper.get().await.map_err(of_pool)?;
    partition::prepare(&session).await?;
    read::see_confirmation(&session, &desk.sealer).await?;
    Ok(mark::forget(&session).await?)
}

/// How often counts are added up. Between two times they grow by a few lines for each group.
const ADD_UP: Duration = Duration::from_secs(20);

/// Takes the lines of the counts, and leaves one for each sum. Whoever reads sees all of the old
/// ones or the new one; another node that does the same at the time takes what this one leaves.
static SUMS: Sql = Sql {
    text: "WITH taken AS (DELETE FROM tally RETURNING subject, state, count) \
         INSERT INTO tally (subject, state, count) \
         SELECT subject, state, sum(count) FROM taken GROUP BY subject, state \
         HAVING sum(count) <> 0",
    types: &[],
};

/// Adds the counts up for as long as the store is there.
pub(super) async fn count(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(ADD_UP).await;
        if let Err(error) = add_up(&desk).await {
            tracing::warn!(%error, "the counts of payouts and callbacks were not added up");
        }
    }
}

/// Adds the counts up.
pub(super) async fn add_up(desk: &Desk) -> Result<(), OpenError> {
    let session = desk.keeper.get().await.map_err(of_pool)?;
    session.one(&SUMS, Vec::new()).await?;
    Ok(())
}
