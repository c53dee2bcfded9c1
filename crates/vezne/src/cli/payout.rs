//! Payouts on the command line.

use clap::Subcommand;

use super::{PayoutKey, ResolveArgs, payout_id, payout_key};

#[derive(Debug, Subcommand)]
pub(crate) enum PayoutCommand {
    /// Payouts, the newest first
    List {
        /// Of one merchant: its login, its name, or # and our id
        #[arg(long)]
        merchant: Option<String>,
        /// In one state: awaiting-approval, approved, dispatched, settled, rejected, failed,
        /// returned
        #[arg(long)]
        state: Option<String>,
        /// Only those that do not read, so that nothing is done with them
        #[arg(long)]
        set_aside: bool,
        /// Only those in doubt
        #[arg(long)]
        in_doubt: bool,
        /// With this merchant reference (trx, unique_id)
        #[arg(long)]
        reference: Option<String>,
        /// Older than this payout: the page after it
        #[arg(long, value_name = "PAYOUT", value_parser = payout_id)]
        before: Option<i64>,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One payout with all that happened to it
    Show {
        /// Our id; BankoPay's merchants know theirs as MW10001 for 1
        #[arg(value_parser = payout_key)]
        payout: PayoutKey,
    },
    /// Let payouts that await approval go
    Approve {
        /// Our ids
        #[arg(required = true, value_parser = payout_key)]
        payouts: Vec<PayoutKey>,
    },
    /// Turn payouts down before they are sent
    Reject {
        /// Our ids
        #[arg(required = true, value_parser = payout_key)]
        payouts: Vec<PayoutKey>,
        /// Why, in words the merchant reads
        #[arg(long)]
        reason: String,
    },
    /// Record that a payout was paid by hand
    Settle {
        /// Our id
        #[arg(value_parser = payout_key)]
        payout: PayoutKey,
        /// The bank's reference
        #[arg(long)]
        rail_reference: Option<String>,
    },
    /// Record that a payout that was sent was not paid
    Fail {
        /// Our id
        #[arg(value_parser = payout_key)]
        payout: PayoutKey,
        /// Why, in words the merchant reads
        #[arg(long)]
        reason: String,
    },
    /// Record that the bank sent settled money back
    Return {
        /// Our id
        #[arg(value_parser = payout_key)]
        payout: PayoutKey,
        /// Why, in words the merchant reads
        #[arg(long)]
        reason: String,
    },
    /// End a doubt
    Resolve(ResolveArgs),
    /// Have a payout looked at again, with its callbacks, that did not read and was repaired
    TakeUp {
        /// Our id
        #[arg(value_parser = payout_key)]
        payout: PayoutKey,
    },
}
