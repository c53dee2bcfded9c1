//! What the merchant did and heard: every order, and the first answer to each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dice::Dice;
use crate::order::Order;
use crate::wire::Answer;

/// An order that was sent at least once.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) order: Arc<Order>,
    /// The first answer that came; none while each was lost.
    pub(crate) answer: Option<Answer>,
    /// How often it was sent.
    pub(crate) sends: u32,
    /// How often no answer came.
    pub(crate) lost: u32,
}

/// All orders by their trx, shared by everybody who sends.
#[derive(Default)]
pub(crate) struct History(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    tried: BTreeMap<String, Tried>,
    all: Vec<Arc<Order>>,
    unanswered: Vec<Arc<Order>>,
    complaints: Vec<String>,
}

impl History {
    /// The next order: mostly a new one, now and then an old one, best one whose answer was lost.
    pub(crate) fn next(&self, dice: &mut Dice) -> Arc<Order> {
        let mut inner = self.lock();
        let old = match dice.below(100) {
            0..8 => inner.unanswered.pop(),
            8..13 if !inner.all.is_empty() => Some(Arc::clone(dice.pick(&inner.all))),
            _ => None,
        };
        let order = old.unwrap_or_else(|| {
            let order = Arc::new(Order::random(inner.all.len() as u64, dice));
            inner.all.push(Arc::clone(&order));
            order
        });
        let (trx, fresh) = (order.trx.clone(), Arc::clone(&order));
        let fresh = || Tried { order: fresh, answer: None, sends: 0, lost: 0 };
        inner.tried.entry(trx).or_insert_with(fresh).sends += 1;
        order
    }

    /// Takes down what an order was answered, or that it was not. Says whether it is the first.
    pub(crate) fn heard(&self, order: &Arc<Order>, answer: Option<Answer>) -> bool {
        let mut inner = self.lock();
        let Inner { tried, unanswered, complaints, .. } = &mut *inner;
        let tried = tried.get_mut(&order.trx).expect("it was sent before");
        match (&tried.answer, answer) {
            (_, None) => {
                tried.lost += 1;
                unanswered.push(Arc::clone(order));
            }
            (None, Some(answer)) => {
                tried.answer = Some(answer);
                return true;
            }
            (Some(first), Some(answer)) => complaints.extend(differs(order, first, &answer)),
        }
        false
    }

    /// Every order so far.
    pub(crate) fn orders(&self) -> Vec<Arc<Order>> {
        self.lock().all.clone()
    }

    /// What was done and heard, and what was wrong with the answers themselves.
    pub(crate) fn told(&self) -> (BTreeMap<String, Tried>, Vec<String>) {
        let inner = self.lock();
        (inner.tried.clone(), inner.complaints.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A repeat gets the first answer again, byte for byte.
pub(crate) fn differs(order: &Order, first: &Answer, again: &Answer) -> Option<String> {
    let text = |answer: &Answer| String::from_utf8_lossy(&answer.body).into_owned();
    let (trx, one, two) = (&order.trx, text(first), text(again));
    (first != again).then(|| format!("{trx} was answered {one} and then {two}"))
}
