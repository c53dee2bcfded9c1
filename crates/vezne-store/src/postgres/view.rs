//! Loads what a group wants to see, under the locks that its decision needs.
//!
//! Everything that may wait for a lock comes first and in the order of ids: merchants, then
//! payouts, then callbacks. What is due comes last and waits for nobody.

use std::collections::{BTreeSet, HashMap};

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use vezne_core::engine::free_ids::FreeIds;
use vezne_core::engine::view::{DayKey, Earlier, View, Wanted};
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::model::payout::Payout;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::refusal::StoredRefusal;
use vezne_core::model::time::Day;
use vezne_core::model::used_proof::ProofKey;

use super::session::{Answer, Query, Session, Sql, parameters};
use super::{Desk, desk_state, due, ids, kept, statements};
use crate::row::{self, Result, StoreError, get, payout::scope, refusal::folded};
use crate::seal::Sealer;

/// What was loaded, and what of it the writing needs again.
pub(super) struct Seen {
    /// For the decision.
    pub(super) view: View,
    /// Whose callbacks are.
    pub(super) owners: HashMap<CallbackId, MerchantId>,
    /// Whether nothing that was asked for could hold a promise.
    pub(super) empty: bool,
}

static PAYOUT_OWNERS: Sql = Sql {
    text: "SELECT id, merchant_id FROM payout WHERE id = ANY($1)",
    types: &[Type::INT8_ARRAY],
};

static CALLBACK_OWNERS: Sql = Sql {
    text: "SELECT id, merchant_id, payout_id FROM callback WHERE id = ANY($1)",
    types: &[Type::INT8_ARRAY],
};

static REFERENCES: Sql = Sql {
    text: "SELECT asked.place, r.payout_id \
         FROM unnest($1, $2, $3) WITH ORDINALITY AS asked (merchant_id, reference, scope, place) \
         JOIN payout_reference AS r USING (merchant_id, reference, scope)",
    types: &[Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY],
};

static PROOFS: Sql = Sql {
    text: "SELECT asked.place, p.content, p.at, p.until \
         FROM unnest($1, $2) WITH ORDINALITY AS asked (merchant_id, digest, place) \
         JOIN used_proof AS p USING (merchant_id, digest)",
    types: &[Type::INT8_ARRAY, Type::BYTEA_ARRAY],
};

static BALANCES: Sql = Sql {
    text: "SELECT merchant_id, currency, account, minor FROM balance WHERE merchant_id = ANY($1)",
    types: &[Type::INT8_ARRAY],
};

static DAYS: Sql = Sql {
    text: "SELECT d.channel, d.minor, asked.place \
         FROM unnest($1, $2) WITH ORDINALITY AS asked (merchant_id, day, place) \
         JOIN day_total AS d USING (merchant_id, day)",
    types: &[Type::INT8_ARRAY, Type::INT8_ARRAY],
};

/// Loads the view of a group. `free` is what the connection has left of ids.
pub(super) async fn load(
    session: &Session,
    desk: &Desk,
    wanted: &Wanted,
    free: &mut FreeIds,
) -> Result<Seen> {
    let known = Known::resolve(session, wanted).await?;
    let (sealer, home) = (&*desk.sealer, &*desk.home);
    let mut loader = Loader { sealer, home, wanted, known, view: empty(desk) };
    loader.first_turn(session, free).await?;
    loader.second_turn(session).await?;
    loader.view.free = std::mem::take(free);
    let empty = wanted.references.is_empty()
        && wanted.payouts.is_empty()
        && wanted.callbacks.is_empty()
        && wanted.used_proofs.is_empty();
    Ok(Seen { view: loader.view, owners: loader.known.callbacks, empty })
}

fn empty(desk: &Desk) -> View {
    View {
        directory: desk.directory.now(),
        earlier: HashMap::new(),
        used_proofs: HashMap::new(),
        payouts: HashMap::new(),
        callbacks: HashMap::new(),
        due_payouts: Vec::new(),
        due_callbacks: Vec::new(),
        unfinished: Vec::new(),
        desk_state: DeskState::default(),
        kept: HashMap::new(),
        balances: HashMap::new(),
        day_totals: HashMap::new(),
        free: FreeIds::default(),
    }
}

