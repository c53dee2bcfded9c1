//! The race for one balance (M1), spread over three nodes.

use vezne_testbed::Database;

use crate::desk::{Desk, ONE_KURUS_LESS};
use crate::judge::{no_winner, one_winner};
use crate::line::{fresh, race};
use crate::nodes::Sites;
use crate::{my_turn, rounds};

const CONNECTIONS: usize = 50;
const ROUNDS: u64 = 200;
const NODES: usize = 3;

#[test]
fn one_balance_pays_once_over_three_nodes() {
    let _turn = my_turn();
    let database = Database::fresh().unwrap();
    let sites = Sites::on(database.url());
    let desk = Desk::open((0..NODES).map(|node| sites.installation(node)).collect());
    let mut line = desk.warmed(CONNECTIONS);
    desk.top_up(ONE_KURUS_LESS);
    no_winner(&race(&mut line, &fresh("short", CONNECTIONS))).unwrap();
    desk.top_up("0.01");
    let (rounds, mut wins) = (rounds(ROUNDS), [0; NODES]);
    for round in 0..rounds {
        let answers = race(&mut line, &fresh(&format!("r{round}"), CONNECTIONS));
        let payout = one_winner(&answers).unwrap_or_else(|why| panic!("round {round}: {why}"));
        wins[answers.iter().position(|answer| answer.id.is_some()).unwrap() % NODES] += 1;
        desk.back_to_one(payout, round % 2 == 0);
    }
    println!("{rounds} rounds, {rounds} payouts; won by node: {wins:?}");
    assert_eq!(desk.payouts(None).len(), usize::try_from(rounds).unwrap());
    desk.audit();
}
