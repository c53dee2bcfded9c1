//! Adding and changing merchants.

use super::table::check;

#[test]
fn merchants_are_numbered_and_recorded() {
    check(
        r#"
        merchant A                          => merchant 1
        trail operator:ayse merchant.added "Sandbox A"
        group {
            merchant B live                 => merchant 2
            merchant C                      => merchant 3
        }
        edit B suspended                    => ok
        trail operator:ayse merchant.changed suspended
        edit Z suspended                    => not-found
        "#,
    );
}

#[test]
fn a_login_belongs_to_one_merchant() {
    check(
        r"
        merchant A login=site-1             => merchant 1
        merchant B login=site-1             => invalid bankopay site-1 is taken
        group {
            merchant B login=site-2         => merchant 2
            merchant C login=site-2         => invalid bankopay site-2 is taken
        }
        edit B login=site-1                 => invalid bankopay site-1 is taken
        edit A login=site-1                 => ok     # its own
        edit A login=site-3                 => ok
        edit B login=site-1                 => ok     # free again
        ",
    );
}

#[test]
fn credit_that_is_in_use_is_not_taken_away() {
    check(
        r"
        merchant A credit=100.00
        submit A ref-1 papara 60.00         => accepted 1
        edit A credit=59.99 => invalid more credit than that is in use: suspend it, or top up first
        edit A credit=60.00                 => ok
        ",
    );
}

#[test]
fn what_makes_no_sense_is_not_kept() {
    check(
        r#"
        merchant A                          => merchant 1
        edit A name=                        => invalid a merchant needs a name
        edit A name=forbidden               => invalid not this name
        edit A debt=1.00                    => invalid a credit limit is not below zero
        edit A endpoint=                    => invalid an endpoint needs a name
        terms A papara receiver=100.01      => invalid the terms on papara contradict each other
        terms A papara percent=100.01       => invalid the terms on papara contradict each other
        terms A papara min=2.00 max=1.00    => invalid the terms on papara contradict each other
        terms A papara percent=100.00 min=1.00 max=1.00 => ok
        merchant "" => invalid a merchant needs a name
        "#,
    );
}

#[test]
fn a_change_counts_for_the_next_command_of_its_group() {
    check(
        r"
        merchant A                          => merchant 1
        top-up A 100.00
        group {
            submit A ref-1 papara 1.00      => accepted 1
            edit A suspended                => ok
            submit A ref-2 papara 1.00      => merchant-suspended
            edit A active auto=10.00        => ok
            submit A ref-3 papara 1.00      => accepted 2
        }
        payout 1 awaiting-approval
        payout 2 approved
        ",
    );
}
