//! The directory as rows: merchants, channels and token keys. It is read as a whole and written
//! seldom, so its statements are said once for every backend.

mod access;
mod channel;
mod merchant;
mod terms;
mod token_key;

use std::collections::HashMap;
use std::hash::Hash;

use vezne_core::engine::view::Changes;
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::personal::Secret;

use super::{Result, Row, Statement, StoreError};
use crate::seal::{Place, Sealer};

pub(crate) use token_key::LAST as LAST_TOKEN_KEY;

/// The tables of the directory, each with the query that reads all of it in order.
pub(crate) const TABLES: [(&str, &str); 13] = [
    ("merchant", merchant::SELECT),
    ("access", access::SELECT),
    ("terms", terms::SELECT),
    ("bank", "SELECT merchant_id, bank, name FROM bank ORDER BY merchant_id, position"),
    (
        "allowed_network",
        "SELECT merchant_id, network FROM allowed_network ORDER BY merchant_id, position",
    ),
    ("merchant_option", "SELECT merchant_id, name, value FROM merchant_option"),
    ("endpoint", "SELECT merchant_id, name, url FROM endpoint"),
    ("channel", channel::SELECT),
    ("channel_bank", "SELECT channel, bank, name FROM channel_bank ORDER BY channel, position"),
    ("channel_field", channel::SELECT_FIELDS),
    ("channel_option", channel::SELECT_OPTIONS),
    ("channel_rule", channel::SELECT_RULES),
    ("token_key", token_key::SELECT),
];

/// All rows of the directory, by table.
pub(crate) struct Rows<R>(HashMap<&'static str, Vec<R>>);

impl<R: Row> Rows<R> {
    /// The rows that [`TABLES`] gave.
    pub(crate) fn new(rows: impl IntoIterator<Item = (&'static str, Vec<R>)>) -> Self {
        Self(rows.into_iter().collect())
    }

    fn of(&self, table: &str) -> &[R] {
        self.0.get(table).map_or(&[], Vec::as_slice)
    }

    /// The rows of a table by whose they are, each read; the order within one is kept.
    fn by<K: Eq + Hash, T>(
        &self,
        table: &str,
        key: impl Fn(&R) -> Result<K>,
        read: impl Fn(&R) -> Result<T>,
    ) -> Result<HashMap<K, Vec<T>>> {
        let mut all: HashMap<K, Vec<T>> = HashMap::new();
        for row in self.of(table) {
            all.entry(key(row)?).or_default().push(read(row)?);
        }
        Ok(all)
    }

    /// Puts the directory together.
    pub(crate) fn directory(&self, sealer: &Sealer) -> Result<Directory> {
        let mut directory = Directory::new(merchant::read_all(self, sealer)?);
        for channel in channel::read_all(self)? {
            directory.put_channel(channel);
        }
        for key in token_key::read_all(self, sealer)? {
            directory.put_token_key(key);
        }
        Ok(directory)
    }
}

/// What writes a group's changes to the directory. `last_token_key` is the highest number in use.
pub(crate) fn statements(
    sealer: &Sealer,
    changes: &Changes,
    last_token_key: i64,
) -> Result<Vec<Statement>> {
    let mut all = merchant::put(sealer, &changes.merchants)?;
    all.extend(channel::change(&changes.channels));
    all.extend(token_key::put(sealer, &changes.token_keys, last_token_key)?);
    Ok(all)
}

/// A place among rows that are told apart by merchant and position.
const fn part(table: &'static str, column: &'static str, id: MerchantId, at: i64) -> Place {
    Place { table, column, row: id.0, part: at }
}

/// Opens a sealed text.
fn open(sealer: &Sealer, place: Place, sealed: &[u8]) -> Result<Secret> {
    let plain = sealer.open(place, sealed)?;
    let broken = |_| StoreError::Broken(format!("{place} is no text"));
    Ok(Secret::new(std::str::from_utf8(&plain).map_err(broken)?))
}
