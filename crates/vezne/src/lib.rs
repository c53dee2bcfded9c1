//! The program around the desk: configuration, commands, workers and wiring.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod assembly;
pub mod channel;
mod cli;
mod commands;
pub mod config;
pub mod control;
pub mod database;
mod demo;
mod disk;
pub mod marker;
pub mod merchant;
pub mod operator;
mod output;
mod stream;
pub mod supervisor;
mod system;
pub mod worker;

use std::process::ExitCode;

use clap::Parser;

pub use config::Config;
pub use system::{SystemClock, SystemRandom};

/// Runs the command line.
pub fn main() -> ExitCode {
    match cli::Cli::try_parse() {
        Ok(cli) => commands::run(cli),
        Err(told) => usage(&told),
    }
}

/// Prints the help or the version that was asked for, or what is wrong with the command line.
fn usage(told: &clap::Error) -> ExitCode {
    let code = ExitCode::from(if told.use_stderr() { 2 } else { 0 });
    let json = std::env::args().any(|argument| argument.split('=').next() == Some("--json"));
    match told.use_stderr() && json {
        true => output::Output { json }.complain(told.to_string().trim_end()),
        false => stream::keep(told.print()),
    }
    stream::finish(code, |why| output::Output { json: false }.complain(why))
}
