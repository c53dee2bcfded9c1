//! The commands about merchants that speak CCPayment, their tokens and their payouts.

use serde_json::{Value, json};
use vezne_wire::ccpayment::samples::IQMONEY_REQUEST;

use crate::support::KEY;
use crate::support::cashout::{Client, cash_out};
use crate::support::program::{Program, Served, until};

const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";
const OWN: &str = "$2y$10$w/ODdbTmfubcbUCUq/ia3O";

/// Arguments separated by `;`, and the words that the answer must have.
const CHANGES: &[(&str, &[&str])] = &[
    ("merchant;show;app-1", &["ccpayment", "sandbox", "brand", "sipay", "merchant_key", OWN]),
    ("merchant;list", &["app-1", "ccpayment"]),
    ("merchant;set;app-1;--brand;iqmoney", &["brand iqmoney"]),
    ("merchant;set;app-1;--hash-key-reuse;true", &["hash_key_reuse true"]),
    (
        "merchant;endpoint;app-1;outcome;https://shop.example/cb?shop=7",
        &["endpoint outcome is https://shop.example/cb?shop=7"],
    ),
    ("merchant;show;app-1", &["endpoint outcome", "https://shop.example/cb?shop=7", "iqmoney"]),
    ("merchant;endpoint;app-1;outcome", &["endpoint outcome is gone"]),
    (
        "merchant;terms;app-1;bank-transfer;--receiver-percent;0.5;--receiver-fixed;1.00",
        &["receiver_fixed 1.00", "receiver_percent 0.5"],
    ),
    ("merchant;terms;app-1;bank-transfer;--receiver-maximum;9.00", &["receiver_maximum 9.00"]),
    ("merchant;show;app-1", &["0.5% + 1.00 TRY, at most 9.00 TRY", "none"]),
];

const REFUSED: &[(&str, &str)] = &[
    ("merchant;add;Other;--ccpayment;--app-id;app-1", "ccpayment app-1 is taken"),
    ("merchant;add;Other;--ccpayment;--app-secret;short", "the app_secret is 22 to 128"),
    ("merchant;add;Other;--ccpayment;--app-id;two words", "the app_id is 1 to 128"),
    ("merchant;add;Other;--ccpayment;--merchant-key;", "the merchant_key is 1 to 255"),
    ("merchant;add;Other;--ccpayment;--brand;Sipay A.Ş.", "brand is 1 to 32"),
    ("merchant;set;app-1;--brand;", "ccpayment.brands has no ;"),
    ("merchant;set;app-1;--brand;other", "ccpayment.brands has no other; it has iqmoney, sipay"),
    ("merchant;add;Other;--ccpayment;--brand;other", "ccpayment.brands has no other"),
    ("merchant;endpoint;app-1;two words;https://shop.example", "the name of an endpoint"),
    ("merchant;endpoint;app-1;outcome;ftp://shop.example", "must be https"),
    ("merchant;endpoint;app-2;outcome", "there is no merchant app-2"),
    ("merchant;terms;app-1;bank-transfer;--receiver-percent;101", "receiver-percent"),
];

/// What the command line does not even take.
const MISUSED: &[&str] = &[
    "merchant;add;Other",
    "merchant;add;Other;--ccpayment;--site-id;7",
    "merchant;add;Other;--ccpayment;--site-key;k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU",
    "merchant;add;Other;--site-id;7;--app-id;app-7",
    "merchant;add;Other;--site-id;7;--app-secret;b46a67571aa1e7ef5641dc3fa6f1712a",
    "merchant;add;Other;--site-id;7;--merchant-key;k",
];

fn add(program: &Program) -> Client {
    let add = ["merchant", "add", "Shop", "--ccpayment", "--brand", "sipay", "--app-id", "app-1"];
    let keys = ["--app-secret", SECRET, "--merchant-key", OWN];
    Client::of(&program.json(&[&add[..], &keys].concat()))
}

