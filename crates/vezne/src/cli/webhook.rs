//! What `vezne verify webhook` is told.

use std::path::PathBuf;

use clap::Args;
use vezne_wire::secret::SecretText;

use super::ccpayment::secret;

/// A callback as it came.
#[derive(Debug, Args)]
pub(crate) struct WebhookVerify {
    /// The body, byte for byte; - is the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The header webhook-id
    #[arg(long)]
    pub(crate) id: String,
    /// The header webhook-timestamp
    #[arg(long)]
    pub(crate) timestamp: String,
    /// The header webhook-signature
    #[arg(long)]
    pub(crate) signature: String,
    /// The webhook secret; better given in the environment than on the command line
    #[arg(long, env = "VEZNE_WEBHOOK_SECRET", hide_env_values = true, value_parser = secret)]
    pub(crate) webhook_secret: SecretText,
    /// The site_key in BankoPay callbacks, to check their hash too
    #[arg(long, env = "VEZNE_SITE_KEY", hide_env_values = true, value_parser = secret)]
    pub(crate) site_key: Option<SecretText>,
    /// The app_secret, to check the hash_key of CCPayment too
    #[arg(long, env = "VEZNE_APP_SECRET", hide_env_values = true, value_parser = secret)]
    pub(crate) app_secret: Option<SecretText>,
    /// The merchant's brand, which names a field of CCPayment's
    #[arg(long, default_value = "iqmoney")]
    pub(crate) brand: String,
    /// The secret of /applyfor, to check the sign too
    #[arg(long, env = "VEZNE_SECRET", hide_env_values = true, value_parser = secret)]
    pub(crate) secret: Option<SecretText>,
}
