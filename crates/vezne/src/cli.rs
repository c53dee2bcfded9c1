//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::control::request::{MerchantSettings, NewAccess, TermsSettings};

mod applyfor;
mod ccpayment;
mod copy;
mod month;
mod resolve;
mod send;
mod webhook;

pub(crate) use applyfor::{ApplyforSign, ApplyforText, ApplyforVerify};
pub(crate) use ccpayment::{CcpaymentSign, CcpaymentText, CcpaymentVerify};
pub(crate) use copy::CopyArgs;
pub(crate) use month::MonthCommand;
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
pub(crate) enum MerchantCommand {
    /// Add a merchant and show its credentials once
    Add {
        /// Its name
        name: String,
        #[command(flatten)]
        access: AccessArgs,
        /// It moves money: real rails, whole checks, https callbacks
        #[arg(long)]
        live: bool,
        /// The currency of its accounts
        #[arg(long, default_value = "TRY", value_name = "CODE")]
        currency: String,
        #[command(flatten)]
        settings: MerchantSettings,
    },
    /// All merchants
    List,
    /// One merchant with its balances, terms and bank list
    Show {
        /// Its login, its name, or # and our id
        merchant: String,
    },
    /// Give it a fresh key
    RotateKey {
        /// Its login, its name, or # and our id
        merchant: String,
        /// For how long the former key is still taken
        #[arg(long, default_value_t = 24, value_name = "HOURS")]
        overlap_hours: u64,
        /// Give callbacks a key of their own, so that reading one does not allow to ask for
        /// payouts
        #[arg(long)]
        separate_callback_key: bool,
        /// Go back to one key for both ways
        #[arg(long, conflicts_with = "separate_callback_key")]
        one_key: bool,
        /// Rotate even if the key before is still in its overlap, and stop taking that one now
        #[arg(long)]
        forget_former: bool,
    },
    /// Give it a fresh secret of the Standard Webhooks headers
    RotateWebhookSecret {
        /// Its login, its name, or # and our id
        merchant: String,
        /// For how long the former secret signs beside it; 0 if somebody else knows it
        #[arg(long, default_value_t = 24, value_name = "HOURS")]
        overlap_hours: u64,
        /// Rotate even if the secret before still signs, and stop signing with that one now
        #[arg(long)]
        forget_former: bool,
    },
    /// Add to its balance
    TopUp {
        /// Its login, its name, or # and our id
        merchant: String,
        /// A plain decimal in its currency, e.g. 25000.00
        amount: String,
        /// Where the money came from
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Change its settings
    Set {
        /// Its login, its name, or # and our id
        merchant: String,
        #[command(flatten)]
        settings: MerchantSettings,
    },
    /// Change its terms on one channel: commission, limits, rail
    Terms {
        /// Its login, its name, or # and our id
        merchant: String,
        /// The channel's code, as vezne channel list shows it
        channel: String,
        #[command(flatten)]
        terms: TermsSettings,
    },
    /// Add, replace or remove a further URL for its callbacks, which its requests name
    Endpoint {
        /// Its login, its name, or # and our id
        merchant: String,
        /// The name: what a CCPayment request sends as reverse_web_hook_key
        name: String,
        /// The URL; without one, the endpoint is removed
        url: Option<String>,
    },
    /// Add, replace or remove a line of its bank list
    Bank {
        /// Its login, its name, or # and our id
        merchant: String,
        /// The id that it sends as provider_id
        id: u32,
        /// The name that it shows; without one, the line is removed
        name: Option<String>,
    },
}

/// How a new merchant logs in: to BankoPay with a site_id, else to CCPayment or to /applyfor.
#[derive(Debug, Args)]
pub(crate) struct AccessArgs {
    /// It speaks BankoPay: what it sends as site_id
    #[arg(long, required_unless_present_any = ["ccpayment", "applyfor"])]
    site_id: Option<u64>,
    /// The site_key it has already; a fresh one is made without it
    #[arg(long, conflicts_with = "ccpayment", env = "VEZNE_NEW_SITE_KEY", hide_env_values = true)]
    site_key: Option<String>,
    /// It speaks CCPayment (Sipay, iqmoney and their like)
    #[arg(long, conflicts_with = "site_id")]
    ccpayment: bool,
    /// The app_id it has already; a fresh one is made without it
    #[arg(long, requires = "ccpayment", conflicts_with = "site_id")]
    app_id: Option<String>,
    /// The app_secret it has already; a fresh one is made without it
    #[arg(
        long,
        requires = "ccpayment",
        conflicts_with = "site_id",
        env = "VEZNE_NEW_APP_SECRET",
        hide_env_values = true
    )]
    app_secret: Option<String>,
    /// The merchant_key it has already; a fresh one is made without it
    #[arg(long, requires = "ccpayment", conflicts_with = "site_id")]
    merchant_key: Option<String>,
    /// It speaks /applyfor
    #[arg(long, conflicts_with_all = ["site_id", "ccpayment"], requires = "uid")]
    applyfor: bool,
    /// What it sends as uid
    #[arg(long, requires = "applyfor")]
    uid: Option<String>,
    /// The secret it signs with already; a fresh one is made without it
    #[arg(long, requires = "applyfor", env = "VEZNE_NEW_SECRET", hide_env_values = true)]
    secret: Option<String>,
}

