//! Forms as JSON, members in the order of the document's example.

use std::fmt;

use super::{Choice, FieldType, Form, FormField, MAX_FIELDS, MAX_OPTIONS, MAX_RULES};
use crate::applyfor::parameters::is_name;
use crate::applyfor::rule::{Rule, RuleError};
use crate::json::{JsonError, Kind, Lexeme, Object, ObjectWriter, push_string};

/// Why JSON is no form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormError {
    /// No JSON object where one should be.
    Json(JsonError),
    /// A member is missing, or has another type or value than the document allows.
    Member(&'static str),
    /// A rule is not in the language.
    Rule(RuleError),
}

impl Form {
    /// Appends the form.
    pub fn write(&self, out: &mut Vec<u8>) {
        ObjectWriter::open(out)
            .text("pay_code", &self.pay_code)
            .text("name", &self.name)
            .text("description", &self.description)
            .nested("form_fields", |out| write_list(out, &self.fields, FormField::write))
            .close();
    }

    /// Reads a form.
    ///
    /// # Errors
    ///
    /// [`FormError`] names the first reason not to.
    pub fn read(object: &Object<'_>) -> Result<Self, FormError> {
        let fields = object.get("form_fields").and_then(|fields| fields.array(MAX_FIELDS));
        let fields = fields.ok_or(FormError::Member("form_fields"))?;
        Ok(Self {
            pay_code: text(object, "pay_code")?,
            name: text(object, "name")?,
            description: text(object, "description")?,
            fields: fields.into_iter().map(FormField::read).collect::<Result<_, _>>()?,
        })
    }
}

fn write_list<T>(out: &mut Vec<u8>, list: &[T], write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, element) in list.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(element, out);
    }
    out.push(b']');
}

impl FormField {
    fn write(&self, out: &mut Vec<u8>) {
        let mut writer = ObjectWriter::open(out);
        writer
            .text("name", &self.name)
            .text("label", &self.label)
            .text("type", self.kind.word())
            .raw("required", if self.required { "true" } else { "false" })
            .integer("max_length", self.max_length)
            .text("placeholder", &self.placeholder);
        match &self.options {
            None => writer.raw("options", "null"),
            Some(options) => {
                writer.nested("options", |out| write_list(out, options, Choice::write))
            }
        };
        let rule = |rule: &Rule, out: &mut Vec<u8>| push_string(out, rule.to_string().as_bytes());
        writer.nested("validation_rules", |out| write_list(out, &self.rules, rule)).close();
    }

    fn read(value: Lexeme<'_>) -> Result<Self, FormError> {
        let object = value.object().map_err(FormError::Json)?;
        let name = text(&object, "name")?;
        if !is_name(&name) || matches!(name.as_str(), "sign" | "key") {
            return Err(FormError::Member("name"));
        }
        let most = object.get("max_length").and_then(Lexeme::integer);
        Ok(Self {
            name,
            label: text(&object, "label")?,
            kind: kind(&object)?,
            required: required(&object)?,
            max_length: most.ok_or(FormError::Member("max_length"))?,
            placeholder: text(&object, "placeholder")?,
            options: options(&object)?,
            rules: rules(&object)?,
        })
    }
}

impl Choice {
    fn write(&self, out: &mut Vec<u8>) {
        let mut writer = ObjectWriter::open(out);
        match self {
            Self::Bank { id, name } => writer.integer("bankID", *id).text("name", name),
            Self::Value { value, label } => writer.text("value", value).text("label", label),
        };
        writer.close();
    }

    fn read(value: Lexeme<'_>) -> Result<Self, FormError> {
        let object = value.object().map_err(FormError::Json)?;
        match object.get("bankID") {
            Some(id) => {
                let id = id.integer().ok_or(FormError::Member("bankID"))?;
                Ok(Self::Bank { id, name: text(&object, "name")? })
            }
            None => {
                Ok(Self::Value { value: text(&object, "value")?, label: text(&object, "label")? })
            }
        }
    }
}

fn text(object: &Object<'_>, name: &'static str) -> Result<String, FormError> {
    object.get(name).and_then(Lexeme::text).map(String::from).ok_or(FormError::Member(name))
}

fn kind(object: &Object<'_>) -> Result<FieldType, FormError> {
    let word = text(object, "type")?;
    let kind = FieldType::ALL.into_iter().find(|kind| kind.word() == word);
    kind.ok_or(FormError::Member("type"))
}

fn required(object: &Object<'_>) -> Result<bool, FormError> {
    match object.get("required").map(Lexeme::raw) {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Err(FormError::Member("required")),
    }
}

fn options(object: &Object<'_>) -> Result<Option<Vec<Choice>>, FormError> {
    let options = object.get("options").filter(|options| options.kind() != Kind::Null);
    let Some(options) = options else { return Ok(None) };
    let list = options.array(MAX_OPTIONS).ok_or(FormError::Member("options"))?;
    list.into_iter().map(Choice::read).collect::<Result<_, _>>().map(Some)
}

fn rules(object: &Object<'_>) -> Result<Vec<Rule>, FormError> {
    let missing = FormError::Member("validation_rules");
    let list = object.get("validation_rules").and_then(|rules| rules.array(MAX_RULES));
    let rule = |value: Lexeme<'_>| {
        let text = value.text().ok_or(FormError::Member("validation_rules"))?;
        Rule::parse(&text).map_err(FormError::Rule)
    };
    list.ok_or(missing)?.into_iter().map(rule).collect()
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Member(name) => write!(f, "The form has no {name} of the documented kind."),
            Self::Rule(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FormError {}
