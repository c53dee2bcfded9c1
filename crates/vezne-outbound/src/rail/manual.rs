//! The rail without a machine: a person pays at a bank, then records the outcome by command.
//!
//! An order is accepted at once. What became of it only the person knows, so this rail answers
//! every question with that it cannot tell.

use vezne_core::model::identifier::RailCode;
use vezne_core::model::rail::{PaymentOrder, RailAnswer, RailReturn};
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Later, Rail};

/// The rail's code.
pub const CODE: &str = RailCode::MANUAL;

/// The rail that people are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manual;

impl Rail for Manual {
    fn code(&self) -> RailCode {
        CODE.into()
    }

    fn send<'a>(&'a self, _order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(std::future::ready(RailAnswer::Accepted { rail_reference: None }))
    }

    fn status<'a>(&'a self, _order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(std::future::ready(RailAnswer::CannotTell))
    }

    /// Nobody but a person learns of a return either.
    fn returns(&self, _now: Timestamp) -> Later<'_, Vec<RailReturn>> {
        Box::pin(std::future::ready(Vec::new()))
    }

    fn forget_return<'a>(&'a self, _reference: &'a str) -> Later<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}
