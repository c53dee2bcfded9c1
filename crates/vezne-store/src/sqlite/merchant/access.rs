//! How a merchant logs in, as rows with sealed keys.

use rusqlite::{Connection, Row, params};
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{Access, FormerKey, Merchant};
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;

use super::super::error::{Result, bytes, get, optional_bytes, text};
use super::{list, open, part};
use crate::seal::Sealer;

const INSERT: &str = "INSERT INTO access (merchant_id, position, dialect, login, key, \
     former_key, former_key_until, callback_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/// Writes the logins of a merchant that has none in the table.
pub(super) fn write(connection: &Connection, sealer: &Sealer, merchant: &Merchant) -> Result<()> {
    for (at, access) in (0..).zip(&merchant.access) {
        let seal = |column, key: &Secret| {
            sealer.seal(part("access", column, merchant.id, at), key.expose().as_bytes())
        };
        let former = access.former_key.as_ref();
        connection.prepare_cached(INSERT)?.execute(params![
            merchant.id.0,
            at,
            access.dialect.as_str(),
            access.login,
            seal("key", &access.key)?,
            former.map(|former| seal("former_key", &former.key)).transpose()?,
            former.map(|former| former.until.micros()),
            seal("callback_key", &access.callback_key)?,
        ])?;
    }
    Ok(())
}

/// Reads the logins of a merchant, in order.
pub(super) fn read(
    connection: &Connection,
    sealer: &Sealer,
    id: MerchantId,
) -> Result<Vec<Access>> {
    let what = "position, dialect, login, key, former_key, former_key_until, callback_key \
         FROM access";
    list(connection, what, id, |row| read_row(sealer, id, row))
}

fn read_row(sealer: &Sealer, id: MerchantId, row: &Row<'_>) -> Result<Access> {
    let at = get(row, 0)?;
    let key = |column, sealed| open(sealer, part("access", column, id, at), sealed);
    let former = optional_bytes(row, 4)?.zip(get::<Option<i64>>(row, 5)?);
    let former = former.map(|(sealed, until)| -> Result<FormerKey> {
        let until = Timestamp::from_micros(until);
        Ok(FormerKey { key: key("former_key", sealed)?, until })
    });
    Ok(Access {
        dialect: text(row, 1)?.into(),
        login: get(row, 2)?,
        key: key("key", bytes(row, 3)?)?,
        former_key: former.transpose()?,
        callback_key: key("callback_key", bytes(row, 6)?)?,
    })
}
