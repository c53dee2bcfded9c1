//! The commands that need no server: signatures, migrations, the audit, the checks.

use vezne_store::sqlite::migrate::status;
use vezne_wire::standard_webhooks::{self, WebhookSecret};

use crate::support::KEY;
use crate::support::program::Program;
use crate::support::receiver::{Receiver, Reply};

const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const IDS: [&str; 6] = ["--site-id", "1001", "--user-id", "müşteri-7", "--trx", "w1"];

#[test]
fn a_signature_is_made_and_checked() {
    let program = Program::new().environment("VEZNE_SITE_KEY", KEY);
    let sign = [&["sign", "bankopay", "--cost", "5"][..], &IDS].concat();
    let signed = program.json(&sign);
    assert_eq!(signed["text"], format!("1001|müşteri-7|w1|{KEY}"));
    let hash = signed["hash"].as_str().expect("a hash");
    assert!(hash.starts_with("$2a$05$"), "{hash}");
    assert!(program.ok(&sign).stdout.contains("hashes at most 72"));

    let verify =
        |hash: &str| [&["verify", "bankopay", "--hash", hash][..], &IDS].concat().join("\n");
    let run = |arguments: String| program.run(&arguments.split('\n').collect::<Vec<_>>());
    let right = run(verify(hash));
    assert!(right.code == 0 && right.stdout.contains("valid"), "{right:?}");
    let other = run(verify(hash).replace("w1", "w2"));
    assert!(other.code == 1 && other.stdout.contains("does not match"), "{other:?}");
    let no_hash = run(format!("--json\n{}", verify("$2a$nonsense")));
    assert_eq!((no_hash.code, &no_hash.json()[0]["valid"]), (1, &serde_json::json!(false)));

    let long = "7".repeat(60);
    let too_long = ["sign", "bankopay", "--site-id", "1001", "--user-id", &long, "--trx", "w1"];
    program.fails(&too_long, "72");
    program.fails(&[&sign[..2], &["--cost", "31"], &IDS[..]].concat(), "cost");
}

/// Keys that may come from the environment name no key of the configuration, and do not stop it.
#[test]
fn keys_in_the_environment_stop_no_other_command() {
    let names = ["VEZNE_SITE_KEY", "VEZNE_NEW_SITE_KEY", "VEZNE_APP_SECRET", "VEZNE_SECRET"];
    let set = |program: Program, name: &&str| program.environment(name, KEY);
    let program = names.iter().fold(Program::new(), set);
    program.ok(&["check-config"]);
    program.ok(&["migrate", "--dry-run"]);
}

#[test]
fn a_database_is_migrated_once() {
    let program = Program::on_file("");
    let dry = program.json(&["migrate", "--dry-run"]);
    assert!(!dry["migrations"].as_array().expect("a list").is_empty(), "{dry}");
    assert!(!program.database().exists(), "a dry run makes nothing");
    assert!(program.ok(&["migrate"]).stdout.starts_with("Applied: 0001"));
    program.ok(&["merchant", "list"]);
    assert_eq!(program.ok(&["migrate"]).stdout, "The database is up to date.\n");
    let after = program.json(&["migrate", "--dry-run"]);
    assert_eq!(after["migrations"], serde_json::json!([]));
    assert!(status(&program.database()).expect("it is read").iter().all(|one| one.applied));
    program.ok(&["audit"]);
}

#[test]
fn an_older_database_is_not_touched_when_a_start_may_not_migrate() {
    let program = Program::with("migrate_on_start = false");
    program.fails(&["merchant", "list"], "there is no desk");
    program.fails(&["merchant", "add", "Shop", "--site-id", "1"], "vezne migrate");
    program.ok(&["migrate"]);
    program.ok(&["merchant", "list"]);
}

