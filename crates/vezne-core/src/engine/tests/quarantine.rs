//! A database that may be a restored copy sends nothing until it is released.
//!
//! ```text
//! start shared 0/5              a node starts that has seen claim 5 and no release
//! start alone none              one that no other shares the database with, without a marker
//! claim seen 0/5                a claim of such a node; `other:0/5` of another database
//! quarantine begin "why"
//! quarantine release 2          a step of two payouts from the start; `2 after 7` from there
//! ```

use super::commands::{Asked, action, ayse, done, seat};
use super::table::{Table, check};
use crate::engine::quarantine::{BeginQuarantine, CompareMarker, ReleaseQuarantine, Released};
use crate::model::identifier::PayoutId;
use crate::model::quarantine::{DeskState, Marker};

/// Reads `0/5`, the releases and claims that a node has seen, or `none`.
pub(super) fn marker(text: &str) -> Marker {
    let (incarnation, seen) = text.split_once(':').unwrap_or(("", text));
    let (releases, claims) = seen.split_once('/').expect("releases and claims, such as 0/5");
    let [releases, claims] = [releases, claims].map(|text| text.parse().expect("a number"));
    Marker { incarnation: incarnation.to_owned(), releases, claims, sealed: false }
}

pub(super) fn ask(words: &[&str]) -> Asked {
    match words {
        ["start", sharing, seen] => {
            let marker = (*seen != "none").then(|| marker(seen));
            let verb = CompareMarker { marker, alone: *sharing == "alone" };
            let shown = |state: DeskState| match state.quarantine {
                Some(quarantine) => quarantine.reason,
                None => "trusted".to_owned(),
            };
            seat(verb, action(shown))
        }
        ["quarantine", "begin", reason] => {
            done(BeginQuarantine { by: ayse(), reason: (*reason).to_owned() })
        }
        ["quarantine", "release", limit] => release(limit, "0"),
        ["quarantine", "release", limit, "after", last] => release(limit, last),
        other => panic!("this command is not understood: {other:?}"),
    }
}

fn release(limit: &str, after: &str) -> Asked {
    let after = PayoutId(after.parse().expect("a payout's id"));
    let limit = limit.parse().expect("a number");
    let verb = ReleaseQuarantine { after, limit, by: ayse() };
    seat(
        verb,
        action(|released: Released| match released.next {
            Some(next) => format!("doubted {}, next after {next}", released.doubted),
            None => format!("doubted {}, released", released.doubted),
        }),
    )
}

/// A desk that has claimed once; payout 1 is being sent.
const CLAIMED: &str = r"
    merchant A auto=1000.00
    top-up A 500.00
    submit A ref-1 papara 10.00             => accepted 1
    claim                                   => send 1/1
    desk claims 1 releases 0
";

#[test]
fn only_claims_for_sending_count_and_once_in_a_commit() {
    check(CLAIMED).check(
        r"
        claim                               => nothing
        clock +30s
        claim                               => query 1/1
        desk claims 1 releases 0
        submit A ref-2 papara 10.00         => accepted 2
        submit A ref-3 papara 10.00         => accepted 3
        group {
            claim 1                         => send 2/1
            claim 1                         => send 3/1
        }
        desk claims 2 releases 0
        ",
    );
}

/// Starts on a desk with one claim and no release.
fn starts(sharing_and_marker: &str, answer: &str) -> Table {
    let mut table = check(CLAIMED);
    table.check(&format!("start {sharing_and_marker} => {answer}"));
    table
}

#[test]
fn a_marker_that_is_not_ahead_is_no_reason() {
    for start in ["alone 0/1", "alone 0/0", "shared 0/1", "shared none"] {
        starts(start, "trusted").check("desk claims 1 releases 0");
    }
    check("start alone none => trusted").check("desk claims 0 releases 0");
}

#[test]
fn a_database_that_is_behind_a_marker_or_is_another_goes_into_quarantine() {
    let other = "this is another database than the one this node worked on";
    for (start, why) in [
        ("alone 0/2", "it is at claim 1, and this node has seen claim 2"),
        ("shared 0/2", "it is at claim 1, and this node has seen claim 2"),
        ("shared 1/0", "this node has seen a release that it does not know of"),
        ("shared other:0/0", other),
        ("alone none", "it is at claim 1, and this directory has no marker of it"),
        ("shared 0/9223372036854775807", "this node has not seen it released"),
    ] {
        let mut table = starts(start, why);
        table.check(&format!("trail system quarantine.begun {why:?}"));
        // A release must end above every one that the node has seen.
        let releases = u8::from(start == "shared 1/0");
        table.check(&format!("desk claims 1 releases {releases} quarantined {why:?}"));
        table.check("clock +60s \n claim => nothing \n payout 1 dispatched sending/1");
    }
}

