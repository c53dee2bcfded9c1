//! A merchant's file, sent to a server that answers by a script.

use std::path::PathBuf;
use std::process::Stdio;

use crate::support::cashout_server::{CashoutServer, Request, Turn};
use crate::support::program::{Program, Ran, until};

const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

const HEAD: &str = "unique_id;name_surname;iban;amount;currency;gsm_number";

/// A folder with a file of rows, and a server.
struct Shop {
    program: Program,
    server: CashoutServer,
    file: PathBuf,
}

impl Shop {
    fn new(rows: &[&str], script: impl IntoIterator<Item = Turn>) -> Self {
        let program = Program::new().environment("VEZNE_APP_SECRET", SECRET);
        let file = program.folder().join("rows.csv");
        let text = [&[HEAD], rows].concat().join("\r\n");
        std::fs::write(&file, text).expect("it is written");
        Self { program, server: CashoutServer::start(script), file }
    }

    fn arguments(&self) -> Vec<String> {
        let file = self.file.to_str().expect("a path");
        let url = self.server.url();
        let all = ["send", file, "--url", &url, "--app-id", "app", "--merchant-key", "m"];
        let all = [&all[..], &["--batch", "2", "--retry-wait", "0", "--sandbox"]].concat();
        all.into_iter().map(String::from).collect()
    }

    fn send(&self, more: &[&str]) -> Ran {
        let own = self.arguments();
        let mut arguments: Vec<&str> = own.iter().map(String::as_str).collect();
        if !more.contains(&"--retries") {
            arguments.extend(["--retries", "3"]);
        }
        arguments.extend(more);
        self.program.run(&arguments)
    }

    /// Sends, and compares the result file but for its header: line, code, message.
    fn results(&self, more: &[&str], code: i32, expected: &[&str]) -> Ran {
        let ran = self.send(more);
        assert_eq!(ran.code, code, "{ran:?}");
        let cells = |line: &str| -> String {
            let cells: Vec<&str> = line.split(';').collect();
            let said = if cells[5].is_empty() { cells[8] } else { cells[5] };
            format!("{} {} {said}", cells[0], cells[4])
        };
        let lines: Vec<String> = self.result().lines().skip(1).map(cells).collect();
        assert_eq!(lines, expected, "{ran:?}");
        ran
    }

    fn result(&self) -> String {
        std::fs::read_to_string(self.program.folder().join("rows.csv.result.csv"))
            .expect("there is a result")
    }

    /// The requests of cash-outs that came in.
    fn cashouts(&self) -> Vec<Request> {
        let mut taken = self.server.taken();
        taken.retain(|request| request.path.ends_with("/tobank"));
        taken
    }
}

const ROWS: [&str; 3] = [
    "a1;John Doe;TR150006247004881217621234;10,50;TRY;901111137653",
    ";Jane Doe;TR150006247004881217621235;20;TRY;901111137654",
    "a3;Joe Doe;TR150006247004881217621236;5;EUR;901111137655",
];

#[test]
fn every_row_is_sent_once_and_answered() {
    let shop = Shop::new(&ROWS, [Turn::Accept, Turn::NoRows]);
    let ran = shop.results(&[], 0, &["2 100 SUCCESS", "3 100 SUCCESS", "4 100 said so"]);
    assert!(ran.stdout.contains("3 of 3 rows were accepted."), "{ran:?}");
    assert!(ran.stderr.contains("2 of 3 rows are answered"), "{ran:?}");
    let first = shop.cashouts();
    assert_eq!(first.len(), 2, "two rows in a request");
    assert!(first.iter().all(|request| request.authorization == "Bearer token-1"));
    let ids: Vec<_> = first.iter().flat_map(|request| request.ids(SECRET)).collect();
    assert!(ids[0] == "a1" && ids[1].starts_with("vz-") && ids[2] == "a3", "{ids:?}");
    assert!(shop.result().contains(&format!("3;{};20.00;TRY;100;SUCCESS;2.10;0.00", ids[1])));

    // The result is the only record: it stays unless told otherwise, and so does the input.
    shop.program.fails(
        &shop.arguments().iter().map(String::as_str).collect::<Vec<_>>(),
        "--overwrite replaces it",
    );
    let input = shop.file.to_str().expect("a path");
    assert_eq!(shop.send(&["--overwrite", "--result", input]).code, 1);
    assert!(shop.cashouts().is_empty());

    // The same file has the same ids.
    assert_eq!(shop.send(&["--overwrite"]).code, 0);
    let again: Vec<_> = shop.cashouts().iter().flat_map(|request| request.ids(SECRET)).collect();
    assert_eq!(again, ids);
}

