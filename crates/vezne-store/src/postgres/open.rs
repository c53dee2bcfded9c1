//! Opening: the server, the schema and the key are right, or the store does not start.

use std::sync::Arc;

use tokio::task::JoinSet;
use vezne_core::model::time::Timestamp;
use vezne_core::port::Random;

use super::connect::{Server, pool};
use super::error::OpenError;
use super::session::Session;
use super::{
    Desk, PostgresOptions, PostgresStore, ServerClock, desk_state, directory, migrate, partition,
    place, pooler, read, upkeep,
};
use crate::key::MasterKey;
use crate::row::desk_state::first_seal;
use crate::row::{StoreError, Value, bytes, get};
use crate::seal::Sealer;

/// Opens a database.
pub(super) async fn open(
    url: &str,
    key: &MasterKey,
    random: Arc<dyn Random>,
    options: &PostgresOptions,
) -> Result<Arc<PostgresStore>, OpenError> {
    let server = Server::new(url, options)?;
    let session = server.connect().await?;
    if !options.pooler && pooler::lends_anew(&server).await? {
        return Err(OpenError::Pooler);
    }
    match options.migrate {
        true => drop(migrate::run(&session).await?),
        false => migrate::check(&session).await?,
    }
    partition::prepare(&session).await?;
    let refused = |_| OpenError::Database("the cryptographic library refused the key".to_owned());
    let sealer = Arc::new(Sealer::new(key, Arc::clone(&random)).map_err(refused)?);
    check_key(&session, &sealer, &*random).await?;
    let unknown = || OpenError::Database("the server is nowhere".to_owned());
    let home = server.home().ok_or_else(unknown)?.to_owned();
    desk_state::settle(&session, &home).await?;
    let desk = Arc::new(Desk {
        writers: pool(&server, options.writers.max(1))?,
        readers: pool(&server, options.readers.max(1))?,
        keeper: pool(&server, 1)?,
        directory: directory::Known::read(&server, &session, &sealer).await?,
        clock: Arc::new(ServerClock::at(now(&session).await?)),
        time: options.time,
        home,
        server,
        sealer,
        random,
    });
    let mut tasks = JoinSet::new();
    let kept = Arc::clone(&desk);
    tasks.spawn(upkeep::kept("directory", move || directory::follow(Arc::clone(&kept))));
    let kept = Arc::clone(&desk);
    tasks.spawn(upkeep::kept("upkeep", move || upkeep::run(Arc::clone(&kept))));
    let kept = Arc::clone(&desk);
    tasks.spawn(upkeep::kept("counts", move || upkeep::count(Arc::clone(&kept))));
    let incarnation = read::incarnation(&session).await?;
    Ok(Arc::new(PostgresStore { desk, incarnation, _upkeep: tasks }))
}

/// Reads a URL and the certificates that go with it, as an opening does first; connects nowhere.
///
/// # Errors
/// [`OpenError::Url`].
pub fn check_url(url: &str, options: &PostgresOptions) -> Result<(), OpenError> {
    Server::new(url, options).map(drop)
}

/// How far a database has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing of ours is in it.
    Empty,
    /// It has tables.
    Migrated,
    /// It was opened, so that what is sealed in it needs the key it was opened with.
    Sealed,
}

/// How far a database has come.
///
/// # Errors
/// When no primary is reached.
pub async fn standing(url: &str, options: &PostgresOptions) -> Result<Standing, OpenError> {
    let session = Server::new(url, options)?.connect().await?;
    let sql = "SELECT to_regclass('meta') IS NOT NULL";
    let found = session.free(sql, &[]).await?;
    let there = found.rows.first().map(|row| get::<bool>(row, 0)).transpose()?;
    if there != Some(true) {
        return Ok(Standing::Empty);
    }
    let sql = "SELECT 1::bigint FROM meta WHERE name = 'key_check'";
    let sealed = !session.free(sql, &[]).await?.rows.is_empty();
    Ok(if sealed { Standing::Sealed } else { Standing::Migrated })
}

/// Settings of the server that are off although commits may be lost or torn without them.
///
/// # Errors
/// When no primary is reached.
pub async fn lax_settings(
    url: &str,
    options: &PostgresOptions,
) -> Result<Vec<&'static str>, OpenError> {
    let session = Server::new(url, options)?.connect().await?;
    Ok(place::about(&session).await?.lax)
}

/// The server's time.
pub(super) async fn now(session: &Session) -> Result<Timestamp, OpenError> {
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    let found = session.free(sql, &[]).await?;
    let none = || OpenError::Database("the server does not know the time".to_owned());
    Ok(Timestamp::from_micros(get(found.rows.first().ok_or_else(none)?, 0)?))
}

/// Compares the key with the one the database was first opened with. The first opening leaves the
/// check, and draws the id of this incarnation of the database; of several at once, the first does.
async fn check_key(
    session: &Session,
    sealer: &Sealer,
    random: &dyn Random,
) -> Result<(), OpenError> {
    let mut incarnation = [0; 16];
    random.fill(&mut incarnation);
    let check = sealer.key_check().map_err(StoreError::from)?;
    // In one statement, so that no other node finds the one without the other.
    let sql = "WITH made AS (INSERT INTO meta (name, value) \
         VALUES ('key_check', $1), ('incarnation', $2) ON CONFLICT DO NOTHING RETURNING name) \
         UPDATE desk_state SET seal = $3 WHERE (SELECT count(*) FROM made) = 2";
    let seal = first_seal(sealer, incarnation).to_vec();
    let values = [Value::Bytes(check), Value::Bytes(incarnation.to_vec()), Value::Bytes(seal)];
    session.free(sql, &values).await?;
    let select = "SELECT value FROM meta WHERE name = 'key_check'";
    let found = session.free(select, &[]).await?;
    let kept = found.rows.first().map(|row| bytes(row, 0)).transpose()?;
    match kept.is_some_and(|kept| sealer.check_key(kept)) {
        true => Ok(()),
        false => Err(OpenError::WrongKey),
    }
}