#[test]
fn the_audit_tells_right_books_from_wrong_ones_by_its_exit_code() {
    let program = Program::on_file("");
    let unseen = program.run(&["audit"]);
    assert!(unseen.code == 3 && unseen.stderr.contains("does not exist"), "{unseen:?}");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    program.ok(&["merchant", "top-up", "1001", "1000.00"]);
    assert!(program.ok(&["audit"]).stdout.contains("The books are right."));
    assert_eq!(program.json(&["audit"])["clean"], true);
    for (at, (sql, check)) in [
        ("UPDATE balance SET minor = minor + 1 WHERE account = 'available'", "balances"),
        ("UPDATE merchant SET status = 'closed'", "file"),
        (
            "DROP TRIGGER posting_is_written_once; UPDATE posting SET amount_minor = amount_minor + 1",
            "balances",
        ),
        ("DROP TRIGGER posting_stays; DELETE FROM posting", "balances"),
    ]
    .into_iter()
    .enumerate()
    {
        let copy = program.folder().join(format!("copy-{at}.sqlite3"));
        std::fs::copy(program.database(), &copy).expect("a copy");
        let connection = rusqlite::Connection::open(&copy).expect("it opens");
        let tampered = "PRAGMA ignore_check_constraints = ON";
        connection.execute_batch(&format!("{tampered}; {sql};")).expect(sql);
        drop(connection);
        let copy = copy.to_str().expect("a path");
        let ran = program.run(&["audit", "--database", copy]);
        assert_eq!(ran.code, 1, "{sql}: {ran:?}");
        assert!(ran.stdout.contains("The books are WRONG."), "{sql}: {}", ran.stdout);
        assert!(ran.stdout.contains(&format!("BROKEN {check}:")), "{sql}: {}", ran.stdout);
        let ran = program.run(&["--json", "audit", "--database", copy]);
        assert_eq!((ran.code, &ran.json()[0]["clean"]), (1, &serde_json::json!(false)));
    }
    program.ok(&["audit"]);
}

#[test]
fn the_configuration_is_checked() {
    let program = Program::new();
    assert!(program.ok(&["check-config"]).stdout.contains("valid"));
    assert_eq!(program.json(&["check-config"])["valid"], true);
    let sample = program.ok(&["config", "sample"]).stdout;
    assert_eq!(sample, include_str!("../../../vezne.sample.toml"));
    sample.parse::<toml::Table>().expect("the sample is TOML");
    let file = program.folder().join("vezne.toml");
    let own = std::fs::read_to_string(&file).expect("it is read");
    for (text, words) in [
        (own.replace("listen = \"127.0.0.1:0\"", "lissten = 1"), "lissten"),
        (format!("{own}\n[engine]\nqueue = 0\n"), "engine.queue"),
        (format!("{own}\n[nothing]\n"), "nothing"),
        (own.replace("[server]", "[server"), "TOML"),
    ] {
        std::fs::write(&file, text).expect("it is written");
        program.fails(&["check-config"], words);
        program.fails(&["serve"], words);
    }
    std::fs::write(&file, own).expect("it is written");
    let program = program.environment("VEZNE_ENGINE_QUEUE", "0");
    program.fails(&["check-config"], "the environment: engine.queue must be above zero");
    std::fs::remove_file(&file).expect("it was there");
    program.fails(&["check-config"], "vezne.toml");
}

