//! Random histories: whatever is asked in whatever order and grouping, the invariants hold, and a
//! group decided whole leaves the same book as its commands decided one by one.
//!
//! A history is text in the table language, so a failing one reads as a table.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::book::Book;
use super::table::{Table, check, words};
use crate::model::callback::CallbackTarget;
use crate::model::identifier::{CallbackId, PayoutId};
use crate::model::payout::PayoutState;

const START: &str = r"
    merchant A auto=30.00 day=60.00
    merchant B credit=20.00 retry-refused per-channel auto=1000.00
    terms A papara percent=1.25 fixed=0.10 receiver=2.50 receiver-fixed=0.99
    terms B payfix least=5.00 most=60.00 day=100.00 receiver=1.00
    top-up A 400.00
    top-up B 60.00
";

/// What was answered and where payouts came to stand, over all histories: a generator that never
/// gets there would prove nothing.
const MUST_BE_SEEN: [&str; 27] = [
    "accepted",
    "replayed",
    "reference-reused",
    "merchant-suspended",
    "channel-not-offered",
    "amount-below-minimum",
    "amount-above-maximum",
    "day-limit-reached",
    "insufficient-balance",
    "commission-takes-all",
    "proof-reused",
    "nothing",
    "review.asked",
    "told nowhere",
    "again",
    "send",
    "query",
    "parked",
    "acknowledged",
    "payout awaiting-approval",
    "payout approved",
    "payout dispatched",
    "payout settled",
    "payout rejected",
    "payout failed",
    "payout returned",
    "in doubt",
];

fn merchant() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("A"), Just("B")]
}

/// Reference, channel, amount and target. Few references, so that repeats happen.
fn payout(reference: &'static str, references: u8) -> impl Strategy<Value = String> {
    let channel = prop_oneof![4 => Just("papara"), 4 => Just("payfix"), 1 => Just("payco")];
    let amount = prop_oneof![Just(100), Just(2_000), 1..9_000_i64];
    let target = prop_oneof![8 => Just(""), 1 => Just(" to=shop"), 1 => Just(" to=nowhere")];
    (0..references, channel, amount, target).prop_map(move |(number, channel, amount, target)| {
        format!("{reference}-{number} {channel} {}.{:02}{target}", amount / 100, amount % 100)
    })
}

fn submission() -> impl Strategy<Value = String> {
    (merchant(), payout("ref", 7)).prop_map(|(who, payout)| format!("submit {who} {payout}"))
}

/// Few proofs, contents and twins, so that they come again; references that were made do so less.
fn batch() -> impl Strategy<Value = String> {
    let row = prop_oneof![
        2 => payout("ref", 7).prop_map(|payout| format!(" | named {payout}")),
        3 => payout("made", 60).prop_map(|payout| format!(" | unnamed {payout}")),
        1 => payout("ref", 7).prop_map(|payout| format!(" | repeat {payout}")),
    ];
    let rows = prop::collection::vec(row, 1..=4);
    let proof =
        prop_oneof![1 => Just(String::new()), 3 => "[a-f]".prop_map(|p| format!(" proof={p}"))];
    let twin = prop_oneof![1 => Just(""), 4 => Just(" twin=t1/600s")];
    (merchant(), proof, "[a-d]", twin, rows).prop_map(|(who, proof, content, twin, rows)| {
        format!("batch {who}{proof} content={content}{twin}{}", rows.concat())
    })
}

/// A send or an attempt that an answer belongs to; most belong to the last one.
fn number() -> impl Strategy<Value = String> {
    (1..5_u8, prop_oneof![9 => Just("last"), 1 => Just("1"), 1 => Just("2")])
        .prop_map(|(id, number)| format!("{id}/{number}"))
}

fn answer() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => Just("settle"),
        2 => Just("fail"),
        1 => Just("accept"),
        2 => Just("in-doubt"),
        1 => Just("not-sent"),
    ];
    (word, number()).prop_map(|(word, send)| format!("{word} {send} RAIL-7"))
}

fn person() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        3 => Just("approve N"),
        4 => Just("reject N no"),
        1 => Just("settle N"),
        1 => Just("fail N no"),
        8 => Just("return N no"),
        1 => Just("resolve N paid seen"),
        1 => Just("resolve N not-paid seen no"),
        1 => Just("resolve N never-sent seen"),
        1 => Just("resend N"),
    ];
    (word, 1..5_u8).prop_map(|(word, id)| word.replace('N', &id.to_string()))
}

fn delivery() -> impl Strategy<Value = String> {
    let outcome = prop_oneof![1 => Just("acknowledged"), 2 => Just("refused"), 2 => Just("failed")];
    prop_oneof![
        5 => (number(), outcome).prop_map(|(number, outcome)| format!("record {number} {outcome}")),
        1 => (1..6_u8, "[ab]").prop_map(|(id, body)| format!("keep-body {id} {body}")),
    ]
}

