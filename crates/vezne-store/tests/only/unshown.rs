//! A repeat whose payout cannot be shown gets its first answer, and whoever is in its group goes
//! on.

use rusqlite::Connection;
use vezne_core::engine::Failure;
use vezne_core::engine::batch::RowKind;
use vezne_core::model::identifier::PayoutId;

use crate::contract::batches::batch;
use crate::support::postgres::Postgres;
use crate::support::sqlite::Sqlite;
use crate::support::{Backend, World, submission};

/// A backend whose rows can be damaged, as a bad disk would.
trait Damage: Backend {
    /// Runs SQL past all that keeps rows as they are.
    fn damage(&self, sql: &str);
}

impl Damage for Sqlite {
    fn damage(&self, sql: &str) {
        let connection = Connection::open(self.path()).expect("it opens");
        let open = "DROP TRIGGER IF EXISTS payout_terms_stay; PRAGMA ignore_check_constraints = ON";
        connection.execute_batch(&format!("{open}; {sql}")).expect("it is damaged");
    }
}

impl Damage for Postgres {
    fn damage(&self, sql: &str) {
        let sql = format!("SET session_replication_role = replica; {sql}");
        self.database.sql(&sql).expect("it is damaged");
    }
}

/// What a row may lose, and whether its first answer is still to be had.
fn damages(zeros: &str) -> [(String, bool); 3] {
    [
        (format!("UPDATE payout SET private = {zeros} WHERE id = 1"), true),
        (
            "UPDATE payout SET account = '', state = 'settled', rail = 'x', due_at = NULL \
             WHERE id = 1"
                .to_owned(),
            true,
        ),
        (format!("UPDATE payout SET private = {zeros}, currency = '???' WHERE id = 1"), false),
    ]
}

async fn a_repeat_is_answered_and_stops_nobody<B: Damage>(zeros: &str) {
    for (sql, answered) in damages(zeros) {
        let world = World::<B>::new().await;
        let first = world.submit("r-1", 1_000).await.expect("it is accepted");
        world.backend.damage(&sql);
        let commands = [("r-2", 100), ("r-1", 1_000), ("r-3", 100)];
        let commands = commands.map(|(text, minor)| world.command(submission(text, minor)));
        let answers = world.group(commands.into()).await;
        let [before, again, after] = <[_; 3]>::try_from(answers).expect("three answers");
        assert_eq!(before.expect("it is accepted").payout, PayoutId(2), "{sql}");
        match again {
            Ok(again) => {
                let same = vezne_core::engine::submit::Submitted { replayed: true, ..first };
                assert!(answered && again == same, "{sql}: {again:?}");
            }
            Err(Failure::Fault(_)) => assert!(!answered, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
        assert_eq!(after.expect("it is accepted").payout, PayoutId(3), "{sql}");
        let rows = [(RowKind::Named, "r-4", 100), (RowKind::Named, "r-1", 1_000)];
        let batched = world.run(batch(&world, (1, 1, 1), &rows)).await;
        assert_eq!(batched.is_ok(), answered, "{sql}: {batched:?}");
        world.close().await;
    }
}

/// Other content under the reference of a row that does not read is neither paid nor refused.
async fn other_content_is_refused_on_no_damaged_word<B: Damage>(zeros: &str) {
    let world = World::<B>::new().await;
    world.accepted("r-1", 1_000).await;
    world.backend.damage(&damages(zeros)[0].0);
    let other = world.submit("r-1", 2_000).await;
    assert!(matches!(other, Err(Failure::Fault(_))), "{other:?}");
    world.accepted("r-2", 100).await;
    world.close().await;
}

mod sqlite {
    use crate::support::sqlite::Sqlite;

    #[tokio::test]
    async fn a_repeat_is_answered_and_stops_nobody() {
        super::a_repeat_is_answered_and_stops_nobody::<Sqlite>("x'00'").await;
    }

    #[tokio::test]
    async fn other_content_is_refused_on_no_damaged_word() {
        super::other_content_is_refused_on_no_damaged_word::<Sqlite>("x'00'").await;
    }
}

mod postgres {
    use crate::support::postgres::Postgres;

    #[tokio::test]
    async fn a_repeat_is_answered_and_stops_nobody() {
        super::a_repeat_is_answered_and_stops_nobody::<Postgres>("'\\x00'").await;
    }

    #[tokio::test]
    async fn other_content_is_refused_on_no_damaged_word() {
        super::other_content_is_refused_on_no_damaged_word::<Postgres>("'\\x00'").await;
    }
}
