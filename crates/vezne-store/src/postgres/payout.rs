//! Payouts in PostgreSQL.

use std::collections::HashMap;

use tokio_postgres::types::Type;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::Payout;
use vezne_core::model::time::Timestamp;

use super::session::{Query, Sql, parameters};
use super::write::Write;
use crate::row::Result;
use crate::row::payout::{rail_key, scope, seal_private, target_code};
use crate::row::sealed;
use crate::row::state::StateColumns;
use crate::seal::Sealer;

static INSERT: Sql = Sql {
    text: "INSERT INTO payout (id, merchant_id, dialect, reference, scope, content, channel, \
         currency, amount_minor, commission_minor, receiver_commission_minor, name, account, bank, \
         bank_name, private, identity_tag, callback_to, created_at, updated_at, state, due_at, \
         rail_key, trust, seal) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
         $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)",
    types: &[
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::BYTEA_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::BYTEA_ARRAY,
        Type::BYTEA_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::BYTEA_ARRAY,
    ],
};

static INSERT_REFERENCES: Sql = Sql {
    text: "INSERT INTO payout_reference (merchant_id, payout_id, reference, scope) \
         SELECT * FROM unnest($1, $2, $3, $4)",
    types: &[Type::INT8_ARRAY, Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::TEXT_ARRAY],
};

/// The merchant and the moment of a payout lead straight to its partition. A row that moves has
/// read, so that workers may meet it again.
static MOVE: Sql = Sql {
    text: "UPDATE payout AS p SET updated_at = m.updated_at, state = m.state, due_at = m.due_at, \
         rail = m.rail, rail_reference = m.rail_reference, dispatched_at = m.dispatched_at, \
         sends = m.sends, checks = m.checks, progress = m.progress, doubt_since = m.doubt_since, \
         doubt_detail = m.doubt_detail, rejected_by = m.rejected_by, reason = m.reason, \
         accepted = m.accepted, absent_since = m.absent_since, trust = m.trust, seal = m.seal, \
         set_aside_at = NULL \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
         $18, $19, $20) AS m (id, merchant_id, created_at, updated_at, state, due_at, rail, \
         rail_reference, dispatched_at, sends, checks, progress, doubt_since, doubt_detail, \
         rejected_by, reason, accepted, absent_since, trust, seal) \
         WHERE p.id = m.id AND p.merchant_id = m.merchant_id AND p.created_at = m.created_at",
    types: &[
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::INT8_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::TEXT_ARRAY,
        Type::BOOL_ARRAY,
        Type::INT8_ARRAY,
        Type::INT8_ARRAY,
        Type::BYTEA_ARRAY,
    ],
};

/// Not every row that does not read was locked: one that was sealed meanwhile is left alone.
static SET_ASIDE: Sql = Sql {
    text: "UPDATE payout AS p SET set_aside_at = $3 FROM unnest($1, $2) AS m (id, seal) \
         WHERE p.id = ANY($1) AND p.id = m.id AND p.seal IS NOT DISTINCT FROM m.seal",
    types: &[Type::INT8_ARRAY, Type::BYTEA_ARRAY, Type::INT8],
};

static TAKE_UP: Sql = Sql {
    text: "UPDATE payout SET set_aside_at = NULL WHERE id = ANY($1) AND set_aside_at IS NOT NULL",
    types: &[Type::INT8_ARRAY],
};

static TAKE_UP_CALLBACKS: Sql = Sql {
    text: "UPDATE callback SET set_aside_at = NULL \
         WHERE payout_id = ANY($1) AND set_aside_at IS NOT NULL",
    types: &[Type::INT8_ARRAY],
};

/// The payouts are found by their ids. That they have no seal is said in a way that no index is
/// taken for: what the server knows of how many have none may be from before there were any seals.
static SEAL_OLD: Sql = Sql {
    text: "UPDATE payout AS p SET seal = m.seal, set_aside_at = NULL \
         FROM unnest($1, $2, $3, $4) AS m (id, merchant_id, created_at, seal) \
         WHERE p.id = m.id AND p.merchant_id = m.merchant_id AND p.created_at = m.created_at \
         AND num_nulls(p.seal) = 1",
    types: &[Type::INT8_ARRAY, Type::INT8_ARRAY, Type::INT8_ARRAY, Type::BYTEA_ARRAY],
};

/// One column of many payouts.
fn column<T>(payouts: &[Payout], read: impl Fn(&Payout) -> T) -> Vec<T> {
    payouts.iter().map(read).collect()
}

/// Whether a payout went further within the group that made it. Then it comes in as approved, and
/// is moved.
fn went_further(payout: &Payout) -> bool {
    let state = StateColumns::of(payout);
    state.rail.is_some() || state.reason.is_some()
}

fn first_state(payout: &Payout) -> (String, Option<i64>) {
    if went_further(payout) {
        return ("approved".to_owned(), Some(payout.created_at.micros()));
    }
    let state = StateColumns::of(payout);
    (state.state.to_owned(), state.due_at)
}