/// What is one by one right and cannot work, each told by the check and refused at the start.
#[test]
fn what_cannot_work_is_told_before_a_start() {
    let (nowhere, url) = ("/nonexistent/file", "postgres://u@localhost/d");
    for (variables, words) in [
        (&[("LOG_LEVEL", "WARNING")][..], "log.level: \"WARNING\" is none of off, error, warn"),
        (&[("LOG_LEVEL", "verbose")], "log.level"),
        (&[("LOG_LEVEL", "info,vezne=loud")], "log.level: \"loud\""),
        (&[("LOG_LEVEL", "vezne_web")], "log.level"),
        (
            &[("SERVER_LISTEN", "0.0.0.0:7"), ("SERVER_OPERATIONS_LISTEN", "127.0.0.1:7")],
            "are both on",
        ),
        (&[("STORE_URL", "mysql://x/y")], "store.url: "),
        (&[("STORE_URL", "sqlite:foo.db")], "store.url: "),
        (&[("STORE_URL", "localhost:5432")], "store.url: "),
        (&[("STORE_URL", "postgres://x/y?sslmode=verify-full")], "store.url: "),
        (
            &[("STORE_URL", url), ("STORE_PASSWORD_FILE", nowhere)],
            "store.password_file: /nonexistent",
        ),
        (&[("STORE_URL", url), ("STORE_CA_FILE", nowhere)], "store.ca_file: /nonexistent"),
        (&[("STORE_MASTER_KEY_FILE", nowhere)], "there is no directory /nonexistent"),
        (
            &[("CALLBACKS_EXTRA_CERTIFICATES_FILE", nowhere)],
            "extra_certificates_file: /nonexistent",
        ),
        (
            &[("CALLBACKS_EXTRA_CERTIFICATES_FILE", "/etc/passwd")],
            "extra_certificates_file: /etc/passwd: ",
        ),
        (
            &[("STORE_URL", url), ("STORE_CA_FILE", "/etc/passwd")],
            "/etc/passwd: there is no certificate in it",
        ),
        (&[("MASTER_KEY", "00ff")], "VEZNE_MASTER_KEY: "),
        (
            &[("ALARM_URL", "http://192.0.9.1/x"), ("ALARM_SECRET", WEBHOOK_SECRET)],
            "alarm.url: over the internet the URL must be https",
        ),
        (&[("STORE_DIRECTORY", "")], "store.directory is empty"),
        (&[("STORE_DIRECTORY", "/etc/passwd")], "/etc/passwd is no directory"),
        (
            &[("STORE_URL", ""), ("STORE_REQUIRE_SYNCHRONOUS_STANDBY", "true")],
            "there is no store.url",
        ),
        (&[("STORE_URL", ""), ("STORE_POOLER", "true")], "store.pooler is for PostgreSQL"),
        (&[("CALLBACKS_TOTAL_TIMEOUT_SECONDS", "1")], "total_timeout_seconds is below"),
        (&[("ENGINE_GROUP", "100000")], "engine.group is above engine.queue"),
    ] {
        let set = |program: Program, (name, value): &(&str, &str)| {
            program.environment(&format!("VEZNE_{name}"), value)
        };
        let program = variables.iter().fold(Program::new(), set);
        let ran = program.run(&["check-config"]);
        assert_eq!(ran.code, 1, "{variables:?}: {ran:?}");
        assert!(ran.stdout.contains("Wrong: ") && ran.stdout.contains(words), "{words}: {ran:?}");
        assert!(!ran.stdout.contains("is valid"), "{ran:?}");
        let ran = program.run(&["--json", "check-config"]);
        assert_eq!((ran.code, &ran.json()[0]["valid"]), (1, &serde_json::json!(false)));
        let ran = program.run(&["serve"]);
        assert!(ran.code == 1 && ran.stderr.contains(words), "{words}: {ran:?}");
    }
    let open = Program::new().environment("VEZNE_SERVER_OPERATIONS_LISTEN", "0.0.0.0:7");
    assert!(open.ok(&["check-config"]).stdout.contains("is open to every network"));
    for level in ["INFO", "off", "info,vezne_outbound=debug", "warn,vezne::assembly=error"] {
        let program = Program::new().environment("VEZNE_LOG_LEVEL", level);
        program.ok(&["check-config"]);
    }
}

