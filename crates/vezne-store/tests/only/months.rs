//! A month that was taken out: the audit knows what it left, and old references are still known.

use std::time::Duration;

use vezne_core::engine::Failure;
use vezne_core::engine::callback::{ClaimCallbacks, Composer, RecordAttempt, Resend};
use vezne_core::engine::reject::Reject;
use vezne_core::engine::submit::Submitted;
use vezne_core::model::approval::Actor;
use vezne_core::model::callback::{AttemptOutcome, Schedule};
use vezne_core::model::identifier::{CallbackId, MerchantId};
use vezne_core::model::merchant::ReferenceScope;
use vezne_core::model::refusal::{ActionRefusal, SubmitRefusal};
use vezne_core::port::{CallbackFilter, Delivered, PayoutFilter};
use vezne_store::audit::{Verdict, audit_postgres};
use vezne_store::postgres::months::{Month, MonthError, gather, list, take_out};

use crate::support::postgres::Postgres;
use crate::support::{Backend, FakeClock, HOUR, World, merchant, refused, submission};

/// 2026-09-30 21:30 UTC, which is half past midnight of October 1st in Istanbul.
const LATE_SEPTEMBER: i64 = 1_790_803_800_000_000;

/// Partitions of September and October, which no node makes any more.
const PARTITIONS: &str = "DO $$ \
     DECLARE one TEXT; start TIMESTAMPTZ; BEGIN \
     FOREACH one IN ARRAY ARRAY['payout', 'posting', 'callback', 'attempt', 'trail'] LOOP \
         FOREACH start IN ARRAY ARRAY['2026-09-01Z', '2026-10-01Z']::timestamptz[] LOOP \
             EXECUTE format('CREATE TABLE %s_y%s PARTITION OF %s FOR VALUES FROM (%s) TO (%s)', \
                 one, to_char(start AT TIME ZONE 'UTC', 'YYYY\"m\"MM'), one, \
                 (extract(epoch FROM start) * 1000000)::bigint, \
                 (extract(epoch FROM start AT TIME ZONE 'UTC' + interval '1 month') \
                  * 1000000)::bigint); \
         END LOOP; \
     END LOOP; END $$";

async fn desk() -> World<Postgres> {
    let clock = std::sync::Arc::new(FakeClock::at(LATE_SEPTEMBER));
    let world = World::<Postgres>::on(Postgres::fresh(), clock).await;
    vezne_testbed::psql(world.backend.database.url(), PARTITIONS).expect("they are made");
    world.add(merchant("site-1")).await;
    world.top_up(1, 1_000_000).await;
    world
}

/// Has everything acknowledged that is due.
async fn tell(world: &World<Postgres>) -> usize {
    let (room, lease) = (vec![(MerchantId(1), 99)], Duration::from_secs(60));
    let due = world
        .must(ClaimCallbacks { room, most: usize::MAX, lease, composer: Composer::default() })
        .await;
    for told in &due {
        let (took, detail) = (Duration::from_millis(1), String::new());
        let outcome = AttemptOutcome::Acknowledged;
        let delivered =
            Delivered { outcome, http_status: Some(200), detail, retry_after: None, took };
        let (callback, schedule) = (told.callback.id, Schedule::default());
        let number = told.callback.attempts;
        world.must(RecordAttempt { callback, number, delivered, schedule, jitter: 0 }).await;
    }
    due.len()
}

async fn take(world: &World<Postgres>, month: &str) -> Result<Month, MonthError> {
    let by = Actor::Operator("ayse".into());
    let (url, options, key) = (world.backend.database.url(), Postgres::options(), Postgres::key());
    take_out(url, &options, &key, (month, &by)).await
}

fn all_callbacks() -> CallbackFilter {
    CallbackFilter { limit: 99, ..<_>::default() }
}

async fn is_refused(world: &World<Postgres>, month: &str, why: &str) {
    let answer = take(world, month).await.map_err(|error| error.to_string());
    assert!(answer.as_ref().is_err_and(|text| text.contains(why)), "{month}: {answer:?}");
    let report = world.backend.audit();
    assert!(report.is_clean(), "{report}");
}

/// September: r-1 is paid and told, r-2 goes on in October, r-3 is rejected and told in October,
/// r-4 was refused before it was accepted. October: r-5 waits.
async fn two_months() -> (World<Postgres>, Submitted) {
    let world = desk().await;
    world.edit(1, |merchant| merchant.retry_refused = true).await;
    let first = world.submit("r-1", 1_000).await.expect("it is accepted");
    world.send(first.payout).await;
    world.pay(first.payout).await;
    assert_eq!(tell(&world).await, 1);
    world.accepted("r-2", 2_000).await;
    let third = world.accepted("r-3", 3_000).await;
    let reject = Reject { payout: third, by: Actor::System, reason: "no".into() };
    world.must(reject).await;
    refused(world.submit("r-4", 90_000_000).await);
    world.accepted("r-4", 4_000).await;
    world.clock.advance(4 * HOUR);
    world.accepted("r-5", 5_000).await;
    (world, first)
}

