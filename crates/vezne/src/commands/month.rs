//! `vezne month`: finished months of a desk on PostgreSQL, taken out of its tables.

use std::process::ExitCode;

use serde_json::{Value, json};
use vezne_core::model::approval::Actor;
use vezne_core::model::personal::Secret;
use vezne_store::PostgresOptions;
use vezne_store::postgres::months::{self, Month, TAKEN_SCHEMA};

use super::{Error, runtime};
use crate::assembly::kept_key;
use crate::cli::MonthCommand;
use crate::config::Config;
use crate::control::view::{At, moment};
use crate::database::Database;
use crate::operator::Operator;
use crate::output::{Output, table};
use crate::stream::say;

pub(crate) fn run(
    config: &Config,
    operator: &Operator,
    command: MonthCommand,
    output: Output,
) -> Result<ExitCode, Error> {
    let (url, options) = server(config)?;
    match command {
        MonthCommand::List => {
            let all = runtime()?.block_on(months::list(url.expose(), &options))?;
            show(&all, output)?;
        }
        MonthCommand::TakeOut { month } => {
            let by = Actor::Operator(operator.own());
            let no_key = "the master key of the desk is needed: set store.master_key_file";
            let key = kept_key(config)?.ok_or(no_key)?;
            let took = months::take_out(url.expose(), &options, &key, (&month, &by));
            let taken = runtime()?.block_on(took)?;
            output.either(&view(&taken), || {
                let Month { name, payouts, postings, .. } = &taken;
                say!(
                    "{name} is in the schema {TAKEN_SCHEMA}, with {payouts} payouts and \
                     {postings} postings. Keep a dump of it; its tables may then be dropped."
                );
            })?;
        }
        MonthCommand::Gather { month } => {
            let by = Actor::Operator(operator.own());
            let moved = months::gather(url.expose(), &options, &month, &by);
            let rows = runtime()?.block_on(moved)?;
            output.either(&json!({ "month": month, "rows": rows }), || {
                say!("{month} has partitions of its own now, with {rows} rows that were moved.");
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn server(config: &Config) -> Result<(Secret, PostgresOptions), Error> {
    match config.store.kept_in()? {
        Database::Server { url, options } => Ok((url, options)),
        Database::File(_) => Err("a SQLite file has no months: they are PostgreSQL's".into()),
    }
}

fn show(all: &[Month], output: Output) -> Result<(), Error> {
    let values: Vec<Value> = all.iter().map(view).collect();
    output.either(&values, || {
        let row = |month: &Month| {
            let state = match month.taken_at {
                Some(at) => format!("taken out {}", moment(at)),
                None => "there".to_owned(),
            };
            let about = if month.taken_at.is_some() { "" } else { "about " };
            let count = |count: i64| format!("{about}{count}");
            [month.name.clone(), state, count(month.payouts), count(month.postings)]
        };
        say!("{}", table(&["month", "state", "payouts", "postings"], all.iter().map(row)));
    })
}

fn view(month: &Month) -> Value {
    json!({
        "month": month.name,
        "taken_at": month.taken_at.map(At),
        "payouts": month.payouts,
        "postings": month.postings,
    })
}
