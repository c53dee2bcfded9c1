//! Secrets and personal data never print: values that occur nowhere else in the world go through
//! the built program at its most talkative, and then everything that it left behind is searched.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use vezne_store::{MasterKey, OpenOptions, SqliteStore};
use vezne_wire::bankopay::Service;
use vezne_wire::ccpayment::samples::IQMONEY_REQUEST;
use vezne_wire::jwt::SigningKey;

use crate::support::cashout::{CASH_OUT, Client};
use crate::support::http::Connection;
use crate::support::program::{Program, Served, until};
use crate::support::receiver::Receiver;
use crate::support::time::Seeded;
use crate::support::{Ask, Reply, path};

const FIRST_KEY: &str = "CanaryKey7Qx2Vb9Lm4Np8Rt";
const WRONG_KEY: &str = "CanaryWrong5Wd3Zc6Hk1Gf9";
const MASTER_KEY: &str = "c0ffee5eed1dea5ca1ab1ec0de0ddba115ca1ab1ef00dfacade5bada55ed2b1e";
const IDENTITY: &str = "48151623427";
const BIRTH_DATE: &str = "23.07.1987";
const EXTRA: &str = "CanaryPassport-U20314159";
const ACCOUNT: &str = "TR770009901234567890126517";
const NAME: &str = "Kanarya Gizlioğlu";
const FIRST_SECRET: &str = "CanarySecret3Jt8Yp5Ub1Me";
const TAX: &str = "73519264808";
const PHONE: &str = "905317264958";

const CONFIGURATION: &str = "
[log]
format = \"json\"
level = \"trace\"
[callbacks]
retry_seconds = [1, 600]
refused_retry_seconds = [1, 600]
";

/// Where something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Logs, metrics, and what commands print.
    Printed,
    /// What `payout show` prints.
    PayoutShown,
    /// What a merchant is answered: its own personal data as the document has it, but no key.
    Answered,
    /// The files of the data directory.
    Stored,
}

/// A value that must not be found, in every form that it might take.
struct Canary {
    what: &'static str,
    forms: Vec<Vec<u8>>,
    allowed: &'static [Place],
}

impl Canary {
    fn new(what: &'static str, text: &str, allowed: &'static [Place]) -> Self {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        let forms = [text.to_owned(), hex.clone(), hex.to_uppercase(), base64(text.as_bytes())];
        Self { what, forms: forms.map(String::into_bytes).to_vec(), allowed }
    }

    fn also(mut self, form: impl Into<Vec<u8>>) -> Self {
        self.forms.push(form.into());
        self
    }

    fn is_in(&self, content: &[u8]) -> bool {
        self.forms.iter().any(|form| holds(content, form))
    }
}

fn holds(content: &[u8], form: &[u8]) -> bool {
    content.windows(form.len()).any(|window| window == form)
}

/// Without padding and the last letters, which depend on what follows.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| char::from(LETTERS[usize::try_from(bits & 63).expect("six bits")]);
    let whole = bytes.chunks_exact(3).map(|three| {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        [bits >> 18, bits >> 12, bits >> 6, bits].map(letter)
    });
    whole.flatten().collect()
}

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json["credentials"][name].as_str().expect("credentials")
}

