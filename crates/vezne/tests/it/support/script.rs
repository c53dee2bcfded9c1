//! The language that walks are written in: one step and what must come of it in a line.
//!
//! ```text
//! ask w1 250.00 [papara]     = 200          the answer's code, and words of its message
//! send                                      the dispatch worker does what is due
//! send dies before|after                    ... and is killed before the rail is asked, or after
//! pass 60                                   so many seconds pass
//! state w1                   = settled
//! money                      = available 750.00, clearing 250.00
//! tell                       = w1 approved Completed!; w2 reject No       sorted by trx
//! answers refuse broken ack                 how the merchant answers the next callbacks
//! approve|reject|settle|fail|return|paid|not-paid|never-sent w1 [words]  [= complaint]
//! set retry_refused true                    the merchant's settings
//! terms bank-transfer percent 1.5           ... and its terms
//! rotate 24 [separate]                      its key
//! key former|present                        which key it sends
//! left due 1 held 250.00                    what the walk leaves behind
//! ```
//!
//! Every walk is walked twice: once as it is, once with a restart of the program after every line.

use std::time::Duration;

use serde_json::{Map, Value, json};
use vezne::control::request::{DoubtResolution, Keys, MerchantRequest, PayoutRequest, Request};
use vezne::control::view::Reply as Shown;
use vezne_core::model::money::{Currency, Money};
use vezne_core::port::Clock as _;
use vezne_wire::bankopay::{Service, Status, WithdrawCallback, signature_text, verify};
use vezne_wire::json::Object;
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::{self, Headers, WebhookSecret};

use super::gate::Death;
use super::{Ask, Desk, KEY, Left, Received, Reply, SITE, Setup, path};

/// Walks without restarts: what is measured within one process begins anew with the next.
pub(crate) async fn walk_at_one_go(script: &str) {
    Walk::start(Setup::default(), false).await.run(script).await;
}

/// Walks a sandbox merchant's walk.
pub(crate) async fn walk(script: &str) {
    for restarts in [false, true] {
        Walk::start(Setup::default(), restarts).await.run(script).await;
    }
}

/// Walks a live merchant's walk.
pub(crate) async fn walk_live(script: &str) {
    for restarts in [false, true] {
        let setup = Setup { live: true, ..Setup::default() };
        Walk::start(setup, restarts).await.run(script).await;
    }
}

struct Walk {
    desk: Desk,
    restarts: bool,
    live: bool,
    /// The merchant's keys, the newest last, and which of them it sends.
    keys: Vec<String>,
    sends_former: bool,
    /// How many callbacks were looked at.
    seen: usize,
    left: Left,
}

impl Walk {
    async fn start(setup: Setup, restarts: bool) -> Self {
        let live = setup.live;
        let (keys, left) = (vec![KEY.to_owned()], Left::default());
        let desk = Desk::with(setup).await;
        Self { desk, restarts, live, keys, sends_former: false, seen: 0, left }
    }

