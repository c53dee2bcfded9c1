//! Submit: what is accepted, what is refused first, what a repeat gets, and what a day holds.

use super::table::check;

#[test]
fn an_accepted_payout_holds_amount_and_commission() {
    check(
        r#"
        merchant A
        terms A papara percent=1.5 fixed=1.00
        top-up A 1000.00                    => 1000.00
        submit A ref-1 papara 250.00        => accepted 1
        payout 1 awaiting-approval
        balance A available 745.25
        balance A held 254.75
        balance A commission-income 0.00
        day A papara 250.00                 # the limit is on what is paid out
        trail operator:ayse merchant.topped-up "1000.00 TRY wire"
        "#,
    );
}

#[test]
fn the_policy_approves_below_its_threshold() {
    check(
        r"
        merchant A auto=100.00
        top-up A 1000.00
        submit A ref-1 papara 99.99         => accepted 1
        submit A ref-2 papara 100.00        => accepted 2
        payout 1 approved
        payout 2 awaiting-approval
        ",
    );
}

/// Each line breaks every rule that comes after the one it is refused by.
#[test]
fn refusals_come_in_their_order() {
    check(
        r"
        merchant A
        top-up A 20.00
        submit A taken papara 20.00         => accepted 1
        terms A papara least=10.00 most=100.00 day=20.00
        edit A suspended day=10.00
        submit A taken payco 5.00           => reference-reused 1
        submit A ref-1 payco 5.00           => merchant-suspended
        edit A active
        submit A ref-2 payco 5.00           => channel-not-offered payco
        submit A ref-3 pigeon 5.00          => channel-not-offered pigeon
        submit A ref-4 papara 5.00          => amount-below-minimum 10.00
        submit A ref-5 papara 100.01        => amount-above-maximum 100.00
        submit A ref-6 papara 100.00        => day-limit-reached 20.00
        terms A papara least=10.00 most=100.00
        submit A ref-7 papara 100.00        => day-limit-reached 10.00
        edit A day=1000.00
        submit A ref-8 papara 100.00        => insufficient-balance 100.00
        balance A available 0.00
        refusal A taken none
        refusal A ref-8 insufficient-balance
        ",
    );
}

#[test]
fn a_repeat_finds_the_first_whatever_has_changed_since() {
    check(
        r#"
        merchant A
        top-up A 300.00
        submit A ref-1 papara 250.00        => accepted 1
        submit A ref-1 papara 250.00        => replayed 1
        submit A ref-1 papara 251.00        => reference-reused 1
        submit A ref-2 papara 51.00         => insufficient-balance 51.00
        submit A ref-2 papara 51.00         => insufficient-balance 51.00 again
        top-up A 1000.00
        submit A ref-2 papara 51.00         => insufficient-balance 51.00 again
        submit A ref-2 papara 1.00          => insufficient-balance 51.00 again
        reject 1 "Wrong name"
        edit A suspended
        terms A papara off
        submit A ref-1 papara 250.00        => replayed 1
        submit A ref-1 papara 251.00        => reference-reused 1
        submit A ref-3 papara 1.00          => merchant-suspended
        edit A active
        submit A ref-3 payfix 1.00          => merchant-suspended again
        "#,
    );
}

#[test]
fn a_repeat_in_the_same_group_finds_the_first_too() {
    check(
        r"
        merchant A
        top-up A 300.00
        group {
            submit A ref-1 papara 200.00    => accepted 1
            submit A ref-1 papara 200.00    => replayed 1
            submit A ref-1 papara 100.00    => reference-reused 1
            submit A ref-2 papara 100.01    => insufficient-balance 100.01  # the first holds
            submit A ref-2 papara 100.01    => insufficient-balance 100.01 again
            submit A ref-3 papara 100.00    => accepted 2
            submit A ref-4 papara 0.01      => insufficient-balance 0.01
        }
        balance A available 0.00
        balance A held 300.00
        ",
    );
}

#[test]
fn a_merchant_may_open_refused_references_again() {
    check(
        r"
        merchant A retry-refused
        submit A ref-1 papara 50.00         => insufficient-balance 50.00
        submit A ref-1 papara 60.00         => insufficient-balance 60.00
        refusal A ref-1 insufficient-balance
        top-up A 100.00
        submit A ref-1 papara 50.00         => accepted 1
        refusal A ref-1 none
        submit A ref-1 papara 50.00         => replayed 1
        edit A suspended
        submit A ref-1 papara 50.00         => replayed 1
        ",
    );
}

