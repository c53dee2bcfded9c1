use vezne_core::model::merchant::Mode;
use vezne_wire::ccpayment::RowResult;

use super::*;
use crate::commands::send::file::RowsFile;

#[test]
fn nothing_that_others_wrote_is_a_formula() {
    for (text, expected) in [
        ("=1+1", "'=1+1"),
        ("+90", "'+90"),
        ("-1", "'-1"),
        ("@SUM", "'@SUM"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("a=1", "a=1"),
        ("", ""),
    ] {
        assert_eq!(harmless(text), expected);
    }
}

#[test]
fn a_line_says_all_that_is_known() {
    let json = r#"[{"unique_id":"=cmd","name_surname":"A","iban":"TR150006247004881217621234","amount":10.5,"currency":"TRY",
        "gsm_number":"905551112233"}]"#;
    let rows = RowsFile::of(json.as_bytes(), Mode::Sandbox).expect("a row").rows;
    let answered = |code, message: &str, commission| {
        Fate::Answered(RowResult {
            unique_id: None,
            code,
            message: message.to_owned(),
            merchant_commission_minor: commission,
            receiver_commission_minor: None,
        })
    };
    let refused = Fate::Refused { code: Some(422), why: "Invalid hash key".into() };
    let fates = [
        answered(100, "SUCCESS", Some(210)),
        answered(2, "=Balance; \"low\"", None),
        refused,
        Fate::InDoubt("no answer".into()),
        Fate::NotSent("later".into()),
    ];
    let mut bytes = Vec::new();
    let problem = |line| Problem { line, problem: "iban is no IBAN.".to_owned() };
    let wrong = [1, 4, 9, 10].map(problem).into();
    let form = Form { separator: b';', bom: true };
    let mut file = ResultFile::begin(&mut bytes, form, wrong).unwrap();
    for (line, fate) in [2, 3, 5, 6, 7].iter().zip(&fates) {
        file.write(&[*line], &rows, std::slice::from_ref(fate)).unwrap();
    }
    file.end().unwrap();
    drop(file);
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "\u{feff}line;unique_id;amount;currency;response_code;response_message;merchant commission;\
         receiver commission;error",
            "1;;;;;;;;not sent: iban is no IBAN.",
            "2;'=cmd;10.50;TRY;100;SUCCESS;2.10;;",
            "3;'=cmd;10.50;TRY;2;\"'=Balance; \"\"low\"\"\";;;",
            "4;;;;;;;;not sent: iban is no IBAN.",
            "5;'=cmd;10.50;TRY;422;Invalid hash key;;;",
            "6;'=cmd;10.50;TRY;;;;;in doubt, send the same file again: no answer",
            "7;'=cmd;10.50;TRY;;;;;not sent: later",
            "9;;;;;;;;not sent: iban is no IBAN.",
            "10;;;;;;;;not sent: iban is no IBAN.",
        ]
    );
}
