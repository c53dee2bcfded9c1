//! What `vezne sign ccpayment` and `vezne verify ccpayment` are told.

use std::convert::Infallible;
use std::path::PathBuf;

use clap::Args;
use vezne_wire::secret::SecretText;

/// A request, or the five values that its hash_key is made of.
#[derive(Debug, Args)]
pub(crate) struct CcpaymentText {
    /// The request's body, or only its rows, as JSON; - is the standard input
    #[arg(long, value_name = "FILE",
          conflicts_with_all = ["sum", "iban", "amount", "currency", "gsm"])]
    pub(crate) file: Option<PathBuf>,
    /// The sum of all amounts; the amount when it is left out
    #[arg(long)]
    pub(crate) sum: Option<String>,
    /// The first row's iban
    #[arg(long, required_unless_present = "file")]
    pub(crate) iban: Option<String>,
    /// The first row's amount
    #[arg(long, required_unless_present = "file")]
    pub(crate) amount: Option<String>,
    /// The first row's currency
    #[arg(long, required_unless_present = "file")]
    pub(crate) currency: Option<String>,
    /// The first row's gsm_number
    #[arg(long, required_unless_present = "file")]
    pub(crate) gsm: Option<String>,
    /// The app_secret; better given in the environment than on the command line
    #[arg(long, env = "VEZNE_APP_SECRET", hide_env_values = true, value_parser = secret)]
    pub(crate) app_secret: SecretText,
}

#[derive(Debug, Args)]
pub(crate) struct CcpaymentSign {
    #[command(flatten)]
    pub(crate) text: CcpaymentText,
}

#[derive(Debug, Args)]
pub(crate) struct CcpaymentVerify {
    #[command(flatten)]
    pub(crate) text: CcpaymentText,
    /// The hash_key as received; the body's own when it is left out
    #[arg(long, required_unless_present = "file")]
    pub(crate) hash_key: Option<String>,
}

/// Takes a secret so that nothing prints it.
pub(super) fn secret(text: &str) -> Result<SecretText, Infallible> {
    Ok(SecretText::new(text))
}
