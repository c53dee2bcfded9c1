//! Merchants on the command line.

use clap::{Args, Subcommand};

use crate::control::request::{MerchantSettings, NewAccess, TermsSettings};

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