    async fn run(mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (step, expected) = match line.split_once(" = ") {
                Some((step, expected)) => (step.trim(), Some(expected.trim())),
                None => (line, None),
            };
            let came = self.step(step).await;
            let context = format!("{line} (restarts: {})", self.restarts);
            match (expected, came) {
                (Some(expected), came) => assert_fits(step, expected, &came, &context),
                (None, came) => assert!(came.is_empty(), "{context}: {came}"),
            }
            if self.restarts {
                self.desk.restart().await;
            }
        }
        self.desk.end(self.left).await;
    }

    /// Does one step, and says what came of it; nothing for what simply succeeds.
    async fn step(&mut self, step: &str) -> String {
        let words: Vec<&str> = step.split_whitespace().collect();
        match words.as_slice() {
            ["ask", trx, amount] => self.ask(trx, amount, Service::BankTransfer).await,
            ["ask", trx, amount, service] => self.ask(trx, amount, find(service)).await,
            ["send"] => {
                self.desk.dispatch().await;
                String::new()
            }
            ["send", "dies", when] => {
                self.desk.dispatch_dies(death(when)).await;
                String::new()
            }
            ["tell"] => {
                self.desk.tell().await;
                self.told()
            }
            ["tell", "dies", when] => {
                self.desk.tell_dies(death(when)).await;
                self.told()
            }
            ["pass", seconds] => {
                let seconds = seconds.parse().expect("seconds");
                self.desk.clock.pass(Duration::from_secs(seconds));
                String::new()
            }
            ["state", trx] => self.state(trx).await,
            ["money"] => self.desk.money().await.replace("rail-clearing:", "clearing "),
            ["answers", replies @ ..] => {
                self.desk.receiver.next(replies.iter().map(|word| Reply::parse(word)));
                String::new()
            }
            ["set", name, value] => self.set(name, value).await,
            ["terms", channel, changes @ ..] => self.terms(channel, changes).await,
            ["rotate", hours, separate @ ..] => self.rotate(hours, !separate.is_empty()).await,
            ["key", which] => {
                self.sends_former = *which == "former";
                String::new()
            }
            ["left", what @ ..] => self.leaves(what),
            [verb, trx, rest @ ..] => self.decide(verb, trx, &rest.join(" ")).await,
            _ => panic!("{step} is no step"),
        }
    }

    async fn ask(&self, trx: &str, amount: &str, service: Service) -> String {
        let mut ask = Ask::sample(service).text("trx", trx).set("amount", amount);
        if self.live {
            ask = ask
                .text("account_number", "TR330006100519786457841326")
                .text("identity", "10000000146");
        }
        let at = self.keys.len() - 1 - usize::from(self.sends_former);
        let answer =
            self.desk.post(&path(service), ask.text("site_key", &self.keys[at]).body()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let (code, json) = (answer.code(), answer.json());
        format!("{code} {}", json["message"].as_str().expect("a message"))
    }

    async fn state(&self, trx: &str) -> String {
        let state = self.desk.payout(trx).await.state;
        let doubt = if state.in_doubt() { " in doubt" } else { "" };
        format!("{}{doubt}", state.code())
    }

    async fn decide(&self, verb: &str, trx: &str, words: &str) -> String {
        let (payout, reason) = (self.desk.payout(trx).await.id.0, words.to_owned());
        let reference = (!words.is_empty()).then(|| words.to_owned());
        let resolve = |resolution| {
            let evidence = "statement of the day, line 7".to_owned();
            PayoutRequest::Resolve { payout, resolution, evidence }
        };
        let request = match verb {
            "approve" => PayoutRequest::Approve { payout },
            "reject" => PayoutRequest::Reject { payout, reason },
            "settle" => PayoutRequest::Settle { payout, rail_reference: reference },
            "fail" => PayoutRequest::Fail { payout, reason },
            "return" => PayoutRequest::Return { payout, reason },
            "paid" => resolve(DoubtResolution::Paid(reference)),
            "not-paid" => resolve(DoubtResolution::NotPaid(reason)),
            "never-sent" => resolve(DoubtResolution::NeverSent),
            other => panic!("{other} is no step"),
        };
        let done = self.desk.try_command(Request::Payout(request)).await;
        done.map_or_else(|complaint| complaint.to_string(), |_| String::new())
    }

    async fn set(&self, name: &str, value: &str) -> String {
        let settings = serde_json::from_value(object(&[name, value])).expect("a setting");
        self.desk.set(settings).await;
        String::new()
    }

    async fn terms(&self, channel: &str, changes: &[&str]) -> String {
        let (merchant, channel) = (SITE.to_string(), channel.to_owned());
        let terms = serde_json::from_value(object(changes)).expect("terms");
        let request = MerchantRequest::SetTerms { merchant, channel, terms };
        self.desk.command(Request::Merchant(request)).await;
        String::new()
    }

    async fn rotate(&mut self, hours: &str, separate_callback_key: bool) -> String {
        let (merchant, overlap_hours) = (SITE.to_string(), hours.parse().expect("hours"));
        let keys = if separate_callback_key { Keys::Two } else { Keys::One };
        let forget_former = true;
        let request = MerchantRequest::RotateKey { merchant, overlap_hours, keys, forget_former };
        let Shown::Credentials(fresh) = self.desk.command(Request::Merchant(request)).await else {
            panic!("a rotation shows the fresh credentials");
        };
        assert_eq!(separate_callback_key, fresh.keys.callback_key() != fresh.keys.key());
        assert_eq!(fresh.webhook_secret, self.desk.credentials.webhook_secret);
        self.keys.push(fresh.keys.key().to_owned());
        self.desk.credentials = fresh;
        String::new()
    }

    fn leaves(&mut self, what: &[&str]) -> String {
        for pair in what.chunks(2) {
            match pair {
                ["due", count] => self.left.due = count.parse().expect("a count"),
                ["parked", count] => self.left.parked = count.parse().expect("a count"),
                ["held", amount] => {
                    self.left.held = Money::parse(amount, Currency::TRY).expect("money").minor();
                }
                other => panic!("{other:?} cannot be left"),
            }
        }
        String::new()
    }

    /// The callbacks that came since the last look, each checked as a merchant would.
    fn told(&mut self) -> String {
        let received = self.desk.receiver.received();
        let fresh = received.get(self.seen..).unwrap_or_default();
        let mut told: Vec<String> = fresh.iter().map(|one| self.check(one)).collect();
        // Those of different payouts come in any order; those of one in the order they happened.
        told.sort_by(|one, other| one.split(' ').next().cmp(&other.split(' ').next()));
        self.seen = received.len();
        if told.is_empty() { "nothing".to_owned() } else { told.join("; ") }
    }

    fn check(&self, received: &Received) -> String {
        let key = SecretText::new(self.desk.credentials.keys.callback_key().to_owned());
        let object = Object::parse(&received.body).expect("a callback is JSON");
        let callback = WithdrawCallback::decode(&object).expect("it is a callback");
        assert!(callback.site_key.same_as(&key), "it shows the callback key and no other");
        let WithdrawCallback { site_id, user_id, trx, hash, message, status, .. } = &callback;
        let text = signature_text(*site_id, user_id, trx, &key).expect("it can be signed");
        verify(&text, hash).expect("the hash fits");
        let secret = WebhookSecret::parse(&self.desk.credentials.webhook_secret).expect("a secret");
        let headers = Headers {
            id: received.header("webhook-id"),
            timestamp: received.header("webhook-timestamp"),
            signature: received.header("webhook-signature"),
        };
        let now = self.desk.clock.now().seconds();
        let verified = standard_webhooks::verify(&[secret], headers, &received.body, now, 0);
        verified.expect("the signature fits, and is of this moment");
        let status = if *status == Status::Approved { "approved" } else { "reject" };
        format!("{trx} {status} {message}")
    }
}

/// An answer has at least the words that were expected of it; all else is exactly as expected.
fn assert_fits(step: &str, expected: &str, came: &str, context: &str) {
    let (code, words) = expected.split_once(' ').unwrap_or((expected, ""));
    let fits = match step.split(' ').next() {
        Some("ask") => came.starts_with(&format!("{code} ")) && came.contains(words),
        Some("money" | "tell" | "state") => came == expected,
        _ => came.contains(expected),
    };
    assert!(fits, "{context}: {came}");
}

fn find(slug: &str) -> Service {
    Service::ALL.into_iter().find(|service| service.slug() == slug).expect("a service")
}

fn death(when: &str) -> Death {
    match when {
        "before" => Death::Before,
        "after" => Death::After,
        other => panic!("nobody dies {other}"),
    }
}

/// Names and values as an object; `true` and `false` are themselves, all else is text.
fn object(pairs: &[&str]) -> Value {
    let members = pairs.chunks(2).map(|pair| match pair {
        [name, value] => ((*name).to_owned(), value.parse().map_or(json!(value), Value::Bool)),
        other => panic!("{other:?} has no value"),
    });
    Value::Object(members.collect::<Map<_, _>>())
}
