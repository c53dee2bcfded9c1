//! The figures of a bench: each run, the medians, and the share left when accepts are durable.

use std::time::Duration;

use super::load::Tally;
use super::machine;

/// One run of one side.
#[derive(Clone, Debug)]
struct Run {
    answers: usize,
    half: Duration,
    most: Duration,
    /// Processor time since the run before: of the server, and of the load generator.
    server: f64,
    load: f64,
}

/// All runs so far.
#[derive(Default)]
pub(super) struct Report {
    bare: Vec<Run>,
    durable: Vec<Run>,
    /// The readings of processor time that the next run's are differences to.
    bare_seconds: f64,
    durable_seconds: f64,
    load_seconds: f64,
}

impl Report {
    /// Adds a run of the handler; the time is its process's.
    pub(super) fn bare(&mut self, tally: Tally, seconds: f64) {
        let used = seconds - std::mem::replace(&mut self.bare_seconds, seconds);
        let run = self.run(tally, used);
        self.bare.push(run);
    }

    /// Adds a run of the program.
    pub(super) fn durable(&mut self, tally: Tally, seconds: f64) {
        let used = seconds - std::mem::replace(&mut self.durable_seconds, seconds);
        let run = self.run(tally, used);
        self.durable.push(run);
    }

    fn run(&mut self, tally: Tally, server: f64) -> Run {
        let seconds = machine::cpu_seconds("self");
        let load = seconds - std::mem::replace(&mut self.load_seconds, seconds);
        let mut latencies = tally.latencies;
        latencies.sort_unstable();
        let micros = |part| Duration::from_micros(percentile(&latencies, part).into());
        Run { answers: latencies.len(), half: micros(50), most: micros(99), server, load }
    }

    pub(super) fn print_last(&self, window: Duration) {
        for (name, runs) in [("handler", &self.bare), ("durable", &self.durable)] {
            let Some(run) = runs.last() else { continue };
            println!(
                "run {}:    {name}  {:>9.0} requests/s  p50 {:>8.1?}  p99 {:>8.1?}  \
                 (CPU: server {:.1} s, load generator {:.1} s)",
                runs.len(),
                rate(run, window),
                run.half,
                run.most,
                run.server,
                run.load
            );
        }
    }

    /// The median of the program's runs.
    pub(super) fn durable_median(&self, window: Duration) -> f64 {
        median(&self.durable, window)
    }

    pub(super) fn print(&self, window: Duration) {
        let (bare, durable) = (median(&self.bare, window), self.durable_median(window));
        println!("median:   handler  {bare:>9.0} requests/s that only parses and answers");
        println!("median:   durable  {durable:>9.0} accepted payouts/s");
        println!("ratio:    {:.3} durable/handler", durable / bare);
    }
}

fn rate(run: &Run, window: Duration) -> f64 {
    // Far fewer answers than a u32 holds come within two minutes.
    f64::from(u32::try_from(run.answers).unwrap_or(u32::MAX)) / window.as_secs_f64()
}

/// The median rate; between the middle two where their number is even.
fn median(runs: &[Run], window: Duration) -> f64 {
    middle(runs.iter().map(|run| rate(run, window)).collect())
}

/// The median, for figures of any kind.
pub(super) fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    let middle = |at: usize| rates.get(at).copied().unwrap_or_default();
    f64::midpoint(middle(rates.len().saturating_sub(1) / 2), middle(rates.len() / 2))
}

/// The value that `part` percent of the sorted values do not exceed.
pub(super) fn percentile<T: Copy + Default>(sorted: &[T], part: usize) -> T {
    let rank = (sorted.len() * part).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}
