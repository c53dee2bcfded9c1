//! What `vezne send` is told.

use std::path::PathBuf;

use clap::Args;
use vezne_wire::ccpayment::answer::MAX_ROWS;
use vezne_wire::secret::SecretText;

use super::ccpayment::secret;

/// More rows than an answer is read of cannot be asked for at once.
const MOST_BATCH: u64 = MAX_ROWS as u64;

#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The rows: CSV with the document's field names as its header, or JSON, an array of rows or a
    /// whole body. The same file can be sent again: rows keep their unique_id, and rows that have
    /// none get one from the file's content and their place, so that no server that knows a
    /// unique_id again pays twice
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The server, up to the part before /api, e.g. https://host/ccpayment
    #[arg(long, required_unless_present = "dry_run")]
    pub(crate) url: Option<String>,
    /// The app_id
    #[arg(long, required_unless_present = "dry_run")]
    pub(crate) app_id: Option<String>,
    /// The app_secret; better given in the environment than on the command line
    #[arg(long, env = "VEZNE_APP_SECRET", hide_env_values = true, value_parser = secret,
          required_unless_present = "dry_run")]
    pub(crate) app_secret: Option<SecretText>,
    /// The merchant_key; the file's own when it is a whole body
    #[arg(long)]
    pub(crate) merchant_key: Option<String>,
    /// The name of the webhook that is told the outcomes; the file's own when it is a whole body
    #[arg(long)]
    pub(crate) web_hook_key: Option<String>,
    /// Rows in one request
    #[arg(long, default_value_t = 500,
          value_parser = clap::value_parser!(u64).range(1..=MOST_BATCH))]
    pub(crate) batch: u64,
    /// Where the answers go, one line for each row; FILE.result.csv without it
    #[arg(long, value_name = "FILE")]
    pub(crate) result: Option<PathBuf>,
    /// Replace a result file that exists
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// How often a request that got no answer, or "later", is repeated unchanged. With 0 it never
    /// is: for servers that do not know a unique_id again
    #[arg(long, default_value_t = 6)]
    pub(crate) retries: u32,
    /// The wait before the first repeat; each further wait doubles, up to a minute
    #[arg(long, default_value_t = 1, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(0..=60))]
    pub(crate) retry_wait: u64,
    /// How long one answer may take
    #[arg(long, default_value_t = 60, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
    /// Only check the file and add it up; with --result, the wrong rows go into that file
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Send the rows that are right although others are wrong
    #[arg(long)]
    pub(crate) skip_wrong: bool,
    /// Check IBANs and identity numbers by their form alone, as a sandbox does
    #[arg(long)]
    pub(crate) sandbox: bool,
}
