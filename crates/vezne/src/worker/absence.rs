//! For how long a rail has denied an order, and said nothing else, in this process.
//!
//! The database knows since when by a clock, which may be set or be another server's after a
//! failover. An order is sent again on the strength of this span, so it is measured in ticks that
//! nobody sets. It begins anew with the process, and when another node takes the payout over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::Dispatch;
use vezne_core::model::time::Timestamp;

/// The most orders that are remembered. When there are more all are forgotten, and their spans
/// begin anew.
const MOST: usize = 100_000;

/// Orders that their rails deny.
#[derive(Debug, Default)]
pub(super) struct Absences(Mutex<HashMap<PayoutId, Denied>>);

/// One denial after the other, from the first that this process heard.
#[derive(Clone, Copy, Debug)]
struct Denied {
    /// The send that is denied.
    attempt: u32,
    /// The first denial as the database has it: another one stands there once somebody heard
    /// something else in between.
    first: Timestamp,
    /// When this process first heard one, in ticks.
    from: Duration,
}

impl Absences {
    /// Takes note of a denial that was asked for at `asked` ticks, of a payout as it was claimed
    /// before. Answers with how long nothing else has been heard.
    pub(super) fn denied(
        &self,
        payout: PayoutId,
        dispatch: &Dispatch,
        asked: Duration,
    ) -> Duration {
        // The first denial is being booked only now; the span begins with the next one.
        let Some(first) = dispatch.absent_since else { return Duration::ZERO };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = dispatch.attempt;
        match all.get(&payout) {
            Some(known) if (known.attempt, known.first) == (attempt, first) => {
                asked.saturating_sub(known.from)
            }
            Some(_) | None => {
                if all.len() >= MOST {
                    all.clear();
                }
                all.insert(payout, Denied { attempt, first, from: asked });
                Duration::ZERO
            }
        }
    }

    /// Something else is known of the payout by now.
    pub(super) fn forget(&self, payout: PayoutId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&payout);
    }
}
