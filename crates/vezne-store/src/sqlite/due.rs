//! What the workers ask for: callbacks that are due, and payouts that are not finished.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use vezne_core::model::callback::{Callback, CallbackState};
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::time::Timestamp;

use crate::row::Result;
use crate::row::{callback, payout};
use crate::seal::Sealer;

pub(super) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Approved and dispatched payouts after an id. Each state has its own order of ids, so none is
/// sorted whole.
const UNFINISHED: &str = "WHERE id IN ( \
     SELECT id FROM (SELECT id FROM payout WHERE state = 'approved' AND id > ?1 \
                     ORDER BY id LIMIT ?2) \
     UNION ALL \
     SELECT id FROM (SELECT id FROM payout WHERE state = 'dispatched' AND id > ?1 \
                     ORDER BY id LIMIT ?2)) ORDER BY id LIMIT ?2";

/// Approved and dispatched payouts after an id, with the ids of those too that do not read.
pub(super) fn unfinished(
    connection: &Connection,
    sealer: &Sealer,
    after: PayoutId,
    count: usize,
) -> Result<(Vec<PayoutId>, Vec<payout::Look>)> {
    let mut statement = connection.prepare_cached(&payout::select_to_move(UNFINISHED))?;
    let mut rows = statement.query([after.0, limit(count)])?;
    let (mut ids, mut payouts) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        ids.push(PayoutId(row.get(0)?));
        payouts.push(payout::look(row, sealer)?);
    }
    Ok((ids, payouts))
}

/// A payout's callbacks are told in order: one waits while an earlier one is still due. The sign
/// keeps SQLite from going through everything that is due to find that one.
pub(super) const DUE_CALLBACKS: &str = "WHERE c.merchant_id = ? AND c.state = 'due' \
     AND c.state_at <= ? AND c.set_aside_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM callback AS earlier WHERE earlier.payout_id = c.payout_id \
                     AND earlier.id < c.id AND +earlier.state = 'due') \
     ORDER BY c.state_at, c.id LIMIT ?";

/// Callbacks to send by `at`, longest due first, at most as many of each merchant as it has room
/// for.
pub(super) fn callbacks(
    connection: &Connection,
    sealer: &Sealer,
    at: Timestamp,
    rooms: &[(MerchantId, usize)],
) -> Result<Vec<callback::Read>> {
    let mut statement = connection.prepare_cached(&callback::select(DUE_CALLBACKS))?;
    let mut due = Vec::new();
    for (merchant, room) in summed(rooms) {
        let mut rows = statement.query(params![merchant.0, at.micros(), limit(room)])?;
        while let Some(row) = rows.next()? {
            due.push(callback::read_one_of_many(row, sealer)?);
        }
    }
    due.sort_by_key(|read| read.as_ref().ok().map(|callback| (due_at(callback), callback.id)));
    Ok(due)
}

/// The rooms of claims that share a group add up; each claim counts its own.
fn summed(rooms: &[(MerchantId, usize)]) -> BTreeMap<MerchantId, usize> {
    let mut sums: BTreeMap<_, usize> = BTreeMap::new();
    for (merchant, room) in rooms {
        let sum = sums.entry(*merchant).or_default();
        *sum = sum.saturating_add(*room);
    }
    sums
}

const fn due_at(callback: &Callback) -> i64 {
    let (CallbackState::Due(at) | CallbackState::Acknowledged(at) | CallbackState::Parked(at)) =
        callback.state;
    at.micros()
}
