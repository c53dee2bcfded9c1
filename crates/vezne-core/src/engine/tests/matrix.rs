//! Every state against every verb: what acts, and where it leads. Whatever is not listed refuses,
//! and has changed nothing (invariant M8 of the reliability notes).

use super::table::{Table, check, words};
use crate::model::payout::{PayoutState, Progress};

/// How a payout comes to stand in each column's state.
const STATES: [(&str, &str); 10] = [
    ("awaiting", ""),
    ("approved", "approve 1"),
    ("sending", "approve 1 \n claim"),
    ("unsent", "approve 1 \n claim \n not-sent 1/1"),
    ("accepted", "approve 1 \n claim \n accept 1/1"),
    ("in-doubt", "approve 1 \n claim \n in-doubt 1/1 silence"),
    ("settled", "approve 1 \n claim \n settle 1/1"),
    ("rejected", "reject 1 no"),
    ("failed", "approve 1 \n claim \n fail 1/1 no"),
    ("returned", "approve 1 \n claim \n settle 1/1 \n return 1 no"),
];

/// Each row's command, after the moment at which leases have run out.
const VERBS: [(&str, &str); 19] = [
    ("approve", "approve 1"),
    ("reject", "reject 1 why"),
    ("claim", "claim"),
    ("accept", "accept 1/1"),
    ("accept?", "accept 1/9"),
    ("cannot", "cannot-tell 1/1"),
    ("not-sent", "not-sent 1/1"),
    ("not-sent?", "not-sent 1/9"),
    ("in-doubt", "in-doubt 1/1 silence"),
    ("in-doubt?", "in-doubt 1/9 silence"),
    ("settle", "settle 1/1"),
    ("settle?", "settle 1/9"),
    ("settle!", "settle 1"),
    ("fail", "fail 1/1 why"),
    ("fail!", "fail 1 why"),
    ("paid", "resolve 1 paid seen"),
    ("not-paid", "resolve 1 not-paid seen why"),
    ("never-sent", "resolve 1 never-sent seen"),
    ("return", "return 1 why"),
];

/// What has happened to the desk since the payout came to stand there.
const TIMES: [(&str, &str); 4] = [
    ("before", ""),
    ("during", "quarantine begin restored"),
    ("released", "quarantine begin restored \n quarantine release 10"),
    // The last step of a release ends the quarantine, whatever the others have met.
    ("skipped", "quarantine begin restored \n quarantine release 1 after 9"),
];

/// A dot refuses; `same` says yes and changes nothing. A `?` names a send that is not the last, a
/// `!` is a person; `paid`, `not-paid` and `never-sent` resolve a doubt. Once the desk may have
/// been restored, nothing but a rail's settled or refused and a resolution ends what was there
/// before.
const MATRIX: &str = "
before     awaiting approved sending  unsent   accepted in-doubt settled  rejected failed   returned
approve    approved .        .        .        .        .        .        .        .        .
reject     rejected rejected .        .        .        .        .        .        .        .
claim      .        sending  in-doubt sending  accepted in-doubt .        .        .        .
accept     .        .        accepted accepted accepted in-doubt .        .        .        .
accept?    .        .        .        .        .        .        .        .        .        .
cannot     .        .        in-doubt unsent   accepted in-doubt .        .        .        .
not-sent   .        .        unsent   unsent   .        unsent   .        .        .        .
not-sent?  .        .        .        .        .        .        .        .        .        .
in-doubt   .        .        in-doubt in-doubt in-doubt in-doubt .        .        .        .
in-doubt?  .        .        .        .        .        .        .        .        .        .
settle     .        .        settled  settled  settled  settled  .        .        .        .
settle?    .        .        .        .        .        .        .        .        .        .
settle!    .        .        .        settled  .        .        .        .        .        .
fail       .        .        failed   failed   failed   failed   .        .        .        .
fail!      .        .        .        failed   .        .        .        .        .        .
paid       .        .        .        .        .        settled  .        .        .        .
not-paid   .        .        .        .        .        failed   .        .        .        .
never-sent .        .        .        .        .        unsent   .        .        .        .
return     .        .        .        .        .        .        returned .        .        same

during     awaiting approved sending  unsent   accepted in-doubt settled  rejected failed   returned
approve    .        .        .        .        .        .        .        .        .        .
reject     .        .        .        .        .        .        .        .        .        .
claim      .        .        .        .        .        .        .        .        .        .
accept     .        .        in-doubt in-doubt in-doubt in-doubt .        .        .        .
accept?    .        .        .        .        .        .        .        .        .        .
cannot     .        .        in-doubt unsent   accepted in-doubt .        .        .        .
not-sent   .        .        .        .        .        .        .        .        .        .
not-sent?  .        .        .        .        .        .        .        .        .        .
in-doubt   .        .        in-doubt in-doubt in-doubt in-doubt .        .        .        .
in-doubt?  .        .        .        .        .        .        .        .        .        .
settle     .        .        settled  settled  settled  settled  .        .        .        .
settle?    .        .        .        .        .        .        .        .        .        .
settle!    .        .        .        .        .        .        .        .        .        .
fail       .        .        failed   failed   failed   failed   .        .        .        .
fail!      .        .        .        .        .        .        .        .        .        .
paid       settled  settled  settled  settled  settled  settled  .        .        .        .
not-paid   failed   failed   failed   failed   failed   failed   .        .        .        .
never-sent awaiting approved unsent   unsent   unsent   unsent   .        .        .        .
return     .        .        .        .        .        .        returned .        .        same

