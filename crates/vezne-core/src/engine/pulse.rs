//! What the store made of the groups so far, for metrics and readiness.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts of groups that had something to write.
#[derive(Debug, Default)]
pub struct Pulse {
    commits: AtomicU64,
    commands: AtomicU64,
    undone: AtomicU64,
    failing: AtomicBool,
}

impl Pulse {
    /// Groups that were committed.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Commands in them.
    pub fn commands(&self) -> u64 {
        self.commands.load(Ordering::Relaxed)
    }

    /// Groups that were undone.
    pub fn undone(&self) -> u64 {
        self.undone.load(Ordering::Relaxed)
    }

    /// Whether the last group was undone. It may have been its own fault, or the store takes no
    /// commit at all: [`Store::prove_commits`](crate::port::Store::prove_commits) tells.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// The store has taken a commit.
    pub fn recovered(&self) {
        self.failing.store(false, Ordering::Relaxed);
    }

    pub(super) fn committed(&self, commands: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commands.fetch_add(u64::try_from(commands).unwrap_or(0), Ordering::Relaxed);
        self.recovered();
    }

    pub(super) fn undid(&self) {
        self.undone.fetch_add(1, Ordering::Relaxed);
        self.failing.store(true, Ordering::Relaxed);
    }
}
