//! Room: how much of what is due may be under way, so that no merchant and no rail holds up
//! another.
//!
//! Every rail has places of its own, for sends and as many for questions, so a rail that hangs
//! fills only its own, and neither kind of work waits for the other. Of a rail's places a merchant
//! gets no more than its share; when more than half of them are taken, it gets one more only while
//! it has none.

use std::collections::HashMap;

use crate::model::identifier::{MerchantId, RailCode};

/// What a worker does with a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Errand {
    /// Gives the order to the rail.
    Send,
    /// Asks the rail what became of it.
    Query,
}

/// Due work of one kind that one merchant has with one rail.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line {
    /// Who waits.
    pub merchant: MerchantId,
    /// For which rail.
    pub rail: RailCode,
    /// For what.
    pub errand: Errand,
}

/// The places of all rails, and who has taken them.
#[derive(Clone, Debug)]
pub struct Room {
    per_rail: usize,
    per_merchant: usize,
    by_rail: HashMap<(RailCode, Errand), usize>,
    by_line: HashMap<Line, usize>,
    served: HashMap<Errand, MerchantId>,
}

impl Room {
    /// Empty room: so many places of each rail for each kind of work, so many of them for any one
    /// merchant.
    pub fn new(per_rail: usize, per_merchant: usize) -> Self {
        Self {
            per_rail,
            per_merchant,
            by_rail: HashMap::new(),
            by_line: HashMap::new(),
            served: HashMap::new(),
        }
    }

    /// Empty room in which one merchant may take every place.
    pub fn undivided(places: usize) -> Self {
        Self::new(places, places)
    }

    /// Whether a rail has any place left for work of this kind.
    pub fn has_free(&self, rail: &RailCode, errand: Errand) -> bool {
        self.taken_of(rail, errand) < self.per_rail
    }

    /// Takes a place, if there is one for this line.
    pub fn take(&mut self, line: &Line) -> bool {
        let free = self.is_free(line);
        if free {
            self.occupy(line);
        }
        free
    }

    /// Takes a place that was given away already.
    pub fn occupy(&mut self, line: &Line) {
        *self.by_rail.entry((line.rail.clone(), line.errand)).or_default() += 1;
        *self.by_line.entry(line.clone()).or_default() += 1;
    }

    /// Gives a place back.
    pub fn give_back(&mut self, line: &Line) {
        give_one(&mut self.by_rail, &(line.rail.clone(), line.errand));
        give_one(&mut self.by_line, line);
    }

    /// How far a merchant is from its turn: those after the one that was served last come first.
    pub fn turn(&self, errand: Errand, merchant: MerchantId) -> (bool, MerchantId) {
        (self.served.get(&errand).is_some_and(|last| merchant <= *last), merchant)
    }

    /// After whom a look at the waiting merchants begins; at nobody, with the first.
    pub fn served_last(&self, errand: Errand) -> Option<MerchantId> {
        self.served.get(&errand).copied()
    }

    /// Remembers whom the next look begins after.
    pub fn serve_after(&mut self, errand: Errand, merchant: MerchantId) {
        self.served.insert(errand, merchant);
    }

    /// How many places each line may have, one after the other in turns, so that the first ones
    /// get no more than the last while there is room for all.
    pub fn shares(&self, lines: &[Line]) -> Vec<usize> {
        let mut room = self.clone();
        let mut shares = vec![0; lines.len()];
        let mut waiting: Vec<usize> = (0..lines.len()).collect();
        waiting
            .sort_by_key(|place| lines.get(*place).map(|one| self.turn(one.errand, one.merchant)));
        while !waiting.is_empty() {
            waiting.retain(|place| {
                let got = lines.get(*place).is_some_and(|line| room.take(line));
                if let Some(share) = shares.get_mut(*place).filter(|_| got) {
                    *share += 1;
                }
                got
            });
        }
        shares
    }

    fn is_free(&self, line: &Line) -> bool {
        let taken = self.taken_of(&line.rail, line.errand);
        let own = self.by_line.get(line).copied().unwrap_or(0);
        let scarce = taken * 2 >= self.per_rail && self.per_merchant < self.per_rail;
        let most = if scarce { self.per_merchant.min(1) } else { self.per_merchant };
        taken < self.per_rail && own < most
    }

    fn taken_of(&self, rail: &RailCode, errand: Errand) -> usize {
        self.by_rail.get(&(rail.clone(), errand)).copied().unwrap_or(0)
    }
}

fn give_one<K: Eq + std::hash::Hash>(taken: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = taken.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            taken.remove(key);
        }
    }
}
