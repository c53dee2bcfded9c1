//! Whether a pooler in transaction mode stands between, which nobody has told us of.
//!
//! It gives each transaction another connection of its own to the server. What we set for a session
//! would be set for somebody else's, and a prepared statement be unknown to the next transaction.

use std::sync::Arc;

use super::connect::Server;
use super::error::OpenError;
use super::session::Session;
use crate::row::get;

/// A setting that nobody has.
const SETTING: &str = "vezne.session";

/// How often it is tried. A pooler may lend its connections in turns, and give back the same one by
/// chance.
const TRIES: usize = 3;

/// Whether a session meets what another one set for itself, or no longer what it set itself.
pub(super) async fn lends_anew(server: &Arc<Server>) -> Result<bool, OpenError> {
    let (one, other) = (server.connect().await?, server.connect().await?);
    for number in 0..TRIES {
        let (one, other) = if number % 2 == 0 { (&one, &other) } else { (&other, &one) };
        if meets(one, other, &format!("{number}")).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// While the other one's transaction has the connection that was free last, this one gets another.
async fn meets(one: &Session, other: &Session, value: &str) -> Result<bool, OpenError> {
    one.batch(&format!("SET {SETTING} = '{value}'")).await?;
    other.batch("BEGIN").await?;
    let theirs = read(other).await?;
    let own = read(one).await?;
    other.batch("ROLLBACK").await?;
    one.batch(&format!("RESET {SETTING}")).await?;
    Ok(theirs.as_deref() == Some(value) || own.as_deref() != Some(value))
}

async fn read(session: &Session) -> Result<Option<String>, OpenError> {
    let found = session.free(&format!("SELECT current_setting('{SETTING}', true)"), &[]).await?;
    Ok(found.rows.first().map(|row| get::<Option<String>>(row, 0)).transpose()?.flatten())
}
