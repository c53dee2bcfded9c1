use proptest::prelude::*;

use super::*;

fn sample() -> Note {
    Note {
        currency: "TRY".into(),
        amount: "250.00".into(),
        notify_url: "https://m.example/".into(),
        format: NotificationFormat::Form,
        userip: "10.0.0.1".into(),
        details: Details { custom: Some("x".into()), ..Details::default() },
        extras: Vec::new(),
    }
}

#[test]
fn is_short() {
    let mut note = sample();
    let json = concat!(
        r#"{"c":"TRY","a":"250.00","n":"https://m.example/","f":"form","i":"10.0.0.1","#,
        r#""custom":"x"}"#
    );
    assert_eq!(String::from_utf8(note.to_bytes()).unwrap(), json);
    assert_eq!(Note::from_bytes(json.as_bytes()), Ok(note.clone()));
    note.extras.push(("upi_id".into(), "a@b".into()));
    assert_eq!(Note::from_bytes(&note.to_bytes()), Ok(note));
}

#[test]
fn refuses_what_is_no_note() {
    let json = String::from_utf8(sample().to_bytes()).unwrap();
    for (from, to, error) in [
        (r#""c":"#, r#""C":"#, NoteError::Member("c")),
        (r#""a":"250.00""#, r#""a":250.00"#, NoteError::Member("a")),
        (r#""f":"form""#, r#""f":"xml""#, NoteError::Member("f")),
        ("}", r#","x":{"a":1}}"#, NoteError::Member("x")),
        ("}", r#","x":1}"#, NoteError::Json(JsonError::NotAnObject)),
    ] {
        assert_eq!(Note::from_bytes(json.replacen(from, to, 1).as_bytes()), Err(error), "{to}");
    }
    assert!(matches!(Note::from_bytes(b""), Err(NoteError::Json(_))));
}

#[test]
fn prints_no_person() {
    let printed = format!("{:?}", sample());
    assert!(!printed.contains("10.0.0.1") && !printed.contains("250"), "{printed}");
}

proptest! {
    #[test]
    fn what_is_stored_is_read_back(
        text in any::<String>(),
        names in prop::collection::hash_set("[a-z]{1,8}", 0..50),
    ) {
        let mut note = sample();
        note.userip = text.clone();
        note.format = NotificationFormat::Json;
        note.details.bank_account = Some(text.clone());
        note.details.custom = None;
        note.extras = names.into_iter().map(|name| (name, text.clone())).collect();
        prop_assert_eq!(Note::from_bytes(&note.to_bytes()), Ok(note));
    }
}