#[test]
fn a_database_on_another_server_is_trusted_by_its_marker_alone() {
    let why = "it stands on another server than it was begun on";
    for (start, answer) in [("shared none", why), ("shared 0/1", "trusted")] {
        let mut table = check(CLAIMED);
        table.book.state.moved = true;
        table.check(&format!("start {start} => {answer}"));
        assert_eq!(table.book.state.moved, answer == "trusted", "the new place is known then");
    }
}

#[test]
fn a_claim_that_finds_the_database_behind_claims_nothing() {
    check(CLAIMED).check(
        r#"
        submit A ref-2 papara 10.00         => accepted 2
        claim seen 0/4                      => nothing
        desk claims 1 releases 0 quarantined "it is at claim 1, and this node has seen claim 4"
        claim seen 0/0                      => nothing
        payout 2 approved
        "#,
    );
}

#[test]
fn it_begins_and_ends_once() {
    check(CLAIMED).check(
        r#"
        quarantine release 10               => is not in quarantine
        quarantine begin " "                => invalid give a reason
        quarantine begin "a copy of Monday" => ok
        trail operator:ayse quarantine.begun "a copy of Monday"
        quarantine begin "again"            => is in quarantine
        start alone 0/7                     => a copy of Monday
        quarantine release 10               => doubted 1, released
        trail operator:ayse quarantine.released ""
        desk claims 1 releases 1
        start alone 0/7                     => trusted  # a release counts above claims
        "#,
    );
}

#[test]
fn what_is_first_seen_meanwhile_waits_for_a_person_with_evidence() {
    let mut table = check(CLAIMED);
    table.check(
        r#"
        quarantine begin "a copy"           => ok
        clock +1s
        submit A ref-2 papara 10.00         => accepted 2
        payout 2 awaiting-approval
        trail system review.asked "first seen while the desk is in quarantine: it may have been paid in the lost time"
        submit A ref-2 papara 10.00         => replayed 2
        claim                               => nothing
        approve 2                           => is doubted
        reject 2 "no"                       => is doubted
        quarantine release 10               => doubted 1, released
        approve 2                           => is doubted
        reject 2 "no"                       => is doubted
        claim                               => query 1/1
        "#,
    );
    let [mut paid, mut unpaid, mut never] = [table.clone(), table.clone(), table];
    paid.check(
        r#"
        resolve 2 paid "statement line 7" SLIP-2 => ok
        payout 2 settled SLIP-2
        callback 1 settled "Completed!" due
        balance A rail-clearing:simulator 10.00
        "#,
    );
    unpaid.check(
        r#"
        resolve 2 not-paid "statement" "Closed account" => ok
        payout 2 failed "Closed account"
        callback 1 failed "Closed account" due
        "#,
    );
    never.check(
        r#"
        resolve 2 never-sent "statement"    => ok
        payout 2 awaiting-approval
        resolve 2 never-sent "statement"    => is awaiting-approval
        approve 2                           => ok
        claim                               => send 2/1
        "#,
    );
}

/// Its merchant would pay back what the desk may have paid in the lost time.
#[test]
fn nothing_is_refused_for_good_while_it_lasts() {
    check(CLAIMED).check(
        r#"
        quarantine begin "a copy"           => ok
        submit A ref-2 papara 900.00        => cannot-refuse-now
        refusal A ref-2 none
        submit A ref-1 papara 10.00         => replayed 1
        quarantine release 10               => doubted 1, released
        submit A ref-2 papara 900.00        => insufficient-balance 900.00
        "#,
    );
}

#[test]
fn what_comes_after_the_release_is_sent_as_ever() {
    check(CLAIMED).check(
        r#"
        quarantine begin "a copy"           => ok
        quarantine release 10               => doubted 1, released
        submit A ref-2 papara 10.00         => accepted 2
        claim                               => query 1/1, send 2/1
        fail 2/1 "Closed account"           => ok
        "#,
    );
}

/// A rail that took it, or that knows nothing, has not said that it paid, or that it will not.
#[test]
fn a_doubt_outlives_what_is_no_evidence() {
    let mut table = check(&CLAIMED.replace("merchant A", "merchant A live"));
    table.check(
        r#"
        quarantine begin "a copy"           => ok
        quarantine release 10               => doubted 1, released
        claim                               => query 1/1
        cannot-tell 1/1                     => ok
        payout 1 dispatched in-doubt/1 checks 1
        claim                               => nothing
        settle 1 SLIP-1                     => is doubted
        fail 1 "no"                         => is doubted
        clock +30s
        claim                               => query 1/1
        accept 1/1 RAIL-7                   => ok
        payout 1 dispatched in-doubt/1 checks 2
        fail 1 "no"                         => is doubted
        "#,
    );
    let [mut settled, mut refused, mut seen] = [table.clone(), table.clone(), table];
    settled.check("settle 1/1 => ok \n payout 1 settled RAIL-7");
    refused.check("fail 1/1 no => ok \n payout 1 failed no");
    seen.check(
        r#"
        resolve 1 never-sent "the bank's list" => ok
        payout 1 dispatched unsent/1 checks 2
        claim                               => send 1/2
        accept 1/2                          => ok
        settle 1 SLIP-1                     => ok
        "#,
    );
}

