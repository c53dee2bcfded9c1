//! The sign of an /applyfor request, made and checked on the command line.

use std::io::Write as _;
use std::process::Stdio;

use vezne_wire::applyfor::{EmptyValues, SignStyle, SigningKey};
use vezne_wire::secret::SecretText;

use crate::support::program::{Program, Ran};

const TEXT: &str = "currency=VND&pay_code=1004&timestamp=1758210270&uid=test1&userip=127.0.0.1";
const BY_KEY: &str = "3096FC8CEA30209B06DE97B58048A8D6";
const APPENDED: &str = "D66F59536B3C68939509D82370AA810E";
const BODY: &str = r#"{"uid":"test1","userip":"127.0.0.1","timestamp":1758210270,
    "currency":"VND","pay_code":"1004"}"#;

fn program() -> (Program, String) {
    let program = Program::new().environment("VEZNE_SECRET", "S3cret");
    let file = program.folder().join("body.json");
    std::fs::write(&file, BODY).expect("it is written");
    (program, file.to_str().expect("a path").to_owned())
}

#[test]
fn a_sign_is_made_and_checked() {
    let (program, file) = program();
    let flags: Vec<&str> = TEXT.split('&').flat_map(|pair| ["--parameter", pair]).collect();
    for request in [&["--file", &file][..], &flags] {
        let sign = [&["sign", "applyfor"], request].concat();
        let made = program.json(&sign);
        assert_eq!((&made[0]["text"], &made[0]["sign"]), (&TEXT.into(), &BY_KEY.into()));
        assert_eq!(
            (&made[2]["sign_style"], &made[2]["sign"]),
            (&"append".into(), &APPENDED.into())
        );
        let plain = program.ok(&sign).stdout;
        assert!(plain.starts_with(&format!("text  {TEXT}\n")), "{plain}");
        assert!(plain.contains(BY_KEY) && plain.contains(APPENDED), "{plain}");
        for (made, style) in [(BY_KEY, "key"), (APPENDED, "append")] {
            let verify = [&["verify", "applyfor", "--sign", made], request].concat();
            let words = format!("valid  the sign is of this request: sign_style {style}, ");
            let plain = program.ok(&verify).stdout;
            assert!(plain.contains(&words) && !plain.contains("S3cret"), "{plain}");
            assert_eq!(program.json(&verify)["valid"], true);
        }
    }
}

#[test]
fn what_is_wrong_is_said_in_plain_words() {
    let (program, file) = program();
    let verify = ["verify", "applyfor", "--file", &file];
    for (sign, words) in [
        (&[][..], "wrong  sign is required."),
        (&["--sign", "abc"], "wrong  sign must be an MD5 digest"),
        (&["--sign", "00000000000000000000000000000000"], "wrong  sign does not match."),
    ] {
        let ran = program.run(&[&verify[..], sign].concat());
        assert!(ran.code == 1 && ran.stdout.contains(words), "{ran:?}");
        let ran = program.run(&[&["--json"], &verify[..], sign].concat());
        assert_eq!((ran.code, &ran.json()[0]["valid"]), (1, &false.into()));
    }
    program.fails(&["sign", "applyfor", "--file", "nowhere.json"], "nowhere.json");
    program.fails(&["sign", "applyfor", "--parameter", "key=x"], "key");
    program.fails(&["sign", "applyfor", "--parameter", "custom=a&uid=b"], "cannot be told apart");
    let no_pair = program.run(&["sign", "applyfor", "--parameter", "uid"]);
    assert!(no_pair.code == 2 && no_pair.stderr.contains("NAME=VALUE"), "{no_pair:?}");
}

#[test]
fn the_body_may_come_from_a_pipe() {
    let (program, _) = program();
    let mut command = program.command(&["sign", "applyfor", "--file", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let mut input = child.stdin.take().expect("it has an input");
    input.write_all(BODY.as_bytes()).expect("it reads");
    drop(input);
    let ran = Ran::from(child.wait_with_output().expect("it ends"));
    assert!(ran.stdout.contains(BY_KEY), "{ran:?}");
}

/// A developer's first try: the tool names what he did.
#[test]
fn a_usual_slip_is_named() {
    let (program, file) = program();
    let text =
        "uid=test1&userip=127.0.0.1&timestamp=1758210270&currency=VND&pay_code=1004&key=S3cret";
    let key = SigningKey {
        secret: SecretText::new(""),
        style: SignStyle::Append,
        empties: EmptyValues::Included,
    };
    let sign = key.sign_text(text);
    let unsorted = program.run(&["verify", "applyfor", "--file", &file, "--sign", &sign]);
    let words = "wrong  The parameters are in the order they are sent.";
    assert!(unsorted.code == 1 && unsorted.stdout.contains(words), "{unsorted:?}");
}
