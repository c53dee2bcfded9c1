//! A desk as text: what must read the same after it was migrated.

use std::fmt::Write as _;

use vezne_core::model::payout::{Payout, PayoutState, Progress};

use crate::desk::Desk;

/// Everything that people see of it, a line each.
pub(super) async fn shown(desk: &Desk) -> String {
    let mut text = String::new();
    let state = desk.state().await;
    let held = state.quarantine.is_some();
    let _ = writeln!(text, "claims {}, releases {}, held {held}", state.claims, state.releases);
    let directory = desk.store().directory();
    for key in directory.token_keys() {
        let _ = writeln!(text, "token key {}", key.id);
    }
    for code in ["bank-transfer", "kr-bank", "vn-bank", "imported"] {
        let there = directory.channel(&code.into()).is_some();
        let _ = writeln!(text, "channel {code} {there}");
    }
    for merchant in directory.iter() {
        let login = merchant.access.first().map(|access| access.login.clone());
        let _ = writeln!(text, "merchant {} {:?} {:?}", merchant.id, login, merchant.mode);
        let mut balances = desk.store().balances(merchant.id).await.expect("the store answers");
        balances.sort_by(|(one, _), (other, _)| one.kind.cmp(&other.kind));
        for (account, minor) in balances {
            let _ = writeln!(text, "  {} {minor}", account.kind);
        }
    }
    payouts(desk, &mut text).await;
    callbacks(desk, &mut text).await;
    text
}

async fn payouts(desk: &Desk, text: &mut String) {
    for payout in desk.payouts().await {
        let trail = desk.store().trail(payout.id).await.expect("the store answers");
        let entries = desk.store().entries(payout.id).await.expect("the store answers");
        let _ = writeln!(
            text,
            "payout {} of {} by {}: {} {} + {} - {} to {} {}, {}; {} lines, {} entries",
            payout.id,
            payout.merchant,
            payout.dialect,
            payout.reference.text,
            payout.amount,
            payout.commission,
            payout.receiver_commission,
            payout.beneficiary.name,
            payout.beneficiary.account,
            standing(&payout),
            trail.len(),
            entries.len(),
        );
    }
}

fn standing(payout: &Payout) -> String {
    match &payout.state {
        PayoutState::Dispatched(dispatch) => {
            let progress = match &dispatch.progress {
                Progress::Sending => "sending",
                Progress::Unsent => "unsent",
                Progress::Accepted => "accepted",
                Progress::InDoubt { .. } => "in doubt",
            };
            format!("dispatched and {progress} by {}", dispatch.rail)
        }
        PayoutState::Settled(ending) => format!("settled as {:?}", ending.rail_reference),
        other => other.code().to_owned(),
    }
}

async fn callbacks(desk: &Desk, text: &mut String) {
    for callback in desk.callbacks().await {
        let attempts = desk.store().attempts(callback.id).await.expect("the store answers");
        let bytes = callback.body.map_or(0, |body| body.len());
        let _ = writeln!(
            text,
            "callback {} of {}: {} {} after {} attempts, {} of them kept, {bytes} bytes",
            callback.id,
            callback.payout,
            callback.event.code(),
            callback.state.code(),
            callback.attempts,
            attempts.len(),
        );
    }
}
