//! The callbacks that the workers of all nodes ask for: each passes over what another has in hand.
//! And payouts that are not finished.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tokio_postgres::types::Type;
use vezne_core::engine::view::{View, Wanted};
use vezne_core::model::callback::CallbackState;
use vezne_core::model::identifier::{MerchantId, PayoutId};

use super::session::{Query, Sql, parameters};
use super::statements::leak;
use crate::row;

pub(super) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

static UNFINISHED: LazyLock<Sql> = LazyLock::new(|| Sql {
    text: leak(row::payout::select_to_move(
        "WHERE id = ANY (ARRAY( \
             (SELECT id FROM payout WHERE state = 'approved' AND id > $1 ORDER BY id LIMIT $2) \
             UNION ALL \
             (SELECT id FROM payout WHERE state = 'dispatched' AND id > $1 ORDER BY id LIMIT $2))) \
         ORDER BY id LIMIT $2 FOR UPDATE",
    )),
    types: &[Type::INT8, Type::INT8],
});

/// Approved and dispatched payouts after an id. Each state has its own order of ids. None is passed
/// over: one that somebody else has in hand is waited for.
pub(super) fn unfinished(after: PayoutId, most: usize) -> Query {
    Query::new(&UNFINISHED, parameters![after.0, limit(most)])
}

/// A payout's callbacks are told in order: that it came back waits while that it was settled is
/// still due. The ids say nothing about their order, because two nodes may have given them. The
/// offset, and saying what the other state is not, keep the server from gathering everything that
/// is due to look there.
static CALLBACKS: LazyLock<Sql> = LazyLock::new(|| {
    let due = row::callback::select(
        "WHERE c.merchant_id = asked.merchant_id AND c.state = 'due' AND c.state_at <= $3 \
         AND c.set_aside_at IS NULL \
         AND NOT (c.event = 'returned' AND EXISTS ( \
             SELECT 1 FROM callback AS earlier WHERE earlier.payout_id = c.payout_id \
             AND earlier.event = 'settled' \
             AND earlier.state NOT IN ('acknowledged', 'parked') OFFSET 0)) \
         ORDER BY c.state_at, c.id LIMIT asked.room FOR UPDATE SKIP LOCKED",
    );
    Sql {
        text: leak(format!(
            "SELECT due.* FROM unnest($1, $2) AS asked (merchant_id, room) \
             CROSS JOIN LATERAL ({due}) AS due"
        )),
        types: &[Type::INT8_ARRAY, Type::INT8_ARRAY, Type::INT8],
    }
});

static UNSEALED: LazyLock<Sql> = LazyLock::new(|| Sql {
    text: leak(row::payout::select(
        "WHERE seal IS NULL AND id > $1 ORDER BY id LIMIT $2 FOR UPDATE",
    )),
    types: &[Type::INT8, Type::INT8],
});

/// Payouts without a seal after an id; one that somebody else has in hand is waited for.
pub(super) fn unsealed(after: PayoutId, most: usize) -> Query {
    Query::new(&UNSEALED, parameters![after.0, limit(most)])
}

/// Callbacks to send, at most as many of each merchant as it has room for. The rooms of claims
/// that share a group add up; each claim counts its own.
pub(super) fn callbacks(wanted: &Wanted) -> Query {
    let mut rooms: BTreeMap<MerchantId, usize> = BTreeMap::new();
    for (merchant, room) in &wanted.due_callbacks {
        let sum = rooms.entry(*merchant).or_default();
        *sum = sum.saturating_add(*room);
    }
    let (merchants, rooms): (Vec<i64>, Vec<i64>) =
        rooms.into_iter().map(|(merchant, room)| (merchant.0, limit(room))).unzip();
    Query::new(&CALLBACKS, parameters![merchants, rooms, wanted.at.micros()])
}

/// Puts the due callbacks of all merchants in the order in which they were due.
pub(super) fn sort(view: &mut View) {
    let View { due_callbacks, callbacks, .. } = view;
    let due_at = |state| match state {
        CallbackState::Due(at) | CallbackState::Acknowledged(at) | CallbackState::Parked(at) => at,
    };
    due_callbacks.sort_by_key(|id| (callbacks.get(id).map(|callback| due_at(callback.state)), *id));
}
