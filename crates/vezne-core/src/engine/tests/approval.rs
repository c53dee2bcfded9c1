//! Approve and reject: what people do before a payout is sent. Every state is in `matrix`.

use super::table::check;

#[test]
fn a_person_lets_a_payout_go() {
    check(
        r#"
        merchant A
        top-up A 100.00
        submit A ref-1 papara 100.00        => accepted 1
        claim                               => nothing
        approve 1                           => ok
        payout 1 approved
        trail operator:ayse payout.approved ""
        balance A held 100.00
        approve 1                           => is approved
        approve 7                           => not-found
        claim                               => send 1/1
        "#,
    );
}

#[test]
fn a_person_turns_a_payout_down_before_or_after_approval() {
    check(
        r#"
        merchant A
        terms A papara fixed=1.00
        top-up A 101.00
        submit A ref-1 papara 100.00        => accepted 1
        reject 1 "Wrong name"               => ok
        payout 1 rejected "Wrong name"
        balance A available 101.00
        balance A held 0.00
        trail operator:ayse payout.rejected "Wrong name"
        callback 1 rejected "Wrong name" due
        reject 1 "Again"                    => is rejected
        submit A ref-2 papara 100.00        => accepted 2
        group {
            approve 2                       => ok
            reject 2 "Not today"            => ok
            approve 2                       => is rejected
        }
        callback 2 rejected "Not today" due
        claim                               => nothing
        reject 7 "Wrong name"               => not-found
        "#,
    );
}

#[test]
fn a_reason_is_one_line_that_says_something() {
    let longest = "ş".repeat(200);
    check(&format!(
        r#"
        merchant A
        top-up A 100.00
        submit A ref-1 papara 100.00        => accepted 1
        reject 1 ""          => invalid give a reason of one line and at most 200 characters
        reject 1 "   "       => invalid give a reason of one line and at most 200 characters
        reject 1 "tab	bed"    => invalid give a reason of one line and at most 200 characters
        reject 1 "{longest}." => invalid give a reason of one line and at most 200 characters
        reject 7 ""          => invalid give a reason of one line and at most 200 characters
        reject 1 "{longest}" => ok
        "#
    ));
}

#[test]
fn money_that_is_given_back_is_free_for_the_next_command_of_the_group() {
    check(
        r#"
        merchant A
        top-up A 100.00
        submit A ref-1 papara 100.00        => accepted 1
        group {
            submit A ref-2 papara 100.00    => insufficient-balance 100.00
            reject 1 "Wrong name"           => ok
            submit A ref-3 papara 100.00    => accepted 2
            reject 2 "Wrong name"           => ok
        }
        callback 2 rejected "Wrong name" due
        balance A available 100.00
        "#,
    );
}
