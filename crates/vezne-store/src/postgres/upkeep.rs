//! What a store does by itself now and then: partitions ahead of time, old marks deleted.

use std::sync::Arc;
use std::time::Duration;

use super::error::OpenError;
use super::{Desk, mark, of_pool, partition, read};

/// How often it is looked after.
const PAUSE: Duration = Duration::from_secs(3_600);

/// Looks after the database for as long as the store is there. Several nodes may do so at once.
pub(super) async fn run(desk: Arc<Desk>) {
    loop {
        tokio::time::sleep(PAUSE).await;
        if let Err(error) = once(&desk).await {
            tracing::warn!(%error, "the database was not looked after");
        }
    }
}

async fn once(desk: &Desk) -> Result<(), OpenError> {
    let session = desk.readers.get().await.map_err(of_pool)?;
    partition::prepare(&session).await?;
    read::see_confirmation(&session, &desk.sealer).await?;
    Ok(mark::forget(&session).await?)
}
