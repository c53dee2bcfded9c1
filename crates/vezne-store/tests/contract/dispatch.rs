//! Who gets a worker's places when more is due than there is room for.

use std::time::Duration;

use vezne_core::engine::dispatch::{ClaimPayouts, Task};
use vezne_core::engine::room::{Errand, Line, Room};
use vezne_core::engine::submit::SubmitPayout;
use vezne_core::model::approval::Policy;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{Merchant, Mode};

use crate::support::{Backend, HOUR, World, merchant, submission};

const LEASE: Duration = Duration::from_secs(60);

/// A merchant whose payouts need no approval.
fn prompt(login: &str) -> Merchant {
    let policy = Policy { approve_below_minor: Some(1_000_000) };
    Merchant { policy, ..merchant(login) }
}

/// Merchants 1, 2 and so on, of these kinds, each with money.
async fn world<B: Backend>(merchants: Vec<Merchant>) -> World<B> {
    let world = World::<B>::empty().await;
    for merchant in merchants {
        let id = world.add(merchant).await;
        world.top_up(id.0, 1_000_000).await;
    }
    world
}

/// Payouts of a merchant through a channel, approved at once.
async fn approved<B: Backend>(world: &World<B>, id: i64, channel: &str, count: usize) {
    let submit = |number: usize| {
        let mut submission = submission(&format!("{channel}-{number}"), 100);
        submission.channel = channel.into();
        SubmitPayout::new(world.proof(id), submission)
    };
    for answer in world.group((0..count).map(submit).collect()).await {
        answer.expect("it is accepted");
    }
}

/// Claims, takes the places, and says how many of each line: `2x1 bank` of merchant 1, questions
/// with a mark.
async fn claim<B: Backend>(world: &World<B>, room: &mut Room) -> Vec<String> {
    let claim = ClaimPayouts { room: room.clone(), lease: LEASE, marker: None };
    let claimed = world.must(claim).await;
    let mut lines: Vec<Line> = claimed.tasks.iter().filter_map(Task::line).collect();
    lines.sort_unstable();
    lines.iter().for_each(|line| room.occupy(line));
    claimed.served.iter().for_each(|(errand, last)| room.serve_after(*errand, *last));
    let runs = lines.chunk_by(|one, other| one == other);
    let words = runs.filter_map(|run| run.first().map(|line| (run.len(), line)));
    let mark = |line: &Line| if line.errand == Errand::Query { "?" } else { "" };
    words
        .map(|(count, line)| format!("{count}x{} {}{}", line.merchant, line.rail, mark(line)))
        .collect()
}

pub(crate) async fn places_go_round_and_nobody_waits_behind_a_backlog<B: Backend>() {
    let world = world::<B>(vec![prompt("a"), prompt("b"), prompt("c")]).await;
    approved(&world, 1, "bank-transfer", 40).await;
    approved(&world, 2, "papara", 1).await;
    approved(&world, 3, "papara", 3).await;
    let mut room = Room::new(8, 4);
    let first = claim(&world, &mut room).await;
    assert_eq!(first, ["2x1 simulator", "1x2 simulator", "1x3 simulator"]);
    assert!(claim(&world, &mut room).await.is_empty(), "the other half is for those with none");
    let mut room = Room::new(8, 4);
    assert_eq!(claim(&world, &mut room).await, ["2x1 simulator", "2x3 simulator"]);
    let mut room = Room::undivided(100);
    assert_eq!(claim(&world, &mut room).await, ["36x1 simulator"], "none was passed over");
    world.finish().await;
}

pub(crate) async fn a_full_rail_holds_up_no_other<B: Backend>() {
    let mut live = Merchant { mode: Mode::Live, ..prompt("a") };
    for (terms, rail) in live.terms.iter_mut().zip(["bank", "card"]) {
        terms.rail = Some(rail.into());
    }
    let world = world::<B>(vec![live, prompt("b")]).await;
    approved(&world, 1, "bank-transfer", 20).await;
    approved(&world, 1, "papara", 3).await;
    let mut room = Room::new(8, 4);
    let hanging = Line { merchant: MerchantId(9), rail: "bank".into(), errand: Errand::Send };
    (0..8).for_each(|_| room.occupy(&hanging));
    assert_eq!(claim(&world, &mut room).await, ["3x1 card"]);
    (0..8).for_each(|_| room.give_back(&hanging));
    assert_eq!(claim(&world, &mut room).await, ["4x1 bank"]);
    world.clock.advance(HOUR);
    // Questions have places of their own, and come although the sends of both rails are not over.
    let asked = claim(&world, &mut room).await;
    assert_eq!(asked, ["4x1 bank?", "3x1 card?"]);
    world.finish().await;
}

pub(crate) async fn an_approved_payout_is_due_whatever_the_clock<B: Backend>() {
    let world = world::<B>(vec![prompt("a")]).await;
    approved(&world, 1, "papara", 2).await;
    world.clock.advance(-2 * HOUR);
    assert_eq!(claim(&world, &mut Room::undivided(8)).await, ["2x1 simulator"]);
    world.clock.advance(2 * HOUR);
    world.finish().await;
}

/// More is due of one merchant than a look sees at once.
pub(crate) async fn a_crowd_of_due_payouts_is_gone_through<B: Backend>() {
    let world = world::<B>(vec![prompt("a"), prompt("b"), prompt("c")]).await;
    approved(&world, 1, "papara", 600).await;
    assert_eq!(claim(&world, &mut Room::undivided(600)).await, ["600x1 simulator"]);
    world.clock.advance(HOUR);
    approved(&world, 2, "papara", 1).await;
    let sent = claim(&world, &mut Room::undivided(1)).await;
    assert_eq!(sent, ["1x1 simulator?", "1x2 simulator"]);
    world.clock.advance(HOUR);
    approved(&world, 3, "papara", 1).await;
    let mut room = Room::new(8, 4);
    let asked = claim(&world, &mut room).await;
    assert_eq!(asked, ["2x1 simulator?", "1x2 simulator?", "1x3 simulator"]);
    world.finish().await;
}
