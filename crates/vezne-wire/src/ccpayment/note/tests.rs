use proptest::prelude::*;

use super::*;
use crate::json::JsonError;

fn extras(json: &str) -> Extras {
    Extras::decode(&Object::parse(json.as_bytes()).unwrap(), &[]).unwrap()
}

fn note() -> Note {
    Note {
        unique_id_sent: true,
        gsm: "901111137653".into(),
        description: None,
        extras: Extras::default(),
    }
}

#[test]
fn is_short() {
    let mut note = note();
    assert_eq!(note.to_bytes(), br#"{"u":1,"g":"901111137653"}"#);
    note.extras = extras(r#"{"lang": "tr"}"#);
    note.description = Some("rent".into());
    let longer = r#"{"u":1,"g":"901111137653","d":"rent","x":"{\"lang\":\"tr\"}"}"#;
    assert_eq!(note.to_bytes(), longer.as_bytes());
    assert_eq!(Note::from_bytes(longer.as_bytes()), Ok(note));
}

#[test]
fn is_of_a_row() {
    let body = br#"{"name_surname":"J","iban":"TR1","amount":1,"currency":"TRY","name_of_bank":"B",
        "gsm_number":"9011111","description":"d","lang":"tr"}"#;
    let row = Row::decode(&Object::parse(body).unwrap()).unwrap();
    let expected = Note {
        unique_id_sent: false,
        gsm: "9011111".into(),
        description: Some("d".into()),
        extras: extras(r#"{"lang":"tr"}"#),
    };
    assert_eq!(Note::of(&row), expected);
    assert!(!format!("{expected:?}").contains("9011111"));
}

#[test]
fn refuses_what_is_no_note() {
    for (bytes, error) in [
        ("[]", NoteError::Json(JsonError::NotAnObject)),
        (r#"{"g":"1"}"#, NoteError::Member("u")),
        (r#"{"u":2,"g":"1"}"#, NoteError::Member("u")),
        (r#"{"u":1}"#, NoteError::Member("g")),
        (r#"{"u":1,"g":"1","d":1}"#, NoteError::Member("d")),
        (r#"{"u":1,"g":"1","x":{}}"#, NoteError::Member("x")),
    ] {
        assert_eq!(Note::from_bytes(bytes.as_bytes()), Err(error), "{bytes}");
    }
}

proptest! {
    #[test]
    fn what_is_stored_is_read_back(
        unique_id_sent in any::<bool>(),
        gsm in any::<String>(),
        description in any::<Option<String>>(),
        x in any::<String>(),
    ) {
        let extras = extras(&serde_json::json!({ x.clone(): x }).to_string());
        let note = Note { unique_id_sent, gsm, description, extras };
        prop_assert_eq!(Note::from_bytes(&note.to_bytes()), Ok(note));
    }
}
