//! The locks of a group, and what may only be written under them.
//!
//! What a decision rests on is read under the lock of whose it is. A statement sees what was
//! committed when it began, and one that waits for a lock began before it had it; so the version of
//! the directory is asked for by a statement of its own behind all that may wait. From then on
//! nobody changes a merchant that is locked here. Another one, or a channel, may change until the
//! commit: then the group stands before that change, since nothing that it wrote is read by it.
//!
//! What is read before the locks, and why that is right:
//!
//! - The moment of the group. It lies between the request and its answer, and days, leases and due
//!   times are all counted from it. A wait only makes it earlier, so a lease ends earlier.
//! - Whose a payout or a callback is, which never changes. One that is taken away meanwhile is not
//!   found under the locks, and counts as not there.
//! - Ids, which are nobody else's from the moment they are drawn.
//!
//! What is read behind the locks and not locked itself: the desk's state, whose writing is refused
//! when anybody else has begun or ended a quarantine meanwhile, and which a group that only reads
//! it sees as it was just before; a payout found by its reference, of which only what never changes
//! is used; and what is due, which is locked row by row and not by its merchants, since a claim
//! asks a merchant's settings for nothing but the rail, and stands before whatever changes that.

use std::collections::BTreeSet;

use tokio_postgres::types::Type;
use vezne_core::engine::view::{Changes, Wanted};
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::MerchantId;

use super::session::{Answer, Query, Sql, parameters};
use crate::row::{Result, StoreError, get};

static LOCK_DIRECTORY: Sql =
    Sql { text: "SELECT version FROM directory_version FOR UPDATE", types: &[] };

static LOCK_MERCHANTS: Sql = Sql {
    text: "SELECT merchant_id FROM merchant_lock WHERE merchant_id = ANY($1) \
         ORDER BY merchant_id FOR UPDATE",
    types: &[Type::INT8_ARRAY],
};

static VERSION: Sql = Sql { text: "SELECT version FROM directory_version", types: &[] };

/// What a group holds until its end, and the version of the directory under it.
#[derive(Debug)]
pub(super) struct Held {
    merchants: BTreeSet<MerchantId>,
    directory: bool,
    version: i64,
}

/// Locks the directory for whoever changes it. Its lock comes before those of merchants.
pub(super) fn directory(wanted: &Wanted) -> Option<Query> {
    wanted.changes_directory.then(|| Query::new(&LOCK_DIRECTORY, Vec::new()))
}

/// Locks merchants in the order of their ids.
pub(super) fn merchants(ids: Vec<i64>) -> Query {
    Query::new(&LOCK_MERCHANTS, parameters![ids])
}

/// Asks for the version of the directory. It is right when nothing that waits comes after it.
pub(super) fn version() -> Query {
    Query::new(&VERSION, Vec::new())
}

impl Held {
    /// What a group holds by the answers to its locks and, behind them, to [`version`].
    pub(super) fn read(wanted: &Wanted, locks: Option<&Answer>, version: &Answer) -> Result<Self> {
        let none = || StoreError::Broken("the directory has no version".to_owned());
        let version = get(version.rows.first().ok_or_else(none)?, 0)?;
        let rows = locks.iter().flat_map(|answer| &answer.rows);
        let merchants = rows.map(|row| get(row, 0).map(MerchantId)).collect::<Result<_>>()?;
        Ok(Self { merchants, directory: wanted.changes_directory, version })
    }

    /// The version of the directory that the group must see at least.
    pub(super) fn version(&self) -> i64 {
        self.version
    }

    /// Whether all merchants that are known are locked. Without its lock a merchant's books could
    /// be decided on twice at once.
    pub(super) fn hold(&self, asked: &BTreeSet<MerchantId>, directory: &Directory) -> Result<()> {
        let known = asked.iter().filter(|id| directory.get(**id).is_some());
        let missing = known.filter(|id| !self.merchants.contains(id)).count();
        let what = || {
            let wanted = missing + self.merchants.len();
            StoreError::Broken(format!(
                "{} of {wanted} merchants could be locked",
                wanted - missing
            ))
        };
        if missing == 0 { Ok(()) } else { Err(what()) }
    }

    /// Whether everything that was decided is about merchants that are locked, or new.
    pub(super) fn cover(&self, changes: &Changes, directory: &Directory) -> Result<()> {
        if changes.touch_directory() && !self.directory {
            return Err(StoreError::Broken("the directory changes without its lock".to_owned()));
        }
        let edited = changes.merchants.iter().map(|merchant| merchant.id);
        let edited = edited.filter(|id| directory.get(*id).is_some());
        let balances = changes.balances.iter().map(|(account, _)| account.merchant);
        let days = changes.day_totals.iter().map(|(key, _)| key.merchant);
        let payouts = changes.payouts_added.iter().map(|payout| payout.merchant);
        let refusals = changes.refusals.iter().map(|refusal| refusal.merchant);
        let reopened = changes.reopened.iter().map(|(merchant, _)| *merchant);
        let proofs = changes.used_proofs.iter().map(|(key, _)| key.merchant);
        let touched = edited.chain(balances).chain(days).chain(payouts);
        let mut touched = touched.chain(refusals).chain(reopened).chain(proofs);
        match touched.find(|id| !self.merchants.contains(id)) {
            None => Ok(()),
            Some(id) => {
                Err(StoreError::Broken(format!("merchant {id} was decided on without its lock")))
            }
        }
    }
}
