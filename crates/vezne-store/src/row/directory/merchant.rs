//! Merchants as rows: one of their own, and one per login, channel, bank, network and option. A
//! change writes all of them anew, which is simple and rare. Keys and secrets are sealed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use vezne_core::model::approval::Policy;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{
    Bank, FormerKey, Merchant, MerchantStatus, Mode, ReferenceScope,
};
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;

use super::super::{Result, Row, Statement, bytes, currency, get, optional_bytes, text, unknown};
use super::{Rows, access, open, part, terms};
use crate::seal::Sealer;

pub(super) const SELECT: &str = "SELECT id, name, mode, status, currency, credit_limit_minor, \
     day_limit_minor, approve_below_minor, retry_refused, reference_scope, requests_per_second, \
     callback_base_url, webhook_secret, former_webhook_secret, former_webhook_until, \
     callback_version FROM merchant ORDER BY id";

const OTHERWISE: &str = " ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
     mode = excluded.mode, status = excluded.status, currency = excluded.currency, \
     credit_limit_minor = excluded.credit_limit_minor, \
     day_limit_minor = excluded.day_limit_minor, \
     approve_below_minor = excluded.approve_below_minor, \
     retry_refused = excluded.retry_refused, reference_scope = excluded.reference_scope, \
     requests_per_second = excluded.requests_per_second, \
     callback_base_url = excluded.callback_base_url, webhook_secret = excluded.webhook_secret, \
     former_webhook_secret = excluded.former_webhook_secret, \
     former_webhook_until = excluded.former_webhook_until, \
     callback_version = excluded.callback_version";

const PARTS: [&str; 6] =
    ["access", "terms", "bank", "allowed_network", "merchant_option", "endpoint"];

/// Writes merchants that are new or changed. Of several versions of one, the last stands.
pub(super) fn put(sealer: &Sealer, changed: &[Arc<Merchant>]) -> Result<Vec<Statement>> {
    let last: BTreeMap<MerchantId, &Merchant> =
        changed.iter().map(|merchant| (merchant.id, &**merchant)).collect();
    // All parts go before any comes, because a login may have passed from one merchant to another.
    let mut all: Vec<_> = last.keys().flat_map(|id| remove_parts(*id)).collect();
    for merchant in last.values() {
        all.push(put_one(sealer, merchant)?);
        all.extend(access::put(sealer, merchant)?);
        all.extend(terms::put(merchant));
        all.extend(put_lists(merchant));
    }
    Ok(all)
}

fn remove_parts(id: MerchantId) -> impl Iterator<Item = Statement> {
    PARTS.iter().map(move |table| {
        Statement::new(format!("DELETE FROM {table} WHERE merchant_id = $1"), vec![id.0.into()])
    })
}

fn put_one(sealer: &Sealer, merchant: &Merchant) -> Result<Statement> {
    let seal = |column, secret: &Secret| {
        sealer.seal(part("merchant", column, merchant.id, 0), secret.expose().as_bytes())
    };
    let secret = seal("webhook_secret", &merchant.webhook_secret)?;
    let former = merchant.former_webhook_secret.as_ref();
    let former_secret =
        former.map(|former| seal("former_webhook_secret", &former.key)).transpose()?;
    let row = vec![
        ("id", merchant.id.0.into()),
        ("name", (&merchant.name).into()),
        ("mode", mode_code(merchant.mode).into()),
        ("status", status_code(merchant.status).into()),
        ("currency", merchant.currency.code().into()),
        ("credit_limit_minor", merchant.credit_limit_minor.into()),
        ("day_limit_minor", merchant.day_limit_minor.into()),
        ("approve_below_minor", merchant.policy.approve_below_minor.into()),
        ("retry_refused", merchant.retry_refused.into()),
        ("reference_scope", scope_code(merchant.reference_scope).into()),
        ("requests_per_second", merchant.requests_per_second.into()),
        ("callback_base_url", merchant.callback_base_url.as_ref().into()),
        ("webhook_secret", secret.into()),
        ("former_webhook_secret", former_secret.into()),
        ("former_webhook_until", former.map(|former| former.until.micros()).into()),
        ("callback_version", merchant.callback_version.into()),
    ];
    let mut statement = Statement::insert("merchant", row);
    statement.sql.push_str(OTHERWISE);
    Ok(statement)
}