impl From<AccessArgs> for NewAccess {
    fn from(args: AccessArgs) -> Self {
        let AccessArgs { site_id, site_key, app_id, app_secret, merchant_key, .. } = args;
        match (site_id, args.uid) {
            (Some(site_id), _) => Self::Bankopay { site_id, site_key },
            (None, Some(uid)) => Self::Applyfor { uid, secret: args.secret },
            (None, None) => Self::Ccpayment { app_id, app_secret, merchant_key },
        }
    }
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
    Release,
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
        /// Our id; BankoPay merchants know it as MW10001 for 1
        #[arg(value_parser = payout_id)]
        payout: i64,
    },
    /// Let payouts that await approval go
    Approve {
        /// Our ids
        #[arg(required = true, value_parser = payout_id)]
        payouts: Vec<i64>,
    },
    /// Turn payouts down before they are sent
    Reject {
        /// Our ids
        #[arg(required = true, value_parser = payout_id)]
        payouts: Vec<i64>,
        /// Why, in words the merchant reads
        #[arg(long)]
        reason: String,
    },
    /// Record that a payout was paid by hand
    Settle {
        /// Our id
        #[arg(value_parser = payout_id)]
        payout: i64,
        /// The bank's reference
        #[arg(long)]
        rail_reference: Option<String>,
    },
    /// Record that a payout that was sent was not paid
    Fail {
        /// Our id
        #[arg(value_parser = payout_id)]
        payout: i64,
        /// Why, in words the merchant reads
        #[arg(long)]
        reason: String,
    },
    /// Record that the bank sent settled money back
    Return {
        /// Our id
        #[arg(value_parser = payout_id)]
        payout: i64,
        /// Why, in words the merchant reads
        #[arg(long)]
        reason: String,
    },
    /// End a doubt
    Resolve(ResolveArgs),
    /// Have a payout looked at again, with its callbacks, that did not read and was repaired
    TakeUp {
        /// Our id
        #[arg(value_parser = payout_id)]
        payout: i64,
    },
}

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

/// Reads a payout id as people have it: ours bare, or as callbacks show it.
pub(crate) fn payout_id(text: &str) -> Result<i64, String> {
    let shown = || vezne_wire::bankopay::payout_id(text);
    let id = text.parse().ok().or_else(shown).filter(|id: &i64| *id > 0);
    id.ok_or_else(|| format!("{text} is no payout id, such as 1 or MW10001"))
}
