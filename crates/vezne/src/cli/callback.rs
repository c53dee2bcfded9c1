//! Callbacks on the command line.

use clap::Subcommand;

use super::payout_id;

#[derive(Debug, Subcommand)]
pub(crate) enum CallbackCommand {
    /// Callbacks, the newest first
    List {
        /// Of one merchant: its login, its name, or # and our id
        #[arg(long)]
        merchant: Option<String>,
        /// About one payout
        #[arg(long, value_parser = payout_id)]
        payout: Option<i64>,
        /// In one state: due, acknowledged, parked
        #[arg(long)]
        state: Option<String>,
        /// Only those that do not read, so that nobody is told
        #[arg(long)]
        set_aside: bool,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One callback with its attempts
    Show {
        /// Its id
        callback: i64,
    },
    /// Send a callback about no payout, signed as ever, and show what the merchant's server says
    Test {
        /// Its login, its name, or # and our id
        merchant: String,
        /// To this endpoint of it, instead of its callback URL
        #[arg(long, value_name = "NAME", conflicts_with = "url")]
        endpoint: Option<String>,
        /// To this URL, as an /applyfor order would name it
        #[arg(long)]
        url: Option<String>,
    },
    /// Send callbacks again, the same bytes unless the keys were rotated, from the start of the
    /// schedule
    Resend {
        /// Their ids
        #[arg(required = true)]
        callbacks: Vec<i64>,
    },
}