fn canaries(added: &Value, rotated: &Value) -> Vec<Canary> {
    const ANSWERED: &[Place] = &[Place::Answered];
    const KEPT: &[Place] = &[Place::Stored, Place::Answered];
    const SHOWN: &[Place] = &[Place::Stored, Place::PayoutShown, Place::Answered];
    let pairs = MASTER_KEY.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("hex"));
    let master: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect();
    let of_master = base64(&master);
    let secret = text(added, "webhook_secret");
    vec![
        Canary::new("the former key", FIRST_KEY, &[]),
        Canary::new("the present key", text(rotated, "site_key"), &[]),
        Canary::new("the callback key", text(rotated, "callback_key"), &[]),
        Canary::new("a wrong key", WRONG_KEY, &[]),
        Canary::new("the webhook secret", secret.trim_start_matches("whsec_"), &[]),
        Canary::new("the master key", MASTER_KEY, &[]).also(master).also(of_master),
        Canary::new("the identity number", IDENTITY, ANSWERED),
        Canary::new("the birth date", BIRTH_DATE, ANSWERED).also("1987-07-23"),
        Canary::new("a member that we do not know", EXTRA, ANSWERED),
        Canary::new("the account", ACCOUNT, KEPT),
        Canary::new("the name", NAME, SHOWN).also("Kanarya Gizlio\\u011flu"),
        Canary::new("the wallet", "5550009901234567", KEPT),
    ]
}

fn ccpayment_canaries(clients: &[Client; 2], tokens: &[String; 2]) -> Vec<Canary> {
    let signature = |token: &String| token.rsplit('.').next().expect("a part").to_owned();
    let mut canaries = vec![
        Canary::new("the former app_secret", &clients[0].app_secret, &[]),
        Canary::new("the present app_secret", &clients[1].app_secret, &[]),
        Canary::new("the tax number", TAX, &[]),
        Canary::new("the telephone", PHONE, &[]),
    ];
    let tokens = tokens.iter().map(signature);
    canaries.extend(tokens.map(|token| Canary::new("a token", &token, &[])));
    canaries
}

/// All that was seen, with where.
#[derive(Default)]
struct Evidence(Vec<(Place, String, Vec<u8>)>);

impl Evidence {
    fn add(&mut self, place: Place, what: impl Into<String>, content: impl Into<Vec<u8>>) {
        self.0.push((place, what.into(), content.into()));
    }

    fn command(&mut self, program: &Program, place: Place, arguments: &[&str]) {
        for flag in [None, Some("--json")] {
            let arguments: Vec<&str> = flag.into_iter().chain(arguments.iter().copied()).collect();
            let ran = program.run(&arguments);
            self.add(place, format!("{arguments:?}"), ran.stdout + &ran.stderr);
        }
    }

