//! The seal of a payout: a keyed tag over everything that it is and where it stands.
//!
//! What was approved is what is paid, and nothing else moves it: a row that was changed by any
//! other hand does not bear the seal of what it says, and is neither approved nor sent. It covers
//! every column but those that say only when a worker looks at it next and how often it has
//! (`due_at`, `updated_at`, `checks`, `set_aside_at`), and `identity_tag`, which follows from the
//! identity number.

use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::payout::Payout;
use vezne_core::model::personal::Personal;
use vezne_core::model::unread::UnsealedSum;
use zeroize::Zeroizing;

use super::facts::Facts;
use super::payout::{scope, target_code};
use super::state::StateColumns;
use super::{Result, Row, StoreError, get};
use crate::seal::{Seal, Sealer};

/// The seal of a payout as it stands.
pub(crate) fn seal(sealer: &Sealer, payout: &Payout) -> Seal {
    sealer.row_seal(&facts(sealer, payout))
}

/// Refuses a payout that does not bear its seal. One without is from before payouts were sealed,
/// and may be looked at until a person confirms those.
pub(super) fn check(sealer: &Sealer, payout: &Payout, seal: Option<&[u8]>) -> Result<()> {
    let id = payout.id;
    match seal {
        Some(seal) if sealer.bears_seal(&facts(sealer, payout), seal) => Ok(()),
        Some(_) => {
            Err(StoreError::Altered(format!("payout {id} does not bear the seal of what it says")))
        }
        None if sealer.payouts_sealed() => {
            Err(StoreError::Altered(format!("the seal of payout {id} is gone")))
        }
        None => Ok(()),
    }
}

/// Why a payout that has no seal may not be moved, although it may be looked at; nothing when it
/// has ended, because nothing is sent of it.
pub(super) fn unconfirmed(payout: &Payout, seal: Option<&[u8]>) -> Option<String> {
    let waits = seal.is_none() && payout.state.holds_money();
    let why = || {
        format!("payout {} is from before payouts were sealed: see vezne seal status", payout.id)
    };
    waits.then(why)
}

/// The payouts without a seal by state and currency. Sums are taken in two halves, which no number
/// of payouts makes overflow.
pub(crate) const UNSEALED: &str = "SELECT state, currency, count(*), \
     CAST(sum(amount_minor / 1000000000) AS BIGINT), \
     CAST(sum(amount_minor % 1000000000) AS BIGINT) \
     FROM payout WHERE seal IS NULL GROUP BY state, currency ORDER BY state, currency";

/// Reads a row of [`UNSEALED`].
pub(crate) fn read_sum(row: &impl Row) -> Result<UnsealedSum> {
    let (high, low): (i64, i64) = (get(row, 3)?, get(row, 4)?);
    Ok(UnsealedSum {
        state: get(row, 0)?,
        currency: get(row, 1)?,
        count: u64::try_from(get::<i64>(row, 2)?).unwrap_or(0),
        minor: i128::from(high) * 1_000_000_000 + i128::from(low),
    })
}

/// What is sealed, so that no two payouts read the same: each value after its kind, a text after
/// its length, and all of them in one order. A field that a payout gets is sealed too, or is said
/// above not to be.
fn facts(sealer: &Sealer, payout: &Payout) -> Zeroizing<Vec<u8>> {
    let Payout {
        id,
        merchant,
        dialect,
        reference,
        content,
        channel,
        amount,
        commission,
        receiver_commission,
        beneficiary,
        note,
        callback_to,
        rail_key,
        trust,
        created_at,
        updated_at: _,
        state: _,
    } = payout;
    // What is sealed is a payout, and these are its values as of the first version.
    let mut facts = Facts::begin(b"payout 1|");
    facts.number(id.0);
    facts.number(merchant.0);
    facts.text(dialect.as_str());
    facts.text(&reference.text);
    facts.text(scope(reference));
    facts.bytes(&content.0);
    facts.text(channel.as_str());
    facts.text(amount.currency().code());
    facts.number(amount.minor());
    facts.number(commission.minor());
    facts.number(receiver_commission.minor());
    facts.beneficiary(beneficiary);
    facts.bytes(note);
    facts.optional_text(target_code(callback_to).as_deref());
    match rail_key {
        Some(kept) => facts.text(kept),
        None => facts.text(&super::payout::rail_key(sealer, payout)),
    }
    facts.number(*trust);
    facts.number(created_at.micros());
    facts.state(&StateColumns::of(payout));
    facts.end()
}

impl Facts {
    fn beneficiary(&mut self, beneficiary: &Beneficiary) {
        let Beneficiary { name, account, bank, bank_name, identity, birth_date } = beneficiary;
        self.text(name);
        self.text(account);
        self.optional_number(bank.map(i64::from));
        self.optional_text(bank_name.as_deref());
        self.optional_text(identity.as_ref().map(Personal::expose));
        self.optional_text(birth_date.as_ref().map(Personal::expose));
    }

    fn state(&mut self, columns: &StateColumns<'_>) {
        let StateColumns {
            state,
            due_at: _,
            rail,
            rail_reference,
            dispatched_at,
            sends,
            checks: _,
            progress,
            doubt_since,
            doubt_detail,
            rejected_by,
            reason,
            accepted,
            absent_since,
        } = columns;
        self.text(state);
        self.optional_text(*rail);
        self.optional_text(*rail_reference);
        self.optional_number(*dispatched_at);
        self.optional_number(sends.map(i64::from));
        self.optional_text(*progress);
        self.optional_number(*doubt_since);
        self.optional_text(*doubt_detail);
        self.optional_text(rejected_by.as_deref());
        self.optional_text(*reason);
        self.optional_number(accepted.map(i64::from));
        self.optional_number(*absent_since);
    }
}

#[cfg(test)]
mod tests;
