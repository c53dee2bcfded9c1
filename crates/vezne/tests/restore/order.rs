//! One order of a merchant. Its amount is nobody else's, so that a line of the rail's journal says
//! by itself which order it pays.

use vezne_outbound::rail::simulator::magic::MAGIC;

use crate::dice::Dice;
use crate::shops::Shop;

/// What is added to an order's number for the whole units of its amount.
const BASE: u64 = 1_000;

/// Numbers are below it; amounts then fit every channel.
pub(crate) const NUMBERS: u64 = 1_000;

/// What a merchant asks for under one reference.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) number: u64,
    pub(crate) shop: Shop,
    /// The last two digits of the amount, by which the simulator's outcome is chosen.
    magic: u64,
}

impl Order {
    pub(crate) fn random(number: u64, dice: &mut Dice) -> Self {
        let shop = *dice.pick(&Shop::ALL);
        let endings: Vec<i64> = MAGIC.iter().filter_map(|row| row.amount_ending).collect();
        let special = *dice.pick(&endings);
        // About half settle at once.
        let ending = if dice.chance(50) { 0 } else { special };
        Self { number, shop, magic: u64::try_from(ending).expect("two digits") }
    }

    pub(crate) fn of(number: u64, shop: Shop, magic: u64) -> Self {
        Self { number, shop, magic }
    }

    /// The merchant's own id of it.
    pub(crate) fn reference(&self) -> String {
        format!("order-{}", self.number)
    }

    pub(crate) fn number_of(reference: &str) -> Option<u64> {
        reference.strip_prefix("order-")?.parse().ok()
    }

    /// The amount in hundredths, or in whole units of a currency without.
    pub(crate) fn minor(&self) -> i64 {
        let minor = (BASE + self.number) * 100 + self.magic;
        i64::try_from(minor).expect("a small number")
    }

    /// The order that a line of the journal with this amount pays.
    pub(crate) fn number_of_minor(minor: i64) -> Option<u64> {
        u64::try_from(minor).ok()?.checked_div(100)?.checked_sub(BASE)
    }

    /// The amount as its dialect has it.
    pub(crate) fn amount(&self) -> String {
        match self.shop {
            Shop::Applyfor => self.minor().to_string(),
            Shop::Bankopay | Shop::Live | Shop::Ccpayment => {
                format!("{}.{:02}", BASE + self.number, self.magic)
            }
        }
    }
}
