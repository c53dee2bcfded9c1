use proptest::prelude::*;

use super::*;
use crate::json::JsonError;

fn extras(json: &str) -> Extras {
    Extras::decode(&Object::parse(json.as_bytes()).unwrap(), &[]).unwrap()
}

#[test]
fn is_short() {
    let mut note = Note {
        service: Service::Papara,
        user_id: "1254137".into(),
        username: "demo123".into(),
        extras: Extras::default(),
    };
    assert_eq!(note.to_bytes(), br#"{"s":"papara","u":"1254137","n":"demo123"}"#);
    note.extras = extras(r#"{"lang": "tr", "ids": [1, 2]}"#);
    let with_extras = concat!(
        r#"{"s":"papara","u":"1254137","n":"demo123","#,
        r#""x":"{\"lang\":\"tr\",\"ids\":[1, 2]}"}"#
    );
    assert_eq!(note.to_bytes(), with_extras.as_bytes());
    assert_eq!(Note::from_bytes(with_extras.as_bytes()), Ok(note));
}

#[test]
fn refuses_what_is_no_note() {
    for (bytes, error) in [
        ("", NoteError::Json(JsonError::Malformed { line: 1, column: 0 })),
        (r#"{"u":"1","n":"a"}"#, NoteError::Member("s")),
        (r#"{"s":"cash","u":"1","n":"a"}"#, NoteError::Member("s")),
        (r#"{"s":"papara","n":"a"}"#, NoteError::Member("u")),
        (r#"{"s":"papara","u":"1","n":2}"#, NoteError::Member("n")),
        (r#"{"s":"papara","u":"1","n":"a","x":1}"#, NoteError::Member("x")),
        (r#"{"s":"papara","u":"1","n":"a","x":"1"}"#, NoteError::Json(JsonError::NotAnObject)),
    ] {
        assert_eq!(Note::from_bytes(bytes.as_bytes()), Err(error), "{bytes}");
    }
}

/// Whatever depth a request was allowed, its note must be readable again.
#[test]
fn the_deepest_extra_is_read_back() {
    let deep = format!("{{\"d\":{}{}}}", "[".repeat(31), "]".repeat(31));
    let note = Note {
        service: Service::PayCo,
        user_id: "1".into(),
        username: "a".into(),
        extras: extras(&deep),
    };
    assert_eq!(Note::from_bytes(&note.to_bytes()), Ok(note));
}

proptest! {
    #[test]
    fn what_is_stored_is_read_back(
        user_id in any::<String>(),
        username in any::<String>(),
        x in any::<String>(),
    ) {
        let extra = serde_json::json!({ x.clone(): x }).to_string();
        for service in Service::ALL {
            let note = Note {
                service,
                user_id: user_id.clone(),
                username: username.clone(),
                extras: extras(&extra),
            };
            prop_assert_eq!(Note::from_bytes(&note.to_bytes()), Ok(note));
        }
    }
}
