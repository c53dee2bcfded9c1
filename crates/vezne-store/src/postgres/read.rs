//! The reads of the port. Every value is bound, every list is bounded, and a page starts after an
//! id.

use vezne_core::model::audit::AuditRecord;
use vezne_core::model::callback::{Attempt, Callback, CallbackState};
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::model::ledger::{Entry, LedgerAccount};
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::retention::KeptCounts;
use vezne_core::model::time::Timestamp;
use vezne_core::model::unread::{Unread, Unsealed};
use vezne_core::port::{CallbackFilter, Found, Overview, PayoutFilter, SetAsideCounts};

use super::session::{Answer, Session, parameters};
use super::{desk_state, statements};
use crate::row::callback::{read_untold, untold_of};
use crate::row::sealed::{UNSEALED, read_sum};
use crate::row::state::in_doubt;
use crate::row::{self, Listed, Result, Row, StoreError, Value, get};
use crate::seal::Sealer;

/// No list is longer, whatever was asked for.
const MOST_ROWS: u32 = 1_000;

pub(super) const ONE_OF: (&str, &str) = ("= ANY (ARRAY(", "))");

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

    /// Of one merchant whatever the state: an index has them in order within each state, and only
    /// the newest of each are looked at.
    fn add_newest(&mut self, list: &List, merchant: i64, before: Option<i64>, limit: u32) {
        self.values.push(merchant.into());
        let merchant = self.values.len();
        self.values.push(most(limit).into());
        let limit = self.values.len();
        let older = before.map(|before| {
            self.values.push(before.into());
            format!("AND id < ${}", self.values.len())
        });
        let (table, older) = (list.table, older.unwrap_or_default());
        let newest = |state: &&str| {
            format!(
                "(SELECT id FROM {table} WHERE merchant_id = ${merchant} AND state = '{state}' \
                 {older} ORDER BY id DESC LIMIT ${limit})"
            )
        };
        let all: Vec<String> = list.states.iter().map(newest).collect();
        self.conditions.push(format!("{} = ANY (ARRAY({}))", list.id, all.join(" UNION ALL ")));
    }

    /// Of a state, before an id; answers with the order of the newest first. Where nothing else
    /// narrows the list, the state is a range of one and comes first in that order: an index has
    /// both, and the server cannot take another one's order and look for the state on its way,
    /// which would lead through everything where few are in it.
    fn add_state(
        &mut self,
        of: &str,
        state: Option<&String>,
        before: Option<i64>,
        own_order: bool,
    ) -> String {
        let Some(state) = state.filter(|_| own_order) else {
            self.add(&format!("{of}state"), "=", state);
            self.add(&format!("{of}id"), "<", before);
            return format!("{of}id");
        };
        self.values.push(state.into());
        let place = self.values.len();
        self.conditions.push(format!("{of}state >= ${place}"));
        self.conditions.push(match before {
            None => format!("{of}state <= ${place}"),
            Some(before) => {
                self.values.push(before.into());
                format!("({of}state, {of}id) < (${place}, ${})", self.values.len())
            }
        });
        format!("{of}state DESC, {of}id")
    }

    /// Only what is set aside: few rows at any time, which an index of their own has.
    fn add_set_aside(&mut self, list: &List) {
        let List { id, table, .. } = list;
        self.conditions.push(format!(
            "{id} = ANY (ARRAY(SELECT id FROM {table} WHERE set_aside_at IS NOT NULL))"
        ));
    }

    /// The text after the table, newest first.
    fn finish(&mut self, id: &str, limit: u32) -> String {
        self.values.push(most(limit).into());
        let all = self.conditions.join(" AND ");
        let all = if all.is_empty() { all } else { format!("WHERE {all}") };
        format!("{all} ORDER BY {id} DESC LIMIT ${}", self.values.len())
    }
}

fn most(limit: u32) -> i64 {
    i64::from(limit.min(MOST_ROWS))
}

/// What is listed by merchant.
struct List {
    table: &'static str,
    /// Its id, as the whole query calls it.
    id: &'static str,
    /// Every state that it can be in.
    states: &'static [&'static str],
}

const PAYOUTS: List = List { table: "payout", id: "id", states: &PayoutState::CODES };
const CALLBACKS: List = List { table: "callback", id: "c.id", states: &CallbackState::CODES };