#[test]
fn a_request_without_an_answer_is_repeated_byte_for_byte() {
    let unlucky = [Turn::Status(503), Turn::Cut, Turn::CutWithin];
    let shop = Shop::new(&ROWS[..2], unlucky);
    shop.results(&[], 0, &["2 100 SUCCESS", "3 100 SUCCESS"]);
    let sent = shop.cashouts();
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|request| request.body == sent[0].body), "{sent:?}");
}

#[test]
fn a_token_that_is_no_longer_taken_is_asked_for_anew() {
    let shop = Shop::new(&ROWS, [Turn::Accept, Turn::Status(401)]);
    shop.results(&[], 0, &["2 100 SUCCESS", "3 100 SUCCESS", "4 100 SUCCESS"]);
    let sent = shop.cashouts();
    let tokens: Vec<&str> = sent.iter().map(|request| request.authorization.as_str()).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
    assert_eq!(sent[1].body, sent[2].body);

    let shop = Shop::new(&ROWS[..1], [Turn::Status(401), Turn::Status(401)]);
    shop.results(&[], 1, &["2  refused: the server does not take the token that it gave"]);
}

#[test]
fn what_is_not_accepted_is_told_row_by_row() {
    let shop = Shop::new(&ROWS, [Turn::FirstOnly, Turn::Accept]);
    let short = "3 2 '=Insufficient balance";
    let ran = shop.results(&["--json"], 1, &["2 100 SUCCESS", short, "4 100 SUCCESS"]);
    let report = &ran.json()[0];
    assert_eq!((&report["accepted"], &report["refused"]), (&2.into(), &1.into()), "{report}");
    assert_eq!(report["sums"][1], serde_json::json!({"currency":"TRY","rows":1,"sum":"10.50"}));

    let shop = Shop::new(&ROWS[..2], [Turn::LastUnsaid]);
    let unsaid = "3  in doubt, send the same file again: the answer says nothing of this row";
    shop.results(&[], 1, &["2 100 SUCCESS", unsaid]);
}

#[test]
fn a_refusal_of_a_whole_request_ends_the_run() {
    let shop = Shop::new(&ROWS, [Turn::Refuse(422)]);
    let refused = ["2 422 said so", "3 422 said so"];
    let rest = "4  not sent: an earlier request ended the run";
    let ran = shop.results(&[], 1, &[refused[0], refused[1], rest]);
    assert!(ran.stdout.contains("It ended early: code 422: said so"), "{ran:?}");
    assert_eq!(shop.cashouts().len(), 1);
}

#[test]
fn patience_ends_and_what_may_have_arrived_stays_in_doubt() {
    let lost = "2  in doubt, send the same file again: connection closed before message completed";
    let doubt = "2  in doubt, send the same file again: the server answered HTTP";
    for (script, code) in [
        (vec![Turn::Cut, Turn::Status(429), Turn::Status(429), Turn::Status(429)], "429"),
        (vec![Turn::Status(503); 4], "503"),
    ] {
        let shop = Shop::new(&ROWS[..1], script);
        shop.results(&[], 1, &[&format!("{doubt} {code}")]);
        assert_eq!(shop.cashouts().len(), 4);
    }
    let shop = Shop::new(&ROWS[..1], vec![Turn::Status(429); 4]);
    shop.results(&[], 1, &["2  not sent: the server answered HTTP 429"]);
    let shop = Shop::new(&ROWS[..1], [Turn::Cut, Turn::Refuse(422)]);
    shop.results(&[], 1, &["2  in doubt, send the same file again: code 422: said so"]);
    let shop = Shop::new(&ROWS[..1], [Turn::Cut]);
    shop.results(&["--retries", "0"], 1, &[lost]);
    assert_eq!(shop.cashouts().len(), 1);
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let shop = Shop::new(&ROWS[..1], [Turn::Hang]);
    shop.results(&["--timeout", "1"], 0, &["2 100 SUCCESS"]);
    let sent = shop.cashouts();
    assert!(sent.len() == 2 && sent[0].body == sent[1].body, "{sent:?}");
}

#[test]
fn an_interruption_leaves_what_is_known() {
    let shop = Shop::new(&ROWS, [Turn::Accept, Turn::Hang]);
    let arguments = shop.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = shop.program.command(&arguments);
    let mut child = command.stderr(Stdio::null()).spawn().expect("the program runs");
    until("the second request", || (shop.server.count() == 3).then_some(()));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let result = shop.result();
    assert_eq!(result.lines().count(), 3, "{result}");
    assert!(result.ends_with("0.00;\n"), "{result}");
}

