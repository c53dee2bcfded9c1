//! What does not read and was set aside.

use super::Check;
use super::source::Source;
use crate::row::Result;

/// A payout without a seal waits for its confirmation and is told of in a note.
pub(super) fn rows(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    check.count(source, "SELECT count(*) FROM payout WHERE set_aside_at IS NOT NULL")?;
    check.count(source, "SELECT count(*) FROM callback WHERE set_aside_at IS NOT NULL")?;
    check.none_of(
        source,
        "SELECT format('payout %s is set aside: see vezne payout show %s', id, id) FROM payout \
         WHERE set_aside_at IS NOT NULL AND seal IS NOT NULL ORDER BY id",
    )?;
    check.none_of(
        source,
        "SELECT format('callback %s of payout %s is set aside: see vezne callback show %s', \
         id, payout_id, id) FROM callback WHERE set_aside_at IS NOT NULL ORDER BY id",
    )
}
