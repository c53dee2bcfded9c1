//! The walk of a payout for each thing that a rail, a person or a worker's death can do to it.

use crate::support::script::{walk, walk_at_one_go, walk_live};

#[tokio::test]
async fn settled_at_once() {
    walk(
        "ask w1 250.00  = 200 Withdrawal request created
         state w1       = approved
         money          = available 750.00, held 250.00
         tell           = nothing
         send
         state w1       = settled
         money          = available 750.00, clearing simulator 250.00
         tell           = w1 approved Completed!
         tell           = nothing
         ask w1 250.00  = 200 Withdrawal request created
         send
         money          = available 750.00, clearing simulator 250.00
         tell           = nothing",
    )
    .await;
}

#[tokio::test]
async fn refused_at_once() {
    walk(
        "ask w1 250.01  = 200
         send
         state w1       = failed
         money          = available 1000.00
         tell           = w1 reject The simulator turned the payment down.
         pass 1000
         send
         tell           = nothing",
    )
    .await;
}

#[tokio::test]
async fn slow_and_then_settled_or_refused() {
    walk(
        "ask w1 250.02  = 200
         ask w2 100.07  = 200
         send
         state w1       = dispatched
         money          = available 649.91, held 350.09
         pass 5
         send
         state w1       = dispatched
         tell           = nothing
         pass 25
         send
         state w1       = settled
         state w2       = failed
         money          = available 749.98, clearing simulator 250.02
         tell           = w1 approved Completed!; w2 reject The simulator turned the payment down.",
    )
    .await;
}

#[tokio::test]
async fn in_doubt_and_then_settled() {
    walk(
        "ask w1 250.03  = 200
         send
         state w1       = dispatched in doubt
         money          = available 749.97, held 250.03
         settle w1 B-1  = resolve the doubt with evidence
         fail w1 no     = resolve the doubt with evidence
         pass 5
         send
         state w1       = dispatched in doubt
         pass 60
         send
         state w1       = settled
         money          = available 749.97, clearing simulator 250.03
         tell           = w1 approved Completed!",
    )
    .await;
}

#[tokio::test]
async fn in_doubt_until_a_person_says_what_became_of_it() {
    walk(
        "ask w1 100.04  = 200
         ask w2 200.04  = 200
         ask w3 300.04  = 200
         send
         pass 86400
         send
         pass 86400
         send
         state w1       = dispatched in doubt
         state w3       = dispatched in doubt
         tell           = nothing
         money          = available 399.88, held 600.12
         paid w1 B-77
         state w1       = settled
         tell           = w1 approved Completed!
         not-paid w2 The bank has no trace of it
         state w2       = failed
         tell           = w2 reject The bank has no trace of it
         paid w2        = failed
         money          = available 599.92, held 300.04, clearing simulator 100.04
         left held 300.04",
    )
    .await;
}

#[tokio::test]
async fn a_person_may_have_it_sent_again_when_it_never_arrived() {
    walk(
        "ask w1 250.00  = 200
         send dies before
         pass 60
         send
         state w1       = dispatched in doubt
         never-sent w1
         state w1       = dispatched
         send
         state w1       = settled
         tell           = w1 approved Completed!",
    )
    .await;
}

#[tokio::test]
async fn returned_after_the_first_callback_was_acknowledged() {
    walk(
        "terms bank-transfer percent 1
         ask w1 250.05  = 200
         send
         tell           = w1 approved Completed!
         money          = available 747.45, commission-income 2.50, clearing simulator 250.05
         pass 60
         send
         state w1       = returned
         money          = available 997.50, commission-income 2.50
         tell           = w1 reject Returned by the bank: The simulator's bank sent the money back.
         send
         tell           = nothing",
    )
    .await;
}

#[tokio::test]
async fn returned_before_the_first_callback_was_acknowledged_is_told_in_order() {
    walk(
        "answers broken broken
         ask w1 250.05  = 200
         send
         tell           = w1 approved Completed!
         pass 60
         send
         state w1       = returned
         tell           = w1 approved Completed!
         tell           = nothing
         pass 60
         tell           = w1 approved Completed!
         tell           = w1 reject Returned by the bank: The simulator's bank sent the money back.",
    )
    .await;
}

#[tokio::test]
async fn never_received_and_then_sent_again() {
    walk(
        "ask w1 250.06  = 200
         send
         state w1       = dispatched
         money          = available 749.94, held 250.06
         send
         state w1       = dispatched
         pass 5
         send
         state w1       = settled
         money          = available 749.94, clearing simulator 250.06
         tell           = w1 approved Completed!",
    )
    .await;
}

