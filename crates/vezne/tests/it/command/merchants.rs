//! `vezne merchant ...`, with a server that runs and without.

use crate::support::KEY;
use crate::support::program::Program;

/// Arguments separated by `;`, and the words that the JSON must have.
const CHANGES: &[(&str, &[&str])] = &[
    ("merchant;show;1001", &["available", "1500.00 TRY", "Shop", "Test - Garanti Bank"]),
    ("merchant;show;#1", &["\"login\": \"1001\""]),
    ("merchant;list", &["1001", "sandbox", "active"]),
    ("merchant;set;1001;--credit-limit;100.00;--retry-refused;true", &["credit_limit 100.00"]),
    ("merchant;set;1001;--allow;127.0.0.1,10.0.0.0/8;--day-limit;none", &["10.0.0.0/8"]),
    ("merchant;set;1001;--callback-url;https://shop.example/cb", &["https://shop.example/cb"]),
    ("merchant;terms;1001;papara;--percent;1.5;--fixed;0.50", &["papara: fixed 0.50, percent 1.5"]),
    ("merchant;terms;1001;papara;--maximum;500.00", &["maximum 500.00"]),
    ("merchant;bank;1001;7;Yeni Banka", &["bank 7 is Yeni Banka"]),
    ("merchant;bank;1001;1", &["bank 1 is gone"]),
    ("merchant;top-up;1001;0.01;--note;EFT 17", &["1500.01 TRY available"]),
    ("merchant;set;1001;--suspended;true", &["suspended true"]),
    (
        "merchant;show;1001",
        &[
            "suspended",
            "100.00 TRY",
            "1.5% + 0.50 TRY",
            "up to 500.00 TRY",
            "Yeni Banka",
            "https://shop.example/cb",
            "1500.01 TRY",
            "127.0.0.1/32",
        ],
    ),
    ("merchant;rotate-key;1001", &["whsec_"]),
    ("merchant;show;1001", &["former key until", "one key"]),
    (
        "merchant;rotate-key;1001;--overlap-hours;0;--separate-callback-key;--forget-former",
        &["callback_key"],
    ),
    ("merchant;show;1001", &["callbacks have their own key"]),
    ("merchant;rotate-key;1001", &["callback_key"]),
    ("merchant;show;1001", &["callbacks have their own key"]),
    ("merchant;rotate-key;1001;--one-key;--forget-former", &["callback_key"]),
    ("merchant;show;1001", &["one key"]),
];

const REFUSED: &[(&str, &str)] = &[
    ("merchant;show;1002", "there is no merchant 1002"),
    ("merchant;rotate-key;1001", "--forget-former"),
    ("merchant;rotate-key;1001;--overlap-hours;2161;--forget-former", "at most 2160 hours"),
    ("merchant;rotate-webhook-secret;1001;--overlap-hours;18446744073709551615", "at most 2160"),
    ("merchant;add;Other;--site-id;1001", "bankopay 1001 is taken"),
    ("merchant;add;Other;--site-id;1003;--site-key;short", "22 to 40 printable characters"),
    ("merchant;add; ;--site-id;1003", "needs a name"),
    ("merchant;top-up;1001;--;-5.00", "amount"),
    ("merchant;top-up;1001;5,00", "amount"),
    ("merchant;top-up;1001;0", "above zero"),
    ("merchant;set;1001", "nothing to change"),
    ("merchant;set;1001;--callback-url;ftp://shop.example", "callback-url"),
    ("merchant;set;1001;--bcrypt-cost;31", "bcrypt-cost"),
    ("merchant;set;1001;--allow;everywhere", "is no network"),
    ("merchant;terms;1001;western-union;--percent;1", "there is no channel"),
    ("merchant;terms;1001;papara;--percent;101", "percent"),
    ("merchant;terms;1001;papara;--rail;carrier-pigeon", "is no rail"),
];

#[test]
fn merchants_are_looked_after_with_and_without_a_server() {
    for served in [false, true] {
        let program = Program::new().environment("VEZNE_NEW_SITE_KEY", KEY);
        let server = served.then(|| program.serve());
        let added = program.json(&["merchant", "add", "Shop", "--site-id", "1001"]);
        assert_eq!(added["credentials"]["site_key"], KEY, "the key comes from the environment");
        program.ok(&["merchant", "top-up", "1001", "1500.00"]);
        for (arguments, words) in CHANGES {
            let arguments: Vec<&str> = arguments.split(';').collect();
            let json = program.ok(&[&["--json"], arguments.as_slice()].concat());
            assert_eq!(json.json().len(), 1, "{arguments:?}: {}", json.stdout);
            let mut shown = json.stdout.clone();
            if arguments[1] == "show" || arguments[1] == "list" {
                shown += &program.ok(&arguments).stdout;
                assert!(shown.contains("Shop") && !shown.contains(KEY), "{shown}");
                assert!(!json.stdout.contains(KEY), "{}", json.stdout);
            }
            for word in *words {
                assert!(shown.contains(word), "{arguments:?} lacks {word}: {shown}");
            }
        }
        for (arguments, words) in REFUSED {
            program.fails(&arguments.split(';').collect::<Vec<_>>(), words);
        }
        if let Some(server) = server {
            assert_eq!(server.stop().0, 0);
        }
        program.ok(&["audit"]);
    }
}

#[test]
fn fresh_credentials_are_shown_once_and_unlike_any_others() {
    let program = Program::new();
    let mut keys = Vec::new();
    for site in ["1", "2", "3"] {
        let added = program.json(&["merchant", "add", "Shop", "--site-id", site]);
        let credentials = &added["credentials"];
        for name in ["site_key", "webhook_secret"] {
            keys.push(credentials[name].as_str().expect("a key").to_owned());
        }
        assert_eq!(credentials["callback_key"], credentials["site_key"]);
    }
    assert!(keys.iter().all(|key| key.len() >= 22));
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6);
    let plain = program.ok(&["merchant", "add", "Shop", "--site-id", "4"]).stdout;
    assert!(plain.contains("shown only now") && plain.contains("whsec_"), "{plain}");
    let list = program.ok(&["--json", "merchant", "list"]).stdout;
    assert!(keys.iter().all(|key| !list.contains(key)), "{list}");
}

/// A URL is held to the rule of each call where it is entered, and not three days later.
#[test]
fn no_url_is_taken_that_is_never_called() {
    let program = Program::on_file("[callbacks]\nlive_ports = [443, 8443]");
    for (url, why) in [
        ("https://shop.example:9443", "port 9443 is not allowed"),
        ("https://shop.example ", "a space"),
        ("https://10.1.2.3", "10.1.2.3"),
        ("http://shop.example", "must be https"),
        ("ftp://shop.example", "must be https"),
        ("https://shop.example.", "host"),
    ] {
        let add = ["merchant", "add", "Shop", "--site-id", "1", "--live", "--callback-url", url];
        program.fails(&add, why);
    }
    let add = ["merchant", "add", "Shop", "--site-id", "1", "--live", "--callback-url"];
    program.ok(&[&add[..], &["https://shop.example:8443"]].concat());
    program
        .fails(&["merchant", "set", "1", "--callback-url", "https://192.168.0.9"], "192.168.0.9");
    program.fails(&["merchant", "endpoint", "1", "x", "https://127.0.0.1/x"], "127.0.0.1");
    // What was taken under another rule is told by the doctor.
    let strict = program.environment("VEZNE_CALLBACKS_LIVE_PORTS", "[443]");
    let told = strict.run(&["doctor"]).stdout;
    assert!(told.contains("port 8443 is not allowed"), "{told}");
}
