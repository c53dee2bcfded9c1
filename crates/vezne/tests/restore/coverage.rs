//! What histories met: how often each verb was tried on each state in each phase, and what came of
//! it. A harness that never tries something proves nothing about it.

use std::collections::BTreeMap;

/// Where a history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Before the copy is taken.
    Before,
    /// What the copy knows nothing of.
    Lost,
    /// The copy is back, and the desk sends nothing.
    Quarantine,
    /// It was released.
    After,
}

/// What an operator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    Approve,
    Reject,
    Fail,
    Settle,
    ResolvePaid,
    ResolveNotPaid,
    ResolveNeverSent,
}

/// A state, an act and a phase.
pub(crate) type Triple = (&'static str, Act, Phase);

/// How often it was done, and how often it was refused.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) done: u64,
    pub(crate) refused: u64,
}

/// Everything that was tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage(BTreeMap<Triple, Count>);

impl Coverage {
    pub(crate) fn note(&mut self, triple: Triple, done: bool) {
        let count = self.0.entry(triple).or_default();
        if done { count.done += 1 } else { count.refused += 1 }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (triple, more) in &other.0 {
            let count = self.0.entry(*triple).or_default();
            count.done += more.done;
            count.refused += more.refused;
        }
    }

    /// Those of the triples that were never tried.
    pub(crate) fn lacks(&self, wanted: &[Triple]) -> Vec<Triple> {
        wanted.iter().filter(|triple| !self.0.contains_key(triple)).copied().collect()
    }

    /// A line per triple.
    pub(crate) fn table(&self) -> String {
        let line = |((state, act, phase), count): (&Triple, &Count)| {
            let (phase, act) = (format!("{phase:?}"), format!("{act:?}"));
            format!("{phase:<11} {state:<18} {act:<17} {:>7} {:>7}\n", count.done, count.refused)
        };
        let head = format!(
            "{:<11} {:<18} {:<17} {:>7} {:>7}\n",
            "phase", "state", "verb", "done", "refused"
        );
        head + &self.0.iter().map(line).collect::<String>()
    }
}

/// What a run of many histories must have tried: each verb that could lose money, on each state
/// that a restored payout can stand in, while the desk is held and afterwards.
pub(crate) const MAIN: &[Triple] = &[
    ("awaiting-approval", Act::Approve, Phase::Quarantine),
    ("awaiting-approval", Act::Reject, Phase::Quarantine),
    ("awaiting-approval", Act::Approve, Phase::After),
    ("awaiting-approval", Act::Reject, Phase::After),
    ("approved", Act::Reject, Phase::Quarantine),
    ("approved", Act::Fail, Phase::Quarantine),
    ("dispatched", Act::Fail, Phase::Quarantine),
    ("dispatched", Act::Settle, Phase::Quarantine),
    ("dispatched", Act::Fail, Phase::After),
    ("dispatched", Act::Settle, Phase::After),
];
