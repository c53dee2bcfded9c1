//! When a kill came, as told by what it left.

use std::fmt;

/// Where in the course of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing of the batch is there.
    BeforeCommit,
    /// The batch is there, and its answer was lost.
    BeforeAnswer,
    /// The answer was there as well.
    AfterAnswer,
}

/// How many kills came when.
#[derive(Default)]
pub(crate) struct Moments {
    before_commit: u32,
    before_answer: u32,
    after_answer: u32,
}

impl Moments {
    pub(crate) fn count(&mut self, moment: Moment) {
        match moment {
            Moment::BeforeCommit => self.before_commit += 1,
            Moment::BeforeAnswer => self.before_answer += 1,
            Moment::AfterAnswer => self.after_answer += 1,
        }
    }

    /// Whether there was a kill of each kind; otherwise the run has shown less than it says.
    pub(crate) fn are_all_there(&self) -> bool {
        [self.before_commit, self.before_answer, self.after_answer].iter().all(|count| *count > 0)
    }
}

impl fmt::Display for Moments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before_commit, before_answer, after_answer } = self;
        write!(
            f,
            "kills: {before_commit} before the commit, {before_answer} between the commit and the \
             answer, {after_answer} after the answer"
        )
    }
}
