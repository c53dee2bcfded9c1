//! Loads what a group wants to see, and what the store shows unasked beside it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Statement, params};
use vezne_core::engine::free_ids::{FreeIds, IdRanges};
use vezne_core::engine::view::{Earlier, Old, Unreadable, View, Wanted};
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::model::payout::MerchantReference;
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::refusal::StoredRefusal;

use super::{callback, desk_state, due, due_payouts, kept, ledger, payout, used_proof};
use crate::row::payout::scope;
use crate::row::refusal::{FOLDED, folded};
use crate::row::{self, Result, get};
use crate::seal::Sealer;

/// What the writer knows without asking the database.
pub(super) struct Known {
    pub(super) directory: Arc<Directory>,
    pub(super) free: FreeIds,
}

/// Loads the view of a group.
pub(super) fn load(
    connection: &Connection,
    sealer: &Sealer,
    known: Known,
    wanted: &Wanted,
) -> Result<View> {
    let view = empty(known);
    let mut loader = Loader { connection, sealer, view, folded: BTreeSet::new() };
    loader.kept(wanted)?;
    loader.references(&wanted.references)?;
    loader.used_proofs(wanted)?;
    loader.due(wanted)?;
    loader.unfinished(wanted)?;
    loader.unsealed(wanted)?;
    loader.view.desk_state = desk_state::read_to_change(connection, sealer)?;
    for id in &wanted.callbacks {
        loader.callback(*id)?;
    }
    let told: Vec<PayoutId> = loader.view.callbacks.values().map(|one| one.payout).collect();
    for id in wanted.payouts.iter().chain(&told) {
        loader.payout(*id)?;
    }
    loader.view.leave_untold();
    loader.books(wanted)?;
    row::alarm(&loader.view);
    Ok(loader.view)
}

fn empty(known: Known) -> View {
    View {
        directory: known.directory,
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
        free: known.free,
    }
}

struct Loader<'a> {
    connection: &'a Connection,
    sealer: &'a Sealer,
    view: View,
    /// Merchants that have refusals with a digest for their reference.
    folded: BTreeSet<MerchantId>,
}

