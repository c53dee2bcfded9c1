//! A desk that has one of everything.

use std::time::Duration;

use vezne::channel::file::ChannelFile;
use vezne::control::request::{
    ChannelRequest, DoubtResolution, MerchantRequest, MerchantSettings, NewAccess, NewMerchant,
    PayoutRequest, QuarantineRequest, Request,
};
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_wire::bankopay::Service;

use crate::ask::{Ask, path};
use crate::desk::Desk;
use crate::http::Connection;
use crate::order::Order;
use crate::people::number;
use crate::place::Store;
use crate::shops::Shop;

/// What a desk that has one of everything shows.
pub(super) const ALL: [&str; 16] = [
    ", awaiting-approval;",
    ", approved;",
    "dispatched and accepted by simulator",
    "dispatched and accepted by manual",
    "dispatched and in doubt",
    "dispatched and unsent",
    "settled as",
    ", rejected;",
    ", failed;",
    ", returned;",
    " due after",
    " acknowledged after",
    " parked after",
    "channel imported true",
    "token key",
    "Live",
];

/// After this, it is later than anything that happened when it was made.
pub(super) const LATER: Duration = Duration::from_secs(90 * DAY.as_secs());

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The amount that nobody's balance covers, and its reference.
const REFUSED: (&str, &str) = ("refused", "999999999.00");

