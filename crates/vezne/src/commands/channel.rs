//! `vezne channel ...`

use std::path::Path;
use std::process::ExitCode;

use super::{Error, control};
use crate::channel::{self, file::ChannelFile};
use crate::cli::ChannelCommand;
use crate::config::Config;
use crate::control::request::{ChannelRequest, Request};
use crate::control::view::Reply;
use crate::operator::Operator;
use crate::output::Output;
use crate::stream::{put, say};

/// Runs the command. Only `check` needs no desk, and no configuration either.
pub(crate) fn run(
    config: impl Fn() -> Result<Config, String>,
    operator: &Operator,
    command: ChannelCommand,
    output: Output,
) -> Result<ExitCode, Error> {
    let ask = |request| {
        let print = |reply: &Reply| output.reply(reply);
        control::run(&config()?, operator, vec![Request::Channel(request)], output, print)
    };
    match command {
        ChannelCommand::List => ask(ChannelRequest::List),
        ChannelCommand::Show { channel } => ask(ChannelRequest::Show { channel }),
        ChannelCommand::Import { file } => {
            ask(ChannelRequest::Put(Box::new(channel::read(&file)?)))
        }
        ChannelCommand::Remove { channel } => ask(ChannelRequest::Remove { channel }),
        ChannelCommand::Check { file } => check(&file, output),
        ChannelCommand::Export { channel } => {
            let request = Request::Channel(ChannelRequest::Show { channel });
            let print = |reply: &Reply| print_file(reply, output);
            control::run(&config()?, operator, vec![request], output, print)
        }
    }
}

fn print_file(reply: &Reply, output: Output) -> Result<(), Error> {
    let Reply::Channel(file) = reply else {
        return output.reply(reply);
    };
    let file: &ChannelFile = file;
    let toml = toml::to_string_pretty(file)?;
    output.either(file, || put!("{toml}"))
}

fn check(path: &Path, output: Output) -> Result<ExitCode, Error> {
    let file = channel::read(path)?;
    let problems = channel::parse(&file).err().unwrap_or_default();
    let verdict = serde_json::json!({ "valid": problems.is_empty(), "problems": problems });
    output.either(&verdict, || match problems.as_slice() {
        [] => say!("{} is valid.", file.code),
        problems => problems.iter().for_each(|problem| say!("{problem}")),
    })?;
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
