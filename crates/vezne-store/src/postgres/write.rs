//! A statement that must write as many rows as it was given.

use super::session::Query;

/// A statement, and how many rows it must write; nothing where some may be as they should already.
pub(super) struct Write {
    pub(super) query: Query,
    pub(super) rows: Option<usize>,
}

impl Write {
    /// A statement that writes as many rows as it was given.
    pub(super) fn new(query: Query, rows: usize) -> Self {
        Self { query, rows: Some(rows) }
    }

    /// A statement that leaves rows alone which need nothing.
    pub(super) fn where_needed(query: Query) -> Self {
        Self { query, rows: None }
    }
}
