//! A channel's form as the /applyfor protocol shows and checks it.

use vezne_core::model::channel::{Channel, FieldKind, FormField};
use vezne_wire::applyfor::{self, Choice, FieldType, Form, Rule, RuleError};

#[cfg(test)]
mod tests;

/// The form of a channel. Rules cost something to read, so whoever checks orders keeps it.
///
/// # Errors
/// For a rule that is not in the protocol's language. Nothing brings such a channel in.
pub(crate) fn form(channel: &Channel) -> Result<Form, RuleError> {
    let fields = channel.fields.iter().map(|field| form_field(channel, field));
    Ok(Form {
        pay_code: channel.pay_code.clone().unwrap_or_default(),
        name: channel.name.clone(),
        description: channel.description.clone(),
        fields: fields.collect::<Result<_, _>>()?,
    })
}

fn form_field(channel: &Channel, field: &FormField) -> Result<applyfor::FormField, RuleError> {
    let kind = match field.kind {
        FieldKind::Input => FieldType::Input,
        FieldKind::Select | FieldKind::Bank => FieldType::Select,
    };
    Ok(applyfor::FormField {
        name: field.name.clone(),
        label: field.label.clone(),
        kind,
        required: field.required,
        max_length: field.max_length,
        placeholder: field.placeholder.clone(),
        options: options(channel, field),
        rules: field.rules.iter().map(|rule| Rule::parse(rule)).collect::<Result<_, _>>()?,
    })
}

fn options(channel: &Channel, field: &FormField) -> Option<Vec<Choice>> {
    match field.kind {
        FieldKind::Input => None,
        FieldKind::Select => {
            let choice = |value: &String, label: &String| Choice::Value {
                value: value.clone(),
                label: label.clone(),
            };
            let options = field.options.iter();
            Some(options.map(|option| choice(&option.value, &option.label)).collect())
        }
        FieldKind::Bank => {
            let banks = channel.banks.iter();
            let choice =
                |id: u32, name: &String| Choice::Bank { id: id.into(), name: name.clone() };
            Some(banks.map(|bank| choice(bank.id, &bank.name)).collect())
        }
    }
}
