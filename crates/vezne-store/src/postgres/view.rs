//! Loads what a group wants to see, under the locks that its decision needs.
//!
//! Everything that may wait for a lock comes first and in the order of ids: merchants, then
//! payouts, then callbacks. What is due comes last and waits for nobody.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use vezne_core::engine::free_ids::FreeIds;
use vezne_core::engine::view::{DayKey, Earlier, Old, Unreadable, View, Wanted};
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::refusal::StoredRefusal;
use vezne_core::model::time::Day;
use vezne_core::model::used_proof::ProofKey;

use super::directory::Current;
use super::locks::{self, Held};
use super::owners::Known;
use super::payout::SeenSeals;
use super::session::{Answer, Query, Session, Sql, parameters};
use super::{Desk, desk_state, due, due_payouts, ids, kept, statements};
use crate::row::desk_state::MOST_TRUSTED;
use crate::row::waiting::shares;
use crate::row::{self, Result, StoreError, get, payout::scope, refusal::folded};
use crate::seal::Sealer;

/// What was loaded, and what of it the writing needs again.
pub(super) struct Seen {
    /// For the decision.
    pub(super) view: View,
    /// What it was loaded under.
    pub(super) held: Held,
    /// Whose callbacks are.
    pub(super) owners: HashMap<CallbackId, MerchantId>,
    /// The seals of payouts that do not read.
    pub(super) seals: SeenSeals,
    /// Whether nothing that was asked for could hold a promise.
    pub(super) empty: bool,
}

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

/// What was answered about payouts whose month was taken out.
static TAKEN: LazyLock<Sql> = LazyLock::new(|| Sql {
    text: statements::leak(format!(
        "SELECT {} FROM taken_payout WHERE payout_id = ANY($1)",
        row::payout::TAKEN
    )),
    types: &[Type::INT8_ARRAY],
});

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

/// What was read under the locks of a group. A view is made of nothing else.
pub(super) struct Locked<'a> {
    wanted: &'a Wanted,
    known: Known,
    held: Held,
    answers: Vec<Answer>,
    takes: Vec<Take<'a>>,
    /// What a look at due payouts found.
    looked: Vec<Answer>,
}

/// Takes the locks of a group and reads under them. `free` is what the connection has left of ids.
pub(super) async fn lock<'a>(
    session: &Session,
    wanted: &'a Wanted,
    free: &mut FreeIds,
) -> Result<Locked<'a>> {
    let known = Known::resolve(session, wanted).await?;
    let questions = Questions { wanted, known: &known };
    let (mut queries, takes): (Vec<_>, Vec<_>) = questions.all().into_iter().unzip();
    let merchants: Vec<i64> = known.merchants.iter().map(|id| id.0).collect();
    let mut locks: Vec<Query> = locks::directory(wanted).into_iter().collect();
    let locks_merchants = !merchants.is_empty();
    if locks_merchants {
        locks.push(locks::merchants(merchants));
    }
    let first = locks.len();
    locks.append(&mut queries);
    locks.extend(due_payouts::first_look(wanted));
    let drawn = ids::draw(free, wanted.new_ids);
    let draws = drawn.is_some();
    locks.extend(drawn);
    locks.push(locks::version());
    let mut answers = session.run(&locks).await?;
    let version = answers.pop().ok_or_else(unanswered)?;
    if draws {
        ids::add(free, &answers.pop().ok_or_else(unanswered)?)?;
    }
    let mut rest = answers.split_off(first);
    let looked = rest.split_off(takes.len());
    let held = Held::read(wanted, answers.last().filter(|_| locks_merchants), &version)?;
    Ok(Locked { wanted, known, held, answers: rest, takes, looked })
}

fn unanswered() -> StoreError {
    StoreError::Broken("a statement had no answer".to_owned())
}

impl<'a> Locked<'a> {
    /// The version of the directory that the view must be made with at least.
    pub(super) fn version(&self) -> i64 {
        self.held.version()
    }

