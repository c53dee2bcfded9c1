//! Ids from the sequences, as many as a group may need.
//!
//! They are drawn inside the group's own transaction: what makes the commit durable makes it
//! durable that they were drawn, so no server that takes over gives them out again. What a group
//! did not use stays with its connection, and goes with it.

use tokio_postgres::types::Type;
use vezne_core::engine::free_ids::{FreeIds, IdRanges};
use vezne_core::engine::view::NewIds;

use super::session::{Answer, Query, Sql, parameters};
use crate::row::{Result, StoreError};

static DRAW: Sql = Sql {
    text: "SELECT ARRAY(SELECT nextval('payout_id') FROM generate_series(1, $1)), \
         ARRAY(SELECT nextval('entry_id') FROM generate_series(1, $2)), \
         ARRAY(SELECT nextval('callback_id') FROM generate_series(1, $3))",
    types: &[Type::INT8, Type::INT8, Type::INT8],
};

/// What must be drawn so that there are as many as wanted; nothing when there are enough.
pub(super) fn draw(free: &FreeIds, wanted: NewIds) -> Option<Query> {
    let missing = |wanted: usize, ids: &IdRanges| -> i64 {
        i64::try_from(wanted.saturating_sub(ids.count())).unwrap_or(i64::MAX)
    };
    let payouts = missing(wanted.payouts, &free.payouts);
    let entries = missing(wanted.entries, &free.entries);
    let callbacks = missing(wanted.callbacks, &free.callbacks);
    let some = payouts > 0 || entries > 0 || callbacks > 0;
    some.then(|| Query::new(&DRAW, parameters![payouts, entries, callbacks]))
}

/// Adds what was drawn.
pub(super) fn add(free: &mut FreeIds, drawn: &Answer) -> Result<()> {
    let none = || StoreError::Broken("the sequences gave nothing".to_owned());
    let row = drawn.rows.first().ok_or_else(none)?;
    for (column, ids) in
        [&mut free.payouts, &mut free.entries, &mut free.callbacks].into_iter().enumerate()
    {
        for id in row.try_get::<_, Vec<i64>>(column)? {
            ids.add(id..id + 1);
        }
    }
    Ok(())
}