/// Payouts, newest first.
pub(super) async fn payouts(
    session: &Session,
    sealer: &Sealer,
    filter: &PayoutFilter,
) -> Result<Found<Payout>> {
    let mut query = Conditions::default();
    let before = filter.before.map(|id| id.0);
    let narrow = filter.reference.is_some() || filter.state.is_some() || filter.in_doubt;
    let narrow = narrow || filter.unsealed || filter.set_aside;
    match filter.merchant.filter(|_| !narrow) {
        Some(merchant) => query.add_newest(&PAYOUTS, merchant.0, before, filter.limit),
        // As a sum it leads to no index, and the one of what has no seal is taken.
        None if filter.unsealed => {
            query.add("merchant_id + 0", "=", filter.merchant.map(|id| id.0));
        }
        None => query.add("merchant_id", "=", filter.merchant.map(|id| id.0)),
    }
    let own_order =
        filter.merchant.is_none() && filter.reference.is_none() && !narrowed_by_others(filter);
    let order = query.add_state("", filter.state.as_ref(), before, own_order);
    if let Some(reference) = &filter.reference {
        // References are promised by a table of their own, over all partitions, merchant first.
        query.values.push(reference.into());
        let place = query.values.len();
        let of = of_merchants(filter);
        query.conditions.push(format!(
            "id = ANY (ARRAY(SELECT payout_id FROM payout_reference WHERE merchant_id {of} \
             AND reference = ${place}))"
        ));
    }
    if filter.in_doubt {
        query.conditions.push(in_doubt(&known_state(session, sealer).await?, ONE_OF));
    }
    if filter.unsealed {
        query.conditions.push("seal IS NULL".to_owned());
    }
    if filter.set_aside {
        query.add_set_aside(&PAYOUTS);
    }
    let rest = query.finish(&order, filter.limit);
    let mut found = read_payouts(session, sealer, &rest, &query.values).await?;
    if let Some(reference) = filter.reference.as_ref().filter(|_| !narrowed_by_others(filter)) {
        let listed = u32::try_from(found.rows.len() + found.unread.len()).unwrap_or(u32::MAX);
        let more = most(filter.limit.saturating_sub(listed));
        found.unread.extend(taken_out(session, filter, (reference, more)).await?);
    }
    Ok(found)
}

/// Those of a reference whose months were taken out. Months go oldest first, so that they come
/// behind all that are still there.
async fn taken_out(
    session: &Session,
    filter: &PayoutFilter,
    (reference, most): (&String, i64),
) -> Result<Vec<Unread>> {
    let of = of_merchants(filter);
    let sql = format!(
        "SELECT payout_id, month FROM taken_payout JOIN payout_reference \
         USING (merchant_id, payout_id) WHERE merchant_id {of} AND reference = $1 \
         AND payout_id < $2 ORDER BY payout_id DESC LIMIT $3"
    );
    let before = filter.before.map_or(i64::MAX, |id| id.0);
    let found = session.free(&sql, &[reference.into(), before.into(), most.into()]).await?;
    let of_row = |row| {
        let (id, why) = taken(row)?;
        Ok(Unread { id, why, set_aside: false })
    };
    found.rows.iter().map(of_row).collect()
}

/// Whether few rows are asked for that an index of their own has.
fn narrowed_by_others(filter: &PayoutFilter) -> bool {
    filter.in_doubt || filter.unsealed || filter.set_aside
}

/// Names the merchant of a reference, or all of them: it comes first in the index of references.
fn of_merchants(filter: &PayoutFilter) -> String {
    match filter.merchant {
        Some(merchant) => format!("= {merchant}"),
        None => "= ANY (ARRAY(SELECT id FROM merchant))".to_owned(),
    }
}

/// Whoever asks after a payout whose month was taken out must not hear that it never was.
fn not_taken(answer: &Answer) -> Result<()> {
    let Some(row) = answer.rows.first() else { return Ok(()) };
    Err(StoreError::Broken(taken(row)?.1))
}

