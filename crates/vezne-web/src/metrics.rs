//! What is counted, as OpenMetrics text.
//!
//! Labels are closed lists (dialect, service, answer code, state, outcome): never an id, a
//! reference or a name, which would leak and would grow without end. What the hot path touches is
//! looked up once, when the routes are made.

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use vezne_core::engine::pulse::Pulse;
use vezne_core::model::callback::{AttemptOutcome, CallbackState};
use vezne_core::model::identifier::RailCode;
use vezne_core::model::merchant::Mode;
use vezne_core::model::pace::Drift;
use vezne_core::model::payout::PayoutState;
use vezne_core::model::rail::RailAnswer;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Connections, Fault, Overview};

use crate::state::DiskRoom;
use crate::workers::Standing;

#[cfg(test)]
mod tests;

/// Seconds, from half a millisecond, where a parsed and refused request is, to ten.
const BUCKETS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Why an answer of a rail is not in the books, as [`Metrics::unbooked`] is told it.
const UNBOOKED: [&str; 4] = ["contradicts", "other-order", "refused", "fault"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    dialect: &'static str,
    service: &'static str,
    code: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    dialect: &'static str,
    service: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfWorker {
    worker: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndedAs {
    class: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RailSaid {
    rail: String,
    asked: &'static str,
    answer: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRail {
    rail: String,
    asked: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPool {
    of: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Because {
    why: &'static str,
}

/// All metrics of the program.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Family<Asked, Histogram, fn() -> Histogram>,
    queue: Gauge,
    payouts: Family<InState, Gauge>,
    in_doubt: Gauge,
    payouts_aside: Gauge,
    callbacks_aside: Gauge,
    callbacks: Family<InState, Gauge>,
    dispatch_lag: Gauge,
    commits: Counter,
    commands: Counter,
    undone: Counter,
    connections: Family<OfPool, Gauge>,
    disk_free: Gauge,
    disk_size: Gauge,
    rail_answers: Family<RailSaid, Counter>,
    rail_durations: Family<OfRail, Histogram, fn() -> Histogram>,
    untold: Gauge,
    oldest_due: Gauge,
    quarantine: Gauge,
    most_kept: Family<OfKind, Gauge>,
    overview_faults: Counter,
    attempts: Family<EndedAs, Counter>,
    unbooked: Family<Because, Counter>,
    workers: Family<OfWorker, Gauge>,
    worker_failures: Family<OfWorker, Counter>,
    clock_ahead: Gauge,
    clock_steps: Counter,
}

/// The counters of one service, found beforehand.
#[derive(Clone, Debug)]
pub struct RequestMeter {
    answers: Box<[Counter]>,
    seconds: Histogram,
}

impl RequestMeter {
    /// Counts one answer: `code` is its place in the list that the meter was made with.
    pub fn record(&self, code: usize, took: Duration) {
        if let Some(counter) = self.answers.get(code) {
            counter.inc();
        }
        self.seconds.observe(took.as_secs_f64());
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Metrics at zero.
    pub fn new() -> Self {
        let durations: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("vezne"),
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            queue: Gauge::default(),
            payouts: Family::default(),
            in_doubt: Gauge::default(),
            payouts_aside: Gauge::default(),
            callbacks_aside: Gauge::default(),
            callbacks: Family::default(),
            dispatch_lag: Gauge::default(),
            commits: Counter::default(),
            commands: Counter::default(),
            undone: Counter::default(),
            connections: Family::default(),
            disk_free: Gauge::default(),
            disk_size: Gauge::default(),
            rail_answers: Family::default(),
            rail_durations: Family::new_with_constructor(durations),
            untold: Gauge::default(),
            oldest_due: Gauge::default(),
            quarantine: Gauge::default(),
            most_kept: Family::default(),
            overview_faults: Counter::default(),
            attempts: Family::default(),
            unbooked: Family::default(),
            workers: Family::default(),
            worker_failures: Family::default(),
            clock_ahead: Gauge::default(),
            clock_steps: Counter::default(),
        };
        metrics.register_requests();
        metrics.register_program();
        metrics.register_overview();
        metrics.register_store();
        metrics.start_at_zero();
        metrics
    }

    fn register_requests(&mut self) {
        let registry = &mut self.registry;
        let help = "Requests answered, by dialect, service and the answer's own code";
        registry.register("requests", help, self.requests.clone());
        let help = "Time from a request's head to its answer";
        let durations = self.durations.clone();
        registry.register_with_unit("request_duration", help, Unit::Seconds, durations);
        let help = "Commands waiting for the engine";
        registry.register("engine_queue_length", help, self.queue.clone());
        let help = "Attempts to deliver a callback, by outcome and the merchant's class";
        registry.register("callback_attempts", help, self.attempts.clone());
        let help = "Answers of rails that are not in the books: contradicts (the books say the \
                    opposite, and a person must look), other-order, refused, fault";
        registry.register("rail_answers_unbooked", help, self.unbooked.clone());
        let help = "Answers of rails, by what was asked (send, status)";
        registry.register("rail_answers", help, self.rail_answers.clone());
        let help = "Time that a rail took to answer";
        let durations = self.rail_durations.clone();
        registry.register_with_unit("rail_duration", help, Unit::Seconds, durations);
    }

    fn register_program(&mut self) {
        let registry = &mut self.registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that answers", build);
        let help = "Whether a worker is at work";
        registry.register("worker_running", help, self.workers.clone());
        let help = "Times that a worker ended by itself and was started again";
        registry.register("worker_failures", help, self.worker_failures.clone());
        let help = "How far the machine's or the database server's clock is ahead of the desk's";
        let ahead = self.clock_ahead.clone();
        registry.register_with_unit("clock_ahead", help, Unit::Seconds, ahead);
        let help = "Times that this clock was set to another time";
        registry.register("clock_steps", help, self.clock_steps.clone());
    }

    fn register_store(&mut self) {
        let registry = &mut self.registry;
        let help = "Groups of commands that were committed";
        registry.register("commits", help, self.commits.clone());
        let help = "Commands in them: over the commits, the size of a group";
        registry.register("committed_commands", help, self.commands.clone());
        let help = "Groups of commands that were undone";
        registry.register("commits_undone", help, self.undone.clone());
        let help =
            "Connections to the database server, by use and state, and those who wait for one";
        registry.register("store_connections", help, self.connections.clone());
        let help = "Room on the disk that the desk writes to";
        registry.register_with_unit("disk_free", help, Unit::Bytes, self.disk_free.clone());
        let help = "Size of the disk that the desk writes to";
        registry.register_with_unit("disk_size", help, Unit::Bytes, self.disk_size.clone());
    }

    /// An alert on a rate needs the zero before the first event.
    fn start_at_zero(&self) {
        for class in [Mode::Sandbox, Mode::Live].map(class) {
            for outcome in AttemptOutcome::CODES {
                drop(self.attempts.get_or_create(&EndedAs { class, outcome }));
            }
        }
        for why in UNBOOKED {
            drop(self.unbooked.get_or_create(&Because { why }));
        }
    }

    fn register_overview(&mut self) {
        let registry = &mut self.registry;
        let help = "How long the approved payout that was accepted first could have been sent";
        registry.register_with_unit("dispatch_lag", help, Unit::Seconds, self.dispatch_lag.clone());
        registry.register("payouts", "Payouts, by state", self.payouts.clone());
        let help = "Dispatched payouts of which nobody knows whether the rail pays them";
        registry.register("payouts_in_doubt", help, self.in_doubt.clone());
        let help = "Payouts that do not read, so that nothing is done with them";
        registry.register("payouts_set_aside", help, self.payouts_aside.clone());
        let help = "Callbacks that do not read, so that nobody is told";
        registry.register("callbacks_set_aside", help, self.callbacks_aside.clone());
        registry.register("callbacks", "Callbacks, by state", self.callbacks.clone());
        let help = "Merchants that have not taken a callback for a day";
        registry.register("merchants_untold", help, self.untold.clone());
        let help = "How long the callback that is due longest has been due";
        let oldest_due = self.oldest_due.clone();
        registry.register_with_unit("oldest_due_callback_age", help, Unit::Seconds, oldest_due);
        let help = "Whether the database may be a restored copy, so that nothing is sent";
        registry.register("quarantine", help, self.quarantine.clone());
        let help = "The most of what costs nothing that is kept of any one merchant";
        registry.register("kept_most", help, self.most_kept.clone());
        let help = "Times that the store could not tell what stands where";
        registry.register("overview_faults", help, self.overview_faults.clone());
    }

    /// The counters of a service, whose answers have one of `codes`.
    pub fn requests(
        &self,
        dialect: &'static str,
        service: &'static str,
        codes: impl Iterator<Item = u32>,
    ) -> RequestMeter {
        let counter =
            |code| self.requests.get_or_create_owned(&Answered { dialect, service, code });
        let seconds = self.durations.get_or_create_owned(&Asked { dialect, service });
        RequestMeter { answers: codes.map(counter).collect(), seconds }
    }

    /// Counts one attempt to deliver a callback to a merchant of this class.
    pub fn attempt(&self, mode: Mode, outcome: &AttemptOutcome) {
        let ended = EndedAs { class: class(mode), outcome: outcome.code() };
        self.attempts.get_or_create(&ended).inc();
    }

    /// Counts an answer of a rail to a `send` or a `status`.
    pub fn rail_answered(
        &self,
        rail: &RailCode,
        asked: &'static str,
        answer: &RailAnswer,
        took: Duration,
    ) {
        let (rail, answer) = (rail.to_string(), answer.code());
        let of = OfRail { rail: rail.clone(), asked };
        self.rail_durations.get_or_create(&of).observe(took.as_secs_f64());
        self.rail_answers.get_or_create(&RailSaid { rail, asked, answer }).inc();
    }

    /// Shows what the store made of groups.
    pub(crate) fn show_commits(&self, pulse: &Pulse) {
        for (counter, count) in [
            (&self.commits, pulse.commits()),
            (&self.commands, pulse.commands()),
            (&self.undone, pulse.undone()),
        ] {
            counter.inc_by(count.saturating_sub(counter.get()));
        }
    }

    /// Shows the connections to the database's server.
    pub(crate) fn show_connections(&self, all: &[Connections]) {
        for Connections { of, open, idle, waiting } in all {
            let busy = open.saturating_sub(*idle);
            for (state, count) in [("busy", busy), ("idle", *idle), ("waiting", *waiting)] {
                let gauge = self.connections.get_or_create_owned(&OfPool { of, state });
                gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
            }
        }
    }

    /// Shows how much room the disk has, where that is known.
    pub(crate) fn show_disk(&self, room: Option<DiskRoom>) {
        let Some(DiskRoom { free, size }) = room else { return };
        self.disk_free.set(i64::try_from(free).unwrap_or(i64::MAX));
        self.disk_size.set(i64::try_from(size).unwrap_or(i64::MAX));
    }

    /// Counts an answer of a rail that is not in the books, and why.
    pub fn unbooked(&self, why: &'static str) {
        self.unbooked.get_or_create(&Because { why }).inc();
    }

    /// Shows how many commands wait for the engine.
    pub fn show_queue(&self, waiting: usize) {
        self.queue.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// Shows which workers are at work.
    pub(crate) fn show_workers(&self, standings: &BTreeMap<&'static str, Standing>) {
        for (worker, standing) in standings {
            let of = OfWorker { worker };
            self.workers.get_or_create(&of).set(i64::from(standing.runs));
            let failures = self.worker_failures.get_or_create_owned(&of);
            failures.inc_by(standing.failures.saturating_sub(failures.get()));
        }
    }

    /// Shows how the clock stands that the desk's follows.
    pub(crate) fn show_clock(&self, drift: Drift) {
        self.clock_ahead.set(drift.ahead / 1_000_000);
        self.clock_steps.inc_by(drift.steps.saturating_sub(self.clock_steps.get()));
    }

    /// Shows what stands where, as of `now`; counts a store that could not tell.
    pub fn show_overview(&self, overview: &Result<Overview, Fault>, now: Timestamp) {
        let Ok(overview) = overview else {
            self.overview_faults.inc();
            return;
        };
        show_states(&self.payouts, &PayoutState::CODES, &overview.payouts);
        show_states(&self.callbacks, &CallbackState::CODES, &overview.callbacks);
        self.in_doubt.set(overview.in_doubt);
        self.payouts_aside.set(overview.set_aside.payouts);
        self.callbacks_aside.set(overview.set_aside.callbacks);
        let untold = overview.untold.iter().filter(|untold| untold.is_long(now)).count();
        self.untold.set(i64::try_from(untold).unwrap_or(i64::MAX));
        self.quarantine.set(i64::from(overview.quarantined));
        let most = overview.most_kept;
        for (kind, count) in [("refusals", most.refusals), ("idle-proofs", most.idle_proofs)] {
            self.most_kept.get_or_create(&OfKind { kind }).set(count);
        }
        let age = |since: Option<Timestamp>| {
            let seconds = since.map_or(0, |since| now.since(since).as_secs());
            i64::try_from(seconds).unwrap_or(i64::MAX)
        };
        self.oldest_due.set(age(overview.oldest_due_callback));
        self.dispatch_lag.set(age(overview.oldest_approved));
    }

    /// All of it as OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut page = String::with_capacity(16 * 1024);
        // Writing to a String cannot fail.
        let _ = text::encode(&mut page, &self.registry);
        page
    }
}

const fn class(mode: Mode) -> &'static str {
    match mode {
        Mode::Sandbox => "sandbox",
        Mode::Live => "live",
    }
}

fn show_states(family: &Family<InState, Gauge>, known: &[&str], counts: &[(String, i64)]) {
    let gauge = |state: &str| family.get_or_create_owned(&InState { state: state.to_owned() });
    for state in known {
        let count = counts.iter().find(|(code, _)| code == state).map_or(0, |(_, count)| *count);
        gauge(state).set(count);
    }
}
