//! Callbacks: claimed under a lease, composed once, attempted until acknowledged or parked.

use super::table::check;

/// One settled payout, whose callback is due.
const DUE: &str = r"
    merchant A auto=1000.00
    top-up A 100.00
    submit A ref-1 papara 10.00             => accepted 1
    claim                                   => send 1/1
    settle 1/1                              => ok
";

#[test]
fn a_claim_is_a_lease_and_counts_as_an_attempt() {
    check(DUE).check(
        r"
        claim-callbacks                     => 1/1
        claim-callbacks                     => nothing
        clock +29s
        claim-callbacks                     => nothing
        clock +1s
        claim-callbacks                     => 1/2
        ",
    );
}

#[test]
fn the_bytes_are_those_that_were_kept_first() {
    check(DUE).check(
        r"
        claim-callbacks                     => 1/1
        group {
            keep-body 1 first               => first
            keep-body 1 second              => first
        }
        keep-body 1 third                   => first
        keep-body 7 fourth                  => not-found
        ",
    );
}

#[test]
fn bytes_of_later_keys_replace_those_of_earlier_ones_and_never_the_other_way() {
    check(DUE).check(
        r"
        claim-callbacks                     => 1/1
        keep-body 1 first                   => first
        keep-body 1 later 1                 => later
        keep-body 1 slow                    => later
        keep-body 1 again 1                 => later
        ",
    );
}

#[test]
fn an_acknowledged_callback_is_done() {
    check(DUE).check(
        r#"
        claim-callbacks                     => 1/1
        record 1/1 acknowledged             => acknowledged
        callback 1 settled "Completed!" acknowledged
        clock +86400s
        claim-callbacks                     => nothing
        record 7/1 acknowledged             => not-found
        "#,
    );
}

/// The tables wait ten seconds, then sixty, after a failure, and sixty after a refusal.
#[test]
fn failures_are_tried_again_to_the_end_of_the_schedule() {
    check(DUE).check(
        r#"
        claim-callbacks                     => 1/1
        record 1/1 failed                   => due
        clock +9s
        claim-callbacks                     => nothing
        clock +1s
        claim-callbacks                     => 1/2
        record 1/2 failed                   => due
        clock +59s
        claim-callbacks                     => nothing
        clock +1s
        claim-callbacks                     => 1/3
        record 1/3 failed                   => parked
        callback 1 settled "Completed!" parked
        clock +86400s
        claim-callbacks                     => nothing
        "#,
    );
}

#[test]
fn refusals_have_a_schedule_of_their_own() {
    let table = check(&format!(
        "{DUE}{}",
        r"
        claim-callbacks                     => 1/1
        record 1/1 refused                  => due
        clock +59s
        claim-callbacks                     => nothing
        clock +1s
        claim-callbacks                     => 1/2
        record 1/2 refused                  => parked
        "
    ));
    let callback = table.book.callbacks.values().next().expect("the callback");
    assert_eq!((callback.attempts, callback.refusals, callback.refusal_step), (2, 2, 2));
    assert_eq!(table.book.attempts.len(), 2);
}

/// A merchant that was down and comes back with a no has all its refusals still before it.
#[test]
fn the_two_schedules_are_walked_each_on_its_own() {
    check(DUE).check(
        r"
        claim-callbacks                     => 1/1
        record 1/1 failed                   => due
        clock +10s
        claim-callbacks                     => 1/2
        record 1/2 failed                   => due
        clock +60s
        claim-callbacks                     => 1/3
        record 1/3 refused                  => due
        clock +60s
        claim-callbacks                     => 1/4
        record 1/4 refused                  => parked
        ",
    );
}

#[test]
fn a_slow_attempt_is_recorded_but_only_the_last_claim_moves_the_callback() {
    let table = check(&format!(
        "{DUE}{}",
        r#"
        claim-callbacks                     => 1/1
        clock +30s
        claim-callbacks                     => 1/2
        record 1/1 refused                  => due
        claim-callbacks                     => nothing    # the second has its lease still
        record 1/2 failed                   => due
        clock +10s
        claim-callbacks                     => 1/3        # the first step, not the second
        record 1/2 acknowledged             => acknowledged
        record 1/3 failed                   => acknowledged
        callback 1 settled "Completed!" acknowledged
        clock +86400s
        claim-callbacks                     => nothing
        "#
    ));
    assert_eq!(table.book.attempts.len(), 4);
}

#[test]
fn a_person_starts_the_schedule_again() {
    check(DUE).check(
        r#"
        claim-callbacks                     => 1/1
        record 1/1 refused                  => due
        clock +60s
        claim-callbacks                     => 1/2
        record 1/2 refused                  => parked
        resend 1                            => ok
        trail operator:ayse callback.resent ""
        claim-callbacks                     => 1/3
        record 1/3 refused                  => due
        resend 1                            => ok         # without waiting
        claim-callbacks                     => 1/4
        record 1/4 acknowledged             => acknowledged
        resend 1                            => ok
        claim-callbacks                     => 1/5
        record 1/5 refused                  => due        # the merchant was asked anew
        resend 7                            => not-found
        "#,
    );
}

#[test]
fn the_return_is_told_after_the_payment() {
    check(DUE).check(
        r#"
        return 1 "Account closed"           => ok
        claim-callbacks                     => 1/1
        claim-callbacks                     => nothing
        record 1/1 failed                   => due
        claim-callbacks                     => nothing
        clock +10s
        claim-callbacks                     => 1/2
        record 1/2 acknowledged             => acknowledged
        claim-callbacks                     => 2/1
        "#,
    );
}

#[test]
fn each_claim_keeps_to_its_own_room() {
    check(
        r#"
        merchant A
        merchant B
        top-up A 100.00
        top-up B 100.00
        submit A ref-1 papara 1.00          => accepted 1
        submit A ref-2 papara 1.00          => accepted 2
        submit A ref-3 papara 1.00          => accepted 3
        submit B ref-1 papara 1.00          => accepted 4
        group {
            reject 1 "Wrong name"
            reject 2 "Wrong name"
            reject 3 "Wrong name"
            reject 4 "Wrong name"
        }
        claim-callbacks B=0                 => nothing
        group {
            claim-callbacks A=1             => 1/1
            claim-callbacks A=1 B=5         => 2/1, 4/1
        }
        claim-callbacks A=5                 => 3/1
        "#,
    );
}

/// Every way to an end is told to an endpoint as to the merchant's own URL, and nowhere to nobody.
#[test]
fn a_payout_says_where_its_outcome_is_told() {
    for (end, told) in [
        ("reject 1 no", "1/1"),
        ("approve 1 \n claim \n settle 1/1", "1/1"),
        ("approve 1 \n claim \n fail 1/1 no", "1/1"),
        ("approve 1 \n claim \n settle 1/1 \n return 1 no", "1/1"),
    ] {
        for (target, told) in [("", told), ("to=refunds", told), ("to=nowhere", "nothing")] {
            let mut table = check(&format!(
                "merchant A endpoint=refunds \n top-up A 100.00
                 submit A ref-1 papara 10.00 {target} => accepted 1 \n {end}
                 claim-callbacks => {told}"
            ));
            if told == "nothing" {
                table.check("callback 1 missing \n resend 1 => not-found");
            }
        }
    }
}
