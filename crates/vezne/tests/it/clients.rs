//! Merchants' programs in Python, Node and PHP, written from the documents alone, against the real
//! program: each orders over all three protocols and believes the callbacks that come back.

use std::net::TcpListener;

use serde_json::{Value, json};
use vezne_core::port::Clock as _;

use crate::support::KEY;
use crate::support::interpreter::{Interpreter, NODE, PHP};
use crate::support::program::Program;

const CLIENTS: [(Interpreter, &str); 3] = [
    (
        Interpreter {
            variable: "VEZNE_PYTHON",
            what: "Python with the modules bcrypt and cryptography",
            probe: ["-c", "import bcrypt, cryptography"],
        },
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/shop.py"),
    ),
    (NODE, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/shop.js")),
    (PHP, concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/shop.php")),
];

/// A port for the merchant's own server. It is free, and in a moment nobody else asks for one.
fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// The merchants of all three dialects, told at this port, as their developer is given them.
fn open(program: &Program, port: u16) -> Value {
    let own = format!("http://127.0.0.1:{port}");
    let add = |arguments: &[&str]| {
        program.json(&[&["merchant", "add"], arguments].concat())["credentials"].clone()
    };
    let url = format!("{own}/api/BankoPay");
    let mut bankopay =
        add(&["Banko", "--site-id", "1001", "--site-key", KEY, "--callback-url", &url]);
    bankopay["site_id"] = json!(1001);
    let url = format!("{own}/webhook");
    let ccpayment = add(&["Cash", "--ccpayment", "--callback-url", &url]);
    let mut applyfor = add(&["Apply", "--applyfor", "--uid", "test1"]);
    applyfor["now"] = json!(vezne::SystemClock.now().seconds());
    let login = ccpayment["app_id"].as_str().expect("an app_id").to_owned();
    for merchant in ["1001", &login, "test1"] {
        program.ok(&["merchant", "top-up", merchant, "1000.00"]);
    }
    json!({ "port": port, "bankopay": bankopay, "ccpayment": ccpayment, "applyfor": applyfor })
}

#[test]
fn programs_from_the_documents_alone_order_and_are_told() {
    for (interpreter, script) in CLIENTS {
        let program = Program::new();
        let mut shop = open(&program, port());
        let server = program.serve();
        shop["desk"] = json!(format!("http://{}", server.address));
        let Some(printed) = interpreter.run(&[script], &shop.to_string()) else { continue };
        let came: Value = serde_json::from_str(&printed).expect("it prints JSON");
        assert_eq!(came["answers"], json!([200, 100, 10000]), "{came}");
        assert_eq!(came["told"], json!(["BankoPay", "notify", "webhook", "webhook"]), "{came}");
        assert_eq!((&came["wrong"], &came["came"]), (&json!([]), &json!(true)), "{came}");
        let list = program.json(&["payout", "list"]);
        let payouts = list["payouts"].as_array().expect("a list");
        let mut paid: Vec<&str> =
            payouts.iter().filter_map(|one| one["amount"]["amount"].as_str()).collect();
        paid.sort_unstable();
        assert_eq!(paid, ["10.00", "277.20", "277.20", "277.20"], "{list}");
        assert!(payouts.iter().all(|one| one["state"] == "settled"), "{list}");
        assert_eq!(server.stop().0, 0);
        program.ok(&["audit"]);
    }
}
