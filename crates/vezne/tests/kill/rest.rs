//! After the last fault: everything comes to its end (liveness), is repeated once, and is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use vezne::control::request::{
    CallbackRequest, DoubtResolution, PayoutQuery, PayoutRequest, Request,
};
use vezne::control::view::{CallbackView, PayoutView, Reply};
use vezne_outbound::rail::simulator::magic::Behaviour;

use crate::history::History;
use crate::load;
use crate::order::Order;
use crate::program::Installation;
use crate::shop::{Shop, Told};
use crate::verdict::{Evidence, Line, Listed, complaints};

/// A callback under way at a kill is claimed for 72 s; what else is left needs some seconds.
const PATIENCE: Duration = Duration::from_secs(150);

const PAUSE: Duration = Duration::from_millis(500);

/// A page of a list has at most so many rows.
const PAGE: u32 = 1_000;

/// On a server that nobody kills: every lost answer is asked for again, every doubt that only a
/// person can end is ended, every callback is taken.
pub(crate) fn bring_to_an_end(
    installation: &Installation,
    address: SocketAddr,
    journal: &Path,
    history: &History,
) -> Vec<String> {
    let started = Instant::now();
    let mut complaints: Vec<String> =
        load::repeat_all(address, history).err().into_iter().collect();
    let orders: BTreeMap<_, _> =
        history.orders().into_iter().map(|order| (order.trx.clone(), order)).collect();
    let mut left = left(installation, journal, &orders);
    while !left.is_empty() && started.elapsed() < PATIENCE {
        std::thread::sleep(PAUSE);
        left = self::left(installation, journal, &orders);
    }
    let took = started.elapsed().as_secs();
    println!("all orders at their end after {took} s without a fault; left: {}", left.len());
    complaints.extend(left);
    complaints.extend(load::repeat_all(address, history).err());
    complaints
}

/// What is not at its end yet. Doubts of which only a person knows are resolved on the way.
fn left(
    installation: &Installation,
    journal: &Path,
    orders: &BTreeMap<String, Arc<Order>>,
) -> Vec<String> {
    let mut left = Vec::new();
    // A person asks the bank first. What it does not have is sent again after the quarantine.
    let at_the_bank: BTreeSet<i64> =
        self::journal(journal).iter().map(|line| line.payout).collect();
    for state in ["awaiting-approval", "approved", "dispatched"] {
        let query = PayoutQuery { state: Some(state.to_owned()), ..PayoutQuery::default() };
        for view in payouts(installation, &query) {
            let behaviour = orders.get(&view.reference).map(|order| order.behaviour());
            left.push(format!("payout {} ({behaviour:?}) is {}", view.id, view.standing()));
            let is_for_ever = behaviour == Some(Behaviour::DoubtForEver);
            if is_for_ever && view.in_doubt && at_the_bank.contains(&view.id) {
                resolve(installation, view.id);
            }
        }
    }
    // A return is told by the rail after the settlement.
    let query = PayoutQuery { state: Some("settled".to_owned()), ..PayoutQuery::default() };
    let returns = |view: &&PayoutView| {
        let order = orders.get(&view.reference);
        order.is_some_and(|order| order.behaviour() == Behaviour::SettleThenReturn)
    };
    let settled = payouts(installation, &query);
    let waiting = settled.iter().filter(returns);
    left.extend(waiting.map(|view| format!("payout {} is not yet returned", view.id)));
    for state in ["due", "parked"] {
        left.extend(callbacks(installation, state));
    }
    left
}

/// As a person with evidence would: paid or not, by turns.
fn resolve(installation: &Installation, payout: i64) {
    let resolution = match payout % 2 {
        0 => DoubtResolution::Paid(None),
        _ => DoubtResolution::NotPaid("The bank has no such order".to_owned()),
    };
    let evidence = "a statement".to_owned();
    let request = PayoutRequest::Resolve { payout, resolution, evidence };
    // The worker may be asking the rail at this moment; then the next look resolves it.
    drop(installation.ask(Request::Payout(request)));
}

/// Every payout of a query, page by page.
pub(crate) fn payouts(installation: &Installation, query: &PayoutQuery) -> Vec<PayoutView> {
    let mut all: Vec<PayoutView> = Vec::new();
    loop {
        let before = all.last().map(|view| view.id);
        let query = PayoutQuery { before, limit: PAGE, ..query.clone() };
        match installation.ask(Request::Payout(PayoutRequest::List(query))) {
            Ok(Reply::Payouts(page)) if page.is_empty() => return all,
            Ok(Reply::Payouts(page)) => all.extend(page),
            other => panic!("no list of payouts: {other:?}"),
        }
    }
}

fn callbacks(installation: &Installation, state: &str) -> Vec<String> {
    let (merchant, payout, state) = (None, None, Some(state.to_owned()));
    let (set_aside, limit) = (false, PAGE);
    let list = CallbackRequest::List { merchant, payout, state, set_aside, limit };
    let views = match installation.ask(Request::Callback(list)) {
        Ok(Reply::Callbacks(views)) => views,
        other => panic!("no list of callbacks: {other:?}"),
    };
    let line = |view: &CallbackView| {
        format!("callback {} is {} ({:?})", view.id, view.state, view.at.map(|at| at.to_string()))
    };
    views.iter().map(line).collect()
}

/// Gathers the evidence from a running server and holds it against what must be.
pub(crate) fn judge(
    installation: &Installation,
    journal: &Path,
    shops: &[Shop],
    history: &History,
) -> Vec<String> {
    let (tried, mut found) = history.told();
    let mut told = Told::new();
    for (heard, wrong) in shops.iter().map(Shop::told) {
        told.extend(heard);
        found.extend(wrong);
    }
    let listed = |view: PayoutView| {
        let state = view.standing();
        let PayoutView { id, reference, .. } = view;
        Listed { id, reference, state }
    };
    let payouts = payouts(installation, &PayoutQuery::default());
    let payouts = payouts.into_iter().map(listed).collect();
    let evidence = Evidence { tried, payouts, journal: self::journal(journal), told };
    report(&evidence, shops);
    found.extend(complaints(&evidence));
    found
}

/// What the simulator was sent.
pub(crate) fn journal(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).expect("the journal");
    // The last line may be on its way at this moment.
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).expect("a line of the journal")).collect()
}

fn report(evidence: &Evidence, shops: &[Shop]) {
    let sum =
        |of: fn(&crate::history::Tried) -> u32| -> u32 { evidence.tried.values().map(of).sum() };
    let (sends, lost) = (sum(|tried| tried.sends), sum(|tried| tried.lost));
    let orders = evidence.tried.len();
    println!("{orders} orders, {sends} requests under load, {lost} answers lost");
    let mut states = BTreeMap::<&str, u32>::new();
    evidence.payouts.iter().for_each(|view| *states.entry(&view.state).or_default() += 1);
    println!("{} payouts: {states:?}", evidence.payouts.len());
    let unreceived = evidence.journal.iter().filter(|line| !line.received).count();
    println!("{} sends, {unreceived} of them never received", evidence.journal.len());
    let times: u64 = evidence.told.values().map(|outcome| outcome.times).sum();
    let (told, spoiled) = (evidence.told.len(), shops.iter().map(Shop::spoiled).sum::<u64>());
    println!("{told} outcomes told {times} times; {spoiled} callbacks were spoiled");
}