released   awaiting approved sending  unsent   accepted in-doubt settled  rejected failed   returned
approve    .        .        .        .        .        .        .        .        .        .
reject     .        .        .        .        .        .        .        .        .        .
claim      .        in-doubt in-doubt in-doubt in-doubt in-doubt .        .        .        .
accept     .        in-doubt in-doubt in-doubt in-doubt in-doubt .        .        .        .
accept?    .        .        .        .        .        .        .        .        .        .
cannot     .        in-doubt in-doubt in-doubt in-doubt in-doubt .        .        .        .
not-sent   .        .        .        .        .        .        .        .        .        .
not-sent?  .        .        .        .        .        .        .        .        .        .
in-doubt   .        in-doubt in-doubt in-doubt in-doubt in-doubt .        .        .        .
in-doubt?  .        .        .        .        .        .        .        .        .        .
settle     .        settled  settled  settled  settled  settled  .        .        .        .
settle?    .        .        .        .        .        .        .        .        .        .
settle!    .        .        .        .        .        .        .        .        .        .
fail       .        failed   failed   failed   failed   failed   .        .        .        .
fail!      .        .        .        .        .        .        .        .        .        .
paid       settled  settled  settled  settled  settled  settled  .        .        .        .
not-paid   failed   failed   failed   failed   failed   failed   .        .        .        .
never-sent awaiting unsent   unsent   unsent   unsent   unsent   .        .        .        .
return     .        .        .        .        .        .        returned .        .        same

skipped    awaiting approved sending  unsent   accepted in-doubt settled  rejected failed   returned
approve    .        .        .        .        .        .        .        .        .        .
reject     .        .        .        .        .        .        .        .        .        .
claim      .        in-doubt in-doubt in-doubt in-doubt in-doubt .        .        .        .
accept     .        .        in-doubt in-doubt in-doubt in-doubt .        .        .        .
accept?    .        .        .        .        .        .        .        .        .        .
cannot     .        .        in-doubt unsent   accepted in-doubt .        .        .        .
not-sent   .        .        .        .        .        .        .        .        .        .
not-sent?  .        .        .        .        .        .        .        .        .        .
in-doubt   .        .        in-doubt in-doubt in-doubt in-doubt .        .        .        .
in-doubt?  .        .        .        .        .        .        .        .        .        .
settle     .        .        settled  settled  settled  settled  .        .        .        .
settle?    .        .        .        .        .        .        .        .        .        .
settle!    .        .        .        .        .        .        .        .        .        .
fail       .        .        failed   failed   failed   failed   .        .        .        .
fail!      .        .        .        .        .        .        .        .        .        .
paid       settled  settled  settled  settled  settled  settled  .        .        .        .
not-paid   failed   failed   failed   failed   failed   failed   .        .        .        .
never-sent awaiting approved unsent   unsent   unsent   unsent   .        .        .        .
return     .        .        .        .        .        .        returned .        .        same
";

#[test]
fn every_state_meets_every_verb_at_every_time() {
    let mut lines = Vec::new();
    for (time, since) in TIMES {
        let states = STATES.map(|(_, road)| standing(road, since));
        if since.is_empty() {
            for ((name, _), table) in STATES.iter().zip(&states) {
                assert_eq!(state(table), *name, "the road to {name} leads there");
            }
        }
        lines.push(row(time, STATES.map(|(name, _)| name.to_owned())));
        for (name, command) in VERBS {
            lines.push(row(name, states.each_ref().map(|table| meet(table.clone(), command))));
        }
        lines.push(String::new());
    }
    let found = lines.join("\n");
    assert_eq!(MATRIX.trim(), found.trim(), "\nthe matrix is\n{found}\n");
}

fn standing(road: &str, since: &str) -> Table {
    let start = "merchant A \n top-up A 50.00 \n submit A ref-1 papara 10.00 => accepted 1";
    let mut table = check(&format!("{start}\n{road}"));
    table.check(&format!("clock +30s \n {since}"));
    table
}

/// Runs one command. A refusal must have left the book as it was, to the last letter.
fn meet(mut table: Table, command: &str) -> String {
    let before = table.book.print();
    let answers = table.run(&[words(command)]);
    let refused = answers.iter().all(|answer| {
        answer.starts_with("is ") || answer.starts_with("invalid ") || answer == "nothing"
    });
    match (refused, before == table.book.print()) {
        (true, true) => ".".to_owned(),
        (true, false) => format!("wrote though {answers:?}"),
        (false, true) => "same".to_owned(),
        (false, false) => state(&table).to_owned(),
    }
}

fn state(table: &Table) -> &'static str {
    let payout = table.book.payouts.values().next().expect("the payout");
    match &payout.state {
        PayoutState::AwaitingApproval => "awaiting",
        PayoutState::Dispatched(dispatch) => match dispatch.progress {
            Progress::Sending => "sending",
            Progress::Unsent => "unsent",
            Progress::Accepted => "accepted",
            Progress::InDoubt { .. } => "in-doubt",
        },
        other @ (PayoutState::Approved
        | PayoutState::Settled(_)
        | PayoutState::Rejected { .. }
        | PayoutState::Failed { .. }
        | PayoutState::Returned { .. }) => other.code(),
    }
}

fn row(name: &str, cells: [String; 10]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:<8}")).collect();
    format!("{name:<10} {}", cells.join(" ")).trim_end().to_owned()
}