/// Whose the things are that were asked for by id; that never changes, so no lock is needed.
#[derive(Default)]
struct Known {
    merchants: BTreeSet<MerchantId>,
    payouts: BTreeSet<PayoutId>,
    callbacks: HashMap<CallbackId, MerchantId>,
}

impl Known {
    async fn resolve(session: &Session, wanted: &Wanted) -> Result<Self> {
        let mut known = Self::default();
        known.merchants.extend(&wanted.merchants);
        known.merchants.extend(wanted.references.iter().map(|(merchant, _)| *merchant));
        known.merchants.extend(wanted.used_proofs.iter().map(|key| key.merchant));
        known.merchants.extend(wanted.days.iter().map(|(merchant, _)| *merchant));
        known.payouts.extend(&wanted.payouts);
        if wanted.payouts.is_empty() && wanted.callbacks.is_empty() {
            return Ok(known);
        }
        let payouts: Vec<i64> = wanted.payouts.iter().map(|id| id.0).collect();
        let callbacks: Vec<i64> = wanted.callbacks.iter().map(|id| id.0).collect();
        let queries = [
            Query::new(&PAYOUT_OWNERS, parameters![payouts]),
            Query::new(&CALLBACK_OWNERS, parameters![callbacks]),
        ];
        let answers = session.run(&queries).await?;
        for row in answers.iter().flat_map(|answer| &answer.rows) {
            known.merchants.insert(MerchantId(get(row, 1)?));
        }
        for row in answers.iter().skip(1).flat_map(|answer| &answer.rows) {
            known.callbacks.insert(CallbackId(get(row, 0)?), MerchantId(get(row, 1)?));
            known.payouts.insert(PayoutId(get(row, 2)?));
        }
        Ok(known)
    }
}

struct Loader<'a> {
    sealer: &'a Sealer,
    home: &'a str,
    wanted: &'a Wanted,
    known: Known,
    view: View,
}

/// What takes the answer of a query.
type Take<'a> = fn(&mut Loader<'a>, &Answer) -> Result<()>;

impl<'a> Loader<'a> {
    async fn first_turn(&mut self, session: &Session, free: &mut FreeIds) -> Result<()> {
        let mut turn = self.locked();
        turn.extend(self.by_key());
        turn.extend(self.due());
        let drawn = ids::draw(free, self.wanted.new_ids);
        let draws = drawn.is_some();
        let (mut queries, takes): (Vec<_>, Vec<_>) = turn.into_iter().unzip();
        queries.extend(drawn);
        let mut answers = session.run(&queries).await?;
        if draws && let Some(drawn) = answers.pop() {
            ids::add(free, &drawn)?;
        }
        answers.iter().zip(takes).try_for_each(|(answer, take)| take(self, answer))
    }