#[test]
fn the_doctor_tells_what_is_wrong() {
    let program = Program::new();
    assert_eq!(program.run(&["doctor"]).code, 1, "there is nothing yet");
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    let plain = program.ok(&["doctor"]).stdout;
    assert!(plain.contains("they are right") && plain.contains("it is up to date"), "{plain}");
    let findings = program.json(&["doctor"]);
    let bad = |one: &serde_json::Value| one["verdict"] == "bad";
    assert!(!findings.as_array().expect("a list").iter().any(bad), "{findings}");
    let server = program.serve();
    assert!(program.ok(&["doctor"]).stdout.contains("says: ready"));
    assert_eq!(server.stop().0, 0);
    // A wrong key is told once, and not as wrong books and whatever else it does not open.
    let other = Program::new().environment("VEZNE_MASTER_KEY", &"1f".repeat(32));
    other.ok(&["merchant", "add", "Shop", "--site-id", "1001"]);
    let other = other.environment("VEZNE_MASTER_KEY", &"2e".repeat(32));
    let ran = other.run(&["--json", "doctor"]);
    let told = ran.json();
    let findings = told[0].as_array().expect("a list");
    let bad: Vec<_> = findings.iter().filter(|one| one["verdict"] == "bad").collect();
    let [one] = &bad[..] else { panic!("{findings:?}") };
    assert!(one["detail"].to_string().contains("under another master key"), "{one}");
    let key = program.directory().join("master.key");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(key, open).expect("they are set");
    let ran = program.run(&["doctor"]);
    assert!(ran.code == 1 && ran.stdout.contains("others can read it"), "{ran:?}");
}

/// Completions and manual pages know every command, and are taken by who reads them.
#[test]
fn the_command_line_completes_and_has_a_manual() {
    let program = Program::new();
    for (shell, parser) in [("bash", Some("bash")), ("zsh", None), ("fish", None)] {
        let text = program.ok(&["completions", shell]).stdout;
        assert!(text.contains("take-up") && text.contains("rotate-webhook-secret"), "{shell}");
        let Some(parser) = parser else { continue };
        let file = program.folder().join("completions");
        std::fs::write(&file, &text).expect("it is written");
        let checked = std::process::Command::new(parser).arg("-n").arg(&file).status();
        assert!(checked.expect("it runs").success(), "{shell}");
    }
    let pages = program.folder().join("man");
    let place = pages.to_str().expect("text");
    program.ok(&["man", "--directory", place]);
    for (name, words) in [
        ("vezne", "payout gateway"),
        ("vezne-payout-approve", "Let payouts that await approval go"),
        ("vezne-merchant-rotate-webhook-secret", "overlap"),
    ] {
        let page = std::fs::read_to_string(pages.join(format!("{name}.1"))).expect(name);
        let head = page.lines().find(|line| line.starts_with(".TH")).unwrap_or_default();
        assert!(head.contains(name) && page.contains(words), "{name}: {page}");
    }
    assert!(program.ok(&["man"]).stdout.contains(".TH vezne 1"));
}

