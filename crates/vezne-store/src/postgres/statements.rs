//! The statements that read whole payouts and callbacks.

use std::sync::LazyLock;

use tokio_postgres::types::Type;

use super::session::Sql;
use crate::row::{callback, payout};

/// Keeps the text of a statement for the life of the program, which asks for it once.
pub(super) fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn by_ids(text: String) -> Sql {
    Sql { text: leak(text), types: &[Type::INT8_ARRAY] }
}

/// Payouts by id, locked in the order of ids.
pub(super) static LOCK_PAYOUTS: LazyLock<Sql> =
    LazyLock::new(|| by_ids(payout::select_to_move("WHERE id = ANY($1) ORDER BY id FOR UPDATE")));

/// Payouts by id.
pub(super) static READ_PAYOUTS: LazyLock<Sql> =
    LazyLock::new(|| by_ids(payout::select_to_move("WHERE id = ANY($1)")));

/// Callbacks by id, locked in the order of ids.
pub(super) static LOCK_CALLBACKS: LazyLock<Sql> =
    LazyLock::new(|| by_ids(callback::select("WHERE c.id = ANY($1) ORDER BY c.id FOR UPDATE")));

/// Callbacks by id.
pub(super) static READ_CALLBACKS: LazyLock<Sql> =
    LazyLock::new(|| by_ids(callback::select("WHERE c.id = ANY($1)")));
