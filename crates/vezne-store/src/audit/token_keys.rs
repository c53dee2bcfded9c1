//! The keys of bearer tokens.

use super::Check;
use super::source::Source;
use crate::row::Result;

/// One key signs, and the others have an end.
pub(super) fn signing(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    check.count(source, "SELECT count(*) FROM token_key")?;
    check.none_of(
        source,
        "SELECT format('%s token keys have no end', count(*) FILTER (WHERE until IS NULL)) \
         FROM token_key HAVING count(*) > 0 AND count(*) FILTER (WHERE until IS NULL) <> 1",
    )?;
    check.none_of(
        source,
        "SELECT format('token key %s ends before it begins', number) FROM token_key \
         WHERE until < since",
    )?;
    check.none_of(
        source,
        "SELECT format('token key %s has no end, but %s is newer', old.number, new.number) \
         FROM token_key AS old JOIN token_key AS new ON new.since >= old.since \
              AND new.number <> old.number WHERE old.until IS NULL",
    )
}
