//! Lines that say what stands in the book. A fact is written out anew and compared with its line.
//!
//! ```text
//! balance A available 750.00     or held, funding, commission-income, rail-clearing:simulator
//! day A papara 250.00            what counts against the day of the last payout
//! payout 1 dispatched in-doubt/2 checks 3
//! payout 2 settled RAIL-7
//! callback 1 settled "Completed!" due
//! refusal A ref-1 insufficient-balance
//! trail operator:ayse payout.approved ""
//! reviews 2 5                    the payouts that a person was asked to look at
//! token-keys k2 k1               that verify now; the first signs
//! desk claims 3 releases 1       and, in quarantine: desk claims 3 releases 1 quarantined "why"
//! ```

use super::book::Book;
use crate::model::identifier::{CallbackId, MerchantId, PayoutId};
use crate::model::ledger::AccountKind;
use crate::model::money::Money;
use crate::model::payout::{Dispatch, Ending, PayoutState, Progress};
use crate::model::time::Timestamp;

const FACTS: [&str; 9] =
    ["balance", "day", "payout", "callback", "refusal", "trail", "reviews", "token-keys", "desk"];

/// Whether a line says what is, rather than asks for something.
pub(super) fn is_fact(words: &[String]) -> bool {
    words.first().is_some_and(|word| FACTS.contains(&word.as_str()))
}

/// Writes out what really stands where the line says that something does.
pub(super) fn state(book: &Book, now: Timestamp, words: &[String]) -> Vec<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (subject, fact) = match words.as_slice() {
        ["balance", name, kind, ..] => (3, vec![balance(book, name, kind)]),
        ["day", name, channel, ..] => (3, vec![day(book, name, channel)]),
        ["payout", id, ..] => (2, payout(book, id)),
        ["callback", id, ..] => (2, callback(book, id)),
        ["refusal", name, reference, ..] => (3, vec![refusal(book, name, reference)]),
        ["trail", ..] => (1, trail(book)),
        ["reviews", ..] => (1, reviews(book)),
        ["desk", ..] => (1, desk(book)),
        ["token-keys", ..] => (1, token_keys(book, now)),
        other => panic!("this fact is not understood: {other:?}"),
    };
    words.iter().take(subject).map(|word| (*word).to_owned()).chain(fact).collect()
}

/// The id of the merchant with this name.
pub(super) fn merchant(book: &Book, name: &str) -> MerchantId {
    book.directory.iter().find(|one| one.name == name).map_or(MerchantId(999), |one| one.id)
}

/// An amount without its currency.
pub(super) fn plain(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn balance(book: &Book, name: &str, kind: &str) -> String {
    let kind = AccountKind::parse(kind).expect("a known account");
    let id = merchant(book, name);
    let currency = book.directory.get(id).expect("a known merchant").currency;
    let found = book.balances.iter().find(|(one, _)| one.merchant == id && one.kind == kind);
    plain(Money::new(found.map_or(0, |(_, minor)| *minor), currency))
}

fn day(book: &Book, name: &str, channel: &str) -> String {
    let id = merchant(book, name);
    let currency = book.directory.get(id).expect("a known merchant").currency;
    let last = book
        .day_totals
        .iter()
        .rev()
        .find(|(key, _)| key.merchant == id && key.channel.as_str() == channel);
    plain(Money::new(last.map_or(0, |(_, minor)| *minor), currency))
}

fn payout(book: &Book, id: &str) -> Vec<String> {
    let id = PayoutId(id.parse().expect("a payout's id"));
    let Some(payout) = book.payouts.get(&id) else {
        return vec!["missing".to_owned()];
    };
    let mut fact = vec![payout.state.code().to_owned()];
    match &payout.state {
        PayoutState::AwaitingApproval | PayoutState::Approved => {}
        PayoutState::Dispatched(dispatch) => fact.extend(progress(dispatch)),
        PayoutState::Settled(Ending { rail_reference, .. }) => fact.extend(rail_reference.clone()),
        PayoutState::Rejected { reason, .. }
        | PayoutState::Failed { reason, .. }
        | PayoutState::Returned { reason, .. } => fact.push(reason.clone()),
    }
    fact
}

fn progress(dispatch: &Dispatch) -> Vec<String> {
    let name = match dispatch.progress {
        Progress::Sending => "sending",
        Progress::Unsent => "unsent",
        Progress::Accepted => "accepted",
        Progress::InDoubt { .. } => "in-doubt",
    };
    let mut fact = vec![format!("{name}/{}", dispatch.attempt)];
    if dispatch.checks > 0 {
        fact.extend(["checks".to_owned(), dispatch.checks.to_string()]);
    }
    fact
}

fn callback(book: &Book, id: &str) -> Vec<String> {
    let id = CallbackId(id.parse().expect("a callback's id"));
    match book.callbacks.get(&id) {
        None => vec!["missing".to_owned()],
        Some(one) => {
            vec![one.event.code().into(), one.message.clone(), one.state.code().into()]
        }
    }
}

fn refusal(book: &Book, name: &str, reference: &str) -> String {
    let id = merchant(book, name);
    let mut found = book.refusals.iter().filter(|(key, _)| key.0 == id && key.1.text == reference);
    found.next().map_or_else(|| "none".to_owned(), |(_, refusal)| refusal.code.clone())
}

fn trail(book: &Book) -> Vec<String> {
    let last = book.trail.last().expect("something was recorded");
    vec![last.actor.to_string(), last.action.clone(), last.detail.clone()]
}

fn reviews(book: &Book) -> Vec<String> {
    let asked = book.trail.iter().filter(|line| line.action == "review.asked");
    asked.filter_map(|line| Some(line.payout?.to_string())).collect()
}

fn desk(book: &Book) -> Vec<String> {
    let (claims, releases) = (book.state.claims.to_string(), book.state.releases.to_string());
    let mut fact = vec!["claims".to_owned(), claims, "releases".to_owned(), releases];
    let quarantine = book.state.quarantine.as_ref();
    fact.extend(quarantine.iter().flat_map(|one| ["quarantined".to_owned(), one.reason.clone()]));
    fact
}

fn token_keys(book: &Book, now: Timestamp) -> Vec<String> {
    let keys = book.directory.token_keys().into_iter().filter(|key| key.verifies(now));
    let names: Vec<_> = keys.map(|key| key.id.clone()).collect();
    let signing = book.directory.signing_key(now).map(|key| key.id.clone());
    assert_eq!(signing.as_ref(), names.first(), "the newest signs");
    names
}
