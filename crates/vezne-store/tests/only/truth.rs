//! Whether every answer that was given is true, and nothing was done that was not told.

use std::collections::BTreeMap;

use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::ledger::AccountKind;
use vezne_core::port::{PayoutFilter, Store};
use vezne_store::audit::audit_postgres;

use crate::support::fleet::{BALANCE, Fleet, Told};

/// A payout as it is found.
#[derive(Clone, Debug)]
struct Found {
    id: i64,
    reference: String,
    state: String,
}

/// What is found of all clients' merchants.
#[derive(Clone, Debug, Default)]
struct Books {
    payouts: Vec<Found>,
    /// What was ever put in, by merchant.
    funding: BTreeMap<i64, i64>,
}

/// Holds what clients were told against the books, and audits them.
pub(super) async fn judge(told: &[Told], url: &str) {
    let fleet = Fleet::open(url, &Fleet::options(1), 1).await;
    let mut books = Books { payouts: payouts(&*fleet.store).await, ..Books::default() };
    for one in told {
        let balances = fleet.store.balances(MerchantId(one.merchant)).await.unwrap();
        let funding = balances.iter().find(|(account, _)| account.kind == AccountKind::Funding);
        books.funding.insert(one.merchant, funding.unwrap().1);
    }
    let found = complaints(told, &books);
    assert!(found.is_empty(), "{} complaints:\n{}", found.len(), found.join("\n"));
    let report = audit_postgres(url, &Fleet::options(1)).expect("it can be audited");
    assert!(report.is_clean(), "{report}");
}

async fn payouts(store: &dyn Store) -> Vec<Found> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let filter = PayoutFilter { before, limit: 1_000, ..PayoutFilter::default() };
        let page = store.payouts(filter).await.unwrap().whole().unwrap();
        let Some(last) = page.last() else { return all };
        before = Some(PayoutId(last.id.0));
        all.extend(page.into_iter().map(|payout| Found {
            id: payout.id.0,
            reference: payout.reference.text,
            state: payout.state.code().to_owned(),
        }));
    }
}

fn complaints(told: &[Told], books: &Books) -> Vec<String> {
    let mut complaints: Vec<String> =
        told.iter().flat_map(|one| one.complaints.iter().cloned()).collect();
    let mut by_reference: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for found in &books.payouts {
        by_reference.entry(&found.reference).or_default().push(found);
    }
    for one in told {
        for (reference, id) in &one.accepted {
            let found = by_reference.remove(reference.as_str()).unwrap_or_default();
            let ids: Vec<i64> = found.iter().map(|found| found.id).collect();
            if ids != [*id] {
                complaints.push(format!("{reference} was accepted as {id} and is {ids:?}"));
            }
            let state = expected_state(one, *id);
            if let Some(other) = found.iter().find(|found| found.state != state) {
                complaints.push(format!("{reference} is {}, not {state}", other.state));
            }
        }
    }
    complaints
        .extend(by_reference.keys().map(|reference| format!("nobody was told of {reference}")));
    let mut put_in: BTreeMap<i64, i64> = BTreeMap::new();
    for one in told {
        *put_in.entry(one.merchant).or_insert(BALANCE) += one.topped_up;
    }
    for (merchant, minor) in put_in {
        let found = books.funding.get(&merchant).copied().unwrap_or_default();
        if found.abs() != minor {
            complaints.push(format!("merchant {merchant} was given {minor} and has {found}"));
        }
    }
    complaints
}

fn expected_state(told: &Told, id: i64) -> &'static str {
    if told.approved.contains(&id) {
        "approved"
    } else if told.rejected.contains(&id) {
        "rejected"
    } else {
        "awaiting-approval"
    }
}

/// The positive control: a true story passes, and whatever is altered in it is seen.
mod tests {
    use super::{BALANCE, Books, Found, Told, complaints};

    fn truth() -> (Vec<Told>, Books) {
        let mut told = Told { merchant: 1, topped_up: 30, ..Told::default() };
        let mut books = Books::default();
        for (id, state) in [(1, "approved"), (2, "rejected"), (3, "awaiting-approval")] {
            let reference = format!("c-{id}");
            told.accepted.insert(reference.clone(), id);
            books.payouts.push(Found { id, reference, state: state.to_owned() });
        }
        told.approved.insert(1);
        told.rejected.insert(2);
        told.refused.insert("c-4".to_owned());
        books.funding.insert(1, -(BALANCE + 30));
        (vec![told], books)
    }

    fn check(complaint: &str, tamper: impl FnOnce(&mut Told, &mut Books)) {
        let (mut told, mut books) = truth();
        tamper(&mut told[0], &mut books);
        let found = complaints(&told, &books);
        assert!(found.iter().any(|found| found.contains(complaint)), "{complaint}: {found:?}");
    }

    #[test]
    fn the_truth_passes() {
        let (told, books) = truth();
        assert_eq!(complaints(&told, &books), Vec::<String>::new());
    }

    #[test]
    fn every_lie_is_seen() {
        check("c-1 was accepted as 1 and is []", |_, books| drop(books.payouts.remove(0)));
        check("c-1 was accepted as 1 and is [1, 9]", |_, books| {
            let doubled = Found { id: 9, ..books.payouts[0].clone() };
            books.payouts.push(doubled);
        });
        check("nobody was told of c-4", |_, books| {
            let state = "awaiting-approval".to_owned();
            books.payouts.push(Found { id: 4, reference: "c-4".to_owned(), state });
        });
        check("c-2 is approved, not rejected", |_, books| {
            books.payouts[1].state = "approved".to_owned();
        });
        check("c-1 is approved, not awaiting-approval", |told, _| told.approved.clear());
        check("merchant 1 was given", |told, _| told.topped_up += 10);
        check("after 2 faults", |told, _| told.complaints.push("X after 2 faults".to_owned()));
    }
}
