//! Whose the payouts and callbacks of a group are, which must be known before anything is locked.

use std::collections::{BTreeSet, HashMap};

use tokio_postgres::types::Type;
use vezne_core::engine::view::Wanted;
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};

use super::session::{Query, Session, Sql, parameters};
use crate::row::{Result, get};

static PAYOUT_OWNERS: Sql = Sql {
    text: "SELECT id, merchant_id FROM payout WHERE id = ANY($1)",
    types: &[Type::INT8_ARRAY],
};

static CALLBACK_OWNERS: Sql = Sql {
    text: "SELECT id, merchant_id, payout_id FROM callback WHERE id = ANY($1)",
    types: &[Type::INT8_ARRAY],
};

/// Whose the things are that were asked for by id; that never changes, so no lock is needed.
#[derive(Default)]
pub(super) struct Known {
    /// The merchants.
    pub(super) merchants: BTreeSet<MerchantId>,
    /// The payouts that were asked for, and those that callbacks tell of.
    pub(super) payouts: BTreeSet<PayoutId>,
    /// The callbacks that were asked for.
    pub(super) callbacks: HashMap<CallbackId, MerchantId>,
}

impl Known {
    /// Finds out whose they are.
    pub(super) async fn resolve(session: &Session, wanted: &Wanted) -> Result<Self> {
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
