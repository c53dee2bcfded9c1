//! The migrations of PostgreSQL: numbered files inside the program, forward only, each in one
//! transaction and remembered with its checksum.
//!
//! Where the previous version of the program may run while one is applied, a migration only adds:
//! tables, columns with defaults, indexes. One that it must not run beside names the oldest
//! migration that a program must know, which is looked at when a program starts; so it also refuses
//! to be applied while an older node is running, as `trust` does, and the changelog says to stop
//! all of them.

use super::PostgresOptions;
use super::connect::Server;
use super::error::OpenError;
use super::session::Session;
use crate::row::{Value, get};
use crate::sqlite::migrate::{Migration, MigrationStatus};

/// Every migration, in order, each with the oldest that a program must know to run beside it.
///
/// A program before `trust` would send payouts under another reference than they have, one before
/// `keep` knows neither the counts nor the digests of old refusals, one before `seal` would write
/// payouts without a seal, and one before `desk-seal` claims without sealing the desk's state anew.
const MIGRATIONS: [(Migration, i64); 9] = [
    (Migration { number: 1, name: "desk", sql: include_str!("migrations/0001_desk.sql") }, 1),
    (Migration { number: 2, name: "trust", sql: include_str!("migrations/0002_trust.sql") }, 2),
    (Migration { number: 3, name: "months", sql: include_str!("migrations/0003_months.sql") }, 2),
    (Migration { number: 4, name: "speed", sql: include_str!("migrations/0004_speed.sql") }, 2),
    (Migration { number: 5, name: "keep", sql: include_str!("migrations/0005_keep.sql") }, 5),
    (Migration { number: 6, name: "seal", sql: include_str!("migrations/0006_seal.sql") }, 6),
    (Migration { number: 7, name: "oldest", sql: include_str!("migrations/0007_oldest.sql") }, 6),
    (DESK_SEAL, 8),
    (CALLBACK_KEYS, 8),
];

const DESK_SEAL: Migration =
    Migration { number: 8, name: "desk-seal", sql: include_str!("migrations/0008_desk_seal.sql") };

const CALLBACK_KEYS: Migration = Migration {
    number: 9,
    name: "callback-keys",
    sql: include_str!("migrations/0009_callback_keys.sql"),
};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    number BIGINT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    needs BIGINT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
)";

/// Held while migrations are applied, so that two programs that start together take turns.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7311003)";

/// A migration that waits for a lock holds up everybody behind it, so it rather fails.
const PATIENCE: &str = "SET LOCAL lock_timeout = '5s'";

/// Which migrations a database has.
///
/// # Errors
/// When no primary is reached, or it has an altered or unknown migration.
pub async fn status(
    url: &str,
    options: &PostgresOptions,
) -> Result<Vec<MigrationStatus>, OpenError> {
    let session = Server::new(url, options)?.connect().await?;
    let applied = applied(&session).await?;
    Ok(MIGRATIONS.iter().map(|(one, _)| line(one, one.number <= applied)).collect())
}

/// Applies what is pending and returns what was applied.
///
/// # Errors
/// As [`status`]; when one fails, which leaves the database as the one before had made it.
pub async fn migrate(
    url: &str,
    options: &PostgresOptions,
) -> Result<Vec<MigrationStatus>, OpenError> {
    let session = Server::new(url, options)?.connect().await?;
    run(&session).await
}

fn line(one: &Migration, applied: bool) -> MigrationStatus {
    MigrationStatus { number: one.number, name: one.name.to_owned(), applied }
}

/// Applies what is pending on an open connection.
pub(super) async fn run(session: &Session) -> Result<Vec<MigrationStatus>, OpenError> {
    let mut done = Vec::new();
    for (migration, needs) in &MIGRATIONS {
        if apply(session, migration, *needs).await? {
            done.push(line(migration, true));
        }
    }
    Ok(done)
}

/// Applies one, unless it is there already.
async fn apply(session: &Session, one: &Migration, needs: i64) -> Result<bool, OpenError> {
    session.batch(&format!("BEGIN; {PATIENCE}; {LOCK}")).await?;
    let tried = apply_inside(session, one, needs).await;
    let end = if tried.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = session.batch(end).await;
    let applied = tried?;
    ended?;
    Ok(applied)
}

async fn apply_inside(session: &Session, one: &Migration, needs: i64) -> Result<bool, OpenError> {
    if applied(session).await? >= one.number {
        return Ok(false);
    }
    session.batch(TABLE).await?;
    session.batch(one.sql).await?;
    let sql = "INSERT INTO migration (number, name, sha256, needs) VALUES ($1, $2, $3, $4)";
    let values: [Value; 4] =
        [one.number.into(), one.name.into(), (&one.checksum()).into(), needs.into()];
    session.free(sql, &values).await?;
    Ok(true)
}

/// Refuses a schema that this program may not run on.
pub(super) async fn check(session: &Session) -> Result<(), OpenError> {
    let applied = applied(session).await?;
    match MIGRATIONS.iter().filter(|(one, _)| one.number > applied).count() {
        0 => Ok(()),
        count => Err(OpenError::MigrationsPending { count }),
    }
}

/// The number of the last migration that this program knows and the database has.
async fn applied(session: &Session) -> Result<i64, OpenError> {
    let sql = "SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() \
         AND tablename = 'migration'), \
         (SELECT count(*) FROM pg_tables WHERE schemaname = current_schema())";
    let found = session.free(sql, &[]).await?;
    let row = found.rows.first();
    let tables = row.map(|row| Ok::<_, OpenError>((get::<i64>(row, 0)?, get::<i64>(row, 1)?)));
    match tables.transpose()?.unwrap_or((0, 0)) {
        (0, 0) => Ok(0),
        (0, _) => Err(OpenError::NotOurs),
        _ => compare(session).await,
    }
}

/// Compares what was applied with what the program has, number by number. A newer one may be there
/// already, if it lets a program as old as this one run.
async fn compare(session: &Session) -> Result<i64, OpenError> {
    let sql = "SELECT number, name, sha256, needs FROM migration ORDER BY number";
    let known = MIGRATIONS.last().map_or(0, |(one, _)| one.number);
    let mut last = 0;
    for row in session.free(sql, &[]).await?.rows {
        let (number, name): (i64, String) = (get(&row, 0)?, get(&row, 1)?);
        match MIGRATIONS.iter().find(|(one, _)| one.number == number) {
            None if get::<i64>(&row, 3)? > known => {
                return Err(OpenError::NewerSchema { number, name });
            }
            None => {}
            Some((one, _)) if one.checksum() != get::<String>(&row, 2)? || number != last + 1 => {
                return Err(OpenError::AlteredMigration { number, name });
            }
            Some(_) => last = number,
        }
    }
    Ok(last)
}