#[tokio::test]
async fn a_person_approves_from_the_policys_threshold_on() {
    walk(
        "set approve_below 200.00
         ask w1 199.99  = 200
         ask w2 200.00  = 200
         ask w3 300.00  = 200
         state w1       = approved
         state w2       = awaiting-approval
         send
         pass 3600
         send
         state w1       = settled
         state w2       = awaiting-approval
         money          = available 300.01, held 500.00, clearing simulator 199.99
         tell           = w1 approved Completed!
         approve w2
         approve w2     = approved
         reject w3 The name is not the account holder's
         approve w3     = rejected
         reject w3 x    = rejected
         money          = available 600.01, held 200.00, clearing simulator 199.99
         tell           = w3 reject The name is not the account holder's
         send
         state w2       = settled
         tell           = w2 approved Completed!
         money          = available 600.01, clearing simulator 399.99",
    )
    .await;
}

#[tokio::test]
async fn a_reason_is_words_or_nothing_happens() {
    walk(
        "set approve_below none
         ask w1 10.00   = 200
         reject w1      = give a reason
         state w1       = awaiting-approval
         reject w1 Müşteri onaylamadı
         tell           = w1 reject Müşteri onaylamadı",
    )
    .await;
}

#[tokio::test]
async fn a_person_rejects_what_was_approved_but_not_sent() {
    walk(
        "ask w1 10.00   = 200
         reject w1 Changed our mind
         send
         state w1       = rejected
         money          = available 1000.00
         tell           = w1 reject Changed our mind",
    )
    .await;
}

#[tokio::test]
async fn a_live_merchant_is_paid_by_hand() {
    walk_live(
        "ask w1 100.00  = 200
         ask w2 200.00  = 200
         ask w3 300.00  = 200
         send
         state w1       = awaiting-approval
         approve w1
         approve w2
         approve w3
         settle w1 B-1  = approved
         send
         state w1       = dispatched
         pass 86400
         send
         state w1       = dispatched
         settle w1 GARAN-2024-77
         settle w1 again = settled
         fail w2 The account is closed
         state w1       = settled
         state w2       = failed
         money          = available 600.00, held 300.00, clearing manual 100.00
         return w1 The bank sent it back
         return w3 x    = dispatched
         money          = available 700.00, held 300.00
         tell           = nothing
         left due 3 held 300.00",
    )
    .await;
}

#[tokio::test]
async fn a_worker_that_dies_before_it_sends_leaves_a_doubt_until_the_quarantine_is_over() {
    walk_at_one_go(
        "ask w1 250.00  = 200
         send dies before
         state w1       = dispatched
         send
         state w1       = dispatched
         settle w1 B-1  = being sent
         pass 59
         send
         state w1       = dispatched
         pass 1
         send
         state w1       = dispatched in doubt
         pass 10
         send
         state w1       = dispatched in doubt
         pass 100
         send
         state w1       = dispatched in doubt
         tell           = nothing
         pass 1000
         send
         state w1       = dispatched
         send
         state w1       = settled
         money          = available 750.00, clearing simulator 250.00
         tell           = w1 approved Completed!",
    )
    .await;
}

#[tokio::test]
async fn a_worker_that_dies_after_it_sent_never_sends_again() {
    for (amount, state, told, money) in [
        ("250.00", "settled", "approved Completed!", "available 750.00, clearing simulator 250.00"),
        ("250.01", "failed", "reject The simulator turned the payment down.", "available 1000.00"),
    ] {
        walk(&format!(
            "ask w1 {amount} = 200
             send dies after
             pass 59
             send
             tell            = nothing
             state w1        = dispatched
             pass 1
             send
             state w1        = {state}
             tell            = w1 {told}
             money           = {money}
             pass 1000
             send
             tell            = nothing"
        ))
        .await;
    }
}

/// Nobody but the rail knows, so nobody sends it again, however long it takes.
#[tokio::test]
async fn a_worker_that_dies_over_a_doubtful_order_never_sends_again() {
    walk(
        "ask w1 250.04  = 200
         send dies after
         pass 60
         send
         state w1       = dispatched in doubt
         pass 100000
         send dies after
         pass 100000
         send
         pass 100000
         send
         state w1       = dispatched in doubt
         left held 250.04",
    )
    .await;
}

#[tokio::test]
async fn a_worker_that_dies_over_a_status_query_asks_again() {
    walk(
        "ask w1 250.02  = 200
         send
         pass 30
         send dies after
         state w1       = dispatched
         pass 60
         send
         state w1       = settled
         tell           = w1 approved Completed!",
    )
    .await;
}

#[tokio::test]
async fn a_callback_worker_that_dies_has_the_callback_sent_again() {
    walk(
        "ask w1 250.00  = 200
         send
         tell dies before = nothing
         tell           = nothing
         pass 90
         tell dies after = w1 approved Completed!
         tell           = nothing
         pass 90
         tell           = w1 approved Completed!
         tell           = nothing",
    )
    .await;
}
