//! The file format of a channel, the same in TOML and in JSON (`docs/channels.md`).

use serde::{Deserialize, Serialize};
use vezne_core::model::channel::{Channel, FieldOption, FormField};
use vezne_core::model::money::Money;

/// A channel as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelFile {
    /// Its code.
    pub code: String,
    /// What /applyfor calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_code: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Its currency.
    pub currency: String,
    /// How many decimals an amount may have; the currency's without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u32>,
    /// What names the account: `iban`, `wallet` or `free`.
    pub account: String,
    /// The smallest amount, a plain decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<String>,
    /// The largest amount, a plain decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<String>,
    /// Its bank list.
    #[serde(default, rename = "bank", skip_serializing_if = "Vec::is_empty")]
    pub banks: Vec<BankLine>,
    /// Its form.
    #[serde(default, rename = "field", skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldLine>,
}

/// A bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankLine {
    /// The id that a merchant sends.
    pub id: u32,
    /// Its name.
    pub name: String,
}

/// A field of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldLine {
    /// The parameter.
    pub name: String,
    /// What people read.
    pub label: String,
    /// `input`, `select` or `bank`.
    pub kind: String,
    /// Whether it must have a value.
    #[serde(default)]
    pub required: bool,
    /// The longest value, in characters.
    pub max_length: u16,
    /// What stands in the empty field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub placeholder: String,
    /// The rules of a value, in the protocol's notation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// The choices of a `select`.
    #[serde(default, rename = "option", skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<OptionLine>,
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionLine {
    /// What a merchant sends.
    pub value: String,
    /// What people read; the value without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl From<&Channel> for ChannelFile {
    fn from(channel: &Channel) -> Self {
        let plain = |minor: i64| plain(Money::new(minor, channel.currency));
        let banks = channel.banks.iter();
        Self {
            code: channel.code.to_string(),
            pay_code: channel.pay_code.clone(),
            name: channel.name.clone(),
            description: channel.description.clone(),
            currency: channel.currency.code().to_owned(),
            decimals: Some(channel.decimals),
            account: channel.account.code().to_owned(),
            minimum: channel.amount.minimum_minor.map(plain),
            maximum: channel.amount.maximum_minor.map(plain),
            banks: banks.map(|bank| BankLine { id: bank.id, name: bank.name.clone() }).collect(),
            fields: channel.fields.iter().map(FieldLine::from).collect(),
        }
    }
}

impl From<&FormField> for FieldLine {
    fn from(field: &FormField) -> Self {
        let option = |option: &FieldOption| OptionLine {
            value: option.value.clone(),
            label: Some(option.label.clone()),
        };
        Self {
            name: field.name.clone(),
            label: field.label.clone(),
            kind: field.kind.code().to_owned(),
            required: field.required,
            max_length: field.max_length,
            placeholder: field.placeholder.clone(),
            rules: field.rules.clone(),
            options: field.options.iter().map(option).collect(),
        }
    }
}

/// An amount without its currency, as a file has it.
fn plain(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}