/// The endings of the amounts that make the simulator do each of its things.
const MAGIC: [u64; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

const SANDBOXES: [Shop; 3] = [Shop::Bankopay, Shop::Ccpayment, Shop::Applyfor];

/// Makes it. That of a file was released from a quarantine once.
pub(super) async fn make(store: Store) -> Desk {
    let desk = Desk::fresh(store, 2, None).await;
    import(&desk).await;
    add_live(&desk).await;
    refuse(&desk).await;
    if store == Store::Sqlite {
        release_once(&desk).await;
    }
    desk.shops.break_down(true);
    for (at, shop) in (0_u64..).zip(SANDBOXES) {
        send(&desk, 10 + at, shop, 0).await;
    }
    desk.dispatch().await;
    tell_for(&desk, 20).await;
    desk.shops.break_down(false);
    for (at, shop) in (0_u64..).zip(SANDBOXES) {
        for magic in MAGIC {
            send(&desk, 20 + 10 * at + magic, shop, magic).await;
        }
    }
    by_hand(&desk).await;
    desk.dispatch().await;
    desk.clock.pass(Duration::from_secs(120));
    desk.dispatch().await;
    tell_for(&desk, 1).await;
    last(&desk).await;
    desk
}

async fn import(desk: &Desk) {
    let text = include_str!("../../../channels/vn-bank.toml");
    let text = text.replace("\"vn-bank\"", "\"imported\"").replace("\"2001\"", "\"7001\"");
    let file: ChannelFile = toml::from_str(&text).expect("a channel");
    desk.command(Request::Channel(ChannelRequest::Put(Box::new(file)))).await;
}

/// The live merchants of the other dialects.
async fn add_live(desk: &Desk) {
    let ccpayment = NewAccess::Ccpayment { app_id: None, app_secret: None, merchant_key: None };
    let applyfor = NewAccess::Applyfor { uid: "live1".to_owned(), secret: None };
    for (access, brand) in [(ccpayment, Some("sipay".to_owned())), (applyfor, None)] {
        let settings = MerchantSettings { brand, ..MerchantSettings::default() };
        let name = "Live shop".to_owned();
        let new = NewMerchant { name, access, live: true, settings, ..NewMerchant::default() };
        desk.command(Request::Merchant(MerchantRequest::Add(new))).await;
    }
}

/// An order above any balance, which is refused for good.
async fn refuse(desk: &Desk) {
    let (trx, amount) = REFUSED;
    let body = Ask::bank(trx, amount).text("site_key", crate::shops::SECRET).body();
    let mut connection = Connection::open(desk.address()).await;
    let answer = connection.post(&path(Service::BankTransfer), body).await;
    assert!(answer.json()["code"] != 200, "{}", answer.body);
}

/// A quarantine with an order that awaits approval and one that was approved.
async fn release_once(desk: &Desk) {
    send(desk, 510, Shop::Bankopay, 0).await;
    send(desk, 1, Shop::Ccpayment, 0).await;
    let reason = "a drill".to_owned();
    desk.command(Request::Quarantine(QuarantineRequest::Begin { reason })).await;
    desk.clock.pass(DAY);
    desk.command(Request::Quarantine(QuarantineRequest::Release)).await;
}

async fn send(desk: &Desk, number: u64, shop: Shop, magic: u64) {
    let order = Order::of(number, shop, magic);
    let (accepted, answer) = desk.shops.send(desk.address(), &order).await;
    assert!(accepted, "{answer}");
}

/// Orders of the live merchant, which people pay.
async fn by_hand(desk: &Desk) {
    for at in 50..54 {
        send(desk, at, Shop::Live, 0).await;
    }
    desk.dispatch().await;
    let rail_reference = Some("EFT 2024-1".to_owned());
    act(desk, 50, |payout| PayoutRequest::Settle { payout, rail_reference }).await;
    act(desk, 51, |payout| PayoutRequest::Fail { payout, reason: closed() }).await;
    act(desk, 50, |payout| PayoutRequest::Return { payout, reason: closed() }).await;
}

fn closed() -> String {
    "The account is closed".to_owned()
}

/// What is under way when the desk is kept: approvals asked and given, a doubt resolved, sends that
/// have not arrived, outcomes that nobody was told of.
async fn last(desk: &Desk) {
    for (at, shop) in (0_u64..).zip(Shop::ALL) {
        for further in 0..3 {
            send(desk, 600 + 10 * at + further, shop, 0).await;
        }
        let reject = |payout| PayoutRequest::Reject { payout, reason: closed() };
        act(desk, 600 + 10 * at, reject).await;
    }
    let resolution = DoubtResolution::Paid(Some("statement 7".to_owned()));
    let evidence = "statement 7".to_owned();
    act(desk, 44, |payout| PayoutRequest::Resolve { payout, resolution, evidence }).await;
    for (number, magic) in [(70, 6), (71, 2), (72, 0)] {
        send(desk, number, Shop::Bankopay, magic).await;
    }
    desk.dispatch().await;
    for (at, shop) in (0_u64..).zip(Shop::ALL) {
        act(desk, 601 + 10 * at, |payout| PayoutRequest::Approve { payout }).await;
        send(desk, 80 + at, shop, 0).await;
    }
}

async fn act(desk: &Desk, order: u64, request: impl FnOnce(i64) -> PayoutRequest) {
    let payout = payout(desk, order).await;
    desk.command(Request::Payout(request(payout.id.0))).await;
}

async fn payout(desk: &Desk, order: u64) -> Payout {
    let found = desk.payouts().await.into_iter().find(|payout| number(payout) == order);
    found.unwrap_or_else(|| panic!("there is no order {order}"))
}

/// Tells what is due, hour by hour.
async fn tell_for(desk: &Desk, days: u32) {
    for _ in 0..24 * days {
        desk.tell().await;
        desk.clock.pass(Duration::from_secs(3_600));
    }
}

/// What was accepted then is accepted still, and what was refused is refused.
pub(super) async fn repeat(desk: &Desk) {
    let before = desk.payouts().await.len();
    send(desk, 20, Shop::Bankopay, 0).await;
    send(desk, 30, Shop::Ccpayment, 0).await;
    refuse(desk).await;
    assert_eq!(desk.payouts().await.len(), before);
}

/// What was approved then is sent now, and what waits can be approved.
pub(super) async fn work_on(desk: &Desk) {
    act(desk, 602, |payout| PayoutRequest::Approve { payout }).await;
    desk.dispatch().await;
    for order in [601, 602, 80] {
        let state = payout(desk, order).await.state;
        assert!(matches!(state, PayoutState::Settled(_)), "order {order}: {state:?}");
    }
}
