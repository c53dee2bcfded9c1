//! Whom a payout was approved for is whom it is paid to, whoever has a hand on the database.

use rusqlite::Connection;
use vezne::control::request::{PayoutQuery, PayoutRequest, Request, SealRequest};
use vezne::control::view::{PayoutDetail, PayoutView, Reply};
use vezne_wire::bankopay::Service;

use crate::support::{Ask, Desk, Left, path};

/// Changes a payout past the trigger that keeps its terms, which is there again afterwards.
fn by_hand(desk: &Desk, change: &str) {
    let connection = Connection::open(desk.file()).expect("it opens");
    let find = "SELECT sql FROM sqlite_schema WHERE name = 'payout_terms_stay'";
    let trigger: String = connection.query_row(find, [], |row| row.get(0)).expect("it is there");
    let all = format!("DROP TRIGGER payout_terms_stay; UPDATE payout SET {change}; {trigger}");
    connection.execute_batch(&all).expect("it is changed");
}

async fn show(desk: &Desk, payout: i64) -> PayoutDetail {
    match desk.command(Request::Payout(PayoutRequest::Show { payout })).await {
        Reply::Payout(detail) => *detail,
        other => panic!("{other:?}"),
    }
}

async fn set_aside(desk: &Desk) -> Vec<PayoutView> {
    let query = PayoutQuery { set_aside: true, limit: 9, ..PayoutQuery::default() };
    match desk.command(Request::Payout(PayoutRequest::List(query))).await {
        Reply::Payouts(views) => views,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_altered_payout_is_not_sent_until_it_is_as_it_was() {
    let desk = Desk::on_file().await;
    let answer = desk.post(&path(Service::BankTransfer), Ask::bank("w1", "10.00").body()).await;
    assert_eq!(answer.code(), 200, "{}", answer.body);
    by_hand(&desk, "name = name || ' Eve'");
    while desk.dispatch().await > 0 {}
    assert_eq!(desk.sent(), 0, "it went to somebody else");

    let aside = set_aside(&desk).await;
    assert_eq!(aside.len(), 1);
    let standing = aside[0].standing();
    assert!(standing.contains("altered outside Vezne"), "{standing}");
    let shown = show(&desk, 1).await;
    assert!(shown.facts.lines()[0].1.contains("altered outside Vezne"), "{:?}", shown.facts);
    assert_eq!(shown.trail.last().expect("a line").action, "payout.set-aside");
    assert_eq!(shown.postings.len(), 1, "what else is known of it is shown");
    let take_up = Request::Payout(PayoutRequest::TakeUp { payout: 1 });
    let refused = desk.try_command(take_up.clone()).await.expect_err("it is still altered");
    assert!(refused.to_string().contains("altered outside Vezne"), "{refused}");

    by_hand(&desk, "name = replace(name, ' Eve', '')");
    desk.command(take_up).await;
    assert!(set_aside(&desk).await.is_empty());
    while desk.dispatch().await > 0 {}
    assert_eq!(desk.sent(), 1);
    while desk.tell().await > 0 {}
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn a_new_desk_has_nothing_to_confirm() {
    let desk = Desk::on_file().await;
    match desk.command(Request::Seal(SealRequest::Status)).await {
        Reply::Seals(view) => {
            assert!(view.confirmed && view.unsealed.is_empty() && view.payouts.is_empty());
        }
        other => panic!("{other:?}"),
    }
    let confirm = SealRequest::Confirm { waiting: 0, reason: "compared".to_owned() };
    let refused = desk.try_command(Request::Seal(confirm)).await.expect_err("it is confirmed");
    assert!(refused.to_string().contains("it is confirmed"), "{refused}");
    desk.end(Left::default()).await;
}
