//! The fields of a channel's form as people fill them in.

use url::form_urlencoded;
use vezne_core::model::channel::{AccountKind, Channel};
use vezne_wire::applyfor::{
    Checks, Choice, FieldType, Form, FormField, Link, Parameters, ParametersError, Rule,
};

use super::bank::bank_of;
use super::strings::Strings;

/// Parameters that no field fills in: the link has them, or we do.
const FIXED: [&str; 8] =
    ["uid", "currency", "pay_code", "orderid", "amount", "notify_url", "userip", "timestamp"];

/// The document's own parameter for the account.
const ACCOUNT: &str = "bank_no";

/// The values that were filled in, by field, as they are submitted.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(Vec<(String, String)>);

/// What is wrong with some of the fields, in their order.
pub(super) type Errors = Vec<(String, String)>;

/// The form of a link's channel.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) form: &'a Form,
    pub(super) channel: &'a Channel,
    pub(super) link: &'a Link,
}

/// A field as the page shows it.
#[derive(Clone, Debug)]
pub(super) struct FieldView {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) placeholder: String,
    pub(super) required: bool,
    pub(super) error: String,
    pub(super) options: Option<Vec<OptionView>>,
    pub(super) max_length: usize,
    pub(super) digits: Option<u16>,
    pub(super) input: Input,
    pub(super) is_iban: bool,
    /// The bank of the value, on the one field that shows it.
    pub(super) echo: Option<String>,
}

/// One choice of a select.
#[derive(Clone, Debug)]
pub(super) struct OptionView {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) selected: bool,
}

/// How a browser helps with a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input {
    pub(super) kind: &'static str,
    pub(super) mode: &'static str,
    pub(super) autocomplete: &'static str,
}

impl Values {
    fn of(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }
}

impl<'a> Fields<'a> {
    /// Those that are not filled in already.
    pub(super) fn open(&self) -> impl Iterator<Item = &'a FormField> {
        let custom = self.link.fixed.custom.as_ref().map(|_| "custom");
        let is_open = move |field: &&FormField| {
            let name = field.name.as_str();
            FIXED.into_iter().chain(custom).all(|fixed| fixed != name)
        };
        self.form.fields.iter().filter(is_open)
    }

    /// The values in a body of pairs. White space around them is nobody's intention, and an IBAN is
    /// typed in groups.
    pub(super) fn read(&self, body: &[u8]) -> Values {
        let pairs: Vec<_> = form_urlencoded::parse(body).take(200).collect();
        let value = |field: &FormField| {
            let pair = pairs.iter().find(|(name, _)| *name == *field.name);
            let text = pair.map(|(_, value)| value.trim()).unwrap_or_default();
            let plain = |letter: &char| !(self.is_iban(field) && letter.is_whitespace());
            (field.name.clone(), text.chars().filter(plain).collect())
        };
        Values(self.open().map(value).collect())
    }

    /// What is wrong with the values, in words.
    pub(super) fn errors(&self, values: &Values, checks: Checks, strings: &Strings) -> Errors {
        let wrong = |field: &FormField| {
            let value = values.of(&field.name);
            let problem =
                field.validate(value, checks).err().map(|problem| strings.problem(problem));
            let unfit = || {
                let taken = Parameters::default().push(&field.name, value).is_ok();
                (!taken).then(|| strings.invalid.to_owned())
            };
            Some((field.name.clone(), problem.or_else(unfit)?))
        };
        self.open().filter_map(wrong).collect()
    }

    /// The order's parameters: what the link fixes and what was filled in.
    pub(super) fn parameters(
        &self,
        values: &Values,
        address: &str,
        now_seconds: i64,
    ) -> Result<Parameters, ParametersError> {
        let mut parameters = Parameters::default();
        let fixed = &self.link.fixed;
        for (name, value) in fixed.iter().filter(|(name, _)| FIXED.contains(name)) {
            parameters.push(name, value)?;
        }
        if fixed.userip.is_none() {
            parameters.push("userip", address)?;
        }
        parameters.push("custom", fixed.custom.as_deref().unwrap_or_default())?;
        parameters.push("timestamp", &now_seconds.to_string())?;
        for (name, value) in &values.0 {
            parameters.push(name, value)?;
        }
        Ok(parameters)
    }

    /// The fields for the page.
    pub(super) fn views(&self, values: &Values, errors: &Errors) -> Vec<FieldView> {
        let first = self.open().find(|field| self.is_iban(field)).map(|field| &field.name);
        let view = |field: &'a FormField| {
            let echo = first.is_some_and(|first| *first == field.name);
            self.view(field, values.of(&field.name), errors, echo)
        };
        self.open().map(view).collect()
    }

    fn view(&self, field: &FormField, value: &str, errors: &Errors, echo: bool) -> FieldView {
        let is_iban = self.is_iban(field);
        let error = errors.iter().find(|(name, _)| *name == field.name);
        FieldView {
            name: field.name.clone(),
            label: field.label.clone(),
            value: if is_iban { grouped(value) } else { value.to_owned() },
            placeholder: field.placeholder.clone(),
            required: field.is_required(),
            error: error.map(|(_, text)| text.clone()).unwrap_or_default(),
            options: options(field, value),
            max_length: max_length(field, is_iban),
            digits: digits(field),
            input: input(field),
            is_iban,
            echo: echo.then(|| bank_of(value).unwrap_or_default().to_owned()),
        }
    }

    fn is_iban(&self, field: &FormField) -> bool {
        let account = field.name == ACCOUNT && self.channel.account == AccountKind::Iban;
        field.kind == FieldType::Input && (account || field.rules.contains(&Rule::Iban))
    }
}

