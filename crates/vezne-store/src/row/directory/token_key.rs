//! Token keys as rows, the private part sealed.

use vezne_core::model::time::Timestamp;
use vezne_core::model::token_key::TokenKey;

use super::super::{Result, Row, Statement, bytes, get, moment, text};
use super::{Rows, open};
use crate::seal::{Place, Sealer};

pub(super) const SELECT: &str =
    "SELECT number, id, private, since, until FROM token_key ORDER BY number";

const fn place(number: i64) -> Place {
    Place::new("token_key", "private", number)
}

/// Writes token keys that are new or changed; only the end of a key's time changes. A number only
/// binds the sealed key to its row, so a key that is there already leaves one unused.
pub(super) fn put(sealer: &Sealer, keys: &[TokenKey], last: i64) -> Result<Vec<Statement>> {
    (last + 1..).zip(keys).map(|(number, key)| put_one(sealer, key, number)).collect()
}

fn put_one(sealer: &Sealer, key: &TokenKey, number: i64) -> Result<Statement> {
    let private = sealer.seal(place(number), key.private.expose().as_bytes())?;
    let until = key.until.map(Timestamp::micros);
    let row = vec![
        ("number", number.into()),
        ("id", (&key.id).into()),
        ("private", private.into()),
        ("since", key.since.micros().into()),
        ("until", until.into()),
    ];
    let mut statement = Statement::insert("token_key", row);
    statement.sql.push_str(" ON CONFLICT (id) DO UPDATE SET until = excluded.until");
    Ok(statement)
}

/// The highest number in use.
pub(crate) const LAST: &str = "SELECT coalesce(max(number), 0) FROM token_key";

pub(super) fn read_all<R: Row>(rows: &Rows<R>, sealer: &Sealer) -> Result<Vec<TokenKey>> {
    rows.of("token_key").iter().map(|row| read(sealer, row)).collect()
}

fn read(sealer: &Sealer, row: &impl Row) -> Result<TokenKey> {
    Ok(TokenKey {
        id: text(row, 1)?.to_owned(),
        private: open(sealer, place(get(row, 0)?), bytes(row, 2)?)?,
        since: moment(row, 3)?,
        until: get::<Option<i64>>(row, 4)?.map(Timestamp::from_micros),
    })
}
