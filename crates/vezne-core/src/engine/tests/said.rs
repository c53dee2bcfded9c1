//! What a rail says is held against the order and the books.
//!
//! ```text
//! says - settle 1/1 RAIL-7        of an order without a reference, as those of these tables are
//! says K fail 1/1 "Closed"        of the order that the rail knows as K
//! says - return 1 "Closed"
//! ```

use super::commands::{Asked, action, on, seat};
use super::table::check;
use crate::engine::Verb;
use crate::engine::fail::Fail;
use crate::engine::returned::Return;
use crate::engine::said::{Heard, Money, Said};
use crate::engine::settle::Settle;
use crate::model::approval::Actor;
use crate::model::refusal::ActionRefusal;

pub(super) fn ask(words: &[&str]) -> Asked {
    let [reference, verb, target, rest @ ..] = words else {
        panic!("this is not understood: {words:?}")
    };
    let (payout, attempt) = on(target);
    let reference = (*reference != "-").then(|| (*reference).to_owned());
    let first = rest.first().map(|word| (*word).to_owned());
    let (by, reason) = (Actor::Rail, first.clone().unwrap_or_default());
    match *verb {
        "settle" => {
            let verb = Settle { payout, attempt, by, rail_reference: first };
            heard(Said { payout, reference, money: Some(Money::Paid), verb })
        }
        "fail" => {
            let verb = Fail { payout, attempt, by, reason };
            heard(Said { payout, reference, money: Some(Money::NotPaid), verb })
        }
        "return" => {
            let verb = Return { payout, by, reason };
            heard(Said { payout, reference, money: Some(Money::CameBack), verb })
        }
        other => panic!("no rail says {other}"),
    }
}

fn heard<V: Verb<Outcome = (), Refusal = ActionRefusal>>(said: Said<V>) -> Asked {
    seat(
        said,
        action(|heard: Heard| match heard {
            Heard::Booked => "ok".to_owned(),
            Heard::OtherOrder => "is another order".to_owned(),
            Heard::Contradicts(state) => format!("contradicts {state}"),
        }),
    )
}

/// A payout that its rail took, and can be ended in each way.
const TAKEN: &str = r#"
    merchant A auto=1000.00
    top-up A 500.00
    submit A ref-1 papara 10.00         => accepted 1
    claim                               => send 1/1
    accept 1/1 RAIL-7
"#;

#[test]
fn what_is_said_of_another_order_moves_nothing() {
    for verb in ["settle 1/1 RAIL-7", "fail 1/1 Closed", "return 1 Closed"] {
        check(TAKEN)
            .check(&format!("says K {verb} => is another order \n payout 1 dispatched accepted/1"));
    }
}

#[test]
fn what_agrees_is_booked() {
    let mut table = check(TAKEN);
    table.check("says - settle 1/1 RAIL-7 => ok \n says - return 1 Closed => ok");
    table.check("says - return 1 Closed => ok");
    check(TAKEN).check("says - fail 1/1 Closed => ok");
}

#[test]
fn the_opposite_of_the_books_moves_nothing_and_is_in_the_trail() {
    let paid = "the rail says that it paid it";
    let back = "the rail says that it paid it, and that the money came back";
    let unpaid = "the rail says that it will not pay it";
    for (ended, says, state, what) in [
        ("fail 1/1 Closed", "settle 1/1 RAIL-7", "failed", paid),
        ("fail 1/1 Closed", "return 1 Closed", "failed", back),
        ("settle 1/1 RAIL-7", "fail 1/1 Closed", "settled", unpaid),
    ] {
        let mut table = check(TAKEN);
        table.check(ended);
        table.check(&format!("says - {says} => contradicts {state}"));
        let why = format!("{what}, and here it is {state}");
        table.check(&format!("trail rail payout.contradicted {why:?}"));
    }
}

/// It was paid in the lost time and came back. The return is heard again once a person has found
/// out, and until then nobody tells the rail to forget it.
#[test]
fn what_is_doubted_contradicts_nobody() {
    let mut table = check(
        r#"
        merchant A
        top-up A 500.00
        submit A ref-1 papara 10.00     => accepted 1
        quarantine begin "a copy"
        says - return 1 Closed          => is doubted
        quarantine release 9
        says - return 1 Closed          => is doubted
        resolve 1 paid "line 7"
        says - return 1 Closed          => ok
        "#,
    );
    table.check("payout 1 returned Closed");
}

/// A rail that repeats itself, or whose answer to an earlier send comes late, contradicts nobody.
#[test]
fn what_says_the_same_or_comes_too_early_is_merely_refused() {
    let mut table = check(TAKEN);
    table.check("says - return 1 Closed => is dispatched");
    table.check("says - fail 1/2 No => invalid a later send has taken its place");
    table.check("settle 1/1 RAIL-7 \n says - settle 1/1 RAIL-7 => is settled");
}
