//! `vezne month`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum MonthCommand {
    /// All months with partitions of their own, and those that were taken out
    List,
    /// Take the oldest month out of the tables, into the schema vezne_taken; it must have nothing
    /// unfinished and no callback that is due
    TakeOut {
        /// The month, such as 2026-01
        month: String,
    },
}
