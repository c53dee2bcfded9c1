//! A desk that was begun before payouts were sealed.

use vezne_core::engine::seal::{ConfirmSeals, Sealed};
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::PayoutId;

use super::{Backend, OLD_KEY_CHECK, World};

/// Makes one of a desk that is closed.
pub(crate) fn make_old<B: Backend>(backend: &B) {
    backend.by_hand("UPDATE payout SET seal = NULL");
    backend.by_hand("UPDATE desk_state SET seal = NULL");
    let check = B::bytes(OLD_KEY_CHECK);
    backend.by_hand(&format!("UPDATE meta SET value = {check} WHERE name = 'key_check'"));
}

/// Confirms its payouts, so many in a step. Answers with how many were sealed.
pub(crate) async fn confirm<B: Backend>(world: &World<B>, limit: usize) -> u64 {
    let (mut after, mut sealed) = (PayoutId(0), 0);
    loop {
        let by = Actor::Operator("ayse".into());
        let reason = "compared with the merchants' own lists".to_owned();
        let done: Sealed = world.must(ConfirmSeals { after, limit, sealed, by, reason }).await;
        sealed = done.sealed;
        match done.next {
            Some(next) => after = next,
            None => return sealed,
        }
    }
}
