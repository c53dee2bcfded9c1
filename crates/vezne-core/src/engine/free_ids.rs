//! Ids that nobody has yet: what a group may give out, and what it leaves.

use std::collections::VecDeque;
use std::ops::Range;

use crate::model::identifier::{CallbackId, EntryId, PayoutId};
use crate::port::Fault;

/// Free ids of one kind, given out lowest first. They need not be without gaps, because several
/// nodes may share one sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdRanges(VecDeque<Range<i64>>);

impl IdRanges {
    /// All ids from one on.
    pub fn from(first: i64) -> Self {
        Self(std::iter::once(first..i64::MAX).collect())
    }

    /// Adds ids that are higher than all that are here already.
    pub fn add(&mut self, ids: Range<i64>) {
        match self.0.back_mut() {
            _ if ids.is_empty() => {}
            Some(last) if last.end == ids.start => last.end = ids.end,
            _ => self.0.push_back(ids),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        let sizes = self.0.iter().map(|ids| usize::try_from(ids.end - ids.start));
        sizes.fold(0, |sum, size| size.map_or(usize::MAX, |size| sum.saturating_add(size)))
    }

    /// Takes the lowest.
    fn take(&mut self) -> Result<i64, Fault> {
        let none = || Fault("a group gives out more ids than it asked for".to_owned());
        let ids = self.0.front_mut().ok_or_else(none)?;
        let id = ids.start;
        ids.start += 1;
        if ids.is_empty() {
            self.0.pop_front();
        }
        Ok(id)
    }
}

/// The free ids of every kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreeIds {
    /// Of payouts.
    pub payouts: IdRanges,
    /// Of entries.
    pub entries: IdRanges,
    /// Of callbacks.
    pub callbacks: IdRanges,
}

impl FreeIds {
    pub(super) fn payout(&mut self) -> Result<PayoutId, Fault> {
        self.payouts.take().map(PayoutId)
    }

    pub(super) fn entry(&mut self) -> Result<EntryId, Fault> {
        self.entries.take().map(EntryId)
    }

    pub(super) fn callback(&mut self) -> Result<CallbackId, Fault> {
        self.callbacks.take().map(CallbackId)
    }
}

#[cfg(test)]
mod tests {
    use super::IdRanges;

    #[test]
    fn the_lowest_comes_first_and_gaps_are_passed_over() {
        let mut ids = IdRanges::default();
        for range in [3..5, 5..6, 6..6, 9..11] {
            ids.add(range);
        }
        assert_eq!(ids.count(), 5);
        let taken: Vec<_> = std::iter::from_fn(|| ids.take().ok()).collect();
        assert_eq!(taken, [3, 4, 5, 9, 10]);
        assert_eq!(ids, IdRanges::default());
    }

    #[test]
    fn an_endless_range_is_counted() {
        assert_eq!(IdRanges::from(1).count(), usize::try_from(i64::MAX - 1).expect("64 bits"));
    }
}
