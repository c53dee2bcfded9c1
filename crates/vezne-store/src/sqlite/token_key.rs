//! Token keys as rows, the private part sealed.

use rusqlite::{Connection, OptionalExtension, Row, params};
use vezne_core::model::time::Timestamp;
use vezne_core::model::token_key::TokenKey;

use super::error::{Result, bytes, get, text};
use super::merchant::open;
use crate::seal::{Place, Sealer};

const fn place(number: i64) -> Place {
    Place::new("token_key", "private", number)
}

/// Writes token keys that are new or changed; only the end of a key's time changes.
pub(super) fn put(connection: &Connection, sealer: &Sealer, keys: &[TokenKey]) -> Result<()> {
    for key in keys {
        let until = key.until.map(Timestamp::micros);
        let changed = connection
            .execute("UPDATE token_key SET until = ? WHERE id = ?", params![until, key.id])?;
        if changed == 0 {
            insert(connection, sealer, key)?;
        }
    }
    Ok(())
}

fn insert(connection: &Connection, sealer: &Sealer, key: &TokenKey) -> Result<()> {
    let last = connection.query_row("SELECT max(number) FROM token_key", [], |row| row.get(0));
    let number = last.optional()?.flatten().unwrap_or(0_i64) + 1;
    let private = sealer.seal(place(number), key.private.expose().as_bytes())?;
    let (since, until) = (key.since.micros(), key.until.map(Timestamp::micros));
    connection.execute(
        "INSERT INTO token_key (number, id, private, since, until) VALUES (?, ?, ?, ?, ?)",
        params![number, key.id, private, since, until],
    )?;
    Ok(())
}

/// Reads all token keys.
pub(super) fn read_all(connection: &Connection, sealer: &Sealer) -> Result<Vec<TokenKey>> {
    let sql = "SELECT number, id, private, since, until FROM token_key ORDER BY number";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(read(sealer, row)?);
    }
    Ok(keys)
}

fn read(sealer: &Sealer, row: &Row<'_>) -> Result<TokenKey> {
    Ok(TokenKey {
        id: text(row, 1)?.to_owned(),
        private: open(sealer, place(get(row, 0)?), bytes(row, 2)?)?,
        since: Timestamp::from_micros(get(row, 3)?),
        until: get::<Option<i64>>(row, 4)?.map(Timestamp::from_micros),
    })
}
