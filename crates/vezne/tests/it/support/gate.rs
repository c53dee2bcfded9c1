//! Where a worker can be made to die: before what it does outside, or after it and before it is
//! booked.

use std::future::Future;
use std::sync::Arc;
use std::sync::Mutex;

use tokio::sync::Notify;
use vezne_core::model::identifier::{DialectCode, RailCode};
use vezne_core::model::rail::{PaymentOrder, RailAnswer, RailReturn};
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Courier, Delivered, Delivery, Fault, Later, Rail};
use vezne_outbound::HttpCourier;
use vezne_outbound::rail::simulator::Simulator;

/// When a worker dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// Nothing has left yet.
    Before,
    /// All has left, and nobody hears the answer.
    After,
}

/// Open, unless it was told to hold the next one for good.
#[derive(Default)]
pub(crate) struct Gate {
    death: Mutex<Option<Death>>,
    reached: Notify,
}

impl Gate {
    pub(crate) fn hold(&self, death: Death) {
        *self.death.lock().expect("no test panicked here") = Some(death);
    }

    /// Waits until somebody is held.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    async fn pass<T>(&self, work: impl Future<Output = T>) -> T {
        let death = self.death.lock().expect("no test panicked here").take();
        if death == Some(Death::Before) {
            return self.stop().await;
        }
        let done = work.await;
        if death == Some(Death::After) {
            return self.stop().await;
        }
        done
    }

    async fn stop<T>(&self) -> T {
        self.reached.notify_one();
        std::future::pending().await
    }
}

/// The simulator behind a gate.
pub(crate) struct GatedRail {
    pub(crate) simulator: Arc<Simulator>,
    pub(crate) gate: Arc<Gate>,
}

impl Rail for GatedRail {
    fn code(&self) -> RailCode {
        self.simulator.code()
    }

    fn send<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(self.gate.pass(self.simulator.send(order)))
    }

    fn status<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(self.gate.pass(self.simulator.status(order)))
    }

    fn returns(&self, now: Timestamp) -> Later<'_, Vec<RailReturn>> {
        self.simulator.returns(now)
    }

    fn forget_return<'a>(&'a self, reference: &'a str) -> Later<'a, ()> {
        self.simulator.forget_return(reference)
    }
}

/// The courier behind a gate.
pub(crate) struct GatedCourier {
    pub(crate) courier: HttpCourier,
    pub(crate) gate: Arc<Gate>,
}

impl Courier for GatedCourier {
    fn speaks(&self, dialect: &DialectCode) -> bool {
        self.courier.speaks(dialect)
    }

    fn compose_at_once(&self, delivery: &Delivery) -> Option<Vec<u8>> {
        self.courier.compose_at_once(delivery)
    }

    fn compose<'a>(&'a self, delivery: &'a Delivery) -> Later<'a, Result<Vec<u8>, Fault>> {
        self.courier.compose(delivery)
    }

    fn deliver<'a>(&'a self, delivery: &'a Delivery, now: Timestamp) -> Later<'a, Delivered> {
        Box::pin(self.gate.pass(self.courier.deliver(delivery, now)))
    }
}
