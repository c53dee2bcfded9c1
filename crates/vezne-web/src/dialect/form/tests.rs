use vezne_core::model::channel::{ChannelBank, FieldKind, FieldOption, built_in};

use super::*;

fn field(name: &str, label: &str, kind: FieldKind, rules: &[&str]) -> FormField {
    FormField {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        required: true,
        max_length: 50,
        placeholder: format!("Please enter {label}"),
        options: Vec::new(),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
    }
}

fn channel(fields: Vec<FormField>) -> Channel {
    let first = built_in().next().expect("there are six");
    let banks = vec![ChannelBank { id: 1001, name: "KB Kookmin Bank".to_owned() }];
    Channel { pay_code: Some("1004".to_owned()), banks, fields, ..first }
}

#[test]
fn each_kind_of_field_becomes_what_the_document_shows() {
    let mut savings = field("kind", "Kind", FieldKind::Select, &["in:savings,current"]);
    savings.options = ["savings", "current"]
        .map(|value| FieldOption { value: value.to_owned(), label: value.to_uppercase() })
        .into();
    let fields = vec![
        field("bank_id", "Bank ID", FieldKind::Bank, &["required", "integer"]),
        field("bank_account", "holder", FieldKind::Input, &["required", "string", "max:50"]),
        savings,
    ];
    let form = form(&channel(fields)).expect("every rule is read");
    assert_eq!((form.pay_code.as_str(), form.name.as_str()), ("1004", "Bank transfer"));
    let [banks, holder, savings] = &form.fields[..] else { panic!("{form:?}") };
    let bank = Choice::Bank { id: 1001, name: "KB Kookmin Bank".to_owned() };
    assert_eq!((banks.kind, &banks.options), (FieldType::Select, &Some(vec![bank])));
    assert_eq!(banks.rules, [Rule::Required, Rule::Integer]);
    assert_eq!((holder.kind, &holder.options), (FieldType::Input, &None));
    assert_eq!((holder.max_length, holder.placeholder.as_str()), (50, "Please enter holder"));
    assert_eq!(savings.options.as_ref().map(Vec::len), Some(2));
}

#[test]
fn a_rule_of_no_language_is_an_error() {
    let fields = vec![field("bank_no", "Number", FieldKind::Input, &["luhn"])];
    assert_eq!(form(&channel(fields)), Err(RuleError::Unknown("luhn".to_owned())));
}
