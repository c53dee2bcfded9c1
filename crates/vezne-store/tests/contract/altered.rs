//! What somebody with a hand on the database changed is neither approved nor sent, and stops no
//! other.

use std::fmt::Debug;
use std::time::Duration;

use vezne_core::engine::approve::Approve;
use vezne_core::engine::callback::{ClaimCallbacks, Composer};
use vezne_core::engine::dispatch::{Accept, ClaimPayouts, NotSent, Task};
use vezne_core::engine::quarantine::{BeginQuarantine, CompareMarker, ReleaseQuarantine};
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::engine::room::Room;
use vezne_core::engine::settle::Settle;
use vezne_core::engine::take_up::TakeUp;
use vezne_core::engine::{Failure, Verb};
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::CallbackState;
use vezne_core::model::identifier::{MerchantId, PayoutId};
use vezne_core::model::quarantine::Marker;
use vezne_core::model::refusal::ActionRefusal;
use vezne_core::port::SetAsideCounts;

use crate::support::old::{confirm, make_old};
use crate::support::{Backend, HOUR, World, refused};

const LEASE: Duration = Duration::from_secs(60);

/// What is changed of a payout, each by itself.
const CHANGES: [&str; 14] = [
    "account = 'TR330006100519786457841327'",
    "name = 'Eve'",
    "bank = 9",
    "bank_name = 'Other'",
    "amount_minor = amount_minor + 1",
    "commission_minor = 0",
    "currency = 'USD'",
    "merchant_id = 2",
    "reference = reference || 'x'",
    "scope = 'papara'",
    "channel = 'other'",
    "dialect = 'applyfor'",
    "private = NULL",
    "seal = NULL",
];

fn operator() -> Actor {
    Actor::Operator("ayse".into())
}

fn by_hand<B: Backend>(world: &World<B>, id: PayoutId, change: &str) {
    world.backend.by_hand(&format!("UPDATE payout SET {change} WHERE id = {id}"));
}

async fn unreadable<B: Backend, V>(world: &World<B>, verb: V) -> String
where
    V: Verb<Outcome: Debug, Refusal = ActionRefusal>,
{
    match world.run(verb).await {
        Err(Failure::Refused(ActionRefusal::Unreadable(why))) => why,
        other => panic!("something was done with it: {other:?}"),
    }
}

async fn claim<B: Backend>(world: &World<B>, limit: usize) -> Vec<PayoutId> {
    let room = Room::undivided(limit);
    let tasks = world.must(ClaimPayouts { room, lease: LEASE, marker: None }).await.tasks;
    let sent = |task: &Task| match task {
        Task::Send(payout) | Task::Query(payout) => payout.id,
    };
    tasks.iter().map(sent).collect()
}

async fn set_aside<B: Backend>(world: &World<B>) -> (i64, i64) {
    let SetAsideCounts { payouts, callbacks } =
        world.store.overview().await.expect("it reads").set_aside;
    (payouts, callbacks)
}

/// A world of two merchants, so that a payout may be moved to another.
async fn two<B: Backend>() -> World<B> {
    let world = World::<B>::new().await;
    world.add(crate::support::merchant("site-2")).await;
    world
}

fn assert_found<B: Backend>(world: &World<B>, names: &[&str]) {
    let report = world.backend.audit();
    for name in names {
        let check = report.checks.iter().find(|check| check.name == *name).expect(name);
        assert!(check.violation_count > 0, "{name}\n{report}");
    }
}

pub(crate) async fn what_was_approved_is_what_is_paid<B: Backend>() {
    let world = two::<B>().await;
    for (number, change) in CHANGES.iter().enumerate() {
        let waits = world.accepted(&format!("w-{number}"), 1_000).await;
        let approved = world.accepted(&format!("a-{number}"), 1_000).await;
        world.must(Approve { payout: approved, by: operator() }).await;
        by_hand(&world, waits, change);
        by_hand(&world, approved, change);
        let why = unreadable(&world, Approve { payout: waits, by: operator() }).await;
        assert!(why.contains("altered"), "{change}: {why}");
        let reject = Reject { payout: waits, by: operator(), reason: "no".into() };
        assert!(unreadable(&world, reject).await.contains("altered"), "{change}");
        assert_eq!(claim(&world, 9).await, [], "{change}");
        let shown = world.store.payout(waits).await.expect_err(change).to_string();
        assert!(shown.contains("altered"), "{change}: {shown}");
    }
    let found = i64::try_from(2 * CHANGES.len()).expect("a number");
    assert_eq!(set_aside(&world).await, (found, 0));
    assert_found(&world, &["seals", "set-aside"]);
    world.close().await;
}

