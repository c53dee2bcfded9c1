//! What `vezne sign applyfor` and `vezne verify applyfor` are told.

use std::path::PathBuf;

use clap::Args;
use vezne_wire::secret::SecretText;

use super::ccpayment::secret;

/// A request, or its parameters one by one.
#[derive(Debug, Args)]
pub(crate) struct ApplyforText {
    /// The request's body as JSON; - is the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "parameters")]
    pub(crate) file: Option<PathBuf>,
    /// One parameter; give it again for each
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair,
          required_unless_present = "file")]
    pub(crate) parameters: Vec<(String, String)>,
    /// The merchant's secret; better given in the environment than on the command line
    #[arg(long, env = "VEZNE_SECRET", hide_env_values = true, value_parser = secret)]
    pub(crate) secret: SecretText,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyforSign {
    #[command(flatten)]
    pub(crate) text: ApplyforText,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyforVerify {
    #[command(flatten)]
    pub(crate) text: ApplyforText,
    /// The sign as received; the request's own when it is left out
    #[arg(long)]
    pub(crate) sign: Option<String>,
}

/// The value is whatever stands after the first equals sign, and may be nothing.
fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