fn put_lists(merchant: &Merchant) -> Vec<Statement> {
    let owner = || ("merchant_id", merchant.id.0.into());
    let mut all = Vec::new();
    for (at, bank) in (0_i64..).zip(&merchant.banks) {
        let (place, name) = (("position", at.into()), ("name", (&bank.name).into()));
        let row = vec![owner(), place, ("bank", bank.id.into()), name];
        all.push(Statement::insert("bank", row));
    }
    for (at, network) in (0_i64..).zip(&merchant.allowed_networks) {
        let (place, network) = (("position", at.into()), network.to_string());
        let row = vec![owner(), place, ("network", (&network).into())];
        all.push(Statement::insert("allowed_network", row));
    }
    for (name, value) in &merchant.options {
        let row = vec![owner(), ("name", name.into()), ("value", value.into())];
        all.push(Statement::insert("merchant_option", row));
    }
    for (name, url) in &merchant.endpoints {
        let row = vec![owner(), ("name", name.into()), ("url", url.into())];
        all.push(Statement::insert("endpoint", row));
    }
    all
}

/// Reads all merchants.
pub(super) fn read_all<R: Row>(rows: &Rows<R>, sealer: &Sealer) -> Result<Vec<Merchant>> {
    let owner = |row: &R| get::<i64>(row, 0).map(MerchantId);
    let pair = |row: &R| Ok((get(row, 1)?, get(row, 2)?));
    let mut parts = Parts {
        access: rows.by("access", owner, |row| access::read(sealer, row))?,
        terms: rows.by("terms", owner, terms::read)?,
        banks: rows.by("bank", owner, read_bank)?,
        networks: rows.by("allowed_network", owner, |row| get(row, 1))?,
        options: rows.by("merchant_option", owner, pair)?,
        endpoints: rows.by("endpoint", owner, pair)?,
    };
    rows.of("merchant").iter().map(|row| read(sealer, row, &mut parts)).collect()
}

/// What merchants have several of, by whose it is.
struct Parts {
    access: Of<vezne_core::model::merchant::Access>,
    terms: Of<vezne_core::model::merchant::Terms>,
    banks: Of<Bank>,
    networks: Of<String>,
    options: Of<(String, String)>,
    endpoints: Of<(String, String)>,
}

type Of<T> = HashMap<MerchantId, Vec<T>>;

fn read(sealer: &Sealer, row: &impl Row, parts: &mut Parts) -> Result<Merchant> {
    let id = MerchantId(get(row, 0)?);
    let secret = |column, sealed| open(sealer, part("merchant", column, id, 0), sealed);
    let former = optional_bytes(row, 13)?.zip(get::<Option<i64>>(row, 14)?);
    let former = former.map(|(sealed, until)| -> Result<FormerKey> {
        let until = Timestamp::from_micros(until);
        Ok(FormerKey { key: secret("former_webhook_secret", sealed)?, until })
    });
    let networks = parts.networks.remove(&id).unwrap_or_default();
    let network = |text: String| text.parse().map_err(|_| unknown("network", &text));
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
        allowed_networks: networks.into_iter().map(network).collect::<Result<_>>()?,
        requests_per_second: get(row, 10)?,
        callback_base_url: get(row, 11)?,
        endpoints: parts.endpoints.remove(&id).into_iter().flatten().collect(),
        webhook_secret: secret("webhook_secret", bytes(row, 12)?)?,
        former_webhook_secret: former.transpose()?,
        callback_version: get(row, 15)?,
        access: parts.access.remove(&id).unwrap_or_default(),
        terms: parts.terms.remove(&id).unwrap_or_default(),
        banks: parts.banks.remove(&id).unwrap_or_default(),
        options: parts.options.remove(&id).into_iter().flatten().collect(),
    })
}

fn read_bank(row: &impl Row) -> Result<Bank> {
    Ok(Bank { id: get(row, 1)?, name: get(row, 2)? })
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