#[test]
fn a_reference_is_refused_opened_and_accepted_within_one_group() {
    check(
        r"
        merchant A retry-refused
        group {
            submit A ref-1 papara 50.00     => insufficient-balance 50.00
            submit A ref-1 papara 60.00     => insufficient-balance 60.00
            top-up A 100.00                 => 100.00
            submit A ref-1 papara 60.00     => accepted 1
            submit A ref-1 papara 60.00     => replayed 1
        }
        refusal A ref-1 none
        balance A held 60.00
        ",
    );
}

#[test]
fn the_switch_decides_at_the_time_of_the_repeat() {
    check(
        r"
        merchant A retry-refused
        submit A ref-1 papara 50.00         => insufficient-balance 50.00
        top-up A 50.00
        edit A retry-refused=no
        submit A ref-1 papara 50.00         => insufficient-balance 50.00 again
        edit A retry-refused
        submit A ref-1 papara 50.00         => accepted 1
        ",
    );
}

#[test]
fn references_are_unique_per_merchant_and_where_wanted_per_channel() {
    check(
        r"
        merchant A
        merchant B per-channel
        top-up A 100.00
        top-up B 100.00
        submit A ref-1 papara 1.00          => accepted 1
        submit A ref-1 payfix 1.00          => reference-reused 1
        submit B ref-1 papara 1.00          => accepted 2
        submit B ref-1 payfix 1.00          => accepted 3
        submit B ref-1 papara 2.00          => reference-reused 2
        submit B ref-1 payfix 1.00          => replayed 3
        ",
    );
}

#[test]
fn a_channel_s_day_holds_exactly_its_limit() {
    check(
        r"
        merchant A
        top-up A 1000.00
        terms A papara day=100.00
        submit A ref-1 papara 60.00         => accepted 1
        submit A ref-2 papara 40.01         => day-limit-reached 100.00
        submit A ref-3 papara 40.00         => accepted 2
        submit A ref-4 papara 0.01          => day-limit-reached 100.00
        submit A ref-5 payfix 500.00        => accepted 3
        ",
    );
}

#[test]
fn a_merchant_s_day_counts_all_channels() {
    check(
        r"
        merchant A day=100.00
        merchant B
        top-up A 1000.00
        top-up B 1000.00
        submit B ref-1 papara 500.00        => accepted 1
        group {
            submit A ref-1 papara 60.00     => accepted 2
            submit A ref-2 payfix 40.01     => day-limit-reached 100.00
            submit A ref-3 payfix 40.00     => accepted 3
        }
        submit A ref-4 papara 0.01          => day-limit-reached 100.00
        terms A payfix off                  # what left by it today still counts
        submit A ref-5 papara 0.01          => day-limit-reached 100.00
        ",
    );
}

#[test]
fn days_turn_at_midnight_in_istanbul() {
    check(
        r"
        merchant A day=100.00
        top-up A 1000.00
        clock 2026-11-21T20:59:59Z
        submit A ref-1 papara 100.00        => accepted 1
        submit A ref-2 papara 0.01          => day-limit-reached 100.00
        clock 2026-11-21T21:00:00Z
        submit A ref-2 papara 0.01          => day-limit-reached 100.00 again
        submit A ref-3 papara 100.00        => accepted 2
        submit A ref-4 papara 0.01          => day-limit-reached 100.00
        ",
    );
}

#[test]
fn a_released_payout_gives_back_the_day_it_was_submitted_on() {
    check(
        r#"
        merchant A day=100.00
        top-up A 1000.00
        submit A ref-1 papara 100.00        => accepted 1
        submit A ref-2 papara 1.00          => day-limit-reached 100.00
        reject 1 "Wrong name"
        day A papara 0.00
        submit A ref-3 papara 100.00        => accepted 2
        clock +86400s
        submit A ref-4 papara 70.00         => accepted 3
        group {
            reject 2 "Wrong name"           => ok
            submit A ref-5 papara 30.01     => day-limit-reached 100.00   # not today's to give
            reject 3 "Wrong name"           => ok
            submit A ref-6 papara 100.00    => accepted 4
        }
        day A papara 100.00
        "#,
    );
}

