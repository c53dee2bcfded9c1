//! Merchants as rows: one of their own, and one per login, channel, bank, network and option. A
//! change writes all of them anew, which is simple and rare. Keys and secrets are sealed.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, Row, params};
use vezne_core::model::approval::Policy;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{Bank, Merchant, MerchantStatus, Mode, ReferenceScope};
use vezne_core::model::personal::Secret;

use super::error::{Result, StoreError, bytes, currency, get, text, unknown};
use crate::seal::{Place, Sealer};

mod access;
mod terms;

const PUT: &str = "INSERT INTO merchant (id, name, mode, status, currency, credit_limit_minor, \
     day_limit_minor, approve_below_minor, retry_refused, reference_scope, requests_per_second, \
     callback_base_url, webhook_secret) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET name = excluded.name, mode = excluded.mode, \
     status = excluded.status, currency = excluded.currency, \
     credit_limit_minor = excluded.credit_limit_minor, \
     day_limit_minor = excluded.day_limit_minor, \
     approve_below_minor = excluded.approve_below_minor, \
     retry_refused = excluded.retry_refused, reference_scope = excluded.reference_scope, \
     requests_per_second = excluded.requests_per_second, \
     callback_base_url = excluded.callback_base_url, webhook_secret = excluded.webhook_secret";

const PARTS: [&str; 6] =
    ["access", "terms", "bank", "allowed_network", "merchant_option", "endpoint"];

/// A place among rows that are told apart by merchant and position.
const fn part(table: &'static str, column: &'static str, id: MerchantId, at: i64) -> Place {
    Place { table, column, row: id.0, part: at }
}

/// Writes merchants that are new or changed. Of several versions of one, the last stands.
pub(super) fn write_all(
    connection: &Connection,
    sealer: &Sealer,
    changed: &[Arc<Merchant>],
) -> Result<()> {
    let last: BTreeMap<MerchantId, &Merchant> =
        changed.iter().map(|merchant| (merchant.id, &**merchant)).collect();
    // All parts go before any comes, because a login may have passed from one merchant to another.
    for id in last.keys() {
        remove_parts(connection, *id)?;
    }
    last.values().try_for_each(|merchant| write(connection, sealer, merchant))
}

fn remove_parts(connection: &Connection, id: MerchantId) -> Result<()> {
    for table in PARTS {
        connection.execute(&format!("DELETE FROM {table} WHERE merchant_id = ?"), [id.0])?;
    }
    Ok(())
}

fn write(connection: &Connection, sealer: &Sealer, merchant: &Merchant) -> Result<()> {
    let secret = part("merchant", "webhook_secret", merchant.id, 0);
    connection.prepare_cached(PUT)?.execute(params![
        merchant.id.0,
        merchant.name,
        mode_code(merchant.mode),
        status_code(merchant.status),
        merchant.currency.code(),
        merchant.credit_limit_minor,
        merchant.day_limit_minor,
        merchant.policy.approve_below_minor,
        merchant.retry_refused,
        scope_code(merchant.reference_scope),
        merchant.requests_per_second,
        merchant.callback_base_url,
        sealer.seal(secret, merchant.webhook_secret.expose().as_bytes())?,
    ])?;
    access::write(connection, sealer, merchant)?;
    terms::write(connection, merchant)?;
    write_lists(connection, merchant)
}

fn write_lists(connection: &Connection, merchant: &Merchant) -> Result<()> {
    let id = merchant.id.0;
    for (at, bank) in (0_i64..).zip(&merchant.banks) {
        let line = params![id, at, bank.id, bank.name];
        connection.execute("INSERT INTO bank VALUES (?, ?, ?, ?)", line)?;
    }
    for (at, network) in (0_i64..).zip(&merchant.allowed_networks) {
        let line = params![id, at, network.to_string()];
        connection.execute("INSERT INTO allowed_network VALUES (?, ?, ?)", line)?;
    }
    for (name, value) in &merchant.options {
        let line = params![id, name, value];
        connection.execute("INSERT INTO merchant_option VALUES (?, ?, ?)", line)?;
    }
    for (name, url) in &merchant.endpoints {
        connection.execute("INSERT INTO endpoint VALUES (?, ?, ?)", params![id, name, url])?;
    }
    Ok(())
}

