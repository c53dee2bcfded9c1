use proptest::prelude::*;

use super::*;
use crate::amount::AmountError;
use crate::field::Problem;

/// The members of the document's bank transfer, each with its JSON text.
const SAMPLE: [(&str, &str); 11] = [
    ("site_id", "1001"),
    ("site_key", r#""k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU""#),
    ("user_id", r#""1254137""#),
    ("username", r#""demo123""#),
    ("trx", r#""456454646""#),
    ("fullname", r#""Ahmet Demir""#),
    ("amount", "250.00"),
    ("account_number", r#""TR123445678945613245645""#),
    ("identity", r#""12345678910""#),
    ("birth_date", r#""16.09.1990""#),
    ("provider_id", "1"),
];

/// The sample with one member changed, added, or (by an empty text) left out.
fn body(name: &str, json: &str) -> String {
    let mut members: Vec<(&str, &str)> = SAMPLE.to_vec();
    members.retain(|(known, _)| *known != name);
    if !json.is_empty() {
        members.push((name, json));
    }
    let list: Vec<String> = members.iter().map(|(n, j)| format!("\"{n}\":{j}")).collect();
    format!("{{{}}}", list.join(","))
}

fn decode(service: Service, body: &str) -> Result<WithdrawRequest, FieldError> {
    WithdrawRequest::decode(service, &Object::parse(body.as_bytes()).unwrap())
}

fn with(name: &str, json: &str) -> Result<WithdrawRequest, FieldError> {
    decode(Service::BankTransfer, &body(name, json))
}

fn long(count: usize) -> String {
    format!("\"{}\"", "ş".repeat(count))
}

#[test]
fn reads_the_sample() {
    let request = with("", "").unwrap();
    assert_eq!(request.site_id, 1001);
    assert_eq!(request.site_key.expose(), "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU");
    assert_eq!(request.user_id, "1254137");
    assert_eq!(request.username, "demo123");
    assert_eq!(request.trx, "456454646");
    assert_eq!(request.fullname, "Ahmet Demir");
    assert_eq!(request.amount, 25_000);
    assert_eq!(request.account_number, "TR123445678945613245645");
    let bank = request.bank.unwrap();
    assert_eq!(bank.identity, "12345678910");
    assert_eq!(bank.birth_date, "16.09.1990");
    assert_eq!(bank.provider_id, 1);
    assert!(request.extras.is_empty());
}

#[test]
fn takes_what_clients_send_instead() {
    for (name, json) in [
        ("site_id", r#""1001""#),
        ("provider_id", r#""1""#),
        ("provider_id", "4294967295"),
        ("amount", "250"),
        ("amount", r#""25000.00""#),
        ("amount", r#""25000""#),
        ("fullname", r#""İsmail Şükrü Çağlayan-Öz'ün""#),
        ("fullname", r#"" Ahmet Demir ""#),
        ("account_number", r#""TR12 3445 6789 4561 3245 6450 01""#),
        ("account_number", "\"TR12\u{a0}3445\u{202f}6789 4561 3245 6450 01\""),
        ("trx", &long(MAX_ID)),
        ("username", &long(MAX_USERNAME)),
        ("fullname", &long(MAX_FULLNAME)),
        ("account_number", &long(MAX_ACCOUNT_NUMBER)),
        ("identity", &long(MAX_IDENTITY)),
        ("channel", "[1,2]"),
    ] {
        assert!(with(name, json).is_ok(), "{name}: {json}");
    }
}

#[test]
fn every_field_is_required() {
    for (name, _) in SAMPLE {
        let error = with(name, "").unwrap_err();
        assert_eq!((error.field, error.problem), (name, Problem::Missing));
    }
}

#[test]
fn every_field_has_its_type() {
    for (name, _) in SAMPLE {
        for json in ["null", "true", "[]", "{}"] {
            let error = with(name, json).unwrap_err();
            let wrong_type = matches!(
                error.problem,
                Problem::WrongType { .. } | Problem::NotAnAmount(AmountError::WrongType)
            );
            assert!(error.field == name && wrong_type, "{name}: {json}: {error}");
        }
    }
}

#[test]
fn a_number_is_no_string() {
    for name in ["site_key", "username", "fullname", "account_number"] {
        let error = with(name, "12345678910").unwrap_err();
        assert_eq!(error.problem, Problem::WrongType { expected: "a string" }, "{name}");
    }
    assert!(matches!(with("birth_date", "1").unwrap_err().problem, Problem::WrongType { .. }));
    // PHP clients send ids as they have them; the digits are the text.
    for (name, json) in [("user_id", "1.0"), ("identity", "1.5"), ("trx", "-1"), ("trx", "1e2")] {
        assert!(with(name, json).is_err(), "{name}: {json}");
    }
    let sent = |name, json| with(name, json).unwrap();
    assert_eq!(sent("user_id", "1254137").user_id, "1254137");
    assert_eq!(sent("trx", "456454646").trx, "456454646");
    assert_eq!(sent("trx", "99999999999999999999").trx, "99999999999999999999");
    assert_eq!(sent("identity", "12345678910").bank.unwrap().identity, "12345678910");
}

#[test]
fn refuses_wrong_values_by_name() {
    let too_long = |max| Problem::TooLong { max };
    for (name, json, problem) in [
        ("user_id", r#""""#, Problem::Empty),
        ("user_id", r#"" \t ""#, Problem::Empty),
        ("trx", "\"\u{a0}\u{2003}\"", Problem::Empty),
        ("user_id", &long(MAX_ID + 1), too_long(MAX_ID)),
        ("trx", &long(MAX_ID + 1), too_long(MAX_ID)),
        ("username", &long(MAX_USERNAME + 1), too_long(MAX_USERNAME)),
        ("fullname", &long(MAX_FULLNAME + 1), too_long(MAX_FULLNAME)),
        ("account_number", &long(MAX_ACCOUNT_NUMBER + 1), too_long(MAX_ACCOUNT_NUMBER)),
        ("site_key", &long(129), too_long(128)),
        ("identity", &long(MAX_IDENTITY + 1), too_long(MAX_IDENTITY)),
        ("identity", r#""1234567891""#, Problem::TooShort { min: MIN_IDENTITY }),
        ("user_id", r#""a|b""#, Problem::CannotBeSigned),
        ("trx", r#""a\u007cb""#, Problem::CannotBeSigned),
        ("user_id", r#""a\u0000""#, Problem::BadCharacter),
        ("trx", r#""a\nb""#, Problem::BadCharacter),
        ("username", r#""a\u0000b""#, Problem::BadCharacter),
        ("fullname", r#""a\u001bb""#, Problem::BadCharacter),
        ("fullname", r#""a\u0085b""#, Problem::BadCharacter),
        ("fullname", r#""\ud800""#, Problem::BadCharacter),
        ("account_number", "\"a\u{7f}b\"", Problem::BadCharacter),
        ("site_id", "1.0", Problem::NotANumber),
        ("site_id", "-1", Problem::NotANumber),
        ("site_id", r#""1001 ""#, Problem::NotANumber),
        ("provider_id", r#""""#, Problem::NotANumber),
        ("provider_id", "4294967296", Problem::NotANumber),
        ("provider_id", "1e0", Problem::NotANumber),
        ("amount", "0", Problem::NotAnAmount(AmountError::Zero)),
        ("amount", "-1", Problem::NotAnAmount(AmountError::Sign)),
        ("amount", "1e2", Problem::NotAnAmount(AmountError::Exponent)),
        ("amount", r#""1.000,50""#, Problem::NotAnAmount(AmountError::Grouping)),
        (
            "amount",
            r#""250.000""#,
            Problem::NotAnAmount(AmountError::TooManyDecimals { allowed: 2 }),
        ),
        ("birth_date", r#""31.02.1990""#, Problem::NotADate),
        ("birth_date", r#""1990-09-16""#, Problem::NotADate),
        ("birth_date", r#""16.09.1990 00:00""#, Problem::NotADate),
    ] {
        let error = with(name, json).unwrap_err();
        assert_eq!((error.field, error.problem), (name, problem), "{json}");
    }
}

#[test]
fn wallets_need_no_bank_details_and_keep_them_as_extras() {
    for service in Service::ALL.into_iter().filter(|service| !service.needs_bank_details()) {
        let request = decode(service, &body("note", r#"{"a": [1]}"#)).unwrap();
        assert!(request.bank.is_none());
        let extras: Vec<_> = request.extras.iter().collect();
        let expected = [
            ("identity", r#""12345678910""#),
            ("birth_date", r#""16.09.1990""#),
            ("provider_id", "1"),
            ("note", r#"{"a": [1]}"#),
        ];
        assert_eq!(extras, expected);
    }
}

#[test]
fn extras_are_bounded() {
    let fits = format!("\"{}\"", "x".repeat(4096 - "note".len() - 2));
    assert!(with("note", &fits).is_ok());
    let error = with("note", &format!("{fits} ").replace("x\"", "xx\"")).unwrap_err();
    assert_eq!(error.to_string(), "extra members must not be longer than 4096.");
}

/// Made with Python's hashlib from the same parts.
#[test]
fn the_digest_is_pinned() {
    let hex = |request: WithdrawRequest| {
        request.content_digest().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(hex(with("", "").unwrap()), "019b92521db205013cf72a3759b075bb");
    let papara = decode(Service::Papara, &body("", "")).unwrap();
    assert_eq!(hex(papara), "155ac1f2ccbb9a4c7c4fbdb59e15b87f");
}

#[test]
fn the_digest_is_of_the_content() {
    let first = with("", "").unwrap().content_digest();
    for (name, json, same) in [
        ("amount", "250", true),
        ("amount", r#""250.0""#, true),
        ("site_id", r#""1001""#, true),
        ("provider_id", r#""1""#, true),
        ("site_key", r#""another""#, true),
        ("note", r#""more""#, true),
        ("trx", r#""4564\u00354646""#, true),
        ("site_id", "1002", false),
        ("user_id", r#""1254138""#, false),
        ("username", r#""demo124""#, false),
        ("trx", r#""456454647""#, false),
        ("fullname", r#""Ahmet demir""#, false),
        ("amount", "250.01", false),
        ("account_number", r#""TR123445678945613245646""#, false),
        ("identity", r#""12345678911""#, false),
        ("birth_date", r#""17.09.1990""#, false),
        ("provider_id", "2", false),
    ] {
        let digest = with(name, json).unwrap().content_digest();
        assert_eq!(digest == first, same, "{name}: {json}");
    }
    let moved = body("user_id", r#""1254137d""#).replace("demo123", "emo123");
    assert_ne!(decode(Service::BankTransfer, &moved).unwrap().content_digest(), first);
    let services = Service::ALL.map(|s| decode(s, &body("", "")).unwrap().content_digest());
    let different: std::collections::HashSet<_> = services.into_iter().collect();
    assert_eq!(different.len(), Service::ALL.len());
}

#[test]
fn nothing_secret_prints() {
    let printed = format!("{:?}", with("note", r#""hidden""#).unwrap());
    for hidden in ["k62F", "Ahmet", "demo123", "TR1234", "12345678910", "1990", "hidden"] {
        assert!(!printed.contains(hidden), "{printed}");
    }
    let details = format!("{:?}", with("", "").unwrap().bank);
    assert!(!details.contains("12345678910") && !details.contains("1990"), "{details}");
}

prop_compose! {
    fn any_request()(
        service in proptest::sample::select(Service::ALL.to_vec()),
        site_id in any::<u64>(),
        (user_id, trx) in (r#"[a-z0-9"\\/ş]{1,30}"#, "[A-Z0-9-]{1,36}"),
        (username, fullname) in (r#"[a-z"\\]{1,20}"#, "[A-Zİşğ]{1,40}"),
        amount in 1..=i64::MAX,
        provider_id in any::<u32>(),
        note in any::<String>(),
    ) -> WithdrawRequest {
        let note = format!("{{\"note\":{}}}", serde_json::to_string(&note).unwrap());
        let bank = BankDetails {
            identity: "12345678910".into(), birth_date: "16.09.1990".into(), provider_id,
        };
        WithdrawRequest {
            service, site_id, site_key: SecretText::new("key"), user_id, username, trx, fullname,
            amount, account_number: "TR1".into(),
            bank: service.needs_bank_details().then_some(bank),
            extras: Extras::decode(&Object::parse(note.as_bytes()).unwrap(), &[]).unwrap(),
        }
    }
}

proptest! {
    #[test]
    fn what_a_merchant_encodes_we_decode(request in any_request()) {
        let sent = request.encode();
        let object = Object::parse(&sent).unwrap();
        let read = WithdrawRequest::decode(request.service, &object).unwrap();
        prop_assert_eq!(read.encode(), sent);
        prop_assert_eq!(read.content_digest(), request.content_digest());
    }

    #[test]
    fn any_value_is_read_or_refused(field in 0..SAMPLE.len(), value in any::<String>()) {
        let json = serde_json::to_string(&value).unwrap();
        let _ = with(SAMPLE[field].0, &json);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(object) = Object::parse(&bytes) {
            let _ = WithdrawRequest::decode(Service::BankTransfer, &object);
        }
    }
}