async fn end_september(world: &World<Postgres>) {
    for reference in ["r-2", "r-4"] {
        let filter = PayoutFilter { reference: Some(reference.into()), limit: 1, ..<_>::default() };
        let found = world.store.payouts(filter).await.expect("they read");
        let id = found.rows.first().expect("it is there").id;
        world.send(id).await;
        world.pay(id).await;
    }
    assert_eq!(tell(world).await, 3);
}

#[tokio::test]
async fn a_month_goes_when_nothing_of_it_is_open_and_none_before_it_is_there() {
    let (world, _) = two_months().await;
    let words = "2 payouts are unfinished of 2026-09: see `vezne payout list --state";
    is_refused(&world, "2026-09", words).await;
    is_refused(&world, "2026-10", "months are taken out oldest first").await;
    is_refused(&world, "2026-08", "there is no partition payout_y2026m08").await;
    is_refused(&world, "2126-08", "2126-08 is not over").await;
    is_refused(&world, "September", "a month is written like 2026-01").await;
    for reference in ["r-2", "r-4"] {
        let filter = PayoutFilter { reference: Some(reference.into()), limit: 1, ..<_>::default() };
        let id = world.store.payouts(filter).await.expect("they read").rows[0].id;
        world.send(id).await;
        world.pay(id).await;
    }
    is_refused(&world, "2026-09", "3 callbacks are due about payouts of 2026-09").await;
    assert_eq!(tell(&world).await, 3);
    // One that is sent again is due again.
    world.must(Resend { callback: CallbackId(1), by: Actor::System }).await;
    is_refused(&world, "2026-09", "1 callbacks are due about payouts of 2026-09").await;
    assert_eq!(tell(&world).await, 1);
    // What a person still has to look at stays where it can be looked at.
    for (change, back, why) in [
        ("set_aside_at = 1", "set_aside_at = NULL", "1 payouts are set aside"),
        ("seal = NULL", "seal = saved.seal FROM saved", "1 payouts have no seal yet"),
        ("trust = 9", "trust = 0", "payout 1 does not read: "),
        ("name = 'Eve'", "name = saved.name FROM saved", "payout 1 does not read: "),
    ] {
        let database = &world.backend.database;
        database
            .sql("CREATE TABLE saved AS SELECT seal, name FROM payout WHERE id = 1")
            .expect("kept");
        let by_hand = |sql: &str| world.backend.by_hand(sql);
        by_hand(&format!("UPDATE payout SET {change} WHERE id = 1"));
        let answer = take(&world, "2026-09").await.map_err(|error| error.to_string());
        assert!(answer.as_ref().is_err_and(|text| text.contains(why)), "{answer:?}");
        by_hand(&format!("UPDATE payout SET {back} WHERE payout.id = 1"));
        database.sql("DROP TABLE saved").expect("it is gone");
    }
    // So does what a later month says of one of its payouts.
    let last = "SELECT max(id) FROM callback WHERE created_at >= 1790812800000000";
    for (at, why) in [("1", "1 callbacks are set aside about payouts of 2026-09"), ("NULL", "")] {
        world
            .backend
            .by_hand(&format!("UPDATE callback SET set_aside_at = {at} WHERE id = ({last})"));
        if !why.is_empty() {
            let answer = take(&world, "2026-09").await.map_err(|error| error.to_string());
            assert!(answer.as_ref().is_err_and(|text| text.contains(why)), "{answer:?}");
        }
    }
    let taken = take(&world, "2026-09").await.expect("it is taken out");
    assert_eq!((taken.payouts, taken.name.as_str()), (4, "2026-09"));
    is_refused(&world, "2026-09", "2026-09 was taken out already").await;
    is_refused(&world, "2026-10", "1 payouts are unfinished of 2026-10").await;
    let url = world.backend.database.url();
    let months = list(url, &Postgres::options()).await.expect("they are listed");
    let first: Vec<_> =
        months.iter().take(2).map(|one| (one.name.as_str(), one.taken_at.is_some())).collect();
    assert_eq!(first, [("2026-09", true), ("2026-10", false)]);
    world.finish().await;
}

