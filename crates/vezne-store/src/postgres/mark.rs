//! The mark that each group leaves: by it another connection can tell whether the group's commit
//! took place when the connection that sent it is gone.
//!
//! Asking is writing the same mark. While the lost transaction is still under way, the writing
//! waits for it. If it was committed, the mark is there; if not, it is ours now, and the lost
//! transaction cannot be committed any more.

use std::sync::Arc;

use tokio_postgres::types::Type;
use vezne_core::port::Random;

use super::connect::Server;
use super::error::OpenError;
use super::session::{Query, Session, Sql, parameters};
use crate::row::{Result, get};

/// A random name of one commit.
#[derive(Clone, Copy)]
pub(super) struct Mark([u8; 16]);

static LEAVE: Sql = Sql {
    text: "INSERT INTO commit_mark (mark, at, committed) VALUES ($1, $2, TRUE)",
    types: &[Type::BYTEA, Type::INT8],
};

static CLAIM: Sql = Sql {
    text: "INSERT INTO commit_mark (mark, at, committed) \
         SELECT mark, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, FALSE \
         FROM unnest($1) AS mark ON CONFLICT DO NOTHING",
    types: &[Type::BYTEA_ARRAY],
};

static READ: Sql =
    Sql { text: "SELECT committed FROM commit_mark WHERE mark = $1", types: &[Type::BYTEA] };

static FORGET: Sql = Sql {
    text: "DELETE FROM commit_mark \
         WHERE at < (extract(epoch FROM clock_timestamp() - interval '1 day') * 1000000)::bigint",
    types: &[],
};

impl Mark {
    /// A fresh mark.
    pub(super) fn draw(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// What leaves it.
    pub(super) fn leave(self, at: i64) -> Query {
        Query::new(&LEAVE, parameters![self.0.to_vec(), at])
    }
}

/// Whether the commit that left a mark took place. It cannot take place afterwards.
///
/// # Errors
/// When no primary could be asked; then nothing is known yet.
pub(super) async fn settle(
    server: &Arc<Server>,
    mark: &Mark,
    random: &dyn Random,
) -> std::result::Result<bool, OpenError> {
    let session = server.connect().await?;
    let warned = session.warnings();
    // What is visible may still be on one server only. The second mark makes this commit one that
    // waits for the standby, and what is confirmed after it covers what was before.
    let both = vec![mark.0.to_vec(), Mark::draw(random).0.to_vec()];
    session.begin(&Query::new(&CLAIM, parameters![both])).await?;
    let found = session.one(&READ, parameters![mark.0.to_vec()]).await?;
    let none = || OpenError::Database("a mark that was just written is not there".to_owned());
    let committed = get(found.rows.first().ok_or_else(none)?, 0)?;
    session.batch("COMMIT").await?;
    match session.warnings() == warned {
        true => Ok(committed),
        false => Err(OpenError::Database("a commit was not replicated".to_owned())),
    }
}

/// Deletes the marks that nobody asks for any more.
pub(super) async fn forget(session: &Session) -> Result<()> {
    session.one(&FORGET, Vec::new()).await.map(drop)
}
