//! Lists, of which a row that does not read takes nothing but itself.

use vezne_core::model::unread::Unread;
use vezne_core::port::Found;

/// What a list has found so far.
pub(crate) struct Listed<T>(Found<T>);

impl<T> Listed<T> {
    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self(Found { rows: Vec::new(), unread: Vec::new() })
    }

    /// Adds a row, or why it does not read.
    pub(crate) fn add(&mut self, read: Result<T, Unread>) {
        match read {
            Ok(row) => self.0.rows.push(row),
            Err(unread) => self.0.unread.push(unread),
        }
    }

    /// All of it.
    pub(crate) fn finish(self) -> Found<T> {
        self.0
    }
}
