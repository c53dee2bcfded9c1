//! How a merchant logs in, as rows with sealed keys.

use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{Access, FormerKey, Merchant};
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;

use super::super::{Result, Row, Statement, bytes, get, optional_bytes, text};
use super::{open, part};
use crate::seal::Sealer;

pub(super) const SELECT: &str = "SELECT merchant_id, position, dialect, login, key, former_key, \
     former_key_until, callback_key FROM access ORDER BY merchant_id, position";

/// Writes the logins of a merchant that has none in the table.
pub(super) fn put(sealer: &Sealer, merchant: &Merchant) -> Result<Vec<Statement>> {
    let one = |(at, access)| put_one(sealer, merchant.id, at, access);
    (0..).zip(&merchant.access).map(one).collect()
}

fn put_one(sealer: &Sealer, id: MerchantId, at: i64, access: &Access) -> Result<Statement> {
    let seal =
        |column, key: &Secret| sealer.seal(part("access", column, id, at), key.expose().as_bytes());
    let former = access.former_key.as_ref();
    let former_key = former.map(|former| seal("former_key", &former.key)).transpose()?;
    let row = vec![
        ("merchant_id", id.0.into()),
        ("position", at.into()),
        ("dialect", access.dialect.as_str().into()),
        ("login", (&access.login).into()),
        ("key", seal("key", &access.key)?.into()),
        ("former_key", former_key.into()),
        ("former_key_until", former.map(|former| former.until.micros()).into()),
        ("callback_key", seal("callback_key", &access.callback_key)?.into()),
    ];
    Ok(Statement::insert("access", row))
}

/// Reads a row of [`SELECT`].
pub(super) fn read(sealer: &Sealer, row: &impl Row) -> Result<Access> {
    let (id, at) = (MerchantId(get(row, 0)?), get(row, 1)?);
    let key = |column, sealed| open(sealer, part("access", column, id, at), sealed);
    let former = optional_bytes(row, 5)?.zip(get::<Option<i64>>(row, 6)?);
    let former = former.map(|(sealed, until)| -> Result<FormerKey> {
        let until = Timestamp::from_micros(until);
        Ok(FormerKey { key: key("former_key", sealed)?, until })
    });
    Ok(Access {
        dialect: text(row, 2)?.into(),
        login: get(row, 3)?,
        key: key("key", bytes(row, 4)?)?,
        former_key: former.transpose()?,
        callback_key: key("callback_key", bytes(row, 7)?)?,
    })
}
