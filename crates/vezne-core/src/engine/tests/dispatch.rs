//! Claims under a lease, and how far a send got.

use super::table::check;

/// One payout that a worker has just claimed.
const SENDING: &str = r"
    merchant A auto=1000.00
    top-up A 100.00
    submit A ref-1 papara 10.00             => accepted 1
    claim                                   => send 1/1
";

#[test]
fn a_claim_commits_the_intent_before_anything_is_sent() {
    check(SENDING).check(
        r#"
        payout 1 dispatched sending/1
        trail system payout.dispatched "send 1 by simulator"
        balance A held 10.00
        claim                               => nothing
        clock +29s
        claim                               => nothing
        "#,
    );
}

#[test]
fn a_lease_that_ran_out_on_a_send_is_a_doubt_and_never_a_second_send() {
    check(SENDING).check(
        r#"
        clock +30s
        claim                               => query 1/1
        payout 1 dispatched in-doubt/1 checks 1
        trail system payout.dispatched "the worker that sent it stopped before it heard the answer"
        claim                               => nothing
        clock +30s
        claim                               => query 1/1
        payout 1 dispatched in-doubt/1 checks 2
        settle 1/1 RAIL-7                   => ok
        payout 1 settled RAIL-7
        "#,
    );
}

#[test]
fn what_a_rail_accepted_is_asked_about_and_not_sent_again() {
    check(SENDING).check(
        r#"
        accept 1/1 RAIL-7                   => ok
        payout 1 dispatched accepted/1
        trail rail payout.dispatched "the rail took it"
        claim                               => nothing
        clock +30s
        claim                               => query 1/1
        accept 1/1                          => ok
        payout 1 dispatched accepted/1 checks 1
        clock +30s
        claim                               => query 1/1
        settle 1/1                          => ok
        payout 1 settled RAIL-7             # the reference it gave first
        "#,
    );
}

#[test]
fn what_never_left_is_sent_again_under_the_next_number() {
    check(SENDING).check(
        r#"
        not-sent 1/1                        => ok
        payout 1 dispatched unsent/1
        trail rail payout.dispatched "the rail never received it"
        claim                               => nothing
        clock +30s
        claim                               => send 1/2
        payout 1 dispatched sending/2
        trail system payout.dispatched "send 2 by simulator"
        not-sent 1/1                        => invalid a later send has taken its place
        accept 1/1                          => invalid a later send has taken its place
        in-doubt 1/1 "late"                 => invalid a later send has taken its place
        settle 1/1                          => invalid a later send has taken its place
        fail 1/1 "late"                     => invalid a later send has taken its place
        accept 1/3                          => invalid a later send has taken its place
        settle 1/2                          => ok
        "#,
    );
}

#[test]
fn checks_count_from_the_last_send() {
    check(SENDING).check(
        r#"
        in-doubt 1/1 "no answer"            => ok
        clock +30s
        claim                               => query 1/1
        payout 1 dispatched in-doubt/1 checks 1
        resolve 1 never-sent "the bank's list of the day" => ok
        payout 1 dispatched unsent/1 checks 1
        claim                               => send 1/2
        payout 1 dispatched sending/2
        "#,
    );
}

#[test]
fn a_limit_is_kept_and_the_longest_due_go_first() {
    check(
        r"
        merchant A
        top-up A 100.00
        submit A ref-1 papara 1.00          => accepted 1
        submit A ref-2 papara 1.00          => accepted 2
        submit A ref-3 papara 1.00          => accepted 3
        approve 3
        clock +1s
        approve 1
        approve 2
        claim 0                             => nothing
        claim 2                             => send 3/1, send 1/1
        claim 2                             => send 2/1
        ",
    );
}

#[test]
fn claims_of_one_group_share_what_is_due() {
    check(
        r"
        merchant A auto=1000.00
        top-up A 100.00
        submit A ref-1 papara 1.00          => accepted 1
        submit A ref-2 papara 1.00          => accepted 2
        submit A ref-3 papara 1.00          => accepted 3
        group {
            claim 1                         => send 1/1
            claim 1                         => send 2/1
        }
        group {
            claim 2                         => send 3/1
            claim 2                         => nothing
        }
        clock +30s
        group {
            claim 2                         => query 1/1, query 2/1
            claim 2                         => query 3/1
        }
        ",
    );
}

#[test]
fn what_a_person_stopped_in_the_same_group_is_not_sent() {
    check(
        r#"
        merchant A auto=1000.00
        top-up A 100.00
        submit A ref-1 papara 1.00          => accepted 1
        group {
            reject 1 "Wrong name"           => ok
            claim                           => nothing
        }
        submit A ref-2 papara 1.00          => accepted 2
        group {
            claim                           => send 2/1
            reject 2 "Wrong name"           => is dispatched
        }
        "#,
    );
}

#[test]
fn a_live_merchant_s_terms_choose_the_rail() {
    check(
        r#"
        merchant A live auto=1000.00
        terms A papara rail=northbank
        top-up A 100.00
        submit A ref-1 papara 10.00         => accepted 1
        claim                               => send 1/1
        trail system payout.dispatched "send 1 by northbank"
        terms A papara rail=southbank       # a payout stays with the rail that has it
        not-sent 1/1                        => ok
        clock +30s
        claim                               => send 1/2
        settle 1/2                          => ok
        balance A rail-clearing:northbank 10.00
        submit A ref-2 payfix 10.00         => accepted 2
        claim                               => send 2/1
        trail system payout.dispatched "send 1 by manual"
        "#,
    );
}
