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
const VERBS: [(&str, &str); 18] = [
    ("approve", "approve 1"),
    ("reject", "reject 1 why"),
    ("claim", "claim"),
    ("accept", "accept 1/1"),
    ("accept?", "accept 1/9"),
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
    ("send-again", "resolve 1 send-again seen"),
    ("return", "return 1 why"),
];

/// A dot refuses; `same` says yes and changes nothing. A `?` names a send that is not the last, a
/// `!` is a person; `paid`, `not-paid` and `send-again` resolve a doubt.
const MATRIX: &str = "
verb       awaiting approved sending  unsent   accepted in-doubt settled  rejected failed   returned
approve    approved .        .        .        .        .        .        .        .        .
reject     rejected rejected .        .        .        .        .        .        .        .
claim      .        sending  in-doubt sending  accepted in-doubt .        .        .        .
accept     .        .        accepted accepted accepted accepted .        .        .        .
accept?    .        .        .        .        .        .        .        .        .        .
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
send-again .        .        .        .        .        unsent   .        .        .        .
return     .        .        .        .        .        .        returned .        .        same
";

#[test]
fn every_state_meets_every_verb() {
    let states = STATES.map(|(_, road)| standing(road));
    for ((name, _), table) in STATES.iter().zip(&states) {
        assert_eq!(state(table), *name, "the road to {name} leads there");
    }
    let mut lines = vec![row("verb", STATES.map(|(name, _)| name.to_owned()))];
    for (name, command) in VERBS {
        lines.push(row(name, states.each_ref().map(|table| meet(table.clone(), command))));
    }
    let found = lines.join("\n");
    assert_eq!(MATRIX.trim(), found, "\nthe matrix is\n{found}\n");
}

fn standing(road: &str) -> Table {
    let start = "merchant A \n top-up A 50.00 \n submit A ref-1 papara 10.00 => accepted 1";
    let mut table = check(&format!("{start}\n{road}"));
    table.check("clock +30s");
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
