//! Channels as files: how they are written, what is wrong with one, and those we bring along.

pub mod file;
mod starters;

#[cfg(test)]
mod tests;

pub use starters::put_starters;

use std::path::Path;

use vezne_core::model::channel::{
    AccountKind, Channel, ChannelBank, FieldKind, FieldOption, FormField,
};
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::money::{Currency, Money};
use vezne_wire::applyfor::Rule;

use file::{BankLine, ChannelFile, FieldLine, OptionLine};

/// Reads a file: JSON where its name ends so, otherwise TOML.
///
/// # Errors
/// Why it is no channel at all, with the line.
pub fn read(path: &Path) -> Result<ChannelFile, String> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let parsed = if path.extension().is_some_and(|end| end == "json") {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str(&text).map_err(|error| error.to_string())
    };
    parsed.map_err(|error| format!("{}: {}", path.display(), error.trim_end()))
}

/// The channel that a file describes.
///
/// # Errors
/// Everything that is wrong with it, each with the name of its part.
pub fn parse(file: &ChannelFile) -> Result<Channel, Vec<String>> {
    let mut problems = Vec::new();
    let currency = known(file.currency.parse().ok(), "currency: no currency has this code");
    let currency = noted(currency, &mut problems).unwrap_or(Currency::TRY);
    let account = known(AccountKind::parse(&file.account), "account: it is iban, wallet or free");
    let account = noted(account, &mut problems).unwrap_or(AccountKind::Free);
    let mut bound = |name: &str, text: &Option<String>| {
        let parsed = text.as_ref().map(|text| Money::parse(text, currency)).transpose();
        let parsed = parsed.map_err(|error| format!("{name}: {error}"));
        noted(parsed, &mut problems).flatten().map(Money::minor)
    };
    let amount = AmountLimit {
        minimum_minor: bound("minimum", &file.minimum),
        maximum_minor: bound("maximum", &file.maximum),
    };
    let fields = file.fields.iter().map(|line| field(line, &mut problems)).collect();
    let bank = |line: &BankLine| ChannelBank { id: line.id, name: line.name.clone() };
    let channel = Channel {
        code: file.code.as_str().into(),
        pay_code: file.pay_code.clone(),
        name: file.name.clone(),
        description: file.description.clone(),
        currency,
        decimals: file.decimals.unwrap_or_else(|| currency.decimals()),
        amount,
        account,
        banks: file.banks.iter().map(bank).collect(),
        fields,
    };
    problems.extend(channel.problems());
    if problems.is_empty() { Ok(channel) } else { Err(problems) }
}

fn field(line: &FieldLine, problems: &mut Vec<String>) -> FormField {
    let part = |why: &str| format!("field {}: {why}", line.name.escape_debug());
    let kind = known(FieldKind::parse(&line.kind), &part("its kind is input, select or bank"));
    for rule in &line.rules {
        if let Err(error) = Rule::parse(rule) {
            problems.push(part(&format!("rule {}: {error}", rule.escape_debug())));
        }
    }
    let option = |line: &OptionLine| FieldOption {
        value: line.value.clone(),
        label: line.label.clone().unwrap_or_else(|| line.value.clone()),
    };
    FormField {
        name: line.name.clone(),
        label: line.label.clone(),
        kind: noted(kind, problems).unwrap_or(FieldKind::Input),
        required: line.required,
        max_length: line.max_length,
        placeholder: line.placeholder.clone(),
        options: line.options.iter().map(option).collect(),
        rules: line.rules.clone(),
    }
}

fn known<T>(found: Option<T>, why: &str) -> Result<T, String> {
    found.ok_or_else(|| why.to_owned())
}

/// The value; or nothing, and the problem noted, so that the rest is looked at too.
fn noted<T>(result: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}
