use super::*;
use crate::applyfor::parameters::{BoolStyle, MAX_VALUE};
use crate::field::Problem;

fn decode(name: &str, value: &str) -> Result<Details, FieldError> {
    let json = serde_json::json!({ name: value }).to_string();
    let object = Object::parse(json.as_bytes()).unwrap();
    Details::decode(&Parameters::from_json(&object, BoolStyle::Words).unwrap())
}

#[test]
fn each_has_its_limit_and_may_be_empty() {
    for (name, max) in Details::FIELDS {
        assert!(*max <= MAX_VALUE);
        let details = decode(name, &"ş".repeat(*max)).unwrap();
        assert_eq!(details.iter().map(|(name, _)| name).collect::<Vec<_>>(), [*name]);
        let error = decode(name, &"ş".repeat(max + 1)).unwrap_err();
        assert_eq!((error.field, error.problem), (*name, Problem::TooLong { max: *max }));
        assert_eq!(decode(name, "  ").unwrap_err().problem, Problem::Empty);
        assert_eq!(decode(name, "").unwrap(), Details::default());
    }
}

#[test]
fn has_the_optional_parameters_of_the_document() {
    let names: Vec<&str> = Details::FIELDS.iter().map(|(name, _)| *name).collect();
    let document = [
        "bank_id",
        "custom",
        "user_name",
        "bank_account",
        "bank_no",
        "bank_name",
        "bank_province",
        "bank_city",
        "bank_sub",
        "bank_ifsc",
    ];
    assert_eq!(names, document);
}

#[test]
fn prints_names_only() {
    let details = decode("bank_no", "TR33 0006").unwrap();
    assert_eq!(format!("{details:?}"), r#"["bank_no"]"#);
    assert_eq!(details.plain_account().as_deref(), Some("TR330006"));
}