    /// The locks, and what was asked for by id under them.
    fn locked(&self) -> Vec<(Query, Take<'a>)> {
        let mut turn: Vec<(Query, Take<'a>)> = Vec::new();
        let merchants: Vec<i64> = self.known.merchants.iter().map(|id| id.0).collect();
        if !merchants.is_empty() {
            turn.push((
                Query::new(&statements::LOCK_MERCHANTS, parameters![merchants.clone()]),
                Self::locks,
            ));
        }
        let payouts: Vec<i64> = self.known.payouts.iter().map(|id| id.0).collect();
        if !payouts.is_empty() {
            let query = Query::new(&statements::LOCK_PAYOUTS, parameters![payouts]);
            turn.push((query, Self::payouts));
        }
        if let Some((after, most)) = self.wanted.unfinished {
            turn.push((due::unfinished(after, most), Self::unfinished));
        }
        let callbacks: Vec<i64> = self.wanted.callbacks.iter().map(|id| id.0).collect();
        if !callbacks.is_empty() {
            let query = Query::new(&statements::LOCK_CALLBACKS, parameters![callbacks]);
            turn.push((query, Self::callbacks));
        }
        if !merchants.is_empty() {
            turn.push((kept::look(merchants.clone()), Self::kept));
            turn.push((Query::new(&BALANCES, parameters![merchants]), Self::balances));
        }
        turn
    }

    /// What was asked for by reference, proof and day.
    fn by_key(&self) -> Vec<(Query, Take<'a>)> {
        let mut turn: Vec<(Query, Take<'a>)> = Vec::new();
        let references = &self.wanted.references;
        if !references.is_empty() {
            let merchants: Vec<i64> = references.iter().map(|(id, _)| id.0).collect();
            let texts: Vec<String> = references.iter().map(|(_, one)| one.text.clone()).collect();
            let scopes: Vec<String> =
                references.iter().map(|(_, one)| scope(one).to_owned()).collect();
            let digests: Vec<String> = references.iter().map(|(_, one)| folded(one)).collect();
            let under = parameters![merchants.clone(), texts.clone(), scopes.clone(), digests];
            turn.push((Query::new(&kept::REFUSALS, under), Self::refusals));
            let under = parameters![merchants, texts, scopes];
            turn.push((Query::new(&REFERENCES, under), Self::references));
        }
        let proofs = &self.wanted.used_proofs;
        if !proofs.is_empty() {
            let merchants: Vec<i64> = proofs.iter().map(|key| key.merchant.0).collect();
            let digests: Vec<Vec<u8>> = proofs.iter().map(|key| key.digest.to_vec()).collect();
            turn.push((Query::new(&PROOFS, parameters![merchants, digests]), Self::proofs));
        }
        if !self.wanted.days.is_empty() {
            turn.push((days(self.wanted.days.iter().copied()), Self::wanted_days));
        }
        turn
    }

    /// What workers claim.
    fn due(&self) -> Vec<(Query, Take<'a>)> {
        let mut turn: Vec<(Query, Take<'a>)> = Vec::new();
        if self.wanted.due_payouts > 0 {
            turn.push((due::payouts(self.wanted), Self::due_payouts));
        }
        if !self.wanted.due_callbacks.is_empty() {
            turn.push((due::callbacks(self.wanted), Self::due_callbacks));
        }
        if self.wanted.desk_state {
            turn.push((desk_state::look(), Self::desk_state));
        }
        turn
    }

    /// What could not be asked for before the first answers were there.
    async fn second_turn(&mut self, session: &Session) -> Result<()> {
        let found = self.view.earlier.values().filter_map(|earlier| match earlier {
            Earlier::Payout(id) => Some(*id),
            Earlier::Refusal(_) => None,
        });
        let told = self.view.callbacks.values().map(|callback| callback.payout);
        let missing: BTreeSet<i64> = found
            .chain(told)
            .filter(|id| !self.view.payouts.contains_key(id))
            .map(|id| id.0)
            .collect();
        let by_id = self.known.payouts.iter().filter_map(|id| self.view.payouts.get(id));
        let days_of: BTreeSet<_> = by_id
            .map(|payout| (payout.merchant, payout.day()))
            .filter(|day| !self.wanted.days.contains(day))
            .collect();
        let days_of: Vec<_> = days_of.into_iter().collect();
        if missing.is_empty() && days_of.is_empty() {
            return Ok(());
        }
        let missing: Vec<i64> = missing.into_iter().collect();
        let queries = [
            Query::new(&statements::READ_PAYOUTS, parameters![missing]),
            days(days_of.iter().copied()),
        ];
        let answers = session.run(&queries).await?;
        for row in answers.first().iter().flat_map(|answer| &answer.rows) {
            self.found(row)?;
        }
        for row in answers.get(1).iter().flat_map(|answer| &answer.rows) {
            self.day(row, &days_of)?;
        }
        self.forget_unreadable();
        Ok(())
    }

    /// A payout that does not read must not keep all other callbacks from being told.
    fn forget_unreadable(&mut self) {
        let View { due_callbacks, callbacks, payouts, .. } = &mut self.view;
        due_callbacks.retain(|id| {
            callbacks.get(id).is_some_and(|callback| payouts.contains_key(&callback.payout))
        });
    }

    /// Without its lock a merchant's books could be decided on twice at once.
    fn locks(&mut self, answer: &Answer) -> Result<()> {
        let directory = &self.view.directory;
        let known = self.known.merchants.iter().filter(|id| directory.get(**id).is_some());
        let (wanted, locked) = (known.count(), answer.rows.len());
        let what = || StoreError::Broken(format!("{locked} of {wanted} merchants could be locked"));
        if locked < wanted { Err(what()) } else { Ok(()) }
    }

    fn show(&mut self, payout: Payout) {
        self.view.payouts.insert(payout.id, payout);
    }

    fn payouts(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            self.show(row::payout::read(row, self.sealer)?);
        }
        Ok(())
    }

    /// A payout found by reference must read; one that a callback tells of may fail alone.
    fn found(&mut self, row: &Row) -> Result<()> {
        let id = PayoutId(get(row, 0)?);
        let mut earlier = self.view.earlier.values();
        let by_reference =
            earlier.any(|earlier| matches!(earlier, Earlier::Payout(found) if *found == id));
        match row::payout::read(row, self.sealer) {
            Ok(payout) => self.show(payout),
            Err(error) if by_reference => return Err(error),
            Err(error) => tracing::error!(%error, id = id.0, "a told payout does not read"),
        }
        Ok(())
    }

    fn callbacks(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let callback = row::callback::read(row, self.sealer)?;
            self.view.callbacks.insert(callback.id, callback);
        }
        Ok(())
    }

    fn kept(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let (merchant, counts) = kept::read(row)?;
            self.view.kept.insert(merchant, counts);
        }
        Ok(())
    }

