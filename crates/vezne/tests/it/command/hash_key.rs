//! The hash_key of a CCPayment cash-out, made and checked on the command line.

use std::io::Write as _;
use std::process::Stdio;

use vezne_wire::ccpayment::samples;

use crate::support::program::{Program, Ran};

const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

fn program() -> (Program, String) {
    let program = Program::new().environment("VEZNE_APP_SECRET", SECRET);
    let file = program.folder().join("body.json");
    std::fs::write(&file, samples::IQMONEY_REQUEST).expect("it is written");
    (program, file.to_str().expect("a path").to_owned())
}

#[test]
fn a_hash_key_is_made_and_checked() {
    let (program, file) = program();
    let flags = ["--iban", "TR150006247004881217621234", "--amount", "10", "--currency", "TRY"];
    let flags = [&flags[..], &["--gsm", "901111137653", "--sum", "30.00"]].concat();
    let from_file = program.json(&["sign", "ccpayment", "--file", &file]);
    let from_flags = program.json(&[&["sign", "ccpayment"], &flags[..]].concat());
    assert_eq!(from_file["plaintext"], "30|TR150006247004881217621234|10|TRY|901111137653");
    assert_eq!(from_flags["plaintext"], from_file["plaintext"]);
    for made in [&from_file, &from_flags] {
        let made = made["hash_key"].as_str().expect("a hash_key");
        let verify = ["verify", "ccpayment", "--file", &file, "--hash-key", made];
        assert!(program.ok(&verify).stdout.contains("valid  the hash_key is of this request"));
        let verify = [&["verify", "ccpayment", "--hash-key", made], &flags[..]].concat();
        let verdict = program.json(&verify);
        assert_eq!(verdict["valid"], true, "{verdict}");
    }
    assert!(program.ok(&["sign", "ccpayment", "--file", &file]).stdout.contains("hash_key   "));
}

#[test]
fn what_is_wrong_is_said_in_plain_words() {
    let (program, file) = program();
    let failed = |arguments: &[&str]| -> Ran {
        let ran = program.run(arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {ran:?}");
        ran
    };
    // The document's own hash_key, whose secret nobody knows.
    let own = failed(&["verify", "ccpayment", "--file", &file]);
    assert!(own.stdout.contains("wrong  "), "{own:?}");
    let sign = ["sign", "ccpayment", "--iban", "TR1", "--amount", "10", "--currency", "TRY"];
    let other = program.json(&[&sign[..], &["--gsm", "902222222222"]].concat());
    let other = other["hash_key"].as_str().expect("a hash_key");
    let verify = ["verify", "ccpayment", "--file", &file, "--hash-key", other];
    let plain = failed(&verify).stdout;
    assert!(plain.contains("Not what the request says: sum, iban, gsm_number."), "{plain}");
    assert_eq!(plain.lines().filter(|line| line.trim_end().ends_with("differs")).count(), 3);
    let json = failed(&[&["--json"], &verify[..]].concat()).json().remove(0);
    assert_eq!((&json["valid"], &json["fields"][2]["same"]), (&false.into(), &true.into()));

    let nothing = ["verify", "ccpayment", "--file", "nowhere.json", "--hash-key", "x"];
    program.fails(&nothing, "nowhere.json");
    program.fails(&["sign", "ccpayment", "--file", "/dev/null"], "EOF");
}

#[test]
fn the_body_may_come_from_a_pipe() {
    let (program, _) = program();
    let mut command = program.command(&["sign", "ccpayment", "--file", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let mut input = child.stdin.take().expect("it has an input");
    input.write_all(samples::SIPAY_REQUEST.as_bytes()).expect("it reads");
    drop(input);
    let ran = Ran::from(child.wait_with_output().expect("it ends"));
    assert!(ran.stdout.contains("30|TR1111111111111111|10|TRY|901111111111"), "{ran:?}");
}

/// Whatever a body says, a terminal only shows it.
#[test]
fn nothing_of_a_body_steers_a_terminal() {
    let (program, _) = program();
    let file = program.folder().join("body.json");
    let row = r#"[{"name_surname":"A","iban":"TR33\u001b]0;pwn\u0007","amount":15,"currency":"TRY",
        "gsm_number":"905551112233"}]"#;
    std::fs::write(&file, row).expect("it is written");
    let place = file.to_str().expect("a path");
    let ran = program.run(&["sign", "ccpayment", "--file", place]);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains('\u{7}'), "{ran:?}");
    let made = "0123456789abcdef:a1b2:AAAA";
    let ran = program.run(&["verify", "ccpayment", "--file", place, "--hash-key", made]);
    assert!(!ran.stdout.contains('\u{1b}') && ran.stdout.contains("\\u001b"), "{ran:?}");
    let ran = program.run(&["verify", "ccpayment", "--file", "no\u{1b}[31m", "--hash-key", made]);
    assert!(!ran.stderr.contains('\u{1b}') && ran.code == 1, "{ran:?}");
}

/// A developer's first try, by hand as he would make it: the tool names what he did.
#[test]
fn a_usual_slip_is_named() {
    let (program, file) = program();
    let made = program.json(&["sign", "ccpayment", "--file", &file]);
    let made = made["hash_key"].as_str().expect("a hash_key").replace(':', "%3A");
    let ran = program.run(&["verify", "ccpayment", "--file", &file, "--hash-key", &made]);
    assert!(ran.code == 1 && ran.stdout.contains("wrong  The hash_key is URL-encoded."), "{ran:?}");
    assert!(ran.stdout.contains("decrypted  30|TR150006247004881217621234|10|TRY"), "{ran:?}");
}