pub(crate) async fn a_state_set_by_hand_sends_nothing<B: Backend>() {
    let world = World::<B>::new().await;
    let waits = world.accepted("r-1", 1_000).await;
    by_hand(&world, waits, "state = 'approved', due_at = updated_at");
    assert_eq!(claim(&world, 9).await, []);
    assert_eq!(set_aside(&world).await, (1, 0));
    let trail = world.store.trail(waits).await.expect("it reads");
    assert_eq!(trail.last().expect("a line").action, "payout.set-aside");
    assert_found(&world, &["seals"]);
    // Nobody meets it again, and it is said once.
    assert_eq!(claim(&world, 9).await, []);
    assert_eq!(world.store.trail(waits).await.expect("it reads").len(), trail.len());
    world.close().await;
}

/// What is changed of the desk's own state while it is in quarantine, each by itself.
const DESK_CHANGES: [&str; 6] = [
    "quarantined_at = NULL, reason = NULL",
    "quarantined_at = NULL, reason = NULL, seal = NULL",
    "quarantined_at = quarantined_at + 1",
    "reason = 'it is nothing'",
    "releases = releases + 1000",
    "doubtful_until = NULL",
];

/// Nobody ends a quarantine by hand. Whoever looks first begins it anew, and what was vouched for
/// before is doubted after its release, whatever number of releases the row told.
pub(crate) async fn a_quarantine_ended_by_hand_goes_on<B: Backend>() {
    for change in DESK_CHANGES {
        let world = World::<B>::new().await;
        let payout = world.accepted("r-1", 1_000).await;
        world.must(Approve { payout, by: operator() }).await;
        world.must(BeginQuarantine { by: operator(), reason: "a copy".into() }).await;
        world.backend.by_hand(&format!("UPDATE desk_state SET {change}"));
        let shown = world.store.desk_state().await.expect("it reads");
        assert!(shown.quarantine.is_some() && shown.altered.is_some(), "{change}: {shown:?}");
        assert!(world.store.overview().await.expect("it reads").quarantined, "{change}");
        assert_found(&world, &["desk-seal"]);

        assert_eq!(claim(&world, 9).await, [], "{change}");
        let healed = world.store.desk_state().await.expect("it reads");
        assert!(healed.quarantine.is_some() && healed.altered.is_none(), "{change}: {healed:?}");
        assert_eq!(healed.releases, 0, "{change}: as its payouts say");
        assert!(world.backend.audit().is_clean(), "{change}: {}", world.backend.audit());
        world.must(ReleaseQuarantine { after: PayoutId(0), limit: 9, by: operator() }).await;
        let asked = world.store.payout(payout).await.expect("it reads").expect("it is there");
        assert!(asked.state.in_doubt(), "{change}: {:?}", asked.state);
        world.close().await;
    }
}

/// An old value that shows the master key demands no seals. It is right in itself, so what a node
/// has seen says that it is not the one of this desk.
pub(crate) async fn an_old_word_that_is_put_back_is_found_out<B: Backend>() {
    let world = World::<B>::new().await;
    world.sending("r-1", 1_000).await;
    let seen = Marker::of(&world.store.desk_state().await.expect("it reads"));
    let (backend, clock) = world.close().await;
    make_old(&backend);
    let world = World::on(backend, clock).await;
    let start = CompareMarker { marker: Some(seen), alone: false };
    let state = world.must(start).await;
    let why = state.quarantine.map(|quarantine| quarantine.reason).unwrap_or_default();
    assert_eq!(why, "this node has seen it sealed, and it asks for no seals now");
    world.close().await;
}

pub(crate) async fn what_ended_is_altered_too<B: Backend>() {
    let world = World::<B>::new().await;
    let taken = world.sending("r-1", 1_000).await;
    let (attempt, rail_reference) = (1, None);
    world.must(Accept { payout: taken, attempt, rail_reference, ask_again_in: LEASE }).await;
    let settled = world.settled("r-2", 1_000).await;
    by_hand(&world, taken, "sends = 2");
    by_hand(&world, settled, "amount_minor = 5000");
    let (attempt, rail_reference) = (Some(1), None);
    let settle = Settle { payout: taken, attempt, by: Actor::Rail, rail_reference };
    assert!(unreadable(&world, settle).await.contains("altered"));
    let returned = Return { payout: settled, by: operator(), reason: "closed".into() };
    assert!(unreadable(&world, returned).await.contains("altered"));
    // Its callback would tell what is not so.
    let room = vec![(MerchantId(1), 9)];
    assert!(
        world
            .must(ClaimCallbacks {
                room,
                most: usize::MAX,
                lease: LEASE,
                composer: Composer::default()
            })
            .await
            .is_empty()
    );
    assert_eq!(set_aside(&world).await, (2, 1));
    world.close().await;
}