/// Both signatures of a callback, and what was done to it on its way.
#[test]
fn a_callback_is_checked_as_it_came() {
    let program = Program::new()
        .environment("VEZNE_WEBHOOK_SECRET", WEBHOOK_SECRET)
        .environment("VEZNE_SITE_KEY", KEY)
        .environment("VEZNE_APP_SECRET", "another dialect's")
        .environment("VEZNE_SECRET", "another dialect's");
    let signed = program.json(&[&["sign", "bankopay", "--cost", "4"][..], &IDS].concat());
    let body = format!(
        r#"{{"site_id":1001, "site_key":"{KEY}","service":"withdraw","method":"Papara","user_id":"müşteri-7","username":"u","amount":"250.00","currency":"TRY","transaction_id":"MW10001","trx":"w1","status":"approved","message":"","hash":{}}}"#,
        signed["hash"]
    );
    let key = WebhookSecret::parse(WEBHOOK_SECRET).expect("a secret");
    let by_text = WebhookSecret::from_bytes(WEBHOOK_SECRET.as_bytes()).expect("long enough");
    let now = "1700000000";
    let signature = |key: &WebhookSecret, body: &str| {
        standard_webhooks::sign(std::slice::from_ref(key), "vzcb_1", 1_700_000_000, body.as_bytes())
    };
    let (compact, file) = (body.replace("1001, ", "1001,"), program.folder().join("body"));
    for (came, signature, time, words) in [
        (body.clone(), signature(&key, &body), now, "valid  Standard Webhooks"),
        (format!("{body}\n"), signature(&key, &body), now, "white space behind the body"),
        (body.clone(), signature(&key, &compact), now, "parsed and written again"),
        (format!("\u{feff}{body}"), signature(&key, &body), now, "byte order mark"),
        (body.clone(), signature(&by_text, &body), now, "the text of the secret"),
        (body.clone(), signature(&key, "other"), now, "wrong  Standard Webhooks"),
        (body.clone(), signature(&key, &body), "now", "no whole number of seconds"),
    ] {
        std::fs::write(&file, &came).expect("it is written");
        let ran = program.run(&[
            "verify",
            "webhook",
            "--id",
            "vzcb_1",
            "--timestamp",
            time,
            "--signature",
            &signature,
            "--file",
            file.to_str().expect("a path"),
        ]);
        let is_valid = words.starts_with("valid");
        assert_eq!(ran.code, if is_valid { 0 } else { 1 }, "{ran:?}");
        assert!(ran.stdout.contains(words), "{words}: {ran:?}");
        let whole = !came.starts_with('\u{feff}');
        assert_eq!(ran.stdout.contains("valid  BankoPay hash"), whole, "{ran:?}");
        assert!(!ran.stdout.contains(WEBHOOK_SECRET) && !ran.stdout.contains(KEY), "{ran:?}");
    }
    let swapped = IDS.map(|id| match id {
        "müşteri-7" => "w1",
        "w1" => "müşteri-7",
        other => other,
    });
    let hash = signed["hash"].as_str().expect("a hash");
    let verify = [&["verify", "bankopay", "--hash", hash][..], &swapped].concat();
    let ran = program.run(&verify);
    assert!(ran.code == 1 && ran.stdout.contains("user_id comes before trx"), "{ran:?}");
}

/// What a start would refuse is bad news for whoever asks before it.
#[test]
fn doctor_knows_what_the_check_of_the_configuration_finds() {
    let program = Program::new();
    program.ok(&["merchant", "add", "Shop", "--site-id", "1"]);
    let program = program.environment("VEZNE_ALARM_URL", "https://alarm.example/x");
    for command in ["doctor", "check-config"] {
        let ran = program.run(&[command]);
        assert!(ran.code == 1, "{ran:?}");
        let told = ran.stdout + &ran.stderr;
        assert!(told.contains("alarm.url needs alarm.secret"), "{command}: {told}");
    }
}

/// Whoever sets the alarm up hears it before it is needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_alarm_can_be_tried() {
    let operator = Receiver::start().await;
    Program::new().fails(&["alarm", "test"], "there is no alarm.url");
    let program = Program::new()
        .environment("VEZNE_ALARM_URL", &operator.url())
        .environment("VEZNE_ALARM_SECRET", WEBHOOK_SECRET);
    program.ok(&["check-config"]);
    assert_eq!(program.json(&["alarm", "test"])["taken"], true);
    let received = operator.received();
    let [one] = &received[..] else { panic!("{} came", received.len()) };
    let body: serde_json::Value = serde_json::from_slice(&one.body).expect("JSON");
    assert_eq!(body["type"], "alarm.test");
    let key = WebhookSecret::parse(WEBHOOK_SECRET).expect("a secret");
    let headers = standard_webhooks::Headers {
        id: one.header("webhook-id"),
        timestamp: one.header("webhook-timestamp"),
        signature: one.header("webhook-signature"),
    };
    let sent = headers.timestamp.parse().expect("seconds");
    standard_webhooks::verify(std::slice::from_ref(&key), headers, &one.body, sent, 1)
        .expect("it is signed");
    operator.always(Reply::Broken);
    program.fails(&["alarm", "test"], "HTTP 500");
}