#[test]
fn ccpayment_merchants_are_looked_after_with_and_without_a_server() {
    for served in [false, true] {
        let program = Program::new();
        let client = add(&program);
        assert_eq!([client.app_id, client.app_secret, client.merchant_key], ["app-1", SECRET, OWN]);
        let server = served.then(|| program.serve());
        for (arguments, words) in CHANGES {
            let arguments: Vec<&str> = arguments.split(';').collect();
            let mut shown = program.ok(&[&["--json"], arguments.as_slice()].concat()).stdout;
            if arguments[1] == "show" || arguments[1] == "list" {
                shown += &program.ok(&arguments).stdout;
            }
            for word in *words {
                assert!(shown.contains(word), "{arguments:?} lacks {word}: {shown}");
            }
            assert!(!shown.contains(SECRET), "{shown}");
        }
        for (arguments, words) in REFUSED {
            program.fails(&arguments.split(';').collect::<Vec<_>>(), words);
        }
        for arguments in MISUSED {
            let ran = program.run(&arguments.split(';').collect::<Vec<_>>());
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments}: {ran:?}");
        }
        if let Some(server) = server {
            assert_eq!(server.stop().0, 0);
        }
        program.ok(&["audit"]);
    }
}

#[test]
fn fresh_ccpayment_credentials_are_shown_once_and_unlike_any_others() {
    let program = Program::new();
    let add = ["merchant", "add", "Shop", "--ccpayment"];
    let clients = [(); 3].map(|()| Client::of(&program.json(&add)));
    let mut keys = Vec::new();
    for Client { app_id, app_secret, merchant_key } in clients {
        assert!(app_id.len() == 32 && app_id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!([app_secret.len(), merchant_key.len()], [32, 32]);
        let shown = program.ok(&["--json", "merchant", "show", &app_id]).stdout;
        assert!(!shown.contains(&app_secret), "{shown}");
        keys.extend([app_id, app_secret, merchant_key]);
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 9);
    let plain = program.ok(&add).stdout;
    for word in ["shown only now", "app_id ", "app_secret ", "merchant_key ", "whsec_"] {
        assert!(plain.contains(word), "no {word}: {plain}");
    }
    assert!(!plain.contains("site_key"), "{plain}");
    let program = Program::new().environment("VEZNE_NEW_APP_SECRET", SECRET);
    assert_eq!(Client::of(&program.json(&add)).app_secret, SECRET, "it is from the environment");
}

async fn is_taken(server: &Served, token: &str) -> bool {
    let answer = cash_out(server.address, token, "{}").await;
    let (status, code) = (answer.status, &answer.json()["statuscode"]);
    assert!([(401, json!(401)), (200, json!(1))].contains(&(status, code.clone())), "{answer:?}");
    status == 200
}

fn states(list: &Value) -> Vec<&str> {
    let keys = list["token_keys"].as_array().expect("a list");
    keys.iter().map(|key| key["state"].as_str().expect("a state")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_outlive_the_rotation_of_their_key() {
    let program = Program::new();
    let client = add(&program);
    let server = program.serve();
    assert_eq!(states(&program.json(&["token-key", "list"])), ["signs"]);
    let old = client.token(server.address).await;
    let rotated = program.ok(&["--json", "token-key", "rotate"]);
    assert_eq!(states(&rotated.json()[0]), ["signs", "verifies"], "the one that signs is first");
    assert!(!rotated.stdout.contains("private"), "{}", rotated.stdout);
    let plain = program.ok(&["token-key", "list"]).stdout;
    assert!(plain.contains("verifies until") && plain.contains("no end yet"), "{plain}");
    let new = client.token(server.address).await;
    let head = |token: &str| token.split('.').next().map(str::to_owned);
    assert_ne!(head(&old), head(&new), "they name two keys");
    assert!(is_taken(&server, &old).await && is_taken(&server, &new).await);
    assert_eq!(server.stop().0, 0);
    assert_eq!(states(&program.json(&["token-key", "list"])), ["signs", "verifies"]);
    program.ok(&["token-key", "rotate"]);
    let server = program.serve();
    assert!(is_taken(&server, &old).await && is_taken(&server, &new).await);
    assert_eq!(server.stop().0, 0);
    program.ok(&["audit"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_go_with_a_key_that_is_forgotten() {
    let program = Program::new();
    let first = add(&program);
    let server = program.serve();
    let old = first.token(server.address).await;
    let second = Client::of(&program.json(&["merchant", "rotate-key", "app-1"]));
    assert_ne!(first.app_secret, second.app_secret);
    assert_eq!([&first.app_id, &first.merchant_key], [&second.app_id, &second.merchant_key]);
    assert!(is_taken(&server, &old).await, "a rotation keeps tokens");
    assert!(is_taken(&server, &first.token(server.address).await).await, "and the former secret");

    let rotate = ["merchant", "rotate-key", "app-1"];
    program.fails(&rotate, "--forget-former");
    let third = Client::of(&program.json(&[&rotate[..], &["--forget-former"]].concat()));
    // At once, in the same second.
    let fresh = [third.token(server.address).await, second.token(server.address).await];
    assert!(!is_taken(&server, &old).await, "a token of the forgotten secret's time");
    assert!(is_taken(&server, &fresh[0]).await && is_taken(&server, &fresh[1]).await);
    let refused = first.ask_for_token(server.address).await;
    assert_eq!(refused.json()["status_code"], 30, "{}", refused.body);
    assert_eq!(server.stop().0, 0);
    program.ok(&["audit"]);
}

/// iqmoney's own sample names Ziraat and has an IBAN of Garanti's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_that_is_not_the_ibans_is_pointed_out() {
    let program = Program::new();
    let client = add(&program);
    program.ok(&["merchant", "top-up", "app-1", "100.00"]);
    let terms = ["merchant", "terms", "app-1", "bank-transfer", "--receiver-percent", "10"];
    program.ok(&terms);
    let server = program.serve();
    let token = client.token(server.address).await;
    let mut request = client.request(IQMONEY_REQUEST, 7);
    request["cashout_data"][1][0]["name_of_bank"] = json!("Garanti BBVA");
    let answer = cash_out(server.address, &token, &request.to_string()).await;
    assert_eq!(answer.json()["statuscode"], 100, "{}", answer.body);
    until("both are paid", || {
        let list = program.json(&["payout", "list", "--state", "settled"]);
        (list["payouts"].as_array()?.len() == 2).then_some(())
    });

    let list = program.ok(&["payout", "list"]).stdout;
    assert_eq!(list.matches("settled (warning)").count(), 1, "{list}");
    let shown = program.ok(&["payout", "show", "1"]).stdout;
    for word in [
        "6182458",
        "Garanti",
        "Türkiye Cumhuriyeti Ziraat Bankası A.ş.",
        "bank as named",
        "warning",
        "but the IBAN belongs to Garanti",
        "settled (warning)",
        "beneficiary bears",
        "9.00 TRY",
    ] {
        assert!(shown.contains(word), "no {word}: {shown}");
    }
    assert!(!shown.contains("12345636268") && !shown.contains("0006247004881217"), "{shown}");
    let shown = program.ok(&["payout", "show", "2"]).stdout;
    assert!(shown.contains("bank as named") && !shown.contains("warning"), "{shown}");
    // The form of another dialect's ids means none of these.
    program.fails(&["payout", "show", "MW10001"], "there is no payout 1 of bankopay");
    program.fails(&["payout", "return", "MW10001", "--reason", "x"], "no payout 1 of bankopay");
    assert_eq!(server.stop().0, 0);
    program.ok(&["audit"]);
}

/// A login may stand in two dialects; no command takes one of them for the other.
#[test]
fn logins_are_each_dialects_own() {
    let program = Program::new();
    program.ok(&["merchant", "add", "Shop", "--site-id", "1001", "--site-key", KEY]);
    program.ok(&["merchant", "add", "Other", "--ccpayment", "--app-id", "1001"]);
    let list = program.json(&["merchant", "list"]);
    let dialects: Vec<&Value> =
        list["merchants"].as_array().expect("a list").iter().map(|one| &one["dialect"]).collect();
    assert_eq!(dialects, ["bankopay", "ccpayment"]);
    program.fails(&["merchant", "top-up", "1001", "5.00"], "several merchants are called 1001");
    program.ok(&["merchant", "top-up", "#2", "5.00"]);
}
