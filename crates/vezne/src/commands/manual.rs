//! `vezne completions` and `vezne man`: what shells and readers of manuals know of the command
//! line, made from it.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Error;
use crate::cli::Cli;
use crate::stream::put;

/// Prints what a shell completes the command line by.
pub(crate) fn completions(shell: Shell) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vezne", &mut text);
    put!("{}", String::from_utf8_lossy(&text));
    ExitCode::SUCCESS
}

/// Prints the manual page of the program, or writes one of each command.
pub(crate) fn pages(directory: Option<&Path>) -> Result<ExitCode, Error> {
    match directory {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            put!("{}", String::from_utf8_lossy(&page));
        }
        Some(directory) => {
            let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
            std::fs::create_dir_all(directory).map_err(failed)?;
            clap_mangen::generate_to(Cli::command(), directory).map_err(failed)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