/// The right rows go out by choice, and the file says of each other one what is wrong with it.
#[test]
fn right_rows_are_sent_without_the_wrong_ones_where_that_is_asked_for() {
    let shortened = "b1;John Doe;1.2E+15;10;TRY;901111137653";
    let rows = [ROWS[0], shortened, ROWS[1], "b3;Jane Doe;TR1;ten;TRY;901111137653"];
    let shop = Shop::new(&rows, []);
    assert_eq!(shop.send(&[]).code, 1);
    assert!(shop.cashouts().is_empty());
    let result = shop.program.folder().join("rows.csv.result.csv");
    let place = result.to_str().expect("a path").to_owned();
    assert_eq!(shop.send(&["--dry-run", "--result", &place]).code, 1);
    let told = shop.result();
    assert_eq!(told.lines().count(), 3, "the wrong rows alone: {told}");
    assert!(told.contains("iban was shortened"), "{told}");
    let ran = shop.send(&["--skip-wrong", "--overwrite"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("2 of 4 rows were accepted."), "{ran:?}");
    assert!(ran.stdout.contains("2 wrong, and left out"), "{ran:?}");
    let lines: Vec<String> = shop.result().lines().skip(1).map(str::to_owned).collect();
    let begins = |at: usize, text: &str| lines[at].starts_with(text);
    assert!(begins(0, "2;a1;10.50;TRY;100;") && begins(1, "3;;"), "{lines:?}");
    assert!(begins(2, "4;vz-") && begins(3, "5;;;;;;;;"), "{lines:?}");
    assert!(lines[1].contains("iban was shortened") && lines[3].contains("amount"), "{lines:?}");
    let ids: Vec<_> = shop.cashouts().iter().flat_map(|request| request.ids(SECRET)).collect();
    assert!(ids.len() == 2 && ids[0] == "a1" && ids[1].ends_with("-3"), "{ids:?}");
}

/// A live server checks an IBAN and an identity number, so this does as well.
#[test]
fn a_row_is_checked_as_the_server_will() {
    let head = format!("{HEAD};id_tc_kn");
    let program = Program::new();
    let file = program.folder().join("rows.csv");
    let iban = "TR33 0006 1005 1978 6457 8413 26";
    for (iban, identity, words) in [
        (iban, "10000000146", "Every row is right."),
        (iban, "", "Every row is right."),
        ("TR330006100519786457841327", "", "line 2: iban is no IBAN"),
        (iban, "10000000147", "line 2: id_tc_kn is no identity number"),
    ] {
        let text = format!("{head}\na1;Ayşe Kaya;{iban};10;TRY;901111137653;{identity}\n");
        std::fs::write(&file, text).expect("it is written");
        let place = file.to_str().expect("a path");
        let ran = program.run(&["send", place, "--dry-run"]);
        let is_right = words.starts_with("Every");
        assert_eq!(ran.code, i32::from(!is_right), "{ran:?}");
        assert!(ran.stdout.contains(words), "{words}: {ran:?}");
        let loose = program.run(&["send", place, "--dry-run", "--sandbox"]);
        assert_eq!(loose.code, 0, "{loose:?}");
    }
}

#[test]
fn nothing_is_sent_when_a_row_is_wrong_or_nothing_should_be() {
    let wrong = ROWS[2].replace("EUR", "euros");
    let shop = Shop::new(&[ROWS[0], &wrong], []);
    for more in [&[][..], &["--dry-run"]] {
        let ran = shop.send(more);
        assert!(ran.code == 1 && ran.stdout.contains("line 3: currency must be"), "{ran:?}");
        assert!(ran.stdout.contains("1 of 2 rows are wrong. Nothing is sent;"), "{ran:?}");
    }
    let ran = shop.send(&["--json"]);
    assert_eq!((ran.code, &ran.json()[0]["problems"][0]["line"]), (1, &3.into()));

    let shop = Shop::new(&ROWS, []);
    let file = shop.file.to_str().expect("a path");
    let checked = shop.program.json(&["send", file, "--dry-run", "--sandbox"]);
    assert_eq!((&checked["rows"], &checked["requests"]), (&3.into(), &1.into()));
    assert_eq!(checked["sums"][1]["sum"], "30.50");
    assert!(
        shop.program
            .ok(&["send", file, "--dry-run", "--sandbox"])
            .stdout
            .contains("Every row is right. Rows: 3.")
    );
    assert!(shop.server.taken().is_empty());
    assert!(!shop.program.folder().join("rows.csv.result.csv").exists());
}
