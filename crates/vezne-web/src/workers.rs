//! What runs in the program beside the requests, and whether it does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The program's own tasks, by name.
#[derive(Debug, Default)]
pub struct Workers(Mutex<BTreeMap<&'static str, Standing>>);

/// How a task stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether it is at work.
    pub(crate) runs: bool,
    /// How often it ended although nobody had told it to.
    pub(crate) failures: u64,
}

impl Workers {
    /// It is at work from now on.
    pub fn started(&self, name: &'static str) {
        self.lock().entry(name).or_default().runs = true;
    }

    /// It has ended although nobody had told it to.
    pub fn failed(&self, name: &'static str) {
        let mut all = self.lock();
        let standing = all.entry(name).or_default();
        standing.runs = false;
        standing.failures += 1;
    }

    /// Those that should be at work and are not.
    pub fn missing(&self) -> Vec<&'static str> {
        let all = self.lock();
        all.iter().filter(|(_, standing)| !standing.runs).map(|(name, _)| *name).collect()
    }

    pub(crate) fn standings(&self) -> BTreeMap<&'static str, Standing> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
