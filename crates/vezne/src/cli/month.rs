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
    /// Give a month partitions of its own, and move into them what of it is in the default ones;
    /// the tables are locked meanwhile
    Gather {
        /// The month, such as 2026-01
        month: String,
    },
}
