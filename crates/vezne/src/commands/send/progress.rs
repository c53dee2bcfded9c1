//! How far it is, on the error stream: a bar on a terminal, lines elsewhere, nothing beside JSON.

use std::io::{IsTerminal as _, Write as _, stderr};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// Shows how far it is.
pub(super) struct Progress {
    bar: ProgressBar,
    lines: bool,
    rows: u64,
}

impl Progress {
    pub(super) fn new(rows: usize, output: Output) -> Self {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        let terminal = stderr().is_terminal();
        let bar = if terminal && !output.json { bar(rows) } else { ProgressBar::hidden() };
        Self { bar, lines: !terminal && !output.json, rows }
    }

    /// So many rows more have their answer.
    pub(super) fn advance(&self, rows: usize) {
        self.bar.inc(u64::try_from(rows).unwrap_or(0));
        self.line(&format!("{} of {} rows are answered", self.bar.position(), self.rows));
    }

    /// Something that whoever waits should know.
    pub(super) fn note(&self, what: &str) {
        self.bar.println(format!("vezne: {what}"));
        self.line(what);
    }

    /// Leaves the terminal to the summary.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn line(&self, what: &str) {
        if self.lines {
            // Nobody is left to tell when the error stream is gone.
            drop(writeln!(stderr(), "vezne: {what}"));
        }
    }
}

fn bar(rows: u64) -> ProgressBar {
    let bar = ProgressBar::new(rows);
    // The template is a constant; were it wrong, the usual bar would do.
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} rows, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
