//! What the desk says of itself: whether it is in quarantine, and how often it was released.

use vezne_core::engine::said::CONTRADICTED;

use super::source::Source;
use super::{Check, each};
use crate::row::desk_state::{COLUMNS, hex_of, read_of};
use crate::row::{Result, bytes, get};
use crate::seal::Sealer;

/// The state agrees with the trail, which tells when a quarantine began and when one was released,
/// and with the payouts, none of which is vouched for more releases than there were.
pub(super) fn state(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    check.count(source, "SELECT count(*) FROM desk_state")?;
    check.none_of(
        source,
        "SELECT 'the desk does not know its own state' FROM meta WHERE name = 'key_check' \
         AND (SELECT count(*) FROM desk_state) <> 1",
    )?;
    check.none_of(
        source,
        "SELECT format('line %s says that a quarantine began, and the desk is in none', id) \
         FROM trail WHERE action = 'quarantine.begun' AND id = (SELECT max(id) FROM trail \
         WHERE action IN ('quarantine.begun', 'quarantine.released')) \
         AND (SELECT quarantined_at FROM desk_state) IS NULL",
    )?;
    check.none_of(
        source,
        "SELECT format('line %s says that a quarantine was released, and the desk is in one', id) \
         FROM trail WHERE action = 'quarantine.released' AND id = (SELECT max(id) FROM trail \
         WHERE action IN ('quarantine.begun', 'quarantine.released')) \
         AND (SELECT quarantined_at FROM desk_state) IS NOT NULL",
    )?;
    check.none_of(
        source,
        "SELECT format('the desk was released %s times by the trail, and %s times by itself', \
         count(*), (SELECT releases FROM desk_state)) \
         FROM trail WHERE action = 'quarantine.released' \
         HAVING count(*) > (SELECT releases FROM desk_state)",
    )?;
    check.none_of(
        source,
        "SELECT format('payout %s is vouched for more releases than there were', id) FROM payout \
         WHERE trust > (SELECT releases + CASE WHEN quarantined_at IS NULL THEN 0 ELSE 1 END \
         FROM desk_state) ORDER BY id",
    )
}

/// The state bears the seal of what it says.
pub(super) fn seal(source: &mut dyn Source, sealer: &Sealer, check: &mut Check) -> Result<()> {
    let mut incarnation = String::new();
    each(source, "SELECT value FROM meta WHERE name = 'incarnation'", |row| {
        incarnation = hex_of(bytes(row, 0)?);
        Ok(())
    })?;
    each(source, &format!("SELECT '', {COLUMNS} FROM desk_state"), |row| {
        check.rows_checked += 1;
        let state = read_of(row, incarnation.clone(), sealer)?;
        state.altered.into_iter().for_each(|why| check.violation(why));
        Ok(())
    })
}

/// What rails say otherwise than the books, if any do.
pub(super) fn note(source: &mut dyn Source) -> Result<Option<String>> {
    let mut count = 0_i64;
    let sql = format!("SELECT count(*) FROM trail WHERE action = '{CONTRADICTED}'");
    each(source, &sql, |row| {
        count = get(row, 0)?;
        Ok(())
    })?;
    let say =
        || format!("{count} times a rail said otherwise than the books: see {CONTRADICTED} lines");
    Ok((count > 0).then(say))
}
