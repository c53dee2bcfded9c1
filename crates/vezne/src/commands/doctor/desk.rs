//! What is looked at of the desk itself, with the master key.

use std::sync::Arc;

use vezne_core::model::callback::Untold;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::quarantine::{Quarantine, objection_at_start};
use vezne_core::model::retention::KeptCounts;
use vezne_core::port::{Clock as _, SetAsideCounts, Store};
use vezne_store::audit;

use super::{Finding, Verdict, finding, looked_at};
use crate::assembly::kept_key;
use crate::commands::Error;
use crate::config::Config;
use crate::control::view::moment;
use crate::marker::MarkerFile;
use crate::system::SystemClock;

/// From this share of its room on, in percent, somebody should know.
const NEARLY_FULL: i64 = 80;

/// Also the one that a server would begin, because this may be a restored copy that none has
/// looked at yet.
pub(super) fn quarantine(config: &Config) -> Vec<Finding> {
    match quarantined(config) {
        Err(error) => finding(Verdict::Bad, "quarantine", error.to_string()),
        Ok(None) => finding(Verdict::Good, "quarantine", "none"),
        Ok(Some(detail)) => finding(Verdict::Bad, "quarantine", detail),
    }
}

fn quarantined(config: &Config) -> Result<Option<String>, Error> {
    // A server at work writes down what it has committed, so what is written down is read first.
    let seen = MarkerFile::open(config.store.marker())?.seen();
    let look = async |store: Arc<dyn Store>| Ok((store.desk_state().await?, store.is_shared()));
    let (state, shared) = looked_at(config, look)?;
    if let Some(Quarantine { since, reason }) = &state.quarantine {
        let since = moment(*since);
        return Ok(Some(format!(
            "nothing is sent since {since}: {reason}; see vezne quarantine status"
        )));
    }
    let altered = state.altered.clone();
    let doubt = altered.or_else(|| objection_at_start(seen.as_ref(), &state, !shared));
    Ok(doubt.map(|why| format!("the next start begins one, and sends nothing: {why}")))
}

pub(super) fn doubts(config: &Config) -> Vec<Finding> {
    let overview = looked_at(config, async |store| store.overview().await);
    match overview.map(|overview| overview.in_doubt) {
        Err(error) => finding(Verdict::Bad, "doubts", error.to_string()),
        Ok(0) => finding(Verdict::Good, "doubts", "none"),
        Ok(count) => {
            let detail = format!("{count} payouts are in doubt; see vezne payout list --in-doubt");
            finding(Verdict::Mind, "doubts", detail)
        }
    }
}

/// Payouts that a person must confirm, because they are from before payouts were sealed.
pub(super) fn seals(config: &Config) -> Vec<Finding> {
    match looked_at(config, async |store| store.unsealed().await) {
        Err(error) => finding(Verdict::Bad, "seals", error.to_string()),
        Ok(unsealed) if unsealed.confirmed => {
            finding(Verdict::Good, "seals", "a payout is sent only under its seal")
        }
        Ok(unsealed) => {
            let (waiting, count) = (unsealed.unfinished(), unsealed.count());
            let detail = format!(
                "{count} payouts are from before payouts were sealed, and {waiting} of them wait \
                 until a person confirms them: see vezne seal status"
            );
            finding(if waiting > 0 { Verdict::Bad } else { Verdict::Mind }, "seals", detail)
        }
    }
}

/// Rows that do not read, so that nothing is done with them.
pub(super) fn set_aside(config: &Config) -> Vec<Finding> {
    let counts = looked_at(config, async |store| Ok(store.overview().await?.set_aside));
    match counts {
        Err(error) => finding(Verdict::Bad, "set aside", error.to_string()),
        Ok(SetAsideCounts { payouts: 0, callbacks: 0 }) => {
            finding(Verdict::Good, "set aside", "nothing")
        }
        Ok(SetAsideCounts { payouts, callbacks }) => {
            let detail = format!(
                "{payouts} payouts and {callbacks} callbacks do not read, and nothing is done \
                 with them: see vezne payout list --set-aside, vezne callback list --set-aside"
            );
            finding(Verdict::Bad, "set aside", detail)
        }
    }
}

