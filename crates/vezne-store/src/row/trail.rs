//! The audit trail as rows.

use vezne_core::model::audit::AuditRecord;
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};

use super::{Result, Row, get, moment, text};

/// The columns of a line about a payout, in the order they are read in.
pub(crate) const LINE: &str = "at, actor, action, merchant_id, callback_id, detail";

/// Reads a row of [`LINE`].
pub(crate) fn read(row: &impl Row, payout: PayoutId) -> Result<AuditRecord> {
    Ok(AuditRecord {
        at: moment(row, 0)?,
        actor: text(row, 1)?.into(),
        action: get(row, 2)?,
        merchant: get::<Option<i64>>(row, 3)?.map(MerchantId),
        payout: Some(payout),
        callback: get::<Option<i64>>(row, 4)?.map(CallbackId),
        detail: get(row, 5)?,
    })
}