    fn balances(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let (account, minor) = row::ledger::read_balance(row)?;
            self.view.balances.insert(account, minor);
        }
        Ok(())
    }

    fn refusals(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let key = asked(&self.wanted.references, row, 0)?.clone();
            let stored = StoredRefusal { code: get(row, 1)?, amount_minor: get(row, 2)? };
            self.view.earlier.insert(key, Earlier::Refusal(stored));
        }
        Ok(())
    }

    fn references(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let key = asked(&self.wanted.references, row, 0)?.clone();
            self.view.earlier.insert(key, Earlier::Payout(PayoutId(get(row, 1)?)));
        }
        Ok(())
    }

    fn proofs(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let key: ProofKey = *asked(&self.wanted.used_proofs, row, 0)?;
            self.view.used_proofs.insert(key, row::used_proof::read(row, 1)?);
        }
        Ok(())
    }

    fn wanted_days(&mut self, answer: &Answer) -> Result<()> {
        let days: Vec<_> = self.wanted.days.iter().copied().collect();
        answer.rows.iter().try_for_each(|row| self.day(row, &days))
    }

    fn day(&mut self, row: &Row, days: &[(MerchantId, Day)]) -> Result<()> {
        let (merchant, day) = *asked(days, row, 2)?;
        let (key, minor): (DayKey, i64) = row::ledger::read_day(row, merchant, day)?;
        self.view.day_totals.insert(key, minor);
        Ok(())
    }

    fn due_payouts(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let read = row::payout::read(row, self.sealer);
            let Some(payout) = due::readable("payout", row, read) else { continue };
            self.view.due_payouts.push(payout.id);
            self.show(payout);
        }
        Ok(())
    }

    fn unfinished(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            self.view.unfinished.push(PayoutId(get(row, 0)?));
            let read = row::payout::read(row, self.sealer);
            due::readable("payout", row, read).into_iter().for_each(|payout| self.show(payout));
        }
        Ok(())
    }

    fn desk_state(&mut self, answer: &Answer) -> Result<()> {
        self.view.desk_state = desk_state::read_row(answer, self.home)?;
        Ok(())
    }

    fn due_callbacks(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let read = row::callback::read(row, self.sealer);
            let Some(callback) = due::readable("callback", row, read) else { continue };
            self.view.due_callbacks.push(callback.id);
            self.view.callbacks.insert(callback.id, callback);
        }
        due::sort(&mut self.view);
        Ok(())
    }
}

fn days(days: impl Iterator<Item = (MerchantId, Day)>) -> Query {
    let (merchants, days): (Vec<i64>, Vec<i64>) =
        days.map(|(merchant, day)| (merchant.0, i64::from(day.number()))).unzip();
    Query::new(&DAYS, parameters![merchants, days])
}

/// What was asked for in the place that a row names; places are counted from one.
fn asked<'w, T>(all: &'w [T], row: &Row, column: usize) -> Result<&'w T> {
    let place: i64 = get(row, column)?;
    let index = usize::try_from(place - 1).ok();
    let beyond = || StoreError::Broken(format!("an answer to question {place}"));
    index.and_then(|index| all.get(index)).ok_or_else(beyond)
}
