//! The reads of the port. Every value is bound, every list is bounded, and a page starts after an
//! id.

use vezne_core::model::audit::AuditRecord;
use vezne_core::model::callback::{Attempt, Callback};
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::model::ledger::{Entry, LedgerAccount};
use vezne_core::model::payout::Payout;
use vezne_core::model::time::Timestamp;
use vezne_core::model::unread::Unsealed;
use vezne_core::port::{CallbackFilter, Found, Overview, PayoutFilter, SetAsideCounts};

use super::session::{Session, parameters};
use super::statements;
use crate::row::sealed::{UNSEALED, read_sum};
use crate::row::{self, Listed, Result, StoreError, Value, get};
use crate::seal::Sealer;

/// No list is longer, whatever was asked for.
const MOST_ROWS: u32 = 1_000;

/// Conditions and the values bound to them.
#[derive(Default)]
struct Conditions {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// A column that must have a value, where one is asked for.
    fn add(&mut self, column: &str, sign: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.values.push(value.into());
            self.conditions.push(format!("{column} {sign} ${}", self.values.len()));
        }
    }

    /// The text after `FROM`, newest first.
    fn finish(&mut self, id: &str, limit: u32) -> String {
        self.values.push(i64::from(limit.min(MOST_ROWS)).into());
        let all = self.conditions.join(" AND ");
        let all = if all.is_empty() { all } else { format!("WHERE {all}") };
        format!("{all} ORDER BY {id} DESC LIMIT ${}", self.values.len())
    }
}

/// Payouts, newest first.
pub(super) async fn payouts(
    session: &Session,
    sealer: &Sealer,
    filter: &PayoutFilter,
) -> Result<Found<Payout>> {
    let mut query = Conditions::default();
    query.add("merchant_id", "=", filter.merchant.map(|id| id.0));
    query.add("state", "=", filter.state.as_ref());
    query.add("id", "<", filter.before.map(|id| id.0));
    if let Some(reference) = &filter.reference {
        // References are promised by a table of their own, over all partitions.
        query.values.push(reference.into());
        let of = filter.merchant.map_or(String::new(), |id| format!("merchant_id = {id} AND"));
        query.conditions.push(format!(
            "id IN (SELECT payout_id FROM payout_reference WHERE {of} reference = ${})",
            query.values.len()
        ));
    }
    if filter.in_doubt {
        query.conditions.push("progress = 'in-doubt'".to_owned());
    }
    if filter.unsealed {
        query.conditions.push("seal IS NULL".to_owned());
    }
    if filter.set_aside {
        query.conditions.push("set_aside_at IS NOT NULL".to_owned());
    }
    let rest = query.finish("id", filter.limit);
    read_payouts(session, sealer, &rest, &query.values).await
}

/// Payouts to the person whose identity number has this tag, newest first.
pub(super) async fn payouts_of_person(
    session: &Session,
    sealer: &Sealer,
    tag: [u8; 16],
) -> Result<Found<Payout>> {
    let mut query = Conditions::default();
    query.add("identity_tag", "=", Some(tag.to_vec()));
    let rest = query.finish("id", MOST_ROWS);
    read_payouts(session, sealer, &rest, &query.values).await
}

async fn read_payouts(
    session: &Session,
    sealer: &Sealer,
    rest: &str,
    values: &[Value],
) -> Result<Found<Payout>> {
    let found = session.free(&row::payout::select(rest), values).await?;
    let mut listed = Listed::new();
    for row in &found.rows {
        listed.add(row::payout::read_one_of_many(row, sealer)?);
    }
    Ok(listed.finish())
}

/// A payout by id.
pub(super) async fn payout(
    session: &Session,
    sealer: &Sealer,
    id: PayoutId,
) -> Result<Option<Payout>> {
    let found = session.one(&statements::READ_PAYOUTS, parameters![vec![id.0]]).await?;
    found.rows.first().map(|row| row::payout::read(row, sealer)).transpose()
}

/// A callback by id.
pub(super) async fn callback(
    session: &Session,
    sealer: &Sealer,
    id: CallbackId,
) -> Result<Option<Callback>> {
    let found = session.one(&statements::READ_CALLBACKS, parameters![vec![id.0]]).await?;
    found.rows.first().map(|row| row::callback::read(row, sealer)).transpose()
}

/// Callbacks, newest first.
pub(super) async fn callbacks(
    session: &Session,
    sealer: &Sealer,
    filter: &CallbackFilter,
) -> Result<Found<Callback>> {
    let mut query = Conditions::default();
    query.add("c.merchant_id", "=", filter.merchant.map(|id| id.0));
    query.add("c.payout_id", "=", filter.payout.map(|id| id.0));
    query.add("c.state", "=", filter.state.as_ref());
    if filter.set_aside {
        query.conditions.push("c.set_aside_at IS NOT NULL".to_owned());
    }
    let rest = query.finish("c.id", filter.limit);
    let found = session.free(&row::callback::select(&rest), &query.values).await?;
    let mut listed = Listed::new();
    for row in &found.rows {
        listed.add(row::callback::read_one_of_many(row, sealer)?);
    }
    Ok(listed.finish())
}