/// A payout that was taken out, and the words for it.
fn taken(row: &impl Row) -> Result<(i64, String)> {
    let (id, month): (i64, String) = (get(row, 0)?, get(row, 1)?);
    Ok((id, format!("payout {id} was taken out with its month {month}")))
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
    if found.rows.is_empty() {
        let sql = "SELECT payout_id, month FROM taken_payout WHERE payout_id = $1 LIMIT 1";
        not_taken(&session.free(sql, &[id.0.into()]).await?)?;
    }
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
    let narrow = filter.payout.is_some() || filter.state.is_some() || filter.set_aside;
    match filter.merchant.filter(|_| !narrow) {
        Some(merchant) => query.add_newest(&CALLBACKS, merchant.0, None, filter.limit),
        None => query.add("c.merchant_id", "=", filter.merchant.map(|id| id.0)),
    }
    query.add("c.payout_id", "=", filter.payout.map(|id| id.0));
    let own_order = filter.merchant.is_none() && filter.payout.is_none() && !filter.set_aside;
    let order = query.add_state("c.", filter.state.as_ref(), None, own_order);
    if filter.set_aside {
        query.add_set_aside(&CALLBACKS);
    }
    let rest = query.finish(&order, filter.limit);
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

/// What the desk knows of itself, wherever it stands.
pub(super) async fn known_state(session: &Session, sealer: &Sealer) -> Result<DeskState> {
    let found = session.one(&desk_state::READ, Vec::new()).await?;
    row::desk_state::read(found.rows.first().ok_or_else(row::desk_state::missing)?, sealer)
}

/// What stands where.
pub(super) async fn overview(session: &Session, sealer: &Sealer) -> Result<Overview> {
    let state = known_state(session, sealer).await?;
    let in_doubt = in_doubt(&state, ONE_OF);
    let sql = format!(
        "SELECT (SELECT count(*) FROM payout WHERE {in_doubt}), \
         (SELECT state_at FROM callback WHERE state = 'due' AND set_aside_at IS NULL \
          ORDER BY -state_at DESC LIMIT 1), \
         (SELECT coalesce(max(refusals), 0) FROM kept_count), \
         (SELECT coalesce(max(idle_proofs), 0) FROM kept_count), \
         (SELECT count(*) FROM payout WHERE set_aside_at IS NOT NULL), \
         (SELECT count(*) FROM callback WHERE set_aside_at IS NOT NULL), \
         (SELECT due_at FROM payout WHERE state = 'approved' AND set_aside_at IS NULL \
          ORDER BY state, id LIMIT 1)"
    );
    let found = session.free(&sql, &[]).await?;
    let none = || StoreError::Broken("nothing was counted".to_owned());
    let row = found.rows.first().ok_or_else(none)?;
    let untold = session.free(&untold_of("callback"), &[]).await?;
    let untold = untold.rows.iter().map(read_untold).collect::<Result<Vec<_>>>()?;
    Ok(Overview {
        payouts: counts(session, "payout").await?,
        in_doubt: get(row, 0)?,
        callbacks: counts(session, "callback").await?,
        set_aside: SetAsideCounts { payouts: get(row, 4)?, callbacks: get(row, 5)? },
        oldest_approved: get::<Option<i64>>(row, 6)?.map(Timestamp::from_micros),
        untold: untold.into_iter().flatten().collect(),
        oldest_due_callback: get::<Option<i64>>(row, 1)?.map(Timestamp::from_micros),
        quarantined: state.quarantine.is_some(),
        most_kept: KeptCounts { refusals: get(row, 2)?, idle_proofs: get(row, 3)? },
    })
}

/// The payouts that have no seal, as sums. What the database itself says of them counts, and is
/// remembered: another node may have confirmed them.
pub(super) async fn unsealed(session: &Session, sealer: &Sealer) -> Result<Unsealed> {
    see_confirmation(session, sealer).await?;
    let found = session.free(UNSEALED, &[]).await?;
    let sums = found.rows.iter().map(read_sum).collect::<Result<_>>()?;
    Ok(Unsealed { confirmed: sealer.desk_sealed(), sums })
}

/// Learns whether every payout has a seal by now.
pub(super) async fn see_confirmation(session: &Session, sealer: &Sealer) -> Result<()> {
    if !sealer.desk_sealed() {
        let sql = "SELECT value FROM meta WHERE name = 'key_check'";
        let found = session.free(sql, &[]).await?;
        let kept = found.rows.first().map(|row| row::bytes(row, 0)).transpose()?;
        if !kept.is_some_and(|kept| sealer.check_key(kept)) {
            return Err(StoreError::Altered("what shows the master key does not open".to_owned()));
        }
    }
    Ok(())
}

/// How many there are in each state: what was counted, and what has been added since.
async fn counts(session: &Session, subject: &str) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT state, sum(count)::bigint FROM tally WHERE subject = $1 GROUP BY state \
         HAVING sum(count) <> 0 ORDER BY state COLLATE \"C\"";
    let found = session.free(sql, &[subject.into()]).await?;
    found.rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// The id of this incarnation of the database as hex; empty before its first opening.
pub(super) async fn incarnation(session: &Session) -> Result<String> {
    let sql = "SELECT encode(value, 'hex') FROM meta WHERE name = 'incarnation'";
    let found = session.free(sql, &[]).await?;
    Ok(found.rows.first().map(|row| get(row, 0)).transpose()?.unwrap_or_default())
}
