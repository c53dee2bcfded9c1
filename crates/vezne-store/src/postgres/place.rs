//! Where a connection leads: which server and database, which schema of it, and what of the
//! server's settings a desk cannot do with.
//!
//! Several hosts of a URL are one primary and its standbys. A copy of the desk on another cluster
//! would be worked on beside the original, and a second desk in another schema of the same database
//! as well; so both are found out on each connection, and held against what was found first.

use super::error::OpenError;
use super::session::{Session, Sql};
use crate::row::{Result, get};

/// The oldest server: the first whose `extract` is exact.
const OLDEST: i64 = 140_000;

/// Texts are kept as they come, so the database takes every character there is.
const ENCODING: &str = "UTF8";

/// Settings of a server without which a commit may be lost or torn when its machine stops.
const DURABLE: [&str; 2] = ["fsync", "full_page_writes"];

static ABOUT: Sql = Sql {
    text: "SELECT current_setting('server_version'), \
         current_setting('server_version_num')::bigint, \
         current_setting('synchronous_standby_names'), current_setting('server_encoding'), \
         (SELECT oid::bigint FROM pg_database WHERE datname = current_database()), \
         has_function_privilege('pg_control_system()', 'EXECUTE'), \
         current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on'",
    types: &[],
};

static SYSTEM: Sql =
    Sql { text: "SELECT system_identifier::text FROM pg_control_system()", types: &[] };

/// The schemas of the path, in its order, and whether a desk is in them.
static SCHEMAS: Sql = Sql {
    text: "SELECT quote_ident(name), \
         to_regclass(quote_ident(name) || '.migration') IS NOT NULL \
             AND to_regclass(quote_ident(name) || '.desk_state') IS NOT NULL \
         FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS path (name, place) ORDER BY place",
    types: &[],
};

/// What a server says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    /// The cluster and the database in it: the same on a standby that takes over, and another one
    /// where a dump was restored.
    pub(super) home: String,
    /// Settings that are off and should not be.
    pub(super) lax: Vec<&'static str>,
    /// Whether it names a standby that commits wait for.
    pub(super) has_standby: bool,
}

/// Asks a server about itself, and refuses one that no desk can be on.
pub(super) async fn about(session: &Session) -> std::result::Result<About, OpenError> {
    let about = session.one(&ABOUT, Vec::new()).await?;
    let row = about.rows.first().ok_or_else(silent)?;
    if get::<i64>(row, 1)? < OLDEST {
        return Err(OpenError::OldServer(get(row, 0)?));
    }
    let encoding: String = get(row, 3)?;
    if encoding != ENCODING {
        return Err(OpenError::Encoding(encoding));
    }
    let database: i64 = get(row, 4)?;
    let system = if get(row, 5)? { system(session).await? } else { "?".to_owned() };
    let durable: [bool; 2] = [get(row, 6)?, get(row, 7)?];
    let off = DURABLE.into_iter().zip(durable).filter(|(_, on)| !on);
    Ok(About {
        home: format!("{system} {database}"),
        lax: off.map(|(name, _)| name).collect(),
        has_standby: !get::<String>(row, 2)?.is_empty(),
    })
}

/// The identifier that a cluster was given when it was made. Who is not allowed to know it has only
/// the number of the database, which counts from the same start on every cluster.
async fn system(session: &Session) -> Result<String> {
    let found = session.one(&SYSTEM, Vec::new()).await?;
    let none = || crate::row::StoreError::Broken("the cluster has no identifier".to_owned());
    get(found.rows.first().ok_or_else(none)?, 0)
}

/// The schema that the desk is in, or that it would be made in, as SQL names it. An empty schema in
/// front of the desk's is passed over: a second desk in it would know nothing of the first.
pub(super) async fn schema(session: &Session) -> std::result::Result<String, OpenError> {
    let found = session.one(&SCHEMAS, Vec::new()).await?;
    let (mut path, mut desks) = (Vec::new(), Vec::new());
    for row in &found.rows {
        let name: String = get(row, 0)?;
        if get(row, 1)? {
            desks.push(name.clone());
        }
        path.push(name);
    }
    match desks.as_slice() {
        [] => path.into_iter().next().ok_or(OpenError::NoSchema),
        [one] => Ok(one.clone()),
        several => Err(OpenError::TwoDesks(several.join(", "))),
    }
}

fn silent() -> OpenError {
    OpenError::Database("the server says nothing of itself".to_owned())
}
