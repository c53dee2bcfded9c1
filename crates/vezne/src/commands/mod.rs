//! One file per command.

pub(crate) mod alarm;
pub(crate) mod audit;
mod cashout_body;
pub(crate) mod channel;
pub(crate) mod config;
mod confirm;
pub(crate) mod control;
pub(crate) mod copy;
pub(crate) mod doctor;
pub(crate) mod manual;
pub(crate) mod migrate;
pub(crate) mod month;
mod resolve;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod signature;

use std::process::ExitCode;

use tokio::runtime::Runtime;

use crate::cli::{AlarmCommand, Cli, Command, ConfigCommand, PayoutCommand, ResolveArgs};
use crate::config::Config;
use crate::operator::Operator;
use crate::output::Output;
use crate::stream;

/// Why a command failed, in words for the one who ran it.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// Runs what the command line asks for.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let output = Output { json: cli.json };
    let code = dispatch(cli, output).unwrap_or_else(|error| {
        output.complain(&error.to_string());
        ExitCode::FAILURE
    });
    stream::finish(code, |why| output.complain(why))
}

fn dispatch(cli: Cli, output: Output) -> Result<ExitCode, Error> {
    let config = || Config::load(cli.config.as_deref());
    let operator = Operator::here(cli.operator);
    match cli.command {
        Command::Serve => serve::run(&config()?),
        Command::Demo(args) => crate::demo::run(&args, output),
        Command::Migrate { dry_run } => migrate::run(&config()?, dry_run, output),
        Command::Audit { database } => audit::run(&config()?, database, output),
        Command::Copy(args) => copy::run(&config()?, args, output),
        Command::Merchant(command) => control::merchant(&config()?, &operator, command, output),
        Command::Channel(command) => channel::run(config, &operator, command, output),
        Command::Payout(PayoutCommand::Resolve(ResolveArgs { file: Some(file), yes, .. })) => {
            resolve::run(&config()?, &operator, &file, yes, output)
        }
        Command::Payout(command) => control::payout(&config()?, &operator, command, output),
        Command::Callback(command) => control::callback(&config()?, &operator, command, output),
        Command::TokenKey(command) => control::token_key(&config()?, &operator, &command, output),
        Command::Quarantine(command) => control::quarantine(&config()?, &operator, command, output),
        Command::Month(command) => month::run(&config()?, &operator, command, output),
        Command::Alarm(AlarmCommand::Test) => alarm::test(&config()?, output),
        Command::Seal(command) => control::seal(&config()?, &operator, command, output),
        Command::Sign(command) => signature::sign(&command, output),
        Command::Verify(command) => signature::verify(&command, output),
        Command::Send(args) => send::run(&args, output),
        Command::Doctor => doctor::run(&config()?, output),
        Command::CheckConfig => config::check(&config()?, output),
        Command::Config(ConfigCommand::Sample) => Ok(config::sample()),
        Command::Completions { shell } => Ok(manual::completions(shell)),
        Command::Man { directory } => manual::pages(directory.as_deref()),
    }
}

/// The runtime of commands that wait for sockets.
pub(crate) fn runtime() -> Result<Runtime, Error> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