    /// Makes the view, with the directory as it stands under the locks.
    pub(super) async fn show(
        self,
        session: &Session,
        desk: &'a Desk,
        Current { version, directory }: Current,
        free: FreeIds,
    ) -> Result<Seen> {
        let Self { wanted, known, held, answers, takes, looked } = self;
        if version < held.version() {
            return Err(StoreError::Broken("the directory is older than the locks".to_owned()));
        }
        held.hold(&known.merchants, &directory)?;
        let (sealer, home) = (&*desk.sealer, &*desk.home);
        let (view, seals) = (empty(directory, free), SeenSeals::new());
        let mut loader = Loader { sealer, home, wanted, known, view, seals };
        answers.iter().zip(takes).try_for_each(|(answer, take)| take(&mut loader, answer))?;
        loader.due_payouts(session, &looked).await?;
        loader.second_turn(session).await?;
        loader.trusted(session).await?;
        loader.view.leave_untold();
        row::alarm(&loader.view);
        let empty = wanted.references.is_empty()
            && wanted.payouts.is_empty()
            && wanted.callbacks.is_empty()
            && wanted.used_proofs.is_empty();
        let Loader { view, known, seals, .. } = loader;
        Ok(Seen { view, held, owners: known.callbacks, seals, empty })
    }
}

fn empty(directory: Arc<Directory>, free: FreeIds) -> View {
    View {
        directory,
        earlier: HashMap::new(),
        used_proofs: HashMap::new(),
        payouts: HashMap::new(),
        first_answers: HashMap::new(),
        callbacks: HashMap::new(),
        unreadable: Unreadable::default(),
        due_payouts: Vec::new(),
        due_until: Vec::new(),
        due_callbacks: Vec::new(),
        unfinished: Vec::new(),
        unsealed: Old::default(),
        desk_state: DeskState::default(),
        kept: HashMap::new(),
        balances: HashMap::new(),
        day_totals: HashMap::new(),
        free,
    }
}

struct Loader<'a> {
    sealer: &'a Sealer,
    home: &'a str,
    wanted: &'a Wanted,
    known: Known,
    view: View,
    seals: SeenSeals,
}

/// What takes the answer of a query.
type Take<'a> = fn(&mut Loader<'a>, &Answer) -> Result<()>;

/// What is asked under the locks of merchants.
struct Questions<'a, 'k> {
    wanted: &'a Wanted,
    known: &'k Known,
}