#[test]
fn evidence_counts_in_quarantine_and_is_not_asked_for_again() {
    check(CLAIMED).check(
        r#"
        submit A ref-2 papara 10.00         => accepted 2
        submit A ref-3 papara 10.00         => accepted 3
        quarantine begin "a copy"           => ok
        resolve 1 paid "statement" SLIP-1   => is being sent
        clock +60s
        resolve 1 paid "statement" SLIP-1   => ok
        resolve 2 never-sent "statement"    => ok
        payout 2 approved
        claim                               => nothing
        quarantine release 10               => doubted 1, released
        payout 2 approved
        claim                               => send 2/1, query 3/1
        quarantine begin "another copy"     => ok
        resolve 2 never-sent "statement"    => is being sent
        clock +60s
        resolve 2 never-sent "statement"    => ok
        "#,
    );
}

/// What the rail denied before the copy was made it may have received since.
#[test]
fn a_rail_denies_anew_after_a_restore() {
    let mut table = check(CLAIMED);
    table.check(
        r#"
        in-doubt 1/1 "never received"       => ok
        quarantine begin "a copy"           => ok
        rail-resolves 1/1                   => is dispatched
        quarantine release 1 after 1        => doubted 0, released
        clock +30s
        claim                               => query 1/1
        rail-resolves 1/1                   => is dispatched
        in-doubt 1/1 "never received"       => ok
        rail-resolves 1/1                   => ok
        claim                               => send 1/2
        "#,
    );
}

/// Payouts in every state, then a quarantine.
const EVERY_STATE: &str = r#"
    merchant A auto=50.00
    top-up A 1000.00
    submit A ref-1 papara 10.00             => accepted 1
    submit A ref-2 papara 10.00             => accepted 2
    submit A ref-3 papara 10.00             => accepted 3
    submit A ref-4 papara 10.00             => accepted 4
    submit A ref-5 papara 10.00             => accepted 5
    submit A ref-6 papara 10.00             => accepted 6
    claim                 => send 1/1, send 2/1, send 3/1, send 4/1, send 5/1, send 6/1
    accept 2/1 RAIL-2
    not-sent 3/1
    in-doubt 4/1 "never received"
    settle 5/1
    fail 6/1 "Refused"
    submit A ref-7 papara 10.00             => accepted 7
    submit A ref-8 papara 90.00             => accepted 8
    submit A ref-9 papara 90.00             => accepted 9
    reject 9 "Wrong name"
    quarantine begin "a copy"               => ok
    clock +200s
"#;

#[test]
fn whatever_was_on_its_way_is_in_doubt_and_asked_about() {
    check(EVERY_STATE).check(
        r#"
        quarantine release 10               => doubted 5, released
        payout 1 dispatched in-doubt/1
        payout 2 dispatched in-doubt/1
        payout 3 dispatched in-doubt/1
        payout 4 dispatched in-doubt/1
        payout 7 dispatched in-doubt/1
        payout 8 awaiting-approval
        claim                     => query 1/1, query 2/1, query 3/1, query 4/1, query 7/1
        settle 1/1                          => ok
        not-sent 2/1                        => is doubted
        rail-resolves 3/1                   => is dispatched    # it has not denied it anew
        rail-resolves 4/1                   => is dispatched
        in-doubt 7/1 "never received"       => ok
        rail-resolves 7/1                   => ok
        claim                               => send 7/2
        settle 7/2                          => ok
        "#,
    );
}

#[test]
fn it_goes_in_steps_and_sends_nothing_before_the_last() {
    check(EVERY_STATE).check(
        r#"
        quarantine release 2                => doubted 2, next after 2
        trail operator:ayse payout.dispatched "restored from a backup: it may have been sent after that was made"
        claim                               => nothing
        quarantine release 2 after 2        => doubted 2, next after 4
        quarantine release 2 after 4        => doubted 1, released
        "#,
    );
}

#[test]
fn what_no_step_of_the_release_met_is_asked_about_before_it_is_sent() {
    check(EVERY_STATE).check(
        r#"
        quarantine release 10 after 9       => doubted 0, released
        payout 3 dispatched unsent/1
        payout 7 approved
        claim           => query 7/1, query 1/1, query 2/1, query 3/1, query 4/1
        payout 3 dispatched in-doubt/1 checks 1
        payout 7 dispatched in-doubt/1 checks 1
        trail system payout.dispatched "restored from a backup: it may have been sent after that was made"
        in-doubt 7/1 "never received"       => ok
        rail-resolves 7/1                   => ok
        claim                               => send 7/2
        "#,
    );
}

#[test]
fn steps_of_one_group_do_not_get_in_each_others_way() {
    check(EVERY_STATE).check(
        r"
        group {
            quarantine release 2            => doubted 2, next after 2
            quarantine release 2 after 2    => doubted 2, next after 4
        }
        group {
            quarantine release 2 after 4    => doubted 1, released
            claim 1                         => query 7/1
        }
        ",
    );
}
