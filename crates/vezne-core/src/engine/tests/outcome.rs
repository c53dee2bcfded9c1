//! Settle, fail, doubt and return: what became of a payout, by the rail's word or a person's.

use super::table::check;

/// One payout of 10.00 that a worker has just claimed, and 1.00 of commission.
const SENDING: &str = r"
    merchant A auto=1000.00
    terms A papara fixed=1.00
    top-up A 100.00
    submit A ref-1 papara 10.00             => accepted 1
    claim                                   => send 1/1
";

#[test]
fn a_settled_payout_is_paid_and_its_commission_earned() {
    check(SENDING).check(
        r#"
        settle 1/1 RAIL-7                   => ok
        payout 1 settled RAIL-7
        balance A available 89.00
        balance A held 0.00
        balance A rail-clearing:simulator 10.00
        balance A commission-income 1.00
        balance A funding -100.00
        callback 1 settled "Completed!" due
        trail rail payout.settled RAIL-7
        settle 1/1 RAIL-7                   => is settled
        fail 1/1 "Closed account"           => is settled
        "#,
    );
}

#[test]
fn a_failed_payout_gives_back_amount_and_commission() {
    check(SENDING).check(
        r#"
        fail 1/1 ""        => invalid give a reason of one line and at most 200 characters
        fail 1/1 "Closed account"           => ok
        payout 1 failed "Closed account"
        balance A available 100.00
        balance A commission-income 0.00
        callback 1 failed "Closed account" due
        trail rail payout.failed "Closed account"
        settle 1/1                          => is failed
        "#,
    );
}

#[test]
fn contradicting_answers_in_one_group_have_one_effect() {
    check(SENDING).check(
        r#"
        group {
            settle 1/1                      => ok
            fail 1/1 "Closed account"       => is settled
            in-doubt 1/1 "no answer"        => is settled
            settle 1/1                      => is settled
        }
        callback 2 missing
        "#,
    );
}

/// A person may not end what a worker is sending, nor a doubt without evidence, nor what a rail has
/// taken that is not paid by hand.
#[test]
fn a_person_s_word_counts_for_what_is_paid_by_hand() {
    for (end, state) in [("settle 1 SLIP-1", "settled SLIP-1"), ("fail 1 Closed", "failed Closed")]
    {
        let mut table = check(SENDING);
        table.check(&format!(
            r#"
            {end}                           => is being sent
            in-doubt 1/1 "no answer"        => ok
            {end}                           => is in doubt
            "#
        ));
        let mut unsent = table.clone();
        unsent.check(&format!("not-sent 1/1 => ok \n {end} => ok \n payout 1 {state}"));
        table.check(&format!("accept 1/1 RAIL-7 => ok \n {end} => is in doubt"));
        let mut taken = check(SENDING);
        taken.check(&format!("accept 1/1 RAIL-7 => ok \n {end} => is with its rail"));
        let mut by_hand = check(&SENDING.replace("merchant A", "merchant A live"));
        by_hand.check(&format!(
            "accept 1/1 => ok \n {end} => ok \n payout 1 {state} \n {end} => is {}",
            &state[..7].trim()
        ));
    }
}

#[test]
fn what_a_rail_took_or_answered_is_not_sent_again_by_itself() {
    check(SENDING).check(
        r#"
        in-doubt 1/1 "never received"       => ok
        in-doubt 1/1 "no answer"            => ok
        rail-resolves 1/1                   => is dispatched    # it had not said so without a break
        in-doubt 1/1 "never received"       => ok
        rail-resolves 1/2                   => is dispatched    # another send
        rail-resolves 1/1                   => ok
        claim                               => send 1/2
        accept 1/2                          => ok
        in-doubt 1/2 "never received"       => ok
        rail-resolves 1/2                   => is dispatched    # it had taken it
        not-sent 1/2                        => is with its rail
        resolve 1 never-sent seen           => ok               # a person may know better
        claim                               => send 1/3
        "#,
    );
}

#[test]
fn a_late_answer_counts_while_its_send_is_the_last() {
    check(SENDING).check(
        r#"
        in-doubt 1/1 "no answer"            => ok
        resolve 1 never-sent "the bank's list of the day" => ok
        settle 1/1 RAIL-7                   => ok      # it had arrived after all
        claim                               => nothing
        "#,
    );
}

#[test]
fn a_doubt_keeps_its_beginning_and_is_news_once() {
    let mut table = check(SENDING);
    table.check(
        r#"
        in-doubt 1/1 "no answer"            => ok
        trail rail payout.dispatched "no answer"
        payout 1 dispatched in-doubt/1
        "#,
    );
    let (began, lines) = (table.now, table.book.trail.len());
    table.check(
        r#"
        clock +30s
        claim                               => query 1/1
        in-doubt 1/1 "still no answer"      => ok
        claim                               => nothing
        "#,
    );
    let state = &table.book.payouts.values().next().expect("the payout").state;
    let printed = format!("{state:?}");
    assert!(printed.contains(&format!("since: {began:?}")), "{printed}");
    assert!(printed.contains("still no answer"), "{printed}");
    assert_eq!(table.book.trail.len(), lines);
}

