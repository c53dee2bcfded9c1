//! Channels: what may be put and removed, and what they mean to a submission.

use super::table::check;

#[test]
fn channels_are_put_changed_and_removed() {
    check(
        r#"
        channel kr-bank pay-code=1004       => ok
        trail operator:ayse channel.added kr-bank
        channel kr-bank least=10.00         => ok
        trail operator:ayse channel.changed kr-bank
        merchant A
        terms A kr-bank                     => ok
        remove-channel kr-bank              => invalid A has terms on it
        terms A kr-bank off                 => ok
        remove-channel kr-bank              => ok
        trail operator:ayse channel.removed kr-bank
        remove-channel kr-bank              => not-found
        remove-channel papara               => invalid this channel is always there
        channel papara pay-code=1004        => ok
        "#,
    );
}

#[test]
fn a_channel_that_makes_no_sense_is_refused() {
    check(
        r"
        channel KR                          => invalid code: it is 1 to 40 of a-z, 0-9 and -
        channel kr decimals=3               => invalid decimals: TRY has 2
        channel kr least=2.00 most=1.00 => invalid minimum and maximum: they contradict each other
        channel kr pay-code=1004            => ok
        channel vn pay-code=1004            => invalid pay_code: 1004 is the channel kr
        channel kr pay-code=1004            => ok     # its own
        channel kr currency=VND => invalid currency: the channel pays TRY; make another one
        ",
    );
}

#[test]
fn starters_come_once() {
    check(
        r"
        starters kr-bank vn-bank            => true
        starters kr-bank vn-bank            => false
        remove-channel vn-bank              => ok
        starters kr-bank vn-bank            => false
        ",
    );
}

#[test]
fn the_narrower_bound_of_channel_and_terms_holds() {
    check(
        r"
        channel kr-bank least=10.00 most=50.00
        merchant A
        top-up A 1000.00
        submit A ref-0 kr-bank 20.00        => channel-not-offered kr-bank
        terms A kr-bank least=5.00 most=40.00
        submit A ref-1 kr-bank 9.99         => amount-below-minimum 10.00
        submit A ref-2 kr-bank 40.01        => amount-above-maximum 40.00
        submit A ref-3 kr-bank 40.00        => accepted 1
        ",
    );
}

#[test]
fn a_channel_pays_its_own_currency_only() {
    check(
        r"
        channel vn-bank currency=VND        => ok
        merchant A                          => merchant 1
        terms A vn-bank                     => ok
        top-up A 1000.00
        submit A ref-1 vn-bank 10.00        => channel-not-offered vn-bank
        ",
    );
}

#[test]
fn the_day_counts_what_left_through_a_channel_that_is_gone() {
    check(
        r"
        channel kr-bank                     => ok
        merchant A day=100.00
        terms A kr-bank                     => ok
        top-up A 1000.00
        submit A ref-1 kr-bank 60.00        => accepted 1
        terms A kr-bank off                 => ok
        remove-channel kr-bank              => ok
        submit A ref-2 papara 40.01         => day-limit-reached 100.00
        submit A ref-3 papara 40.00         => accepted 2
        ",
    );
}