/// Who is not told, although its callbacks are tried.
pub(super) fn callbacks(config: &Config) -> Vec<Finding> {
    let looked = looked_at(config, async |store| Ok((store.overview().await?, store.directory())));
    let (overview, directory) = match looked {
        Ok(looked) => looked,
        Err(error) => return finding(Verdict::Bad, "callbacks", error.to_string()),
    };
    let now = SystemClock.now();
    let long = overview.untold.iter().filter(|untold| untold.is_long(now));
    let mut findings: Vec<Finding> = long
        .flat_map(|Untold { merchant, since }| {
            let name = directory.get(*merchant).map_or("", |merchant| &merchant.name);
            let since = moment(*since);
            let detail = format!(
                "{name} has not taken a callback since {since}: see vezne callback list --merchant \
                 '#{merchant}' --state due, and vezne callback test '#{merchant}'"
            );
            finding(Verdict::Bad, "callbacks", detail)
        })
        .collect();
    let parked = overview.callbacks.iter().find(|(state, _)| state == "parked");
    if let Some((_, count)) = parked.filter(|(_, count)| *count > 0) {
        let detail = format!("{count} are parked; see vezne callback list --state parked");
        findings.extend(finding(Verdict::Mind, "callbacks", detail));
    }
    if findings.is_empty() {
        return finding(Verdict::Good, "callbacks", "every merchant takes them");
    }
    findings
}

pub(super) fn books(config: &Config) -> Vec<Finding> {
    let audited = kept_key(config).and_then(|key| {
        config.store.kept_in().and_then(|database| database.audit_with_key(key.as_ref()))
    });
    match audited.map(|report| report.verdict()) {
        Err(error) => finding(Verdict::Bad, "books", error.to_string()),
        Ok(audit::Verdict::Right) => finding(Verdict::Good, "books", "they are right"),
        Ok(audit::Verdict::Wrong) => {
            finding(Verdict::Bad, "books", "they are wrong; run vezne audit")
        }
        Ok(audit::Verdict::Unknown) => {
            finding(Verdict::Bad, "books", "not all of them could be looked at; run vezne audit")
        }
    }
}

/// Whose room for refusals and proofs is nearly used up.
pub(super) fn kept(config: &Config) -> Vec<Finding> {
    let counts = match looked_at(config, async |store| store.kept().await) {
        Ok(counts) => counts,
        Err(error) => return finding(Verdict::Bad, "kept", error.to_string()),
    };
    let findings: Vec<Finding> =
        counts.iter().flat_map(|(id, counts)| crowded(config, *id, *counts)).collect();
    if findings.is_empty() {
        return finding(Verdict::Good, "kept", "there is room for refusals and hash_keys");
    }
    findings
}

fn crowded(config: &Config, id: MerchantId, counts: KeptCounts) -> Vec<Finding> {
    let bounds = config.retention.bounds();
    let rooms = [
        ("refusals", "most_refusals_per_merchant", counts.refusals, bounds.refusals),
        ("idle hash_keys", "most_idle_proofs_per_merchant", counts.idle_proofs, bounds.idle_proofs),
    ];
    let nearly = rooms.into_iter().filter(|(.., count, bound)| {
        i128::from(*count) * 100 >= i128::from(*bound) * i128::from(NEARLY_FULL)
    });
    let tell = |(what, key, count, bound)| {
        let verdict = if count < bound { Verdict::Mind } else { Verdict::Bad };
        let detail = format!("merchant {id} has {count} {what} of {bound}; see retention.{key}");
        Finding { verdict, what: "kept", detail }
    };
    nearly.map(tell).collect()
}
