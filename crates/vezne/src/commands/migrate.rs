//! `vezne migrate`: brings the database up to date.

use std::process::ExitCode;

use serde_json::json;
use vezne_store::MigrationStatus;

use super::{Error, runtime};
use crate::assembly;
use crate::config::Config;
use crate::database::Database;
use crate::output::Output;
use crate::stream::say;
use crate::system::SystemRandom;

pub(crate) fn run(config: &Config, dry_run: bool, output: Output) -> Result<ExitCode, Error> {
    assembly::make_directory(&config.store.directory)?;
    let database = config.store.kept_in()?;
    let steps = names(runtime()?.block_on(async {
        if dry_run {
            return database.pending().await;
        }
        if matches!(database, Database::File(_)) && !database.is_begun().await? {
            // Without its key a file that is there could not be opened.
            assembly::master_key(config, &SystemRandom).await?;
        }
        database.migrate().await
    })?);
    let plain = || match (steps.is_empty(), dry_run) {
        (true, _) => say!("The database is up to date."),
        (false, true) => say!("Pending: {}", steps.join(", ")),
        (false, false) => say!("Applied: {}", steps.join(", ")),
    };
    output.either(&json!({ "dry_run": dry_run, "migrations": steps }), plain)?;
    Ok(ExitCode::SUCCESS)
}

/// The numbers and names of migrations.
pub(crate) fn names(migrations: impl IntoIterator<Item = MigrationStatus>) -> Vec<String> {
    let name = |one: MigrationStatus| format!("{:04} {}", one.number, one.name);
    migrations.into_iter().map(name).collect()
}