impl<'a> Questions<'a, '_> {
    fn all(&self) -> Vec<(Query, Take<'a>)> {
        let mut turn = self.locked();
        turn.extend(self.by_key());
        turn.extend(self.due());
        turn
    }

    /// What was asked for by id, locked as well.
    fn locked(&self) -> Vec<(Query, Take<'a>)> {
        let mut turn: Vec<(Query, Take<'a>)> = Vec::new();
        let payouts: Vec<i64> = self.known.payouts.iter().map(|id| id.0).collect();
        if !payouts.is_empty() {
            let query = Query::new(&statements::LOCK_PAYOUTS, parameters![payouts]);
            turn.push((query, Loader::payouts));
        }
        if let Some((after, most)) = self.wanted.unfinished {
            turn.push((due::unfinished(after, most), Loader::unfinished));
        }
        if let Some((after, most)) = self.wanted.unsealed {
            turn.push((due::unsealed(after, most), Loader::unsealed));
        }
        let callbacks: Vec<i64> = self.wanted.callbacks.iter().map(|id| id.0).collect();
        if !callbacks.is_empty() {
            let query = Query::new(&statements::LOCK_CALLBACKS, parameters![callbacks]);
            turn.push((query, Loader::callbacks));
        }
        let merchants: Vec<i64> = self.known.merchants.iter().map(|id| id.0).collect();
        if !merchants.is_empty() {
            turn.push((kept::look(merchants.clone()), Loader::kept));
            turn.push((Query::new(&BALANCES, parameters![merchants]), Loader::balances));
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
            turn.push((Query::new(&kept::REFUSALS, under), Loader::refusals));
            let under = parameters![merchants, texts, scopes];
            turn.push((Query::new(&REFERENCES, under), Loader::references));
        }
        let proofs = &self.wanted.used_proofs;
        if !proofs.is_empty() {
            let merchants: Vec<i64> = proofs.iter().map(|key| key.merchant.0).collect();
            let digests: Vec<Vec<u8>> = proofs.iter().map(|key| key.digest.to_vec()).collect();
            turn.push((Query::new(&PROOFS, parameters![merchants, digests]), Loader::proofs));
        }
        if !self.wanted.days.is_empty() {
            turn.push((days(self.wanted.days.iter().copied()), Loader::wanted_days));
        }
        turn
    }

    /// What workers claim, and the state of the whole database.
    fn due(&self) -> Vec<(Query, Take<'a>)> {
        let mut turn: Vec<(Query, Take<'a>)> = Vec::new();
        if !self.wanted.due_callbacks.is_empty() {
            turn.push((due::callbacks(self.wanted), Loader::due_callbacks));
        }
        turn.push((desk_state::look(), Loader::desk_state));
        turn
    }
}

impl Loader<'_> {
    /// What a state that is not the desk's own word is replaced by, once.
    async fn trusted(&mut self, session: &Session) -> Result<()> {
        if self.view.desk_state.altered.is_some() {
            let found = session.free(MOST_TRUSTED, &[]).await?;
            let most = found.rows.first().map(|row| get(row, 0)).transpose()?;
            self.view.desk_state.releases = most.unwrap_or(0);
        }
        Ok(())
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
            Query::new(&statements::READ_PAYOUTS, parameters![missing.clone()]),
            days(days_of.iter().copied()),
            Query::new(&TAKEN, parameters![missing]),
        ];
        let answers = session.run(&queries).await?;
        for row in answers.first().iter().flat_map(|answer| &answer.rows) {
            self.show(row)?;
        }
        for row in answers.get(1).iter().flat_map(|answer| &answer.rows) {
            self.day(row, &days_of)?;
        }
        for row in answers.get(2).iter().flat_map(|answer| &answer.rows) {
            let first = row::payout::taken_answer(row)?;
            self.view.first_answers.insert(PayoutId(get(row, 0)?), first);
        }
        Ok(())
    }

    fn show(&mut self, row: &Row) -> Result<()> {
        let look = row::payout::look(row, self.sealer)?;
        self.show_look(row, look)
    }

    fn show_look(&mut self, row: &Row, look: row::payout::Look) -> Result<()> {
        if let Some(unread) = &look.unread {
            self.seals.insert(PayoutId(unread.id), row::payout::seal_in(row)?);
        }
        look.show(&mut self.view);
        Ok(())
    }

    fn payouts(&mut self, answer: &Answer) -> Result<()> {
        answer.rows.iter().try_for_each(|row| self.show(row))
    }

    fn callbacks(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            self.view.show_callback(row::callback::read_one_of_many(row, self.sealer)?);
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

    /// Payouts that a worker asked for: first who waits, then as many of each as there is room for.
    async fn due_payouts(&mut self, session: &Session, looked: &[Answer]) -> Result<()> {
        let look = due_payouts::Look::finish(session, self.wanted, looked).await?;
        self.view.due_until = look.until;
        let shares = shares(self.wanted, &self.view.directory, look.waiting);
        if shares.is_empty() {
            return Ok(());
        }
        let mut found = Vec::new();
        for answer in session.run(&due_payouts::take(self.wanted, shares)).await? {
            for row in &answer.rows {
                let look = row::payout::look(row, self.sealer)?;
                if let Some(id) = look.movable() {
                    found.push((row::payout::due_at(row)?, id));
                }
                self.show_look(row, look)?;
            }
        }
        found.sort_unstable();
        self.view.due_payouts = found.into_iter().map(|(_, id)| id).collect();
        Ok(())
    }

    fn unfinished(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            self.view.unfinished.push(PayoutId(get(row, 0)?));
            self.show(row)?;
        }
        Ok(())
    }

    fn unsealed(&mut self, answer: &Answer) -> Result<()> {
        let old = &mut self.view.unsealed;
        old.confirmed = self.sealer.desk_sealed();
        for row in &answer.rows {
            let id = get(row, 0)?;
            old.ids.push(PayoutId(id));
            let read = row::payout::unpack(row, self.sealer);
            old.payouts.extend(row::of_one_row(id, true, read)?.ok());
        }
        Ok(())
    }

    fn desk_state(&mut self, answer: &Answer) -> Result<()> {
        self.view.desk_state = desk_state::read_row(answer, (self.sealer, self.home))?;
        Ok(())
    }

    fn due_callbacks(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let read = row::callback::read_one_of_many(row, self.sealer)?;
            self.view.due_callbacks.extend(read.as_ref().ok().map(|callback| callback.id));
            self.view.show_callback(read);
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
