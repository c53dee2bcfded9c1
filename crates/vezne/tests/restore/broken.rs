//! The desk made worse on purpose, and people who do what they must not: whatever is here, the
//! harness has to notice. Nothing of it is in the program; it is done around it.

use std::sync::Arc;

use vezne_core::model::identifier::RailCode;
use vezne_core::model::rail::{PaymentOrder, RailAnswer, RailReturn};
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Later, Rail};

/// Names the variant to run.
const VARIABLE: &str = "VEZNE_PROVE_BROKEN";

/// One way to break it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The copy comes back with the marker of its time, and nobody says so.
    Unnoticed,
    /// The rail without a machine says of everything that it was turned down, though it cannot
    /// know.
    DenyingManual,
    /// What a rail is sent under has the time of the send in it, so no repeat is known.
    FreshReference,
    /// Doubts are resolved without a look at what happened.
    Guessing,
    /// Whoever pays by hand pays what is in doubt as well.
    PaysDoubted,
}

impl Broken {
    pub(crate) const ALL: [Self; 5] = [
        Self::Unnoticed,
        Self::DenyingManual,
        Self::FreshReference,
        Self::Guessing,
        Self::PaysDoubted,
    ];

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unnoticed => "unnoticed",
            Self::DenyingManual => "denying-manual",
            Self::FreshReference => "fresh-reference",
            Self::Guessing => "guessing",
            Self::PaysDoubted => "pays-doubted",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|one| one.name() == name);
        let names = || Self::ALL.map(Self::name).join(", ");
        found.unwrap_or_else(|| panic!("{name} is no broken variant; they are {}", names()))
    }

    /// The one that the environment names, or all.
    pub(crate) fn chosen() -> Vec<Self> {
        let named = std::env::var(VARIABLE).ok();
        named.map_or_else(|| Self::ALL.to_vec(), |name| vec![Self::named(&name)])
    }

    /// The rails with this fault, if it is theirs.
    pub(crate) fn rails(broken: Option<Self>, rails: Vec<Arc<dyn Rail>>) -> Vec<Arc<dyn Rail>> {
        let wrap = |rail: Arc<dyn Rail>| match broken {
            Some(Self::DenyingManual) if rail.code().as_str() == RailCode::MANUAL => {
                Arc::new(Denying(rail)) as Arc<dyn Rail>
            }
            Some(Self::FreshReference) => Arc::new(Forgetful(rail)),
            _ => rail,
        };
        rails.into_iter().map(wrap).collect()
    }
}

/// A rail that denies what it was sent.
struct Denying(Arc<dyn Rail>);

impl Rail for Denying {
    fn code(&self) -> RailCode {
        self.0.code()
    }

    fn send<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        self.0.send(order)
    }

    fn status<'a>(&'a self, _order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        let reason = "There is no such order.".to_owned();
        Box::pin(std::future::ready(RailAnswer::Refused { reason }))
    }

    fn returns(&self, now: Timestamp) -> Later<'_, Vec<RailReturn>> {
        self.0.returns(now)
    }

    fn forget_return<'a>(&'a self, reference: &'a str) -> Later<'a, ()> {
        self.0.forget_return(reference)
    }
}

/// A rail that is told another reference after a restore than before.
struct Forgetful(Arc<dyn Rail>);

impl Forgetful {
    async fn ask(&self, order: &PaymentOrder, sends: bool) -> RailAnswer {
        let at = order.dispatched_at.micros();
        let order =
            PaymentOrder { reference: format!("{}-{at}", order.reference), ..order.clone() };
        if sends { self.0.send(&order).await } else { self.0.status(&order).await }
    }
}

impl Rail for Forgetful {
    fn code(&self) -> RailCode {
        self.0.code()
    }

    fn send<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(self.ask(order, true))
    }

    fn status<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(self.ask(order, false))
    }

    fn returns(&self, now: Timestamp) -> Later<'_, Vec<RailReturn>> {
        self.0.returns(now)
    }

    fn forget_return<'a>(&'a self, reference: &'a str) -> Later<'a, ()> {
        self.0.forget_return(reference)
    }
}
