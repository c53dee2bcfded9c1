//! What a dispatch worker has under way, and the room that is left for more.

use std::collections::HashMap;
use std::future::Future;

use tokio::task::{Id, JoinError};
use tracing::error;
use vezne_core::engine::room::{Errand, Line, Room};
use vezne_core::model::identifier::MerchantId;

use super::started::Started;

/// Payouts that are being sent or asked about, each in its place.
pub(super) struct UnderWay {
    tasks: Started<()>,
    lines: HashMap<Id, Line>,
    room: Room,
}

impl UnderWay {
    /// Nothing yet. One merchant never gets more than half of a rail's places, or the others would
    /// wait until something of its ended.
    pub(super) fn new(per_rail: usize, per_merchant: usize) -> Self {
        let room = Room::new(per_rail, per_merchant.min(per_rail.div_ceil(2)));
        Self { tasks: Started::new(), lines: HashMap::new(), room }
    }

    /// What is taken and what is free.
    pub(super) fn room(&self) -> Room {
        self.room.clone()
    }

    /// Remembers after whom the next look begins.
    pub(super) fn serve_after(&mut self, served: &[(Errand, MerchantId)]) {
        for (errand, merchant) in served {
            self.room.serve_after(*errand, *merchant);
        }
    }

    /// Starts work, which takes a place until it ends.
    pub(super) fn start(&mut self, line: Line, work: impl Future<Output = ()> + Send + 'static) {
        self.room.occupy(&line);
        let id = self.tasks.spawn(work).id();
        self.lines.insert(id, line);
    }

    /// Waits for some work to end; nothing when none is under way.
    pub(super) async fn one(&mut self) -> Option<()> {
        let ended = self.tasks.join_next_with_id().await?;
        self.end(ended);
        Some(())
    }

    /// Frees the places of what has ended meanwhile, so that one claim serves them all.
    pub(super) fn all_ended(&mut self) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.end(ended);
        }
    }

    fn end(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                error!("work on a payout stopped: {error}");
                error.id()
            }
        };
        if let Some(line) = self.lines.remove(&id) {
            self.room.give_back(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UnderWay;
    use vezne_core::engine::room::{Errand, Line};
    use vezne_core::model::identifier::MerchantId;

    #[tokio::test]
    async fn a_place_comes_back_however_the_work_ends() {
        let line = Line { merchant: MerchantId(1), rail: "bank".into(), errand: Errand::Send };
        let mut under_way = UnderWay::new(8, 8);
        let free = |under_way: &UnderWay| under_way.room().shares(std::slice::from_ref(&line));
        assert_eq!(free(&under_way), [4], "half is left for others");
        for _ in 0..3 {
            under_way.start(line.clone(), async {});
        }
        under_way.start(line.clone(), async { panic!("it falls") });
        assert_eq!(free(&under_way), [0]);
        while under_way.one().await.is_some() {}
        assert_eq!(free(&under_way), [4]);
    }
}
