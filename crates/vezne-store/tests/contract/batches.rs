//! Batches: all of one in one commit, and what is remembered of it for good.

use std::time::Duration;

use vezne_core::engine::Failure;
use vezne_core::engine::batch::{BatchRefusal, BatchRow, RowKind, SubmitBatch, Twin};
use vezne_core::model::approval::Policy;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::payout::{ContentDigest, PayoutState};

use crate::support::{Backend, HOUR, World, submission};

/// Kind, reference, amount.
type Row<'a> = (RowKind, &'a str, i64);

/// A batch whose proof, content and twin are told apart by a byte each.
pub(crate) fn batch<B: Backend>(
    world: &World<B>,
    (proof, content, twin): (u8, u8, u8),
    rows: &[Row<'_>],
) -> SubmitBatch {
    let row = |(kind, reference, minor): &Row<'_>| BatchRow {
        kind: *kind,
        payout: world.command(submission(reference, *minor)),
    };
    let within = Duration::from_secs(2 * 3_600);
    SubmitBatch {
        merchant: MerchantId(1),
        proof: Some([proof; 16]),
        content: ContentDigest([content; 16]),
        twin: Some(Twin { content: [0x80 | twin; 16], within }),
        rows: rows.iter().map(row).collect(),
    }
}

/// A payout's id, or a refusal's code or nothing, and a star for what is a repeat.
pub(crate) async fn told<B: Backend>(world: &World<B>, batch: SubmitBatch) -> Vec<String> {
    let star = |replayed| if replayed { "*" } else { "" };
    match world.run(batch).await {
        Err(Failure::Refused(BatchRefusal::ProofReused)) => vec!["proof-reused".to_owned()],
        Err(Failure::Refused(BatchRefusal::NoRoom)) => vec!["no-room".to_owned()],
        Err(failure) => panic!("{failure:?}"),
        Ok(rows) => {
            let ids: Vec<_> =
                rows.iter().filter_map(|row| Some(row.as_ref().ok()?.as_ref()?.payout)).collect();
            let mut places = world.places(&ids).await.into_iter();
            let rows = rows.into_iter().map(|row| match row {
                Ok(None) => "nothing".to_owned(),
                Ok(Some(row)) => {
                    format!("{}{}", places.next().expect("a place"), star(row.replayed))
                }
                Err(declined) => format!("{}{}", declined.why.code(), star(declined.replayed)),
            });
            rows.collect()
        }
    }
}

async fn review<B: Backend>(world: &World<B>, id: i64) -> (PayoutState, Vec<String>) {
    let trail = world.store.trail(PayoutId(id)).await.expect("it reads");
    let actions = trail.into_iter().map(|line| line.action).collect();
    (world.payout(PayoutId(id)).await.state, actions)
}

const MIXED: [Row<'_>; 5] = [
    (RowKind::Named, "r-1", 600_000),
    (RowKind::Named, "r-2", 500_000),
    (RowKind::Repeat, "r-3", 100),
    (RowKind::Unnamed, "made-4", 300_000),
    (RowKind::Named, "r-1", 1),
];

pub(crate) async fn rows_are_committed_together<B: Backend>() {
    let world = World::<B>::new().await;
    let answers = told(&world, batch(&world, (1, 1, 1), &MIXED)).await;
    let expected = ["1", "insufficient-balance", "nothing", "2", "reference-reused"];
    assert_eq!(answers, expected);
    assert_eq!(world.balance(1, "held").await, 900_000 + 13_500);
    let world = world.reopen().await;
    for _ in 0..2 {
        let answers = told(&world, batch(&world, (1, 1, 1), &MIXED)).await;
        let expected = ["1*", "insufficient-balance*", "nothing", "2*", "reference-reused"];
        assert_eq!(answers, expected);
        world.clock.advance(HOUR);
    }
    assert_eq!(world.balance(1, "held").await, 900_000 + 13_500);
    world.finish().await;
}

