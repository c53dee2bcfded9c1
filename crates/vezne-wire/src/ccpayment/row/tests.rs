use super::*;

const GOOD: &str = r#"{"unique_id":"r1","name_surname":"Jane Doe","iban":"TR33 0006",
    "name_of_bank":"Bank","amount":10.50,"currency":"try","id_tc_kn":"12345678901",
    "gsm_number":"+90 (no)","description":"d"}"#;

/// The sample with one member replaced, or left out.
fn with(name: &str, value: Option<&str>) -> Result<Row, RowProblem> {
    let mut members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&GOOD.replace("(no)", "111-1111111")).unwrap();
    match value {
        Some(value) => members.insert(name.to_owned(), serde_json::from_str(value).unwrap()),
        None => members.remove(name),
    };
    let body = serde_json::to_vec(&members).unwrap();
    Row::decode(&Object::parse(&body).unwrap())
}

fn good() -> Row {
    with("none", None).unwrap()
}

#[test]
fn reads_a_row() {
    let expected = Row {
        unique_id: Some("r1".into()),
        name: "Jane Doe".into(),
        iban: "TR33 0006".into(),
        bank_name: Some("Bank".into()),
        amount_minor: 1050,
        currency: "TRY".into(),
        identity: Some("12345678901".into()),
        gsm: "901111111111".into(),
        description: Some("d".into()),
        extras: Extras::default(),
    };
    assert_eq!(good(), expected);
}

#[test]
fn empty_means_absent() {
    for value in [None, Some("null"), Some("\"\""), Some("\"  \"")] {
        assert_eq!(with("unique_id", value).unwrap().unique_id, None);
        assert_eq!(with("id_tc_kn", value).unwrap().identity, None);
        assert_eq!(with("description", value).unwrap().description, None);
        assert_eq!(with("name_of_bank", value).unwrap().bank_name, None);
    }
}

#[test]
fn ids_may_be_numbers() {
    assert_eq!(with("unique_id", Some("6182458")).unwrap().unique_id.as_deref(), Some("6182458"));
    assert_eq!(with("gsm_number", Some("901111137653")).unwrap().gsm, "901111137653");
}

#[test]
fn what_is_wrong_is_named() {
    let long = |length: usize| format!("\"{}\"", "x".repeat(length));
    let digits = "gsm_number must have 7 to 15 digits.";
    let letters = "currency must be one of: codes of three letters, as TRY.";
    let decimals =
        "amount is not a valid amount: at most 2 decimals are allowed. Example: 25000.00";
    let zero = "amount is not a valid amount: it must be greater than zero. Example: 25000.00";
    for (name, value, message) in [
        ("name_surname", None, "name_surname is required."),
        ("name_surname", Some("\"\"".into()), "name_surname must not be empty."),
        ("name_surname", Some(long(121)), "name_surname must not be longer than 120."),
        ("iban", None, "iban is required."),
        ("iban", Some("12".into()), "iban must be a string."),
        ("iban", Some(long(65)), "iban must not be longer than 64."),
        ("name_of_bank", Some("1".into()), "name_of_bank must be a string."),
        ("name_of_bank", Some(long(121)), "name_of_bank must not be longer than 120."),
        ("amount", Some("0".into()), zero),
        ("amount", Some("\"0.00\"".into()), zero),
        ("amount", Some("\"10.001\"".into()), decimals),
        ("currency", None, "currency is required."),
        ("currency", Some("\"TL\"".into()), letters),
        ("currency", Some("\"T1Y\"".into()), letters),
        ("id_tc_kn", Some(long(33)), "id_tc_kn must not be longer than 32."),
        ("gsm_number", None, "gsm_number is required."),
        ("gsm_number", Some("\"\"".into()), "gsm_number must not be empty."),
        ("gsm_number", Some("\"123456\"".into()), digits),
        ("gsm_number", Some("\"1234567890123456\"".into()), digits),
        ("gsm_number", Some("\"0090x111111\"".into()), digits),
        ("gsm_number", Some("-901111111111".into()), "gsm_number must be a whole number."),
        ("description", Some(long(251)), "description must not be longer than 250."),
        ("more", Some(long(1024)), "extra members must not be longer than 1024."),
    ] {
        let code = match name {
            "currency" => RowCode::InvalidCurrency,
            _ => RowCode::Validation,
        };
        let unique_id = Some("r1".to_owned());
        let expected = RowProblem { code, message: message.to_owned(), unique_id };
        assert_eq!(with(name, value.as_deref()), Err(expected), "{name} {value:?}");
    }
}

#[test]
fn an_id_that_is_wrong_is_not_echoed() {
    for value in [r#""a\nb""#, r#""a|b""#, "1.5", "[]", "true"] {
        let problem = with("unique_id", Some(value)).unwrap_err();
        assert_eq!((problem.code, problem.unique_id), (RowCode::Validation, None), "{value}");
    }
    let at_most = format!("\"{}\"", "ş".repeat(64));
    assert!(with("unique_id", Some(&at_most)).is_ok());
    assert!(with("unique_id", Some(&format!("\"{}\"", "ş".repeat(65)))).is_err());
}

#[test]
fn a_written_row_is_read_back() {
    let row = with("channel", Some(r#"{"a":[1]}"#)).unwrap();
    let mut body = Vec::new();
    row.encode_into(&mut body);
    assert_eq!(Row::decode(&Object::parse(&body).unwrap()), Ok(row));
}

#[test]
fn the_digest_is_of_what_the_row_means() {
    let digest = |name, value| with(name, Some(value)).unwrap().content_digest();
    let same = good().content_digest();
    for (name, value) in [
        ("amount", "\"10.5\""),
        ("iban", "\"tr330006\""),
        ("currency", "\"TRY\""),
        ("gsm_number", "901111111111"),
        ("extra", "1"),
    ] {
        assert_eq!(digest(name, value), same, "{name}");
    }
    for (name, value) in [
        ("unique_id", "\"r2\""),
        ("name_surname", "\"Jane\""),
        ("iban", "\"TR330007\""),
        ("name_of_bank", "\"\""),
        ("amount", "10.51"),
        ("currency", "\"EUR\""),
        ("id_tc_kn", "\"\""),
        ("gsm_number", "\"901111111112\""),
        ("description", "\"e\""),
    ] {
        assert_ne!(digest(name, value), same, "{name}");
    }
}

#[test]
fn people_never_print() {
    let row = with("more", Some("\"secret\"")).unwrap();
    let printed = format!("{row:?}");
    for text in ["Jane", "TR33", "12345678901", "9011", "secret"] {
        assert!(!printed.contains(text), "{printed}");
    }
}
