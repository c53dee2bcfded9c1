//! `vezne copy`: moves the desk from a SQLite file to PostgreSQL, and proves that all of it came.

mod progress;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use vezne_core::model::personal::Secret;
use vezne_store::audit::Report;
use vezne_store::copy::{self, Source, Target};
use vezne_store::sqlite::moved;

use super::{Error, runtime};
use crate::assembly::kept_key;
use crate::cli::CopyArgs;
use crate::config::Config;
use crate::database::Database;
use crate::marker::{MARKER, MarkerFile};
use crate::output::Output;
use crate::stream::say;
use crate::system::SystemRandom;
use progress::Progress;
use report::Summary;

pub(crate) fn run(config: &Config, args: CopyArgs, output: Output) -> Result<ExitCode, Error> {
    let from = source(config, args.from)?;
    if args.undo_move {
        return undo(&from, output);
    }
    let to = target(config, args.to)?;
    let Database::Server { url, options } = &to else { return Err(NO_TARGET.into()) };
    let shown = to.shown();
    let target = Target { url: url.expose(), options, shown: &shown };
    let no_key = "the master key of the desk is needed: set store.master_key_file";
    let key = kept_key(config)?.ok_or(no_key)?;
    let marker = MarkerFile::open(from.with_file_name(MARKER))?.seen();
    let source = Source { path: &from, key: &key, marker: marker.as_ref() };
    let (copied, compared) = runtime()?.block_on(async {
        let progress = Progress::new("copied", output);
        let mut show = |now| progress.show(now);
        let copied = copy::sqlite_to_postgres(source, target, &SystemRandom, &mut show).await;
        progress.end();
        let copied = copied?;
        let progress = Progress::new("compared", output);
        let compared = copy::compare(source, target, &mut |now| progress.show(now)).await;
        progress.end();
        Ok::<_, Error>((copied, compared?))
    })?;
    // By now it was compared, and what it objected to has gone along.
    if marker.is_some_and(|marker| marker.incarnation == copied.source.incarnation) {
        std::fs::remove_file(from.with_file_name(MARKER))?;
    }
    let books = audit(&to, output);
    let summary = Summary { to: shown, copied, compared, books };
    summary.print(output)?;
    Ok(if summary.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

const NO_TARGET: &str = "there is no database to copy to: give --to, or set store.url";
const NO_WAY_BACK: &str = "a desk moves from SQLite to PostgreSQL only: ids have gaps in \
     PostgreSQL, and the audit of a file takes a gap for a row that was lost";

fn source(config: &Config, from: Option<String>) -> Result<PathBuf, Error> {
    let Some(from) = from else { return Ok(config.store.database()) };
    match from.strip_prefix("sqlite:") {
        Some(path) => Ok(path.into()),
        None if is_server(&from) => Err(NO_WAY_BACK.into()),
        None => Err("--from names a file: sqlite:PATH".into()),
    }
}

fn target(config: &Config, to: Option<String>) -> Result<Database, Error> {
    match to {
        None => config.store.kept_in(),
        Some(url) if is_server(&url) => config.store.at(Secret::new(url)),
        Some(_) => Err("--to names a server: postgres://USER@HOST/DATABASE".into()),
    }
}

fn is_server(address: &str) -> bool {
    address.starts_with("postgres://") || address.starts_with("postgresql://")
}

/// Proves the books of the target. That they could not be asked is no clean bill.
fn audit(to: &Database, output: Output) -> Option<Report> {
    let audited = to.audit();
    audited.map_err(|error| output.complain(&format!("the books were not audited: {error}"))).ok()
}

fn undo(from: &std::path::Path, output: Output) -> Result<ExitCode, Error> {
    let moved = moved::undo(from)?.ok_or("this desk has not moved")?;
    let plain = || {
        say!("The desk is here again. What is at {} must never be served: drop it.", moved.to);
    };
    output.either(&serde_json::json!({ "moved_to": moved.to, "undone": true }), plain)?;
    Ok(ExitCode::SUCCESS)
}
