//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::merchant::BANKOPAY;

mod applyfor;
mod callback;
mod ccpayment;
mod copy;
mod merchant;
mod month;
mod payout;
mod resolve;
mod send;
mod webhook;

pub(crate) use applyfor::{ApplyforSign, ApplyforText, ApplyforVerify};
pub(crate) use callback::CallbackCommand;
pub(crate) use ccpayment::{CcpaymentSign, CcpaymentText, CcpaymentVerify};
pub(crate) use copy::CopyArgs;
pub(crate) use merchant::MerchantCommand;
pub(crate) use month::MonthCommand;
pub(crate) use payout::PayoutCommand;
pub(crate) use resolve::ResolveArgs;
pub(crate) use send::SendArgs;
pub(crate) use webhook::WebhookVerify;

/// A self-hosted payout gateway.
#[derive(Debug, Parser)]
#[command(name = "vezne", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    /// The configuration file; without one, the defaults of `vezne config sample`
    #[arg(long, global = true, env = "VEZNE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON instead of tables
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Who you are, for the audit trail, beside the system's user
    #[arg(long, global = true, env = "VEZNE_OPERATOR", value_name = "NAME")]
    pub(crate) operator: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
pub(crate) enum Command {
    /// Serve merchants
    Serve,
    /// Show the whole desk at work on a fresh directory
    Demo(DemoArgs),
    /// Bring the database up to date
    Migrate {
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// Prove that the books are right; exits with 1 when they are not, with 3 when not everything
    /// could be looked at
    Audit {
        /// Another database than the configuration's
        #[arg(long, value_name = "FILE")]
        database: Option<PathBuf>,
    },
    /// Move the desk from a SQLite file to PostgreSQL; exits with 1 when the two sides differ
    Copy(CopyArgs),
    /// Add and change merchants
    #[command(subcommand)]
    Merchant(MerchantCommand),
    /// Add and change channels: what a payout goes through, and what it needs
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Look at payouts and decide them
    #[command(subcommand)]
    Payout(PayoutCommand),
    /// Look at callbacks and send them again
    #[command(subcommand)]
    Callback(CallbackCommand),
    /// Look at the keys of bearer tokens and rotate them
    #[command(subcommand)]
    TokenKey(TokenKeyCommand),
    /// Look at the quarantine of a database that may be a restored copy, begin it and end it
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Look at the months of a desk on PostgreSQL and take finished ones out
    #[command(subcommand)]
    Month(MonthCommand),
    /// Look at the payouts from before payouts were sealed, and confirm them
    #[command(subcommand)]
    Seal(SealCommand),
    /// Try out how the desk tells you what you should know at once
    #[command(subcommand)]
    Alarm(AlarmCommand),
    /// Make a signature as a dialect prescribes
    #[command(subcommand)]
    Sign(SignCommand),
    /// Check a signature, and show the text it is made of
    #[command(subcommand)]
    Verify(VerifyCommand),
    /// Send a file of cash-outs to a CCPayment server, as a merchant
    Send(SendArgs),
    /// Check this installation
    Doctor,
    /// Check the configuration
    CheckConfig,
    /// Work with the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print completions for a shell
    Completions {
        /// Which one
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one of each command
    Man {
        /// Where to write them
        #[arg(long)]
        directory: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Exit after the tour; with 1 if anything differs from the document
    #[arg(long)]
    pub(crate) once: bool,
    /// Where the demo keeps its data, to go on with later; without it a fresh temporary directory,
    /// which goes away at the end
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) directory: Option<PathBuf>,
    /// Where callbacks go once the tour is over, instead of the demo's own receivers
    #[arg(long, value_name = "URL", conflicts_with = "once")]
    pub(crate) callback_url: Option<String>,
    /// Show each request of the tour with its answer
    #[arg(long)]
    pub(crate) details: bool,
    /// The port merchants call
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChannelCommand {
    /// All channels
    List,
    /// One channel with its banks and its form
    Show {
        /// Its code
        channel: String,
    },
    /// Add the channel of a file, or replace the one with its code
    Import {
        /// A TOML file, or a JSON file if its name ends in .json
        file: PathBuf,
    },
    /// Print a channel as a file: TOML, or JSON with --json
    Export {
        /// Its code
        channel: String,
    },
    /// Say everything that is wrong with a file, and change nothing
    Check {
        /// A TOML file, or a JSON file if its name ends in .json
        file: PathBuf,
    },
    /// Remove a channel that no merchant has terms on
    Remove {
        /// Its code
        channel: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenKeyCommand {
    /// All keys: which one signs, which ones still verify
    List,
    /// Have a fresh key sign from now on; tokens of the one before stay good until they expire
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Whether the database is in quarantine, since when and why
    Status,
    /// Send nothing any more, because a backup was restored that nobody could detect
    Begin {
        /// Why, for the audit trail
        #[arg(long)]
        reason: String,
    },
    /// End it: what was on its way is in doubt until its rail says what became of it
    Release {
        /// Ends it without asking
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlarmCommand {
    /// Send one to alarm.url that says that it is a test
    Test,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SealCommand {
    /// Which payouts have no seal: count and sum by state, and those that wait, masked
    Status,
    /// Seal them as they stand; from then on a payout without a seal was altered
    Confirm {
        /// How many of them wait, as vezne seal status says it
        #[arg(long, value_name = "COUNT")]
        waiting: u64,
        /// What shows that they are as they were accepted, for the audit trail
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BankoPayText {
    /// The site_id
    #[arg(long)]
    pub(crate) site_id: u64,
    /// The user_id
    #[arg(long)]
    pub(crate) user_id: String,
    /// The trx
    #[arg(long)]
    pub(crate) trx: String,
    /// The site_key; better given in the environment than on the command line
    #[arg(long, env = "VEZNE_SITE_KEY", hide_env_values = true)]
    pub(crate) site_key: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SignCommand {
    /// The bcrypt hash of a BankoPay callback
    Bankopay {
        #[command(flatten)]
        text: BankoPayText,
        /// The cost, 4 to 12
        #[arg(long, default_value_t = 8)]
        cost: u32,
    },
    /// The hash_key of a CCPayment cash-out
    Ccpayment(CcpaymentSign),
    /// The sign of an /applyfor request
    Applyfor(ApplyforSign),
}

#[derive(Debug, Subcommand)]
pub(crate) enum VerifyCommand {
    /// The bcrypt hash of a BankoPay callback
    Bankopay {
        #[command(flatten)]
        text: BankoPayText,
        /// The hash as received
        #[arg(long)]
        hash: String,
    },
    /// The hash_key of a CCPayment cash-out
    Ccpayment(CcpaymentVerify),
    /// The sign of an /applyfor request, and the way it is made
    Applyfor(ApplyforVerify),
    /// Both signatures of a callback: the Standard Webhooks headers, and the dialect's own
    Webhook(WebhookVerify),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the commented sample file
    Sample,
}

/// A payout as people name it: by our id, or as one dialect shows it to its merchants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PayoutKey {
    pub(crate) id: i64,
    /// The dialect whose form of the id it is. A payout of another one was not meant.
    pub(crate) dialect: Option<&'static str>,
}

/// Reads our id of a payout.
pub(crate) fn payout_id(text: &str) -> Result<i64, String> {
    let id = text.parse().ok().filter(|id: &i64| *id > 0);
    id.ok_or_else(|| format!("{text} is no payout id, such as 1"))
}

/// Reads what names a payout.
pub(crate) fn payout_key(text: &str) -> Result<PayoutKey, String> {
    if let Some(id) = vezne_wire::bankopay::payout_id(text) {
        return Ok(PayoutKey { id, dialect: Some(BANKOPAY) });
    }
    let id = payout_id(text).map_err(|why| format!("{why}, or MW10001 of BankoPay"))?;
    Ok(PayoutKey { id, dialect: None })
}
