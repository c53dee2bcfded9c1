//! The program around the desk: configuration, commands, workers and wiring.

pub mod assembly;
pub mod channel;
mod cli;
mod commands;
pub mod config;
pub mod control;
pub mod database;
mod demo;
pub mod marker;
pub mod merchant;
mod output;
pub mod supervisor;
mod system;
pub mod worker;

use std::process::ExitCode;

use clap::Parser;

pub use config::Config;
pub use system::{SystemClock, SystemRandom};

/// Runs the command line.
pub fn main() -> ExitCode {
    commands::run(cli::Cli::parse())
}
