//! Many histories, a few at the same time.

use std::num::NonZero;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::broken::Broken;
use crate::coverage::Coverage;
use crate::history::{self, Outcome};
use crate::place::Store;

/// How many histories are run, and from which seed on.
const SEEDS: &str = "VEZNE_PROVE_SEEDS";
const FIRST: &str = "VEZNE_PROVE_FIRST";

/// Failures of which every word is printed.
const SHOWN: usize = 10;

/// Which histories.
#[derive(Clone, Debug)]
pub(crate) struct Swarm {
    store: Store,
    first: u64,
    count: u64,
    broken: Option<Broken>,
}

/// What came of them.
#[derive(Default)]
pub(crate) struct Ran {
    pub(crate) histories: u64,
    pub(crate) coverage: Coverage,
    /// The seeds that failed, and why.
    pub(crate) failed: Vec<(u64, Vec<String>)>,
}

impl Ran {
    pub(crate) fn words(&self) -> String {
        let line =
            |(seed, why): &(u64, Vec<String>)| format!("seed {seed}: {}\n", why.join("\n  "));
        self.failed.iter().take(SHOWN).map(line).collect()
    }
}

impl Swarm {
    /// So many histories, unless the environment says otherwise.
    pub(crate) fn of_environment(store: Store, count: u64) -> Self {
        let (count, first) = (number(SEEDS).unwrap_or(count), number(FIRST).unwrap_or(1));
        Self { store, first, count, broken: None }
    }

    /// So many at least, whatever the environment says.
    pub(crate) fn at_least(mut self, count: u64) -> Self {
        self.count = self.count.max(count);
        self
    }

    pub(crate) fn with(mut self, broken: Broken) -> Self {
        self.broken = Some(broken);
        self
    }

    pub(crate) fn seeds(&self) -> Range<u64> {
        self.first..self.first + self.count
    }

    /// Runs all of them.
    pub(crate) fn run(&self) -> Ran {
        self.work(false)
    }

    /// The first that was found to fail; the rest are not run then.
    pub(crate) fn first_failure(&self) -> Option<(u64, String)> {
        let ran = self.work(true);
        let (seed, why) = ran.failed.into_iter().next()?;
        Some((seed, why.join("; ")))
    }

    fn work(&self, stops_at_failure: bool) -> Ran {
        let (next, stop) = (AtomicU64::new(self.first), AtomicBool::new(false));
        let ran = Mutex::new(Ran::default());
        let work = || {
            loop {
                let seed = next.fetch_add(1, Ordering::SeqCst);
                if !self.seeds().contains(&seed) || stop.load(Ordering::SeqCst) {
                    return;
                }
                let outcome = self.history(seed);
                let mut ran = ran.lock().expect("nobody panics here");
                ran.histories += 1;
                ran.coverage.add(&outcome.coverage);
                if !outcome.complaints.is_empty() {
                    stop.fetch_or(stops_at_failure, Ordering::SeqCst);
                    ran.failed.push((seed, outcome.complaints));
                }
            }
        };
        std::thread::scope(|scope| {
            let threads = std::thread::available_parallelism().map_or(2, NonZero::get) * 2;
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        let mut ran = ran.into_inner().expect("nobody panics here");
        ran.failed.sort_by_key(|(seed, _)| *seed);
        ran
    }

    /// One history on a runtime of its own, which ends with everything that it started.
    fn history(&self, seed: u64) -> Outcome {
        let run = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let history = history::run(seed, self.store, self.broken);
            runtime.expect("a runtime").block_on(history)
        };
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let complaints = vec![format!("it panicked: {}", text.unwrap_or("without words"))];
            Outcome { complaints, coverage: Coverage::default() }
        })
    }
}

/// A number that the environment sets.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
