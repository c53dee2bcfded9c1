//! What is said at the end: of a file that was only checked, and of one that was sent.

use std::path::Path;

use serde::Serialize;

use super::fate::Fate;
use super::file::{Problem, RowsFile, Sum, sums};
use crate::output;
use crate::stream::say;

/// So many problems are printed; JSON has them all.
const MOST_PRINTED: usize = 50;

/// What a check found.
#[derive(Debug, Serialize)]
pub(super) struct Checked<'a> {
    rows: usize,
    requests: usize,
    sums: Vec<Sum>,
    problems: &'a [Problem],
}

impl<'a> Checked<'a> {
    pub(super) fn of(file: &'a RowsFile, batch: usize) -> Self {
        Self {
            rows: file.rows.len() + file.problems.len(),
            requests: file.rows.len().div_ceil(batch),
            sums: file.sums(),
            problems: &file.problems,
        }
    }

    pub(super) fn print(&self) {
        for problem in self.problems.iter().take(MOST_PRINTED) {
            say!("{problem}");
        }
        if self.problems.len() > MOST_PRINTED {
            say!("... and {} more", self.problems.len() - MOST_PRINTED);
        }
        match self.problems.len() {
            0 => say!("Every row is right. Rows: {}. Requests: {}.", self.rows, self.requests),
            wrong => say!(
                "{wrong} of {} rows are wrong. Nothing is sent; --skip-wrong sends the others.",
                self.rows
            ),
        }
        print_sums(&self.sums);
    }
}

/// What became of a file.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    rows: usize,
    accepted: usize,
    refused: usize,
    in_doubt: usize,
    not_sent: usize,
    /// Rows of the file that were wrong, and left out.
    wrong: usize,
    /// Of the accepted rows.
    sums: Vec<Sum>,
    /// Why it ended before the last row.
    ended: Option<String>,
    result: String,
}

impl Report {
    pub(super) fn of(
        file: &RowsFile,
        fates: &[Fate],
        ended: Option<String>,
        result: &Path,
    ) -> Self {
        let (rows, wrong) = (&file.rows, file.problems.len());
        let result = result.display().to_string();
        let all = rows.len() + wrong;
        let mut report = Self { rows: all, wrong, ended, result, ..Self::default() };
        for fate in fates {
            match fate {
                Fate::Answered(result) if result.is_success() => report.accepted += 1,
                Fate::Answered(_) | Fate::Refused { .. } => report.refused += 1,
                Fate::InDoubt(_) => report.in_doubt += 1,
                Fate::NotSent(_) => report.not_sent += 1,
            }
        }
        let accepted = rows.iter().zip(fates).filter(|(_, fate)| fate.is_accepted());
        report.sums = sums(accepted.map(|(row, _)| row));
        report
    }

    /// Whether every row was accepted.
    pub(super) fn is_whole(&self) -> bool {
        self.accepted == self.rows
    }

    pub(super) fn print(&self) {
        say!("{} of {} rows were accepted.", self.accepted, self.rows);
        let others = [
            (self.refused, "refused"),
            (self.in_doubt, "in doubt"),
            (self.not_sent, "not sent"),
            (self.wrong, "wrong, and left out"),
        ];
        for (count, what) in others.into_iter().filter(|(count, _)| *count > 0) {
            say!("{count} {what}");
        }
        print_sums(&self.sums);
        if let Some(why) = &self.ended {
            say!("It ended early: {why}");
        }
        if self.in_doubt > 0 {
            say!("Send the same file again, unchanged, to learn what became of those in doubt.");
        }
        say!("Each row's answer is in {}", self.result);
    }
}

fn print_sums(sums: &[Sum]) {
    if sums.is_empty() {
        return;
    }
    let row = |sum: &Sum| [sum.currency.clone(), sum.rows.to_string(), sum.sum.clone()];
    say!("\n{}\n", output::table(&["currency", "rows", "sum"], sums.iter().map(row)));
}
