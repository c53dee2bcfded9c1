use super::*;
use crate::applyfor::samples;
use crate::json::Object;

/// The form of the document's example.
fn sample() -> Form {
    let answer = Object::parse(samples::FORM_RULE_ANSWER.as_bytes()).unwrap();
    let result = answer.get("result").unwrap().object().unwrap();
    Form::read(&result.get("data").unwrap().object().unwrap()).unwrap()
}

fn of(pairs: &[(&str, &str)]) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, value) in pairs {
        parameters.push(name, value).unwrap();
    }
    parameters
}

fn validate(form: &Form, pairs: &[(&str, &str)]) -> Result<(), String> {
    form.validate(&of(pairs), Checks::Strict).map_err(|e| e.to_string())
}

fn read(json: &str) -> Result<Form, FormError> {
    Form::read(&Object::parse(json.as_bytes()).unwrap())
}

#[test]
fn the_example_is_understood() {
    let form = sample();
    assert_eq!((form.pay_code.as_str(), form.name.as_str()), ("1004", "Korea Withdrawal"));
    let [bank, holder] = form.fields.as_slice() else { panic!("{form:?}") };
    let options = [Choice::Bank { id: 1001, name: "KB Kookmin Bank".into() }];
    assert_eq!(bank.options.as_deref(), Some(&options[..]));
    assert_eq!((bank.kind, bank.required, bank.max_length), (FieldType::Select, true, 100));
    assert_eq!(bank.rules, [Rule::Required, Rule::Integer]);
    assert_eq!((holder.kind, &holder.options), (FieldType::Input, &None));
    assert_eq!(holder.rules, [Rule::Required, Rule::String, Rule::Max(50)]);
}

#[test]
fn orders_are_checked_against_the_form() {
    let form = sample();
    let long = "ş".repeat(51);
    for (pairs, expected) in [
        (&[("bank_id", "1001"), ("bank_account", "Kim")][..], Ok(())),
        (&[("bank_id", "1001"), ("bank_account", "Kim"), ("other", "x")], Ok(())),
        (&[("bank_account", "Kim")], Err("bank_id must not be empty (rule required).")),
        (&[("bank_id", "1001")], Err("bank_account must not be empty (rule required).")),
        (
            &[("bank_id", "1001"), ("bank_account", "  ")],
            Err("bank_account must not be empty (rule required)."),
        ),
        (
            &[("bank_id", "1002"), ("bank_account", "Kim")],
            Err("bank_id must be one of the options."),
        ),
        (
            &[("bank_id", "01001"), ("bank_account", "Kim")],
            Err("bank_id must be one of the options."),
        ),
        (
            &[("bank_id", "1001"), ("bank_account", &long)],
            Err("bank_account must not be longer than 50 characters (max_length)."),
        ),
    ] {
        assert_eq!(validate(&form, pairs), expected.map_err(String::from), "{pairs:?}");
    }
}

#[test]
fn rules_are_checked_in_their_order() {
    let mut form = sample();
    form.fields[0].options = None;
    form.fields[1].max_length = 100;
    form.fields[1].required = false;
    form.fields[1].rules = vec![Rule::Min(5), Rule::Email];
    let account = |value| validate(&form, &[("bank_id", "7"), ("bank_account", value)]);
    assert_eq!(account(""), Ok(()));
    assert_eq!(account("a@b.co"), Ok(()));
    assert_eq!(
        account("a"),
        Err("bank_account must have at least 5 characters (rule min:5).".into())
    );
    assert_eq!(
        account("abcdef"),
        Err("bank_account must be an e-mail address (rule email).".into())
    );
    assert!(account(" ").is_err());
    form.fields[1].rules = vec![Rule::Required];
    assert!(validate(&form, &[("bank_id", "7")]).is_err());
    assert!(validate(&form, &[("bank_id", "x"), ("bank_account", "a")]).is_err());
}

#[test]
fn what_is_written_is_read() {
    let mut form = sample();
    form.fields[0].options =
        Some(vec![Choice::Value { value: "a".into(), label: "Şube \"A\"".into() }]);
    form.fields[1].options = Some(Vec::new());
    for (notation, _) in crate::applyfor::rule::NOTATIONS {
        form.fields[1].rules.push(Rule::parse(notation).unwrap());
    }
    let mut json = Vec::new();
    form.write(&mut json);
    assert_eq!(read(std::str::from_utf8(&json).unwrap()), Ok(form));
    let choice = Choice::Value { value: "a".into(), label: String::new() };
    assert!(choice.is("a") && !choice.is("A"));
}

#[test]
fn refuses_what_is_no_form() {
    let mut json = Vec::new();
    sample().write(&mut json);
    let json = String::from_utf8(json).unwrap();
    assert!(read(&json).is_ok());
    let rules = r#"["required","integer"]"#;
    let many = format!("[{}]", [r#""string""#; MAX_RULES + 1].join(","));
    for (from, to, error) in [
        (r#""pay_code":"1004""#, r#""pay_code":1004"#, FormError::Member("pay_code")),
        (r#""form_fields":["#, r#""form_fields":null,"x":["#, FormError::Member("form_fields")),
        (r#""name":"bank_id""#, r#""name":"sign""#, FormError::Member("name")),
        (r#""name":"bank_id""#, r#""name":"key""#, FormError::Member("name")),
        (r#""name":"bank_id""#, r#""name":"a&b""#, FormError::Member("name")),
        (r#""type":"select""#, r#""type":"radio""#, FormError::Member("type")),
        (r#""required":true"#, r#""required":1"#, FormError::Member("required")),
        (r#""max_length":100"#, r#""max_length":70000"#, FormError::Member("max_length")),
        (r#""bankID":1001"#, r#""bankID":"x""#, FormError::Member("bankID")),
        (r#""bankID":1001"#, r#""value":1"#, FormError::Member("value")),
        (r#""options":null"#, r#""options":{}"#, FormError::Member("options")),
        (rules, "null", FormError::Member("validation_rules")),
        (rules, "[1]", FormError::Member("validation_rules")),
        (rules, &many, FormError::Member("validation_rules")),
        (rules, r#"["max"]"#, FormError::Rule(Rule::parse("max").unwrap_err())),
    ] {
        assert!(json.contains(from));
        assert_eq!(read(&json.replacen(from, to, 1)), Err(error), "{to}");
    }
}