/// Reads all merchants.
pub(super) fn read_all(connection: &Connection, sealer: &Sealer) -> Result<Vec<Merchant>> {
    let mut statement = connection.prepare(
        "SELECT id, name, mode, status, currency, credit_limit_minor, day_limit_minor, \
         approve_below_minor, retry_refused, reference_scope, requests_per_second, \
         callback_base_url, webhook_secret FROM merchant ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    let mut merchants = Vec::new();
    while let Some(row) = rows.next()? {
        merchants.push(read(connection, sealer, row)?);
    }
    Ok(merchants)
}

fn read(connection: &Connection, sealer: &Sealer, row: &Row<'_>) -> Result<Merchant> {
    let id = MerchantId(get(row, 0)?);
    let secret = part("merchant", "webhook_secret", id, 0);
    Ok(Merchant {
        id,
        name: get(row, 1)?,
        mode: read_mode(text(row, 2)?)?,
        status: read_status(text(row, 3)?)?,
        currency: currency(row, 4)?,
        credit_limit_minor: get(row, 5)?,
        day_limit_minor: get(row, 6)?,
        policy: Policy { approve_below_minor: get(row, 7)? },
        retry_refused: get(row, 8)?,
        reference_scope: read_scope(text(row, 9)?)?,
        allowed_networks: list(connection, "network FROM allowed_network", id, read_network)?,
        requests_per_second: get(row, 10)?,
        callback_base_url: get(row, 11)?,
        endpoints: pairs(connection, "name, url FROM endpoint", id)?,
        webhook_secret: open(sealer, secret, bytes(row, 12)?)?,
        access: access::read(connection, sealer, id)?,
        terms: terms::read(connection, id)?,
        banks: list(connection, "bank, name FROM bank", id, read_bank)?,
        options: pairs(connection, "name, value FROM merchant_option", id)?,
    })
}

/// The rows of a merchant in a table with positions, in order. `what` is columns and table.
fn list<T>(
    connection: &Connection,
    what: &str,
    id: MerchantId,
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let sql = format!("SELECT {what} WHERE merchant_id = ? ORDER BY position");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read_bank(row: &Row<'_>) -> Result<Bank> {
    Ok(Bank { id: get(row, 0)?, name: get(row, 1)? })
}

/// The network's type is known from where it goes, so this crate need not know its crate.
fn read_network<T: std::str::FromStr>(row: &Row<'_>) -> Result<T> {
    let network = text(row, 0)?;
    network.parse().map_err(|_| unknown("network", network))
}

/// The rows of a merchant in a table of names. `what` is two columns and the table.
fn pairs(connection: &Connection, what: &str, id: MerchantId) -> Result<BTreeMap<String, String>> {
    let sql = format!("SELECT {what} WHERE merchant_id = ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.0])?;
    let mut pairs = BTreeMap::new();
    while let Some(row) = rows.next()? {
        pairs.insert(get(row, 0)?, get(row, 1)?);
    }
    Ok(pairs)
}

/// Opens a sealed text.
pub(super) fn open(sealer: &Sealer, place: Place, sealed: &[u8]) -> Result<Secret> {
    let plain = sealer.open(place, sealed)?;
    let broken = |_| StoreError::Broken(format!("{place} is no text"));
    Ok(Secret::new(std::str::from_utf8(&plain).map_err(broken)?))
}

const fn mode_code(mode: Mode) -> &'static str {
    match mode {
        Mode::Sandbox => "sandbox",
        Mode::Live => "live",
    }
}

fn read_mode(code: &str) -> Result<Mode> {
    match code {
        "sandbox" => Ok(Mode::Sandbox),
        "live" => Ok(Mode::Live),
        other => Err(unknown("mode", other)),
    }
}

const fn status_code(status: MerchantStatus) -> &'static str {
    match status {
        MerchantStatus::Active => "active",
        MerchantStatus::Suspended => "suspended",
    }
}

fn read_status(code: &str) -> Result<MerchantStatus> {
    match code {
        "active" => Ok(MerchantStatus::Active),
        "suspended" => Ok(MerchantStatus::Suspended),
        other => Err(unknown("merchant status", other)),
    }
}

const fn scope_code(scope: ReferenceScope) -> &'static str {
    match scope {
        ReferenceScope::Merchant => "merchant",
        ReferenceScope::Channel => "channel",
    }
}

fn read_scope(code: &str) -> Result<ReferenceScope> {
    match code {
        "merchant" => Ok(ReferenceScope::Merchant),
        "channel" => Ok(ReferenceScope::Channel),
        other => Err(unknown("reference scope", other)),
    }
}