/// Writes new payouts.
pub(super) fn insert(sealer: &Sealer, added: &[Payout]) -> Result<Option<Write>> {
    if added.is_empty() {
        return Ok(None);
    }
    let seal = |payout: &Payout| seal_private(sealer, payout);
    let sealed = added.iter().map(seal).collect::<Result<Vec<_>>>()?;
    let tag = |payout: &Payout| {
        let identity = payout.beneficiary.identity.as_ref()?;
        Some(sealer.identity_tag(identity.expose()).to_vec())
    };
    let receiver =
        |payout: &Payout| Some(payout.receiver_commission.minor()).filter(|minor| *minor != 0);
    let (states, due): (Vec<_>, Vec<_>) = added.iter().map(first_state).unzip();
    let query = Query::new(
        &INSERT,
        parameters![
            column(added, |one| one.id.0),
            column(added, |one| one.merchant.0),
            column(added, |one| one.dialect.as_str().to_owned()),
            column(added, |one| one.reference.text.clone()),
            column(added, |one| scope(&one.reference).to_owned()),
            column(added, |one| one.content.0.to_vec()),
            column(added, |one| one.channel.as_str().to_owned()),
            column(added, |one| one.amount.currency().code()),
            column(added, |one| one.amount.minor()),
            column(added, |one| one.commission.minor()),
            column(added, receiver),
            column(added, |one| one.beneficiary.name.clone()),
            column(added, |one| one.beneficiary.account.clone()),
            column(added, |one| one.beneficiary.bank.map(i64::from)),
            column(added, |one| one.beneficiary.bank_name.clone()),
            sealed,
            column(added, tag),
            column(added, |one| target_code(&one.callback_to).map(|code| code.into_owned())),
            column(added, |one| one.created_at.micros()),
            column(added, |one| one.updated_at.micros()),
            states,
            due,
            column(added, |one| rail_key(sealer, one)),
            column(added, |one| one.trust),
            // One that is moved gets its seal then.
            column(added, |one| (!went_further(one)).then(|| seal_of(sealer, one))),
        ],
    );
    Ok(Some(Write::new(query, added.len())))
}

/// Promises each new payout its reference.
pub(super) fn insert_references(added: &[Payout]) -> Option<Write> {
    let query = Query::new(
        &INSERT_REFERENCES,
        parameters![
            column(added, |one| one.merchant.0),
            column(added, |one| one.id.0),
            column(added, |one| one.reference.text.clone()),
            column(added, |one| scope(&one.reference).to_owned()),
        ],
    );
    (!added.is_empty()).then(|| Write::new(query, added.len()))
}

/// Writes the states of payouts that moved, also of new ones that went further at once.
pub(super) fn update(sealer: &Sealer, added: &[Payout], moved: &[Payout]) -> Option<Write> {
    let all: Vec<&Payout> = added.iter().filter(|one| went_further(one)).chain(moved).collect();
    let states: Vec<_> = all.iter().map(|payout| StateColumns::of(payout)).collect();
    let of = |read: fn(&Payout) -> i64| all.iter().map(|one| read(one)).collect::<Vec<_>>();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let query = Query::new(
        &MOVE,
        parameters![
            of(|one| one.id.0),
            of(|one| one.merchant.0),
            of(|one| one.created_at.micros()),
            of(|one| one.updated_at.micros()),
            states.iter().map(|one| one.state).collect::<Vec<_>>(),
            states.iter().map(|one| one.due_at).collect::<Vec<_>>(),
            states.iter().map(|one| owned(one.rail)).collect::<Vec<_>>(),
            states.iter().map(|one| owned(one.rail_reference)).collect::<Vec<_>>(),
            states.iter().map(|one| one.dispatched_at).collect::<Vec<_>>(),
            states.iter().map(|one| one.sends.map(i64::from)).collect::<Vec<_>>(),
            states.iter().map(|one| one.checks.map(i64::from)).collect::<Vec<_>>(),
            states.iter().map(|one| one.progress).collect::<Vec<_>>(),
            states.iter().map(|one| one.doubt_since).collect::<Vec<_>>(),
            states.iter().map(|one| owned(one.doubt_detail)).collect::<Vec<_>>(),
            states.iter().map(|one| one.rejected_by.clone()).collect::<Vec<_>>(),
            states.iter().map(|one| owned(one.reason)).collect::<Vec<_>>(),
            states.iter().map(|one| one.accepted).collect::<Vec<_>>(),
            states.iter().map(|one| one.absent_since).collect::<Vec<_>>(),
            of(|one| one.trust),
            all.iter().map(|one| seal_of(sealer, one)).collect::<Vec<_>>(),
        ],
    );
    (!all.is_empty()).then(|| Write::new(query, all.len()))
}

/// The seals of payouts that did not read, as they were seen.
pub(super) type SeenSeals = HashMap<PayoutId, Option<Vec<u8>>>;

/// Lets no worker meet these payouts again, as long as they are as they were seen.
pub(super) fn set_aside(at: Timestamp, ids: &[PayoutId], seen: &SeenSeals) -> Option<Write> {
    let seals: Vec<_> = ids.iter().map(|id| seen.get(id).cloned().flatten()).collect();
    let query = Query::new(&SET_ASIDE, parameters![numbers(ids), seals, at.micros()]);
    (!ids.is_empty()).then(|| Write::where_needed(query))
}

/// Lets workers meet these payouts again, and their callbacks.
pub(super) fn take_up(ids: &[PayoutId]) -> Vec<Write> {
    if ids.is_empty() {
        return Vec::new();
    }
    let write = |sql| Write::where_needed(Query::new(sql, parameters![numbers(ids)]));
    [&TAKE_UP, &TAKE_UP_CALLBACKS].map(write).into()
}

/// Seals payouts that had no seal, as they stand.
pub(super) fn seal_old(sealer: &Sealer, old: &[Payout]) -> Option<Write> {
    let query = Query::new(
        &SEAL_OLD,
        parameters![
            column(old, |one| one.id.0),
            column(old, |one| one.merchant.0),
            column(old, |one| one.created_at.micros()),
            column(old, |one| seal_of(sealer, one)),
        ],
    );
    (!old.is_empty()).then(|| Write::where_needed(query))
}

fn seal_of(sealer: &Sealer, payout: &Payout) -> Vec<u8> {
    sealed::seal(sealer, payout).to_vec()
}

fn numbers(ids: &[PayoutId]) -> Vec<i64> {
    ids.iter().map(|id| id.0).collect()
}
