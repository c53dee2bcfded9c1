//! How far it is, on the error stream: a bar on a terminal, a line per table elsewhere, nothing
//! beside JSON.

use std::io::{IsTerminal as _, Write as _, stderr};

use indicatif::{ProgressBar, ProgressStyle};
use vezne_store::copy;

use crate::output::Output;

/// Shows how far one pass over the tables is.
pub(super) struct Progress {
    bar: ProgressBar,
    lines: bool,
    what: &'static str,
}

impl Progress {
    /// `what` says what is done to a table, such as `copied`.
    pub(super) fn new(what: &'static str, output: Output) -> Self {
        let terminal = stderr().is_terminal();
        let bar = if terminal && !output.json { bar() } else { ProgressBar::hidden() };
        Self { bar, lines: !terminal && !output.json, what }
    }

    /// So far it is.
    pub(super) fn show(&self, now: copy::Progress) {
        let copy::Progress { table, done, rows, done_of_all, rows_of_all } = now;
        self.bar.set_length(rows_of_all);
        self.bar.set_position(done_of_all);
        self.bar.set_message(format!("{table}: {done} of {rows} rows are {}", self.what));
        if self.lines && done == rows && rows > 0 {
            let (percent, what) = (percent(done_of_all, rows_of_all), self.what);
            // Nobody is left to tell when the error stream is gone.
            drop(writeln!(stderr(), "vezne: {table}: {rows} rows are {what}, {percent} % of all"));
        }
    }

    /// Leaves the terminal to the summary.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn percent(done: u64, all: u64) -> u64 {
    done.saturating_mul(100).checked_div(all).unwrap_or(100)
}

fn bar() -> ProgressBar {
    // The template is a constant; were it wrong, the usual bar would do.
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %, {msg}, {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