#[tokio::test]
async fn what_went_is_still_known_and_the_books_are_right() {
    let (world, first) = two_months().await;
    end_september(&world).await;
    let before = world.store.balances(MerchantId(1)).await.expect("they read");
    take(&world, "2026-09").await.expect("it is taken out");
    assert_eq!(world.store.balances(MerchantId(1)).await.expect("they read"), before);
    let report = world.backend.audit();
    assert!(report.is_clean(), "{report}");
    // A repeat is answered as at first, and whoever is in its group goes on.
    let commands = [("r-6", 100), ("r-1", 1_000), ("r-1", 1_001), ("r-7", 100)];
    let commands = commands.map(|(text, minor)| world.command(submission(text, minor)));
    let mut answers = world.group(commands.into()).await.into_iter();
    let mut next = || answers.next().expect("an answer");
    assert!(next().is_ok());
    assert_eq!(next().expect("the first answer"), Submitted { replayed: true, ..first });
    let (why, _) = refused(next());
    assert_eq!(why, SubmitRefusal::ReferenceReused { existing: first.payout });
    assert!(next().is_ok());
    // Nobody hears that it never was.
    let gone = format!("payout {} was taken out with its month 2026-09", first.payout);
    let asked = world.store.payout(first.payout).await.map(|_| ());
    assert!(asked.as_ref().is_err_and(|fault| fault.0.contains(&gone)), "{asked:?}");
    let by_reference = |reference: &str| {
        let filter = PayoutFilter { reference: Some(reference.into()), limit: 9, ..<_>::default() };
        world.store.payouts(filter)
    };
    let asked = by_reference("r-1").await.expect("it is looked up");
    let words: Vec<_> = asked.unread.iter().map(|one| one.why.as_str()).collect();
    assert_eq!((asked.rows.len(), words.as_slice()), (0, [gone.as_str()].as_slice()));
    let none_in_doubt =
        PayoutFilter { reference: Some("r-1".into()), in_doubt: true, limit: 9, ..<_>::default() };
    let asked = world.store.payouts(none_in_doubt).await.expect("it is looked up");
    assert!(asked.rows.is_empty() && asked.unread.is_empty());
    let reject = Reject { payout: first.payout, by: Actor::System, reason: "no".into() };
    assert!(matches!(world.run(reject).await, Err(Failure::Refused(_))));
    // Nothing that was told of it becomes due, which nobody could tell.
    let of_october = CallbackFilter { state: Some("acknowledged".into()), ..all_callbacks() };
    let left = world.store.callbacks(of_october).await.expect("they read").rows;
    assert!(!left.is_empty());
    for callback in left.iter().map(|one| one.id) {
        let resend = Resend { callback, by: Actor::System };
        match world.run(resend).await {
            Err(Failure::Refused(ActionRefusal::Invalid(why))) => {
                assert!(why.contains("was taken out with its month"), "{why}");
            }
            other => panic!("it was sent again: {other:?}"),
        }
    }
    let world = world.reopen().await;
    assert_eq!(tell(&world).await, 0);
    world.settled("r-8", 100).await;
    world.finish().await;
}

/// The months had no partitions when their rows came.
#[tokio::test]
async fn a_month_in_the_default_partitions_is_gathered_and_goes_like_any_other() {
    let clock = std::sync::Arc::new(FakeClock::at(LATE_SEPTEMBER));
    let world = World::<Postgres>::on(Postgres::fresh(), clock).await;
    world.add(merchant("site-1")).await;
    world.top_up(1, 1_000_000).await;
    world.settled("r-1", 1_000).await;
    assert_eq!(tell(&world).await, 1);
    world.clock.advance(4 * HOUR);
    world.accepted("r-2", 2_000).await;
    is_refused(&world, "2026-09", "`vezne month gather 2026-09` makes it").await;
    let balances = world.store.balances(MerchantId(1)).await.expect("they read");
    let overview = world.store.overview().await.expect("it reads");
    let by = Actor::Operator("ayse".into());
    let url = world.backend.database.url();
    let options = Postgres::options();
    let gathered = async |month: &str| {
        let moved = gather(url, &options, month, &by).await;
        moved.map_err(|error| error.to_string())
    };
    assert!(gathered("2026-09").await.expect("it is gathered") > 5);
    for (month, why) in [("2026-09", "no row of 2026-09 is in"), ("x", "is written like 2026-01")] {
        let answer = gathered(month).await;
        assert!(answer.as_ref().is_err_and(|text| text.contains(why)), "{answer:?}");
    }
    // Nothing else has changed, and everything is guarded as before.
    let report = world.backend.audit();
    assert!(report.is_clean(), "{report}");
    assert_eq!(world.store.balances(MerchantId(1)).await.expect("they read"), balances);
    assert_eq!(world.store.overview().await.expect("it reads"), overview);
    for table in ["payout", "posting", "callback", "attempt", "trail"] {
        for part in ["y2026m09", "default"] {
            let rows = format!("SELECT EXISTS (SELECT 1 FROM {table}_{part})");
            if world.backend.database.sql(&rows).expect("it is looked at").trim() == "t" {
                let sql = format!("DELETE FROM {table}_{part}");
                world.backend.database.sql(&sql).expect_err(&sql);
            }
        }
    }
    let taken = take(&world, "2026-09").await.expect("it is taken out");
    assert_eq!(taken.payouts, 1);
    world.finish().await;
}

