//! What the merchant sends: rows that pass, and of every kind of row that does not.

use vezne_wire::ccpayment::{CashoutOrder, Extras, Row};
use vezne_wire::secret::SecretText;

use crate::dice::Dice;

/// Rows of a batch.
pub(crate) const ROWS: usize = 200;

/// Above it the desk refuses.
pub(crate) const LIMIT: &str = "900.00";
const LIMIT_MINOR: i64 = 90_000;

/// Both merchants'.
pub(crate) const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

/// How much is missing for all rows that could pass: the last of them are refused.
const SHORT_MINOR: i64 = 200_000;

/// One request, of rows that are nobody else's.
pub(crate) struct Batch {
    pub(crate) rows: Vec<Row>,
    iv: [u8; 8],
    salt: [u8; 2],
}

impl Batch {
    pub(crate) fn random(cycle: u64, dice: &mut Dice) -> Self {
        let iv = dice.next().to_be_bytes();
        // No two batches share a salt, and so no two share a `hash_key`.
        let salt = u16::try_from(cycle).expect("not that many cycles").to_be_bytes();
        let rows = (0..ROWS).map(|at| row(cycle, at, dice)).collect();
        Self { rows, iv, salt }
    }

    /// The body that one of the merchants sends, the same bytes each time.
    pub(crate) fn body(&self, merchant_key: &str) -> Vec<u8> {
        let order = CashoutOrder { merchant_key, web_hook_key: None, rows: &self.rows };
        let body = order.encode(&SecretText::new(SECRET), self.iv, self.salt);
        body.expect("rows whose sum fits")
    }

    /// What its merchant is given for it; the terms are the desk's.
    pub(crate) fn funds_minor(&self) -> i64 {
        let passing = self.rows.iter().map(|row| row.amount_minor);
        let needed = passing.filter(|minor| *minor <= LIMIT_MINOR).map(|minor| minor + 100);
        needed.sum::<i64>() - SHORT_MINOR
    }
}

/// Every second row has an id of its own. A few stand twice, are above the limit, or in a currency
/// that the merchant has not.
fn row(cycle: u64, at: usize, dice: &mut Dice) -> Row {
    let named = if at % 50 == 48 { at - 2 } else { at };
    let lira = if at % 50 == 7 { 1_000 } else { 1 + dice.below(800) };
    let kurus = i64::try_from(lira * 100 + dice.below(100)).expect("a small number");
    Row {
        unique_id: at.is_multiple_of(2).then(|| format!("batch-{cycle}-{named}")),
        name: "Ayşe Yılmaz".to_owned(),
        iban: "TR330006100519786457841326".to_owned(),
        bank_name: Some("Türkiye İş Bankası".to_owned()),
        amount_minor: kurus,
        currency: if at % 50 == 21 { "USD" } else { "TRY" }.to_owned(),
        identity: Some("12345678910".to_owned()),
        gsm: "905321234567".to_owned(),
        description: Some(format!("Row {at}")),
        extras: Extras::default(),
    }
}