/// The attempts of a callback, in order.
pub(super) async fn attempts(session: &Session, id: CallbackId) -> Result<Vec<Attempt>> {
    let columns = row::callback::ATTEMPT;
    let sql = format!("SELECT {columns} FROM attempt WHERE callback_id = $1 ORDER BY number");
    let found = session.free(&sql, &[id.0.into()]).await?;
    found.rows.iter().map(|row| row::callback::read_attempt(row, id)).collect()
}

/// The audit trail of a payout, in order.
pub(super) async fn trail(session: &Session, id: PayoutId) -> Result<Vec<AuditRecord>> {
    let columns = row::trail::LINE;
    let sql = format!("SELECT {columns} FROM trail WHERE payout_id = $1 ORDER BY id");
    let found = session.free(&sql, &[id.0.into()]).await?;
    found.rows.iter().map(|row| row::trail::read(row, id)).collect()
}

/// The ledger entries of a payout, in order.
pub(super) async fn entries(session: &Session, id: PayoutId) -> Result<Vec<Entry>> {
    let columns = row::ledger::POSTING;
    let sql =
        format!("SELECT {columns} FROM posting WHERE payout_id = $1 ORDER BY at, entry_id, line");
    let mut entries = Vec::new();
    for row in &session.free(&sql, &[id.0.into()]).await?.rows {
        row::ledger::add_posting(&mut entries, row, id)?;
    }
    Ok(entries)
}

/// The balances of a merchant's accounts.
pub(super) async fn balances(
    session: &Session,
    id: MerchantId,
) -> Result<Vec<(LedgerAccount, i64)>> {
    let sql = "SELECT merchant_id, currency, account, minor FROM balance WHERE merchant_id = $1 \
         ORDER BY currency, account";
    let found = session.free(sql, &[id.0.into()]).await?;
    found.rows.iter().map(row::ledger::read_balance).collect()
}

/// What stands where.
pub(super) async fn overview(session: &Session) -> Result<Overview> {
    let sql = "SELECT (SELECT count(*) FROM payout WHERE progress = 'in-doubt'), \
         (SELECT min(state_at) FROM callback WHERE state = 'due'), \
         (SELECT quarantined_at IS NOT NULL FROM desk_state), \
         (SELECT count(*) FROM payout WHERE set_aside_at IS NOT NULL), \
         (SELECT count(*) FROM callback WHERE set_aside_at IS NOT NULL)";
    let found = session.free(sql, &[]).await?;
    let none = || StoreError::Broken("nothing was counted".to_owned());
    let row = found.rows.first().ok_or_else(none)?;
    Ok(Overview {
        payouts: counts(session, "SELECT state, count(*) FROM payout GROUP BY state").await?,
        in_doubt: get(row, 0)?,
        callbacks: counts(session, "SELECT state, count(*) FROM callback GROUP BY state").await?,
        set_aside: SetAsideCounts { payouts: get(row, 3)?, callbacks: get(row, 4)? },
        oldest_due_callback: get::<Option<i64>>(row, 1)?.map(Timestamp::from_micros),
        quarantined: get(row, 2)?,
    })
}

/// The payouts that have no seal, as sums. What the database itself says of them counts, and is
/// remembered: another node may have confirmed them.
pub(super) async fn unsealed(session: &Session, sealer: &Sealer) -> Result<Unsealed> {
    see_confirmation(session, sealer).await?;
    let found = session.free(UNSEALED, &[]).await?;
    let sums = found.rows.iter().map(read_sum).collect::<Result<_>>()?;
    Ok(Unsealed { confirmed: sealer.all_sealed(), sums })
}

/// Learns whether every payout has a seal by now.
pub(super) async fn see_confirmation(session: &Session, sealer: &Sealer) -> Result<()> {
    if !sealer.all_sealed() {
        let sql = "SELECT value FROM meta WHERE name = 'key_check'";
        let found = session.free(sql, &[]).await?;
        let kept = found.rows.first().map(|row| row::bytes(row, 0)).transpose()?;
        if !kept.is_some_and(|kept| sealer.check_key(kept)) {
            return Err(StoreError::Altered("what shows the master key does not open".to_owned()));
        }
    }
    Ok(())
}

async fn counts(session: &Session, sql: &str) -> Result<Vec<(String, i64)>> {
    let found = session.free(&format!("{sql} ORDER BY state COLLATE \"C\""), &[]).await?;
    found.rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// The id of this incarnation of the database as hex; empty before its first opening.
pub(super) async fn incarnation(session: &Session) -> Result<String> {
    let sql = "SELECT encode(value, 'hex') FROM meta WHERE name = 'incarnation'";
    let found = session.free(sql, &[]).await?;
    Ok(found.rows.first().map(|row| get(row, 0)).transpose()?.unwrap_or_default())
}