fn office() -> impl Strategy<Value = String> {
    prop_oneof![
        (merchant(), 1..40_u8).prop_map(|(who, lira)| format!("top-up {who} {lira}.00")),
        (
            merchant(),
            "suspended|suspended|active|retry-refused|retry-refused=no|credit=5\\.00|day=70\\.00"
        )
            .prop_map(|(who, setting)| format!("edit {who} {setting}")),
    ]
}

fn command() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => submission(),
        6 => batch(),
        9 => answer(),
        8 => person(),
        12 => delivery(),
        2 => office(),
        6 => (1..5_u8).prop_map(|limit| format!("claim {limit}")),
        4 => (0..4_u8, 0..4_u8).prop_map(|(a, b)| format!("claim-callbacks A={a} B={b}")),
    ]
}

/// A span of waiting, then the commands of one group. A claim takes what its view shows as due;
/// what other commands of the group make due comes with the next claim, so claims stand first.
fn group() -> impl Strategy<Value = (u32, Vec<String>)> {
    let wait = prop_oneof![6 => 0..15_u32, 3 => 15..70_u32, 1 => 40_000..90_000_u32];
    (wait, prop::collection::vec(command(), 1..=5)).prop_map(|(wait, mut commands)| {
        commands.sort_by_key(|command| !command.starts_with("claim"));
        (wait, commands)
    })
}

#[test]
fn any_history_keeps_the_invariants_and_groups_decide_as_one_by_one() {
    let seen = RefCell::new(BTreeSet::new());
    let start = check(START);
    // A failing history is printed whole and belongs into a table, so no seeds are kept in files.
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let histories = prop::collection::vec(group(), 10..30);
    let ran = TestRunner::new(config).run(&histories, |history| {
        let (mut whole, mut single) = (start.clone(), start.clone());
        for (wait, commands) in history {
            for table in [&mut whole, &mut single] {
                table.check(&format!("clock +{wait}s"));
            }
            let answers = step(&mut whole, &mut single, &commands)?;
            note(&whole, &answers, &mut seen.borrow_mut());
        }
        prop_assert_eq!(whole.book.print(), single.book.print());
        Ok(())
    });
    if let Err(failure) = ran {
        panic!("{failure}");
    }
    let seen = seen.into_inner();
    let missing: Vec<_> = MUST_BE_SEEN.iter().filter(|word| !seen.contains(**word)).collect();
    assert!(missing.is_empty(), "no history came to {missing:?}");
}

/// Decides the commands whole on one book and one by one on another.
fn step(
    whole: &mut Table,
    single: &mut Table,
    commands: &[String],
) -> Result<Vec<String>, TestCaseError> {
    let commands: Vec<_> = commands.iter().map(|command| spell_out(&whole.book, command)).collect();
    let answers = whole.run(&commands);
    let one_by_one = commands.iter().flat_map(|command| single.run(std::slice::from_ref(command)));
    prop_assert_eq!(&answers, &one_by_one.collect::<Vec<_>>(), "the answers to {:?}", commands);
    prop_assert!(!answers.iter().any(|answer| answer.starts_with("fault ")), "{:?}", answers);
    Ok(answers)
}

/// Puts the number of the last send or attempt in the place of `last`, as things stand now.
fn spell_out(book: &Book, command: &str) -> Vec<String> {
    let mut words = words(command);
    let Some(id) = words.get(1).and_then(|target| target.strip_suffix("/last")) else {
        return words;
    };
    let number: i64 = id.parse().expect("an id");
    let last = if words[0] == "record" {
        book.callbacks.get(&CallbackId(number)).map(|callback| callback.attempts)
    } else {
        book.payouts.get(&PayoutId(number)).and_then(|payout| match &payout.state {
            PayoutState::Dispatched(dispatch) => Some(dispatch.attempt),
            PayoutState::AwaitingApproval
            | PayoutState::Approved
            | PayoutState::Settled(_)
            | PayoutState::Rejected { .. }
            | PayoutState::Failed { .. }
            | PayoutState::Returned { .. } => None,
        })
    };
    words[1] = format!("{id}/{}", last.unwrap_or(1));
    words
}

fn note(table: &Table, answers: &[String], seen: &mut BTreeSet<String>) {
    for answer in answers {
        seen.extend(answer.split([' ', ',']).map(str::to_owned));
    }
    for payout in table.book.payouts.values() {
        seen.insert(format!("payout {}", payout.state.code()));
        seen.extend(payout.state.in_doubt().then(|| "in doubt".to_owned()));
        let untold = payout.callback_to == CallbackTarget::Nowhere && !payout.state.holds_money();
        seen.extend(untold.then(|| "told nowhere".to_owned()));
    }
    seen.extend(table.book.trail.iter().map(|line| line.action.clone()));
}