/// What a row says of where it stands, and its seal.
const STATE: &str = "state, due_at, rail, rail_reference, dispatched_at, sends, checks, progress, \
     doubt_since, doubt_detail, rejected_by, reason, accepted, absent_since, seal";

/// Keeps the row of a payout as it stands.
fn keep_version<B: Backend>(world: &World<B>, id: PayoutId) {
    world
        .backend
        .by_hand(&format!("CREATE TABLE kept_{id} AS SELECT * FROM payout WHERE id = {id}"));
}

/// Puts back what was kept of a payout, with the seal of then, and leaves no trace.
fn put_back<B: Backend>(world: &World<B>, id: PayoutId) {
    let old: Vec<_> =
        STATE.split(',').map(|name| format!("(SELECT {name} FROM kept_{id})")).collect();
    by_hand(world, id, &format!("({STATE}) = ({})", old.join(", ")));
    world.backend.by_hand(&format!("DROP TABLE kept_{id}"));
}

pub(crate) async fn an_older_version_with_its_own_seal_moves_nothing<B: Backend>() {
    let world = World::<B>::new().await;
    let reject = |payout| Reject { payout, by: operator(), reason: "no".into() };
    let settle = |payout| Settle { payout, attempt: None, by: operator(), rail_reference: None };
    // The money of each was given back, or was paid, or came back.
    let waits = world.accepted("r-1", 1_000).await;
    let approved = world.accepted("r-2", 1_000).await;
    world.must(Approve { payout: approved, by: operator() }).await;
    for id in [waits, approved] {
        keep_version(&world, id);
        world.must(reject(id)).await;
    }
    let unsent = world.sending("r-3", 1_000).await;
    world.must(NotSent { payout: unsent, attempt: 1, send_again_in: LEASE }).await;
    keep_version(&world, unsent);
    world.must(settle(unsent)).await;
    let returned = world.settled("r-4", 1_000).await;
    keep_version(&world, returned);
    let give_back = |payout| Return { payout, by: operator(), reason: "closed".into() };
    world.must(give_back(returned)).await;
    world.clock.advance(HOUR);
    let all = [waits, approved, unsent, returned];
    let books = world.store.balances(MerchantId(1)).await.expect("they read");
    all.iter().for_each(|id| put_back(&world, *id));
    assert_eq!(claim(&world, 9).await, []);
    for id in all {
        let approve = Approve { payout: id, by: operator() };
        for why in [
            unreadable(&world, approve).await,
            unreadable(&world, settle(id)).await,
            unreadable(&world, give_back(id)).await,
            unreadable(&world, reject(id)).await,
        ] {
            assert!(why.contains("its books say that it ended"), "{id}: {why}");
        }
    }
    assert_eq!(world.store.balances(MerchantId(1)).await.expect("they read"), books);
    assert_eq!(set_aside(&world).await.0, 4);
    // Nothing is wrong with the seal, so a person who takes it up finds the same.
    assert!(
        unreadable(&world, TakeUp { payout: approved, by: operator() }).await.contains("ended")
    );
    assert_eq!(claim(&world, 9).await, []);
    world.close().await;
}

pub(crate) async fn a_repaired_payout_is_taken_up<B: Backend>() {
    let world = World::<B>::new().await;
    let bad = world.accepted("r-1", 1_000).await;
    let settled = world.settled("r-2", 1_000).await;
    world.must(Approve { payout: bad, by: operator() }).await;
    for id in [bad, settled] {
        by_hand(&world, id, "reference = reference || 'x'");
    }
    assert_eq!(claim(&world, 9).await, []);
    let claim_callbacks = || ClaimCallbacks {
        room: vec![(MerchantId(1), 9)],
        most: 9,
        lease: LEASE,
        composer: Composer::default(),
    };
    assert!(world.must(claim_callbacks()).await.is_empty());
    assert_eq!(set_aside(&world).await, (2, 1));
    let take_up = |payout| TakeUp { payout, by: operator() };
    assert!(unreadable(&world, take_up(bad)).await.contains("altered"));
    by_hand(&world, bad, "reference = 'r-1'");
    by_hand(&world, settled, "reference = 'r-2'");
    assert_eq!(claim(&world, 9).await, [], "nobody has taken it up");
    world.must(take_up(bad)).await;
    world.must(take_up(settled)).await;
    assert_eq!(set_aside(&world).await, (0, 0));
    assert_eq!(claim(&world, 9).await, [bad]);
    assert_eq!(world.must(claim_callbacks()).await.len(), 1);
    world.pay(bad).await;
    world.finish().await;
}

