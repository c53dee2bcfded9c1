use vezne_wire::ccpayment::samples;

use super::*;

const HEAD: &str =
    "unique_id,name_surname,name_of_bank,iban,amount,currency,id_tc_kn,gsm_number,description";
const ROW: &str =
    "a1,John Doe,Ziraat,TR150006247004881217621234,10.50,TRY,12345636268,901111137653,Rent";

fn read(text: &str) -> RowsFile {
    RowsFile::of(text.as_bytes(), Mode::Sandbox).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn refused(text: impl AsRef<[u8]>) -> String {
    RowsFile::of(text.as_ref(), Mode::Sandbox).err().expect("it is refused").to_string()
}

fn problems(text: &str) -> Vec<String> {
    read(text).problems.iter().map(ToString::to_string).collect()
}

#[test]
fn spreadsheets_of_either_habit_say_the_same() {
    let comma = format!("{HEAD}\n{ROW}\n");
    let semicolon = comma.replace(',', ";");
    let plain = read(&comma);
    assert!(plain.problems.is_empty() && plain.lines == [2]);
    assert_eq!(plain.form, Form { separator: b',', bom: false });
    let form = |separator, bom| Form { separator, bom };
    for (text, form, line) in [
        (semicolon.clone(), form(b';', false), 2),
        (format!("\u{feff}{semicolon}").replace('\n', "\r\n"), form(b';', true), 2),
        (format!("sep=;\r\n{semicolon}"), form(b';', false), 3),
        (semicolon.replace("10.50", "10,5"), form(b';', false), 2),
        (comma.replace("10.50", "\"10,50\""), form(b',', false), 2),
        (comma.replace("John Doe", "\" John Doe \""), form(b',', false), 2),
        (comma.to_uppercase().replace(&ROW.to_uppercase(), ROW), form(b',', false), 2),
        (format!("{comma}\n,,,,,,,,\n"), form(b',', false), 2),
    ] {
        let file = read(&text);
        assert_eq!((file.form, file.lines), (form, vec![line]), "{text}");
        assert!(file.rows == plain.rows, "{text}");
    }
    let few = read(
        "iban,gsm_number,currency,amount,name_surname\nTR150006247004881217621234,+90 111 1137653,try,7,A\n",
    );
    let row = few.rows.first().expect("a row");
    assert_eq!(
        (row.amount_minor, row.currency.as_str(), row.gsm.as_str()),
        (700, "TRY", "901111137653")
    );
    assert_eq!((&row.bank_name, &row.identity, &row.description), (&None, &None, &None));
}

#[test]
fn json_may_be_rows_or_a_body_nested_or_not() {
    let body = samples::IQMONEY_REQUEST;
    let whole = read(body);
    assert!(whole.merchant_key.as_deref().is_some_and(|key| key.starts_with("$2y$")));
    assert_eq!(whole.lines, [7, 19]);
    assert_eq!(whole.rows[0].unique_id.as_deref(), Some("6182458"));
    let array = body[body.find("[").unwrap()..].trim_end().trim_end_matches('}');
    let rows = read(array);
    assert_eq!((rows.merchant_key, rows.lines), (None, vec![3, 15]));
    let flat = read(
        r#"[{"name_surname":"A","iban":"TR150006247004881217621234","amount":"1.5","currency":"TRY","gsm_number":905551112233},
        7]"#,
    );
    assert_eq!((flat.rows[0].amount_minor, flat.lines), (150, vec![1]));
    assert_eq!(flat.problems[0].to_string(), "line 2: The row must be an object.");
    for (text, why) in [
        ("", "empty"),
        (" \n", "empty"),
        ("[]", "no rows"),
        ("{}", "neither"),
        ("[1,", "EOF"),
        (r#"{"cashout_type":2,"cashout_data":[{}]}"#, "cashout_type"),
    ] {
        assert!(refused(text).contains(why), "{text}: {}", refused(text));
    }
}

#[test]
fn a_header_that_is_not_understood_is_refused() {
    for (head, why) in [
        (HEAD.replace("gsm_number", "gsm"), "\"gsm\""),
        (HEAD.replace("description", "iban"), "iban twice"),
        (HEAD.replace("iban,", ""), "no iban"),
        (HEAD.replace(',', "\t"), "none of"),
    ] {
        assert!(refused(format!("{head}\n{ROW}")).contains(why), "{head}");
    }
    assert!(refused(HEAD).contains("no rows"));
    let turkish = [HEAD.as_bytes(), b"\n", ROW.as_bytes(), b"\n\xde\n"].concat();
    assert!(refused(turkish).contains("line 3 is not UTF-8"));
}

#[test]
fn every_wrong_row_is_named_by_its_line() {
    let row = |id: &str, from: &str, to: &str| ROW.replace("a1", id).replace(from, to);
    let text = [
        HEAD.to_owned(),
        ROW.to_owned(),
        row("b1", "10.50", "\"1,000\""),
        row("b2", "10.50", "0"),
        row("b3", "TRY", ""),
        row("b4", "901111137653", "\"9,01E+11\""),
        "x1,too,few".to_owned(),
        "x2,\"two\nlines\",,TR15,1,TRY,,901111137653,".to_owned(),
        ROW.replace("John", "Jane"),
    ]
    .join("\n");
    let found = problems(&text);
    let lines = [
        (3, "amount"),
        (4, "amount"),
        (5, "currency"),
        (6, "gsm_number was shortened"),
        (7, "3 fields"),
        (8, "name_surname"),
        (10, "line 2 already"),
    ];
    assert_eq!(found.len(), lines.len(), "{found:#?}");
    for (problem, (line, what)) in found.iter().zip(lines) {
        let right = problem.starts_with(&format!("line {line}: ")) && problem.contains(what);
        assert!(right, "{problem}, not {line} {what}");
        assert!(!problem.contains("Doe") && !problem.contains("1137653"), "{problem}");
    }
    let large = i64::MAX / 100 - 1;
    let large = ROW.replace("10.50", &large.to_string());
    let text = format!("{HEAD}\n{large}\n{}", large.replace("a1", "a2"));
    assert!(refused(text).contains("too large"));
}

#[test]
fn rows_without_an_id_have_the_same_one_whenever_the_file_is_sent() {
    let row = ROW.strip_prefix("a1").unwrap();
    let text = format!("{HEAD}\n{row}\n{ROW}\n{row}\n");
    let ids = |text: &str| -> Vec<String> {
        let rows = read(text).rows;
        rows.into_iter().map(|row| row.unique_id.expect("each has one")).collect()
    };
    let first = ids(&text);
    assert_eq!((first.len(), first[1].as_str()), (3, "a1"));
    assert!(first[0].starts_with("vz-") && first[0].ends_with("-1") && first[0].len() <= 64);
    assert_eq!(first[0].trim_end_matches("-1"), first[2].trim_end_matches("-3"));
    assert_eq!(ids(&text), first);
    let other = ids(&text.replace("Rent", "Rest"));
    assert!(other[0] != first[0] && other[1] == first[1] && other[2] != first[2]);
}

#[test]
fn sums_are_by_currency() {
    let row = |id: &str, amount: &str, currency: &str| {
        ROW.replace("a1", id).replace("10.50", amount).replace("TRY", currency)
    };
    let rows = [row("1", "0.10", "TRY"), row("2", "0.20", "try"), row("3", "7", "EUR")];
    let sums = read(&format!("{HEAD}\n{}", rows.join("\n"))).sums();
    let sum =
        |currency: &str, rows, sum: &str| Sum { currency: currency.into(), rows, sum: sum.into() };
    assert_eq!(sums, [sum("EUR", 1, "7.00"), sum("TRY", 2, "0.30")]);
}