fn options(field: &FormField, value: &str) -> Option<Vec<OptionView>> {
    let options = field.options.as_ref().filter(|_| field.kind == FieldType::Select)?;
    let view = |option: &Choice| {
        let (own, label) = match option {
            Choice::Bank { id, name } => (id.to_string(), name),
            Choice::Value { value, label } => (value.clone(), label),
        };
        OptionView { selected: own == value, value: own, label: label.clone() }
    };
    Some(options.iter().map(view).collect())
}

/// The most characters that may be typed: for an IBAN with the spaces between its groups.
fn max_length(field: &FormField, is_iban: bool) -> usize {
    let rules = field.rules.iter().filter_map(|rule| match rule {
        Rule::Max(most) | Rule::Digits(most) => Some(*most),
        Rule::Tckn => Some(11),
        Rule::Required
        | Rule::Integer
        | Rule::String
        | Rule::Min(_)
        | Rule::Regex(_)
        | Rule::In(_)
        | Rule::Iban
        | Rule::Ifsc
        | Rule::Email
        | Rule::Phone => None,
    });
    let most = usize::from(rules.chain([field.max_length]).min().unwrap_or(field.max_length));
    if is_iban { most + most / 4 } else { most }
}

fn digits(field: &FormField) -> Option<u16> {
    field.rules.iter().find_map(|rule| match rule {
        Rule::Digits(count) => Some(*count),
        Rule::Tckn => Some(11),
        Rule::Required
        | Rule::Integer
        | Rule::String
        | Rule::Max(_)
        | Rule::Min(_)
        | Rule::Regex(_)
        | Rule::In(_)
        | Rule::Iban
        | Rule::Ifsc
        | Rule::Email
        | Rule::Phone => None,
    })
}

fn input(field: &FormField) -> Input {
    let has = |rule: &Rule| field.rules.contains(rule);
    if has(&Rule::Email) {
        return Input { kind: "email", mode: "email", autocomplete: "email" };
    }
    if has(&Rule::Phone) {
        return Input { kind: "tel", mode: "tel", autocomplete: "tel" };
    }
    let mode = if digits(field).is_some() || has(&Rule::Integer) { "numeric" } else { "text" };
    let is_name = ["bank_account", "user_name"].contains(&field.name.as_str());
    Input { kind: "text", mode, autocomplete: if is_name { "name" } else { "off" } }
}

/// In fours, as an IBAN is printed.
pub(super) fn grouped(iban: &str) -> String {
    let mut text = String::with_capacity(iban.len() + iban.len() / 4);
    for (at, letter) in iban.chars().filter(|letter| !letter.is_whitespace()).enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push(' ');
        }
        text.extend(letter.to_uppercase());
    }
    text
}