#[test]
fn a_doubt_ends_by_evidence_only() {
    let doubt = r#"
        resolve 1 paid "statement"          => is being sent
        in-doubt 1/1 "no answer"            => ok
        resolve 1 paid "" => invalid say what shows it: a statement line, a call with the bank
        resolve 1 paid "  " => invalid say what shows it: a statement line, a call with the bank
        resolve 1 never-sent "" => invalid say what shows it: a statement line, a call with the bank
    resolve 1 not-paid "" why => invalid say what shows it: a statement line, a call with the bank
        resolve 1 not-paid seen "" => invalid give a reason of one line and at most 200 characters
        resolve 7 paid seen                 => not-found
    "#;
    let mut table = check(SENDING);
    table.check(doubt);
    let [mut paid, mut unpaid, mut again] = [table.clone(), table.clone(), table];
    paid.check(
        r#"
        resolve 1 paid "statement line 7" SLIP-1 => ok
        payout 1 settled SLIP-1
        callback 1 settled "Completed!" due
        trail operator:ayse payout.settled SLIP-1
        resolve 1 paid "statement line 7"   => is settled
        "#,
    );
    unpaid.check(
        r#"
        resolve 1 not-paid "a call with the bank" "Closed account" => ok
        payout 1 failed "Closed account"
        callback 1 failed "Closed account" due
        balance A available 100.00
        "#,
    );
    again.check(
        r#"
        resolve 1 never-sent "a call with the bank" => ok
        payout 1 dispatched unsent/1
        callback 1 missing
        resolve 1 never-sent "a call with the bank" => is dispatched
        claim                               => send 1/2
        fail 1/1 "late"                     => invalid a later send has taken its place
        "#,
    );
    for (table, ending) in [(paid, 2), (unpaid, 2), (again, 3)] {
        let lines = table.book.trail.iter().rev();
        let evidence = lines.clone().nth(ending - 1).expect("a line of the trail");
        assert_eq!(evidence.action, "payout.doubt-resolved", "{:?}", table.book.trail);
    }
}

#[test]
fn returned_money_is_the_merchant_s_again_and_the_commission_stays_earned() {
    check(SENDING).check(
        r#"
        return 1 "Account closed"           => is dispatched
        settle 1/1 RAIL-7                   => ok
        return 1 ""        => invalid give a reason of one line and at most 200 characters
        return 1 "Account closed"           => ok
        payout 1 returned "Account closed"
        balance A available 99.00
        balance A rail-clearing:simulator 0.00
        balance A commission-income 1.00
        callback 1 settled "Completed!" due
        callback 2 returned "Returned by the bank: Account closed" due
        trail rail payout.returned "Account closed"
        return 7 "Account closed"           => not-found
        "#,
    );
}

#[test]
fn a_return_that_is_told_again_changes_nothing() {
    let mut table = check(SENDING);
    table.check(
        r#"
        group {
            settle 1/1                      => ok
            return 1 "Account closed"       => ok
            return 1 "Account closed"       => ok
        }
        "#,
    );
    let before = table.book.print();
    table.check(r#"return 1 "Told once more" => ok"#);
    assert_eq!(before, table.book.print());
}

#[test]
fn money_comes_in_above_zero_and_in_the_merchant_s_currency() {
    check(
        r"
        merchant A
        top-up A 0.00       => invalid top up with an amount above zero in TRY
        top-up A USD1.00    => invalid top up with an amount above zero in TRY
        top-up Z 1.00       => not-found
        group {
            top-up A 1.00   => 1.00
            top-up A 0.01   => 1.01
        }
        top-up A 92233720368547758.07 => fault money arithmetic: the amount is too large
        balance A available 1.01
        balance A funding -1.01
        ",
    );
}

/// One payout of 100.00 being sent: 1.00 on top, and 2.50 that its beneficiary bears.
const BORNE: &str = r"
    merchant A auto=1000.00
    terms A papara fixed=1.00 receiver=2.50
    top-up A 200.00
    submit A ref-1 papara 100.00            => accepted 1
    balance A available 99.00
    balance A held 101.00
    day A papara 100.00
    claim                                   => send 1/1
";

#[test]
fn what_the_beneficiary_bears_is_taken_off_what_is_paid() {
    let mut table = check(BORNE);
    table.check(
        r#"
        settle 1/1                          => ok
        balance A available 99.00
        balance A held 0.00
        balance A rail-clearing:simulator 97.50
        balance A commission-income 3.50
        return 1 "Account closed"           => ok
        balance A available 196.50          # only what was paid has come back
        balance A rail-clearing:simulator 0.00
        balance A commission-income 3.50
        "#,
    );
    let amounts =
        table.book.entries.iter().map(|entry| {
            entry.postings.iter().map(|posting| posting.amount_minor).collect::<Vec<_>>()
        });
    let expected = [vec![20_000], vec![10_100], vec![9_750, 100, 250], vec![9_750]];
    assert_eq!(amounts.collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_not_paid_gives_back_the_whole_hold() {
    for (road, end) in [
        ("", "fail 1/1 no"),
        ("in-doubt 1/1 silence", "resolve 1 not-paid seen no"),
        ("not-sent 1/1", "fail 1 no"),
    ] {
        check(BORNE).check(&format!(
            "{road} \n {end} => ok \n balance A available 200.00 \n balance A held 0.00
             balance A commission-income 0.00 \n day A papara 0.00"
        ));
    }
    check(&BORNE.replace("claim ", "reject 1 no => ok \n claim ").replace("send 1/1", "nothing"))
        .check("balance A available 200.00 \n balance A held 0.00 \n day A papara 0.00");
}

/// The terms of the day it was accepted on count.
#[test]
fn a_later_tariff_changes_nothing_of_a_payout() {
    check(BORNE).check(
        r"
        terms A papara fixed=9.00 receiver=50.00
        settle 1/1                          => ok
        balance A rail-clearing:simulator 97.50
        balance A commission-income 3.50
        ",
    );
}