    fn files(&mut self, directory: &Path, when: &str) {
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|ending| ending == "sock") {
                continue;
            }
            let content = std::fs::read(&path).expect("it is read");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            self.add(Place::Stored, format!("{name} {when}"), content);
        }
    }

    async fn ask(&mut self, server: &Served, path: &str, body: impl AsRef<[u8]>) -> i64 {
        self.ask_as(server, WRONG_KEY, path, body).await["code"].as_i64().expect("a code")
    }

    /// Asks under a token, in whatever dialect.
    async fn ask_as(
        &mut self,
        server: &Served,
        token: &str,
        path: &str,
        body: impl AsRef<[u8]>,
    ) -> Value {
        let mut connection = Connection::open(server.address).await;
        let headers =
            format!("content-type: application/json\r\nauthorization: Bearer {token}\r\n");
        let path = format!("{path}?site_key={WRONG_KEY}&identity={IDENTITY}");
        let answer = connection.send("POST", &path, &headers, body.as_ref()).await;
        let json = answer.json();
        self.add(Place::Answered, format!("the answer to {path}"), answer.body);
        json
    }

    fn search(&self, canaries: &[Canary]) {
        let mut found = Vec::new();
        for (place, what, content) in &self.0 {
            for canary in canaries.iter().filter(|canary| !canary.allowed.contains(place)) {
                if canary.is_in(content) {
                    found.push(format!("{} is in {what}", canary.what));
                }
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    fn has(&self, place: Place, canary: &Canary) -> bool {
        self.0.iter().any(|(at, _, content)| *at == place && canary.is_in(content))
    }
}

fn bank(trx: &str, amount: &str, key: &str) -> Ask {
    Ask::bank(trx, amount)
        .text("site_key", key)
        .text("fullname", NAME)
        .text("account_number", ACCOUNT)
        .text("identity", IDENTITY)
        .text("birth_date", BIRTH_DATE)
        .text("passport", EXTRA)
}

/// Everything that a merchant may do, right and wrong.
async fn drive(evidence: &mut Evidence, server: &Served, key: &str) {
    let bank_path = &path(Service::BankTransfer);
    let wallet = Ask::sample(Service::Papara).text("trx", "p1").text("site_key", key);
    let wallet = wallet.text("account_number", "5550009901234567").text("fullname", NAME);
    let good = bank("w1", "250.00", key);
    let whole = good.body();
    let fresh = good.text("trx", "w9");
    let twice = whole.replacen('{', &format!("{{\"trx\":\"{FIRST_KEY}\","), 1);
    for (path, body, code) in [
        (bank_path, whole.clone(), 200),
        (bank_path, whole.clone(), 200),
        (bank_path, bank("w1", "251.00", key).body(), 20020),
        (bank_path, bank("w2", "250.01", FIRST_KEY).body(), 200),
        (bank_path, bank("w3", "250.04", key).body(), 200),
        (bank_path, bank("w4", "100000.00", key).body(), 200),
        (bank_path, bank("w5", "9000000.00", key).body(), 20026),
        (bank_path, bank("w6", "1.00", WRONG_KEY).body(), 20014),
        (bank_path, fresh.clone().text("identity", &format!("{IDENTITY}x")).body(), 20030),
        (bank_path, fresh.clone().text("birth_date", "1987-07-23").body(), 20031),
        (bank_path, fresh.clone().text("account_number", &ACCOUNT[..20]).body(), 200),
        (bank_path, fresh.clone().text("account_number", &"9".repeat(70)).body(), 20003),
        (bank_path, fresh.clone().set("amount", &format!("\"{IDENTITY}x\"")).body(), 20003),
        (
            bank_path,
            fresh.clone().text("trx", "w10").text("user_id", &FIRST_KEY.repeat(2)).body(),
            20028,
        ),
        (bank_path, whole[..whole.len() - 3].to_owned(), 20001),
        (bank_path, twice, 20001),
        (bank_path, format!("{whole}{FIRST_KEY}"), 20001),
        (bank_path, format!("site_key={FIRST_KEY}"), 20001),
        (&path(Service::Papara), wallet.body(), 200),
        (&format!("/api/withdraw/{FIRST_KEY}"), whole.clone(), 20006),
    ] {
        assert_eq!(evidence.ask(server, path, &body).await, code, "{path} {body}");
    }
}

/// What a CCPayment merchant sends: the sample with the canaries' data.
fn cashout(client: &Client, number: u8) -> Value {
    let gsm = IQMONEY_REQUEST.replace("901111137653", PHONE);
    let sample = gsm.replace("TR150006247004881217621234", ACCOUNT);
    let sample = sample.replace("John Doe", NAME).replace("12345636268", TAX);
    client.request(&sample, number)
}

/// Everything that a CCPayment merchant may do, right and wrong. Gives the tokens that it got.
async fn drive_ccpayment(
    evidence: &mut Evidence,
    server: &Served,
    clients: &[Client; 2],
) -> [String; 2] {
    let [former, present] = clients;
    let tokens = [former.token(server.address).await, present.token(server.address).await];
    let token_path = "/ccpayment/api/token";
    for body in [
        format!("{{\"app_id\":\"{}\",\"app_secret\":\"{WRONG_KEY}\"}}", present.app_id),
        format!("{{\"app_id\":\"{FIRST_SECRET}\",\"app_secret\":\"{FIRST_SECRET}\"}}"),
        format!("{{\"app_id\":7,\"app_secret\":\"{FIRST_SECRET}\""),
        format!("app_secret={FIRST_SECRET}"),
    ] {
        let answer = evidence.ask_as(server, WRONG_KEY, token_path, &body).await;
        assert_ne!(answer["status_code"], 100, "{body}");
    }
    let (good, mut bad) = (cashout(present, 1).to_string(), cashout(present, 2));
    bad["hash_key"] =
        cashout(&Client { app_secret: WRONG_KEY.into(), ..present.clone() }, 3)["hash_key"].clone();
    let mut row = cashout(present, 4);
    row["cashout_data"][0][0]["id_tc_kn"] = format!("{TAX}x/{PHONE}").into();
    row["cashout_data"][1][0]["gsm_number"] = format!("{PHONE}{TAX}").into();
    let mut amount = cashout(present, 5);
    amount["cashout_data"][0][0]["amount"] = format!("{TAX}x").into();
    let mut key = cashout(present, 6);
    key["merchant_key"] = present.app_secret.as_str().into();
    for (token, body, code) in [
        (&tokens[0], good.clone(), 100),
        (&tokens[1], good.clone(), 100),
        (&tokens[1], cashout(former, 7).to_string(), 100),
        (&tokens[1], bad.to_string(), 422),
        (&tokens[1], row.to_string(), 41),
        (&tokens[1], amount.to_string(), 1),
        (&tokens[1], key.to_string(), 14),
        (&tokens[1], good[..good.len() - 4].to_owned(), 1),
        (&format!("{}x", tokens[1]), good.clone(), 401),
        (&present.app_secret, good.clone(), 401),
    ] {
        let answer = evidence.ask_as(server, token, CASH_OUT, &body).await;
        assert_eq!(answer["statuscode"], code, "{answer} {body}");
    }
    tokens
}

/// The private halves of the token keys, which nothing but the opened store tells.
fn token_keys(program: &Program) -> Vec<Canary> {
    let (key, random) = (MasterKey::parse(MASTER_KEY).expect("a key"), Arc::new(Seeded::new(1)));
    let options = OpenOptions { migrate: false };
    let store = SqliteStore::open(&program.database(), &key, random, options).expect("it opens");
    let directory = vezne_core::port::Store::directory(&*store);
    let keys = directory.token_keys().into_iter().map(|key| {
        let text = key.private.expose();
        // Its start is that of every such key; a stretch of the middle is as telling as the whole.
        let der = SigningKey::from_text(&key.id, text).expect("a key").to_der();
        let (middle, bytes) = (&text[text.len() / 2..][..64], &der[der.len() / 2..][..48]);
        Canary::new("a private token key", text, &[]).also(middle).also(bytes)
    });
    keys.collect()
}

fn look(evidence: &mut Evidence, program: &Program) {
    for arguments in [
        "merchant list",
        "merchant show 1001",
        "payout list",
        "callback list",
        "callback show 1",
        "audit",
        "doctor",
        "check-config",
        "migrate --dry-run",
        "payout list --reference w1",
        "merchant show CanaryKey7Qx2Vb9Lm4Np",
        "merchant show app-1",
        "token-key list",
        "token-key rotate",
        "payout list --merchant app-1",
    ] {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        evidence.command(program, Place::Printed, &arguments);
    }
    for payout in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"] {
        evidence.command(program, Place::PayoutShown, &["payout", "show", payout]);
    }
    let weak = format!("{FIRST_KEY}|");
    let add = ["merchant", "add", "Other", "--site-id", "7", "--site-key", &weak];
    evidence.command(program, Place::Printed, &add);
    evidence.command(program, Place::Printed, &["merchant", "top-up", "1001", "1.00"]);
    evidence.command(program, Place::Printed, &["payout", "reject", "4", "--reason", "No"]);
    evidence.command(program, Place::Printed, &["callback", "resend", "1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_and_nobodys_data_is_where_it_must_not_be() {
    let program = Program::on_file(CONFIGURATION).environment("VEZNE_MASTER_KEY", MASTER_KEY);
    let (receiver, mut evidence) = (Receiver::start().await, Evidence::default());
    receiver.always(Reply::Echo);
    let url = receiver.url();
    let add = ["merchant", "add", "Shop", "--site-id", "1001", "--site-key", FIRST_KEY];
    let added = program.json(&[&add[..], &["--callback-url", &url]].concat());
    program.ok(&["merchant", "top-up", "1001", "1000000.00"]);
    let server = program.serve();
    let rotate = ["merchant", "rotate-key", "1001", "--separate-callback-key"];
    let rotated = program.json(&rotate);
    let mut canaries = canaries(&added, &rotated);
    let add = ["merchant", "add", "Till", "--ccpayment", "--app-id", "app-1"];
    let added = program.json(&[&add[..], &["--app-secret", FIRST_SECRET]].concat());
    program.ok(&["merchant", "top-up", "app-1", "1000.00"]);
    let clients = [added, program.json(&["merchant", "rotate-key", "app-1"])];
    let clients = clients.each_ref().map(Client::of);

    drive(&mut evidence, &server, text(&rotated, "site_key")).await;
    let tokens = drive_ccpayment(&mut evidence, &server, &clients).await;
    canaries.extend(ccpayment_canaries(&clients, &tokens));
    // Two attempts of three callbacks, all of them refused with their own bytes.
    let received = receiver.came(6).await;
    let shown = received.iter().filter(|one| canaries[2].is_in(&one.body)).count();
    assert_eq!(shown, received.len(), "the callbacks show the key, or there is nothing to find");
    until("refused attempts", || {
        let shown = program.run(&["callback", "show", "1"]).stdout;
        (shown.matches("refused").count() > 1).then_some(())
    });
    look(&mut evidence, &program);
    let mut operations = Connection::open(program.operations).await;
    let metrics = operations.send("GET", "/metrics", "", b"").await.body;
    assert!(metrics.contains("20014"), "{metrics}");
    evidence.add(Place::Printed, "/metrics", metrics);
    evidence.files(&program.directory(), "while it runs");
    drop(operations);
    let (code, stdout, log) = server.stop();
    assert_eq!((code, stdout.as_str()), (0, ""));
    assert!(log.contains("\"level\":\"DEBUG\""), "the log says little:\n{log}");
    evidence.add(Place::Printed, "the log", log);
    evidence.files(&program.directory(), "after its end");
    let token_keys = token_keys(&program);
    assert!(token_keys.len() > 1, "the one before the rotation, and those after it");
    canaries.extend(token_keys);

    evidence.add(
        Place::Printed,
        "the log of the fault",
        fault(&program, text(&rotated, "site_key")).await,
    );
    for found in [&canaries[9], &canaries[10]] {
        assert!(evidence.has(Place::Stored, found), "the search does not find {}", found.what);
    }
    assert!(evidence.has(Place::PayoutShown, &canaries[10]), "payout show tells the name");
    assert!(evidence.has(Place::Answered, &canaries[6]), "the search does not find an identity");
    evidence.search(&canaries);
}

/// A fault of ours in the midst of a request: what is sealed of its payout was altered on the disk,
/// so that nobody can say whether another content is another order.
async fn fault(program: &Program, key: &str) -> String {
    let connection = rusqlite::Connection::open(program.database()).expect("it opens");
    let alter = "DROP TRIGGER payout_terms_stay; UPDATE payout SET private = zeroblob(64)";
    connection.execute_batch(alter).expect("it is altered");
    drop(connection);
    let server = program.serve();
    let mut evidence = Evidence::default();
    let body = bank("w1", "251.00", key).body();
    assert_eq!(evidence.ask(&server, &path(Service::BankTransfer), body).await, 20009);
    let shown = program.run(&["--json", "payout", "show", "1"]);
    assert!(shown.code == 0 && shown.stdout.contains("does_not_read"), "{shown:?}");
    let (_, _, log) = server.stop();
    assert!(log.contains("\"level\":\"ERROR\"") && log.contains("incident"), "{log}");
    log + &shown.stdout + &shown.stderr
}
