//! Rows are told apart by every value, and their order is not.

use super::Tally;
use crate::copy::tables::TABLES;
use crate::row::Value;

fn bank(merchant: i64, name: &str) -> Vec<Value> {
    vec![merchant.into(), 0_i64.into(), 7_i64.into(), name.into()]
}

fn tally(rows: &[Vec<Value>]) -> Tally {
    let table = TABLES.iter().find(|table| table.name == "bank").expect("it is copied");
    let mut tally = Tally::default();
    rows.iter().for_each(|row| tally.add(table, row).expect("it is counted"));
    tally
}

#[test]
fn the_order_of_rows_does_not_matter_and_every_value_does() {
    let (one, two) = (bank(1, "Ziraat"), bank(2, "Akbank"));
    let both = tally(&[one.clone(), two.clone()]);
    assert_eq!(both, tally(&[two, one.clone()]));
    for other in [
        vec![one.clone()],
        vec![one.clone(), one.clone()],
        vec![one.clone(), bank(1, "Akbank")],
        vec![bank(1, "Akbank"), bank(2, "Ziraat")],
        vec![one.clone(), bank(2, "Akban")],
    ] {
        assert_ne!(both.checksum, tally(&other).checksum, "{other:?}");
    }
    // A row that stands there twice does not vanish beside itself.
    assert_ne!(tally(&[one.clone(), one]).checksum, tally(&[]).checksum);
}

#[test]
fn a_flag_is_the_number_that_sqlite_keeps_and_nothing_is_no_text() {
    let with = |value: Value| tally(&[vec![value]]).checksum;
    assert_eq!(with(true.into()), with(1_i64.into()));
    assert_ne!(with(false.into()), with(Value::Null));
    assert_ne!(with("".into()), with(Value::Null));
    assert_ne!(with("a".into()), with(b"a".to_vec().into()));
}