/// One reference in two channels: the payout that is still there is found, and the other one named.
#[tokio::test]
async fn a_namesake_that_is_still_there_hides_none_that_went() {
    let world = desk().await;
    world.edit(1, |merchant| merchant.reference_scope = ReferenceScope::Channel).await;
    world.settled("r-1", 1_000).await;
    assert_eq!(tell(&world).await, 1);
    world.clock.advance(4 * HOUR);
    let mut namesake = submission("r-1", 2_000);
    namesake.channel = "papara".into();
    let stays = world.must(world.command(namesake)).await.payout;
    take(&world, "2026-09").await.expect("it is taken out");
    for (limit, gone) in [(9, 1), (2, 1), (1, 0)] {
        let filter = PayoutFilter { reference: Some("r-1".into()), limit, ..<_>::default() };
        let found = world.store.payouts(filter).await.expect("they are looked up");
        let ids: Vec<_> = found.rows.iter().map(|payout| payout.id).collect();
        assert_eq!((ids, found.unread.len()), (vec![stays], gone), "{limit}");
    }
    world.finish().await;
}

#[tokio::test]
async fn what_a_month_left_is_proven_and_what_went_stays_as_it_is() {
    let (world, _) = two_months().await;
    end_september(&world).await;
    take(&world, "2026-09").await.expect("it is taken out");
    let database = &world.backend.database;
    let count = "SELECT count(*) FROM vezne_taken.payout_y2026m09";
    assert_eq!(database.sql(count).expect("it is there").trim(), "4");
    for sql in [
        "UPDATE vezne_taken.payout_y2026m09 SET name = 'Eve'",
        "DELETE FROM vezne_taken.posting_y2026m09",
        "TRUNCATE vezne_taken.trail_y2026m09",
        "DELETE FROM taken_payout",
        "UPDATE carried_balance SET minor = 0",
    ] {
        database.sql(sql).expect_err(sql);
    }
    for (name, sql) in [
        ("balances", "UPDATE carried_balance SET minor = minor + 1 WHERE account = 'available'"),
        ("taken", "UPDATE carried_balance SET minor = minor + 1 WHERE account = 'available'"),
        ("balances", "DELETE FROM carried_balance"),
        ("day-totals", "DELETE FROM carried_day_total"),
        ("day-totals", "UPDATE carried_day_total SET day = day + 1"),
        ("links", "DELETE FROM taken_callback"),
        ("links", "DELETE FROM taken_payout WHERE payout_id = 1"),
        ("taken", "DELETE FROM taken_payout WHERE payout_id = 1"),
        ("taken", "DELETE FROM payout_reference WHERE payout_id = 1"),
        ("schema", "DROP TRIGGER taken_payout_stays ON taken_payout"),
    ] {
        let sql = format!("BEGIN; SET session_replication_role = replica; {sql}; COMMIT");
        let keep = "DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept; \
             CREATE TABLE kept.a AS TABLE carried_balance; \
             CREATE TABLE kept.b AS TABLE carried_day_total; \
             CREATE TABLE kept.c AS TABLE taken_callback; \
             CREATE TABLE kept.d AS TABLE taken_payout; \
             CREATE TABLE kept.e AS TABLE payout_reference";
        database.sql(keep).expect("they are kept");
        database.sql(&sql).expect(name);
        let report = audit_postgres(database.url(), &Postgres::options()).expect("audited");
        let check = report.checks.iter().find(|check| check.name == name).expect(name);
        assert!(check.violation_count > 0, "{name} does not see: {sql}\n{report}");
        assert_eq!(report.verdict(), Verdict::Wrong);
        let back = "SET session_replication_role = replica; \
             DELETE FROM carried_balance; INSERT INTO carried_balance TABLE kept.a; \
             DELETE FROM carried_day_total; INSERT INTO carried_day_total TABLE kept.b; \
             DELETE FROM taken_callback; INSERT INTO taken_callback TABLE kept.c; \
             DELETE FROM taken_payout; INSERT INTO taken_payout TABLE kept.d; \
             DELETE FROM payout_reference; INSERT INTO payout_reference TABLE kept.e";
        database.sql(back).expect("they are put back");
    }
    world.close().await;
}
