//! The forms of the channels, read once and kept until the channel changes.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use vezne_core::model::channel::{Channel, FieldKind};
use vezne_core::model::identifier::ChannelCode;
use vezne_core::model::merchant::Mode;
use vezne_wire::applyfor::{Checks, FieldBroken, Form, Parameters, RuleError};

use crate::dialect::form::form;

/// The form of one channel.
#[derive(Debug)]
pub(super) struct ChannelForm {
    /// As `/channel/formRule` shows it.
    pub(super) shown: Form,
    /// The same, save that any bank is let through: an unknown one has a status of its own.
    checked: Form,
    banks: Vec<String>,
}

/// All forms that were asked for, each with the channel that it was made of.
#[derive(Default)]
pub(super) struct Forms(RwLock<BTreeMap<ChannelCode, Made>>);

/// A form and what it was made of.
type Made = (Arc<Channel>, Arc<ChannelForm>);

impl Forms {
    /// The form of a channel as it is now.
    pub(super) fn of(&self, channel: &Arc<Channel>) -> Result<Arc<ChannelForm>, RuleError> {
        if let Some(form) = self.known(channel) {
            return Ok(form);
        }
        let made = Arc::new(ChannelForm::of(channel)?);
        let kept = (Arc::clone(channel), Arc::clone(&made));
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(channel.code.clone(), kept);
        Ok(made)
    }

    fn known(&self, channel: &Arc<Channel>) -> Option<Arc<ChannelForm>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (of, form) = known.get(&channel.code)?;
        Arc::ptr_eq(of, channel).then(|| Arc::clone(form))
    }
}

impl ChannelForm {
    fn of(channel: &Channel) -> Result<Self, RuleError> {
        let shown = form(channel)?;
        let of_banks = channel.fields.iter().filter(|field| field.kind == FieldKind::Bank);
        let banks: Vec<String> = of_banks.map(|field| field.name.clone()).collect();
        let mut checked = shown.clone();
        for field in checked.fields.iter_mut().filter(|field| banks.contains(&field.name)) {
            field.options = None;
        }
        Ok(Self { shown, checked, banks })
    }

    /// Checks an order's parameters as strictly as the mode asks.
    pub(super) fn validate(&self, parameters: &Parameters, mode: Mode) -> Result<(), FieldBroken> {
        let checks = match mode {
            Mode::Sandbox => Checks::Structural,
            Mode::Live => Checks::Strict,
        };
        self.checked.validate(parameters, checks)
    }

    /// The bank that an order names, if the channel has banks: in the form's own field, otherwise
    /// in the document's.
    pub(super) fn bank<'a>(&self, parameters: &'a Parameters) -> Option<(&str, &'a str)> {
        let own = self.banks.iter().map(String::as_str).chain(["bank_id"]);
        let mut given = own.filter_map(|name| Some((name, parameters.get(name)?)));
        given.find(|(_, value)| !value.is_empty())
    }
}
