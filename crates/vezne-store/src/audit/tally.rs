//! The counts that the metrics show, against the rows.

use std::collections::BTreeMap;

use super::source::Source;
use super::{Check, each};
use crate::row::{Result, get};

/// States that are left again: what is in one of them is here. Of the others, months may have been
/// taken out, and are counted all the same.
const PASSING: [&str; 4] = ["awaiting-approval", "approved", "dispatched", "due"];

pub(super) fn counts(source: &mut dyn Source, check: &mut Check) -> Result<()> {
    for subject in ["payout", "callback"] {
        let mut rows: BTreeMap<String, i64> = BTreeMap::new();
        each(source, &format!("SELECT state, count(*) FROM {subject} GROUP BY state"), |row| {
            rows.insert(get(row, 0)?, get(row, 1)?);
            Ok(())
        })?;
        let counted = format!(
            "SELECT state, CAST(sum(count) AS BIGINT) FROM tally WHERE subject = '{subject}' \
             GROUP BY state"
        );
        each(source, &counted, |row| {
            check.rows_checked += 1;
            let (state, counted): (String, i64) = (get(row, 0)?, get(row, 1)?);
            check.compare(subject, &state, counted, rows.remove(&state).unwrap_or(0));
            Ok(())
        })?;
        for (state, there) in rows {
            check.compare(subject, &state, 0, there);
        }
    }
    Ok(())
}

impl Check {
    fn compare(&mut self, subject: &str, state: &str, counted: i64, there: i64) {
        let right = match PASSING.contains(&state) {
            true => counted == there,
            false => counted >= there,
        };
        if !right {
            self.violation(format!(
                "{counted} rows of {subject} are counted as {state}, of {there}"
            ));
        }
    }
}
