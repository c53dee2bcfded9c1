//! `vezne migrate`: brings the database up to date.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use vezne_store::sqlite::OpenError;
use vezne_store::sqlite::migrate::{MigrationStatus, migrate, status};

use super::Error;
use crate::assembly;
use crate::config::Config;
use crate::output::Output;

pub(crate) fn run(config: &Config, dry_run: bool, output: Output) -> Result<ExitCode, Error> {
    assembly::make_directory(&config.store.directory)?;
    let database = config.store.database();
    let steps = if dry_run { pending(&database)? } else { applied(&database)? };
    let plain = || match (steps.is_empty(), dry_run) {
        (true, _) => println!("The database is up to date."),
        (false, true) => println!("Pending: {}", steps.join(", ")),
        (false, false) => println!("Applied: {}", steps.join(", ")),
    };
    output.either(&json!({ "dry_run": dry_run, "migrations": steps }), plain)?;
    Ok(ExitCode::SUCCESS)
}

/// What a start, or `vezne migrate`, would apply.
pub(crate) fn pending(database: &Path) -> Result<Vec<String>, OpenError> {
    let all = status(database)?;
    Ok(names(all.into_iter().filter(|migration| !migration.applied)))
}

fn applied(database: &Path) -> Result<Vec<String>, OpenError> {
    Ok(names(migrate(database)?))
}

fn names(migrations: impl IntoIterator<Item = MigrationStatus>) -> Vec<String> {
    let name = |one: MigrationStatus| format!("{:04} {}", one.number, one.name);
    migrations.into_iter().map(name).collect()
}