impl Loader<'_> {
    fn kept(&mut self, wanted: &Wanted) -> Result<()> {
        let mut merchants = wanted.merchants.clone();
        merchants.extend(wanted.references.iter().map(|(merchant, _)| *merchant));
        for id in merchants {
            let Some(found) = kept::read(self.connection, id)? else { continue };
            self.view.kept.insert(id, found.counts);
            if found.folded {
                self.folded.insert(id);
            }
        }
        Ok(())
    }

    fn references(&mut self, wanted: &[(MerchantId, MerchantReference)]) -> Result<()> {
        if wanted.is_empty() {
            return Ok(());
        }
        let connection = self.connection;
        let mut paid = connection.prepare_cached(
            "SELECT id FROM payout WHERE merchant_id = ? AND reference = ? AND scope = ?",
        )?;
        let mut refused = connection.prepare_cached(
            "SELECT code, amount_minor FROM refusal \
             WHERE merchant_id = ? AND reference = ? AND scope = ? AND reopened_at IS NULL",
        )?;
        for key in wanted {
            let (merchant, reference) = key;
            let under = params![merchant.0, reference.text, scope(reference)];
            let id = paid.query_row(under, |row| row.get(0).map(PayoutId)).optional()?;
            if let Some(id) = id {
                self.payout(id)?;
                self.view.earlier.insert(key.clone(), Earlier::Payout(id));
                continue;
            }
            let mut stored = refusal(&mut refused, under)?;
            if stored.is_none() && self.folded.contains(merchant) {
                let under = params![merchant.0, folded(reference), FOLDED];
                stored = refusal(&mut refused, under)?;
            }
            let refused = stored.map(|stored| (key.clone(), Earlier::Refusal(stored)));
            self.view.earlier.extend(refused);
        }
        Ok(())
    }

    fn used_proofs(&mut self, wanted: &Wanted) -> Result<()> {
        for key in &wanted.used_proofs {
            let used = used_proof::read(self.connection, key)?;
            self.view.used_proofs.extend(used.map(|used| (*key, used)));
        }
        Ok(())
    }

    fn due(&mut self, wanted: &Wanted) -> Result<()> {
        let (connection, sealer, at) = (self.connection, self.sealer, wanted.at);
        if !wanted.due_payouts.is_empty() {
            let directory = Arc::clone(&self.view.directory);
            let due = due_payouts::find(connection, sealer, &directory, wanted)?;
            self.view.due_until = due.until;
            for look in due.payouts {
                self.view.due_payouts.extend(look.movable());
                self.show(look);
            }
        }
        if !wanted.due_callbacks.is_empty() {
            for callback in due::callbacks(connection, sealer, at, &wanted.due_callbacks)? {
                if let Ok(callback) = &callback {
                    self.payout(callback.payout)?;
                    self.view.due_callbacks.push(callback.id);
                }
                self.show_callback(callback);
            }
        }
        Ok(())
    }

    fn unfinished(&mut self, wanted: &Wanted) -> Result<()> {
        let Some((after, count)) = wanted.unfinished else { return Ok(()) };
        let (ids, payouts) = due::unfinished(self.connection, self.sealer, after, count)?;
        self.view.unfinished = ids;
        payouts.into_iter().for_each(|payout| self.show(payout));
        Ok(())
    }

    fn unsealed(&mut self, wanted: &Wanted) -> Result<()> {
        let Some((after, count)) = wanted.unsealed else { return Ok(()) };
        self.view.unsealed = payout::unsealed(self.connection, self.sealer, after, count)?;
        Ok(())
    }

    fn payout(&mut self, id: PayoutId) -> Result<()> {
        if !self.view.payouts.contains_key(&id) {
            let payout = payout::look_at(self.connection, self.sealer, id)?;
            payout.into_iter().for_each(|payout| self.show(payout));
        }
        Ok(())
    }

    fn callback(&mut self, id: CallbackId) -> Result<()> {
        if !self.view.callbacks.contains_key(&id) {
            let callback = callback::read_alone(self.connection, self.sealer, id)?;
            callback.into_iter().for_each(|callback| self.show_callback(callback));
        }
        Ok(())
    }

    fn show(&mut self, look: row::payout::Look) {
        look.show(&mut self.view);
    }

    fn show_callback(&mut self, read: row::callback::Read) {
        self.view.show_callback(read);
    }

    /// Balances and day totals that were wanted, and those behind every payout that is shown.
    fn books(&mut self, wanted: &Wanted) -> Result<()> {
        let shown = self.view.payouts.values();
        let mut days: BTreeSet<_> = shown.map(|payout| (payout.merchant, payout.day())).collect();
        let mut merchants: BTreeSet<_> = days.iter().map(|(merchant, _)| *merchant).collect();
        merchants.extend(self.view.callbacks.values().map(|callback| callback.merchant));
        merchants.extend(&wanted.merchants);
        days.extend(&wanted.days);
        for merchant in merchants {
            self.view.balances.extend(ledger::read_balances(self.connection, merchant)?);
        }
        for (merchant, day) in days {
            self.view.day_totals.extend(ledger::read_day_totals(self.connection, merchant, day)?);
        }
        Ok(())
    }
}

fn refusal(
    statement: &mut Statement<'_>,
    under: impl rusqlite::Params,
) -> Result<Option<StoredRefusal>> {
    let mut rows = statement.query(under)?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(StoredRefusal { code: get(row, 0)?, amount_minor: get(row, 1)? }))
}

/// The free ids of a database: all that follow the last ones.
pub(super) fn free_ids(connection: &Connection) -> Result<FreeIds> {
    let after = |sql: &str| -> Result<IdRanges> {
        let last: Option<i64> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
        Ok(IdRanges::from(last.unwrap_or(0) + 1))
    };
    Ok(FreeIds {
        payouts: after("SELECT id FROM payout ORDER BY id DESC LIMIT 1")?,
        entries: after("SELECT entry_id FROM posting ORDER BY id DESC LIMIT 1")?,
        callbacks: after("SELECT id FROM callback ORDER BY id DESC LIMIT 1")?,
    })
}
