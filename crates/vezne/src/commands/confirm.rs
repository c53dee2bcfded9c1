//! Asks a person before what cannot be taken back.

use std::io::{IsTerminal as _, stdin};

use super::Error;
use crate::output::Output;
use crate::stream::{self, put};

/// Has a person say yes, once it was shown what to: `show` runs only where somebody can be asked.
///
/// # Errors
/// When nobody can be asked, and when the answer was another one; `nothing` says what was not done.
pub(crate) fn confirm(
    output: Output,
    question: &str,
    nothing: &str,
    show: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    if output.json || !stdin().is_terminal() {
        return Err(format!("{nothing}: give --yes where nobody can be asked").into());
    }
    show()?;
    put!("{question} Type yes: ");
    stream::flush();
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(nothing.into()),
    }
}