pub(crate) async fn batches_and_others_share_a_commit<B: Backend>() {
    let world = World::<B>::new().await;
    let rows: [Row<'_>; 2] = [(RowKind::Named, "r-1", 100), (RowKind::Named, "r-2", 200)];
    let (lone, first, second, third) = tokio::join!(
        world.submit("r-1", 100),
        told(&world, batch(&world, (1, 1, 1), &rows)),
        told(&world, batch(&world, (2, 2, 1), &rows)),
        told(&world, batch(&world, (2, 3, 1), &rows)),
    );
    assert_eq!(lone.expect("it is accepted").payout, PayoutId(1));
    assert_eq!(first, ["1*", "2"]);
    assert_eq!(second, ["1*", "2*"]);
    assert_eq!(third, ["proof-reused"]);
    world.finish().await;
}

pub(crate) async fn a_large_batch<B: Backend>() {
    let world = World::<B>::new().await;
    let references: Vec<_> = (0..500).map(|number| format!("r-{number}")).collect();
    let rows: Vec<Row<'_>> =
        references.iter().map(|reference| (RowKind::Named, reference.as_str(), 10)).collect();
    let ids: Vec<_> = (1..=500).map(|id| id.to_string()).collect();
    assert_eq!(told(&world, batch(&world, (1, 1, 1), &rows)).await, ids);
    world.finish().await;
}

pub(crate) async fn a_fault_in_a_row_writes_nothing<B: Backend>() {
    let world = World::<B>::new().await;
    let rows = [(RowKind::Named, "r-1", 100), (RowKind::Named, "r-2", 0)];
    let answer = world.run(batch(&world, (1, 1, 1), &rows)).await;
    assert!(matches!(answer, Err(Failure::Fault(_))), "{answer:?}");
    assert_eq!(world.balance(1, "held").await, 0);
    assert_eq!(told(&world, batch(&world, (1, 2, 1), &rows[..1])).await, ["1"]);
    world.finish().await;
}

pub(crate) async fn a_proof_is_remembered<B: Backend>() {
    let mut world = World::<B>::new().await;
    let looked_for = [(RowKind::Repeat, "r-1", 100)];
    assert_eq!(told(&world, batch(&world, (9, 9, 1), &looked_for)).await, ["nothing"]);
    let around = [(RowKind::Named, "r-9", 100)];
    assert_eq!(told(&world, batch(&world, (9, 8, 1), &around)).await, ["proof-reused"]);
    let rows = [(RowKind::Named, "r-1", 100)];
    assert_eq!(told(&world, batch(&world, (1, 1, 1), &rows)).await, ["1"]);
    for _ in 0..2 {
        let other = [(RowKind::Named, "r-2", 100)];
        assert_eq!(told(&world, batch(&world, (1, 2, 1), &other)).await, ["proof-reused"]);
        assert_eq!(told(&world, batch(&world, (1, 9, 1), &looked_for)).await, ["proof-reused"]);
        assert_eq!(told(&world, batch(&world, (1, 1, 1), &rows)).await, ["1*"]);
        world = world.reopen().await;
        world.clock.advance(HOUR * 24 * 400);
    }
    world.finish().await;
}

pub(crate) async fn a_twin_is_seen_over_a_restart<B: Backend>() {
    let world = World::<B>::new().await;
    world.edit(1, |merchant| merchant.policy = Policy { approve_below_minor: Some(1_000) }).await;
    for number in 1..=4_u8 {
        // The second an hour after the first, the third two after the second, then one again.
        let reference = format!("made-{number}");
        let rows = [(RowKind::Unnamed, reference.as_str(), 100)];
        let answers = told(&world, batch(&world, (number, number, 1), &rows)).await;
        assert_eq!(answers, [number.to_string()]);
        world.clock.advance(if number == 2 { 2 * HOUR } else { HOUR });
    }
    let world = world.reopen().await;
    let rows = [(RowKind::Unnamed, "made-5", 100), (RowKind::Named, "r-6", 100)];
    assert_eq!(told(&world, batch(&world, (5, 5, 1), &rows)).await, ["5", "6"]);
    let asked = vec!["review.asked".to_owned()];
    for (id, waits) in [(1, false), (2, true), (3, false), (4, true), (5, true), (6, false)] {
        let expected = match waits {
            true => (PayoutState::AwaitingApproval, asked.clone()),
            false => (PayoutState::Approved, Vec::new()),
        };
        assert_eq!(review(&world, id).await, expected, "{id}");
    }
    world.finish().await;
}
