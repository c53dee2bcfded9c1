//! A form that was sent: the same order as over the API, with the answer in words.

use std::sync::Arc;

use vezne_core::engine::Failure;
use vezne_core::model::channel::Channel;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_wire::applyfor::{ApplyRequest, Generation};

use super::super::apply::{self, Objection};
use super::super::endpoint::Desk;
use super::super::forms::ChannelForm;
use super::super::reply::Refusal;
use super::bank::checks;
use super::fields::{Errors, Fields, Values};
use super::session::Session;
use super::strings::Strings;

/// What came of a form.
pub(super) enum Sent {
    /// A payout stands under the order.
    Stands,
    /// The person can correct something.
    Wrong(Problems),
    /// The engine's refusal.
    Refused(SubmitRefusal),
    /// There was no room, or a fault.
    Failed(Failure<Declined>),
}

/// What is wrong with a form.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub(super) values: Values,
    pub(super) errors: Errors,
    /// What is no field's.
    pub(super) general: Vec<String>,
}

/// A form on its way to an order.
pub(super) struct Sending<'a> {
    pub(super) desk: &'a Desk,
    pub(super) session: &'a Session,
    pub(super) channel: &'a Arc<Channel>,
    pub(super) form: &'a ChannelForm,
    pub(super) strings: &'a Strings,
    /// The visitor's address.
    pub(super) address: String,
}

impl Sending<'_> {
    /// Checks every field, then submits as `/applyfor` does.
    pub(super) async fn send(&self, body: &[u8]) -> Sent {
        let (channel, link) = (&**self.channel, &self.session.link);
        let fields = Fields { form: &self.form.shown, channel, link };
        let values = fields.read(body);
        let mode = self.session.proof.merchant().mode;
        let errors = fields.errors(&values, checks(mode), self.strings);
        if !errors.is_empty() {
            return Sent::Wrong(Problems { values, errors, general: Vec::new() });
        }
        let now = self.desk.web.clock.now().seconds();
        let Ok(parameters) = fields.parameters(&values, &self.address, now) else {
            return self.wrong(values, None);
        };
        let request = match ApplyRequest::decode(&parameters, Generation::Current) {
            Ok(request) => request,
            Err(error) => return self.wrong(values, Some(&Refusal::from(&error))),
        };
        let (desk, proof) = (self.desk, &self.session.proof);
        match apply::submit(desk, proof, &request, &parameters).await {
            Ok(_) => Sent::Stands,
            Err(Objection::Ours(refusal)) => self.wrong(values, Some(&refusal)),
            Err(Objection::Engine(Failure::Refused(Declined { why, replayed: _ }))) => match why {
                SubmitRefusal::ReferenceReused { existing: _ } => Sent::Stands,
                SubmitRefusal::MerchantSuspended
                | SubmitRefusal::ChannelNotOffered { .. }
                | SubmitRefusal::AmountBelowMinimum { .. }
                | SubmitRefusal::AmountAboveMaximum { .. }
                | SubmitRefusal::CommissionTakesAll { .. }
                | SubmitRefusal::DayLimitReached { .. }
                | SubmitRefusal::InsufficientBalance { .. } => Sent::Refused(why),
                SubmitRefusal::CannotRefuseNow => Sent::Failed(Failure::Busy),
            },
            Err(Objection::Engine(failure @ (Failure::Busy | Failure::Fault(_)))) => {
                Sent::Failed(failure)
            }
        }
    }

    /// A refusal of a field that the page has is told beside it; any other one above the form.
    fn wrong(&self, values: Values, refusal: Option<&Refusal>) -> Sent {
        let (channel, link) = (&**self.channel, &self.session.link);
        let fields = Fields { form: &self.form.shown, channel, link };
        let named = refusal.and_then(Refusal::field);
        let named = named.filter(|named| fields.open().any(|field| field.name == *named));
        let text = self.strings.invalid.to_owned();
        Sent::Wrong(match named {
            Some(name) => {
                Problems { values, errors: vec![(name.to_owned(), text)], general: Vec::new() }
            }
            None => {
                let general = vec![self.strings.not_offered.to_owned()];
                Problems { values, errors: Vec::new(), general }
            }
        })
    }
}