pub(crate) async fn rows_that_do_not_read_stop_nobody<B: Backend>() {
    let world = World::<B>::new().await;
    let mut all = Vec::new();
    for number in 0..9 {
        let id = world.accepted(&format!("r-{number}"), 100).await;
        world.must(Approve { payout: id, by: Actor::Policy }).await;
        all.push(id);
        world.clock.advance(1);
    }
    let good = all.pop().expect("the last");
    for id in &all {
        by_hand(&world, *id, "private = NULL");
    }
    // As many are due before it as a claim takes, twice.
    assert_eq!(claim(&world, 4).await, []);
    assert_eq!(claim(&world, 4).await, []);
    assert_eq!(claim(&world, 4).await, [good]);
    assert_eq!(set_aside(&world).await, (8, 0));
    world.close().await;
}

pub(crate) async fn a_damaged_body_blocks_no_other<B: Backend>() {
    let world = World::<B>::new().await;
    world.settled("r-1", 100).await;
    world.clock.advance(1);
    let second = world.settled("r-2", 100).await;
    let body = B::bytes("00");
    let first = "id = (SELECT min(id) FROM callback)";
    world.backend.by_hand(&format!("UPDATE callback SET body = {body} WHERE {first}"));
    // It is due first, and has all the room that there is.
    let one = || ClaimCallbacks {
        room: vec![(MerchantId(1), 1)],
        most: 1,
        lease: LEASE,
        composer: Composer::default(),
    };
    assert!(world.must(one()).await.is_empty());
    let told = world.must(one()).await;
    assert_eq!(told.iter().map(|due| due.payout.id).collect::<Vec<_>>(), [second]);
    assert_eq!(set_aside(&world).await, (0, 1));
    // Nothing that is counted as waiting stays so for ever.
    let overview = world.store.overview().await.expect("it reads");
    let CallbackState::Due(lease_ends) = told[0].callback.state else { panic!("{told:?}") };
    assert_eq!(overview.oldest_due_callback, Some(lease_ends));
    assert_found(&world, &["contents", "set-aside"]);
    world.close().await;
}

pub(crate) async fn old_payouts_wait_for_a_person<B: Backend>() {
    let world = World::<B>::new().await;
    let waits = world.accepted("r-1", 1_000).await;
    let settled = world.settled("r-3", 3_000).await;
    let approved = world.accepted("r-2", 2_000).await;
    world.must(Approve { payout: approved, by: operator() }).await;
    let (backend, clock) = world.close().await;
    make_old(&backend);
    let world = World::on(backend, clock).await;

    let why = unreadable(&world, Approve { payout: waits, by: operator() }).await;
    assert!(why.contains("vezne seal status"), "{why}");
    assert_eq!(claim(&world, 9).await, []);
    // It can be looked at, and a repeat gets its first answer.
    assert_eq!(world.payout(waits).await.amount.minor(), 1_000);
    assert!(world.submit("r-1", 1_000).await.expect("it is the same").replayed);
    let (_, replayed) = refused(world.submit("r-1", 1_001).await);
    assert!(!replayed);
    let new = world.accepted("r-4", 500).await;
    world.must(Approve { payout: new, by: operator() }).await;
    assert_eq!(claim(&world, 9).await, [new], "what is new has its seal");
    let unsealed = world.store.unsealed().await.expect("it reads");
    assert_eq!((unsealed.confirmed, unsealed.count(), unsealed.unfinished()), (false, 3, 2));
    assert_eq!(unsealed.sums.iter().map(|sum| sum.minor).sum::<i128>(), 6_000);
    assert!(world.backend.audit().is_clean(), "{}", world.backend.audit());

    assert_eq!(confirm(&world, 1).await, 3);
    let unsealed = world.store.unsealed().await.expect("it reads");
    assert_eq!((unsealed.confirmed, unsealed.count()), (true, 0));
    assert_eq!(claim(&world, 9).await, [approved]);
    world.must(Approve { payout: waits, by: operator() }).await;
    assert_eq!(claim(&world, 9).await, [waits]);
    let world = world.reopen().await;
    assert!(world.backend.audit().is_clean(), "{}", world.backend.audit());
    // From then on a payout without a seal was altered.
    by_hand(&world, settled, "seal = NULL");
    let shown = world.store.payout(settled).await.expect_err("it is altered").to_string();
    assert!(shown.contains("altered"), "{shown}");
    assert_found(&world, &["seals"]);
    world.close().await;
}
