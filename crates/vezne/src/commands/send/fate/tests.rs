use super::*;
use crate::commands::send::file::RowsFile;
use vezne_core::model::merchant::Mode;

fn rows() -> Vec<Row> {
    let row = |id| {
        format!(
            r#"{{"unique_id":"{id}","name_surname":"A","iban":"TR150006247004881217621234","amount":1,"currency":"TRY","gsm_number":"905551112233"}}"#
        )
    };
    let json = format!("[{},{},{}]", row("a"), row("b"), row("c"));
    RowsFile::of(json.as_bytes(), Mode::Sandbox).expect("three rows").rows
}

/// The code of each row, or what else became of it, when the answer has these rows.
fn fates(code: i64, answered: &[(&str, i64)]) -> Vec<String> {
    let row = |(id, code): &(&str, i64)| RowResult {
        unique_id: (!id.is_empty()).then(|| (*id).to_owned()),
        code: *code,
        message: String::new(),
        merchant_commission_minor: None,
        receiver_commission_minor: None,
    };
    let answer =
        Answer { code, description: String::new(), rows: answered.iter().map(row).collect() };
    let word = |fate| match fate {
        Fate::Answered(result) => result.code.to_string(),
        Fate::Refused { .. } | Fate::NotSent(_) => panic!("an answer for rows says neither"),
        Fate::InDoubt(_) => "?".to_owned(),
    };
    of_answer(answer, &rows()).into_iter().map(word).collect()
}

#[test]
fn an_answer_is_spread_by_ids_and_then_by_place() {
    for (code, answered, expected) in [
        (100, &[][..], ["100", "100", "100"]),
        (100, &[("a", 100), ("b", 2), ("c", 21)], ["100", "2", "21"]),
        (100, &[("c", 21), ("a", 100), ("b", 2)], ["100", "2", "21"]),
        (100, &[("a", 100), ("", 2), ("c", 100)], ["100", "2", "100"]),
        // As the document prints it: one id, whatever was sent.
        (100, &[("8402133", 100), ("8402133", 100), ("", 2)], ["100", "100", "2"]),
        // Places mean nothing when some are missing.
        (100, &[("c", 100), ("", 2)], ["?", "?", "100"]),
        (100, &[("a", 100), ("a", 2)], ["100", "?", "?"]),
        (100, &[("a", 1), ("b", 2), ("c", 3), ("d", 4)], ["1", "2", "3"]),
        (41, &[("a", 2), ("b", 2), ("c", 2)], ["2", "2", "2"]),
    ] {
        assert_eq!(fates(code, answered), expected, "{answered:?}");
    }
}