#[test]
fn a_failed_payout_gives_its_day_back_and_a_returned_one_does_not() {
    check(
        r#"
        merchant A day=100.00 auto=1000.00
        top-up A 1000.00
        submit A ref-1 papara 100.00        => accepted 1
        claim                               => send 1/1
        fail 1/1 "Closed account"           => ok
        submit A ref-2 papara 100.00        => accepted 2
        claim                               => send 2/1
        settle 2/1                          => ok
        return 2 "Account closed"           => ok
        submit A ref-3 papara 0.01          => day-limit-reached 100.00
        "#,
    );
}

#[test]
fn a_credit_limit_is_spent_to_its_last_unit_commission_included() {
    check(
        r"
        merchant A credit=50.00
        terms A papara fixed=1.00
        top-up A 100.00
        submit A ref-1 papara 149.01        => insufficient-balance 150.01
        submit A ref-2 papara 149.00        => accepted 1
        balance A available -50.00
        submit A ref-3 payfix 0.01          => insufficient-balance 0.01
        top-up A 40.00                      => -10.00
        edit A credit=10.00                 => ok
        submit A ref-4 payfix 0.01          => insufficient-balance 0.01
        top-up A 0.01                       => -9.99
        submit A ref-5 payfix 0.01          => accepted 2
        ",
    );
}

#[test]
fn a_merchant_s_credit_is_in_its_own_currency() {
    check(
        r"
        merchant A currency=USD credit=500.00
        submit A ref-1 papara 1.00          => channel-not-offered papara
        ",
    );
}

#[test]
fn a_sum_that_does_not_fit_is_more_than_any_balance() {
    check(
        r"
        merchant A
        terms A papara fixed=1.00
        top-up A 100.00
        group {
            submit A ref-1 papara 9.00 => accepted 1
submit A ref-2 papara 92233720368547758.07 => insufficient-balance 92233720368547758.07
            submit A ref-3 papara 9.00 => accepted 2
        }
        balance A held 20.00
        ",
    );
}

#[test]
fn an_amount_of_nothing_is_a_dialect_s_fault() {
    check(
        r"
        merchant A
        top-up A 100.00
        submit A ref-1 papara 0.00 => fault a dialect let an amount through that is not above zero
        ",
    );
}

#[test]
fn something_must_be_left_for_the_beneficiary() {
    check(
        r"
        merchant A day=20.00
        top-up A 100.00
        terms A papara receiver-fixed=10.00
        submit A ref-1 papara 9.99          => commission-takes-all 10.00
        submit A ref-2 papara 10.00         => commission-takes-all 10.00
        submit A ref-3 papara 10.01         => accepted 1
        submit A ref-2 papara 10.00         => commission-takes-all 10.00 again
        refusal A ref-2 commission-takes-all
        terms A papara receiver=100.00
        submit A ref-4 papara 20.00         => commission-takes-all 20.00   # before the day's limit
        terms A papara receiver=100.00 receiver-fixed=0.01 least=30.00
        submit A ref-5 papara 20.00         => amount-below-minimum 30.00   # and after its bounds
        balance A held 10.01
        day A papara 10.01
        ",
    );
}

/// It is less than any amount once it is rounded.
#[test]
fn a_commission_of_less_than_half_a_unit_is_none() {
    check(
        r"
        merchant A auto=1000.00
        top-up A 100.00
        terms A papara receiver=49.00
        submit A ref-1 papara 0.01          => accepted 1
        terms A papara receiver=50.00
        submit A ref-2 papara 0.01          => commission-takes-all 0.01
        claim                               => send 1/1
        settle 1/1                          => ok
        balance A rail-clearing:simulator 0.01
        balance A commission-income 0.00
        ",
    );
}

#[test]
fn a_receiver_commission_that_does_not_fit_is_no_fault() {
    check(
        r"
        merchant A
        terms A papara receiver=100.00 receiver-fixed=1.00
        top-up A 100.00
submit A ref-1 papara 92233720368547758.07 => insufficient-balance 92233720368547758.07
        ",
    );
}

#[test]
fn an_endpoint_without_a_name_is_a_dialect_s_fault() {
    check(
        r"
        merchant A
        top-up A 100.00
        submit A ref-1 papara 1.00 to= => fault a dialect named an endpoint by nothing
        ",
    );
}
