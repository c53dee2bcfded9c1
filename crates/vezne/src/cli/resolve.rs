//! What ends a doubt, on the command line.

use std::path::PathBuf;

use clap::Args;

use super::{PayoutKey, payout_key};

#[derive(Debug, Args)]
pub(crate) struct ResolveArgs {
    /// Our id
    #[arg(value_parser = payout_key, required_unless_present = "file")]
    pub(crate) payout: Option<PayoutKey>,
    /// Many, from a CSV file with the columns payout (our id) or reference (the merchant's; and
    /// merchant where several have it), outcome (paid, not-paid or never-sent), evidence,
    /// rail_reference and reason
    #[arg(long, value_name = "FILE", conflicts_with_all = ["payout", "resolution", "evidence"])]
    pub(crate) file: Option<PathBuf>,
    /// Books the lines of the file without asking
    #[arg(long, requires = "file")]
    pub(crate) yes: bool,
    /// It was paid
    #[arg(long, group = "resolution")]
    pub(crate) paid: bool,
    /// It was not paid: why, in words the merchant reads
    #[arg(long, group = "resolution", value_name = "REASON")]
    pub(crate) not_paid: Option<String>,
    /// No rail ever received it: it is sent again under the same reference, or awaits approval as
    /// it did
    #[arg(long, group = "resolution", alias = "send-again")]
    pub(crate) never_sent: bool,
    /// The bank's reference of what was paid
    #[arg(long, requires = "paid")]
    pub(crate) rail_reference: Option<String>,
    /// What shows it: a statement line, a call with the bank
    #[arg(long, required_unless_present = "file")]
    pub(crate) evidence: Option<String>,
}
