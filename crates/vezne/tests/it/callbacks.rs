//! What reaches a merchant's server: the same bytes each time, by a schedule, and in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use vezne::control::request::{CallbackRequest, Keys, MerchantRequest, Request};
use vezne::control::view::{CallbackDetail, CallbackView, Reply as Shown};
use vezne::worker::alarm::AlarmWorker;
use vezne::worker::callbacks::CallbackSettings;
use vezne_core::model::callback::{CallbackState, Schedule};
use vezne_core::port::Clock as _;
use vezne_outbound::alarm::Alarm;
use vezne_wire::bankopay::{Service, signature_text, verify};
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::{self, Headers, WebhookSecret};

use crate::support::receiver::Receiver;
use crate::support::{Ask, Desk, KEY, Left, Reply, SITE, Setup, path};

const DAY: Duration = Duration::from_secs(86_400);

async fn settled(desk: &Desk) {
    let answer = desk.post(&path(Service::BankTransfer), Ask::bank("w1", "250.00").body()).await;
    assert_eq!(answer.code(), 200, "{}", answer.body);
    assert_eq!(desk.dispatch().await, 1);
}

async fn show(desk: &Desk, callback: i64) -> CallbackDetail {
    match desk.command(Request::Callback(CallbackRequest::Show { callback })).await {
        Shown::Callback(detail) => *detail,
        other => panic!("{other:?}"),
    }
}

async fn parked(desk: &Desk) -> Vec<CallbackView> {
    let (merchant, state) = (Some(SITE.to_string()), Some("parked".to_owned()));
    let (set_aside, limit) = (false, 10);
    let list = CallbackRequest::List { merchant, payout: None, state, set_aside, limit };
    match desk.command(Request::Callback(list)).await {
        Shown::Callbacks(views) => views,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_attempt_has_the_same_bytes_whatever_the_answer() {
    let attempt_timeout = Duration::from_secs(1);
    let mut desk = Desk::with(Setup { attempt_timeout, ..Setup::default() }).await;
    let elsewhere = Receiver::start().await;
    settled(&desk).await;
    for (reply, outcome, http, words) in [
        (Reply::Broken, "failed", Some(500), "HTTP 500"),
        (Reply::Garbage, "failed", Some(200), "not valid JSON"),
        (Reply::Close, "failed", None, ""),
        (Reply::Hang, "failed", None, ""),
        (Reply::Redirect(elsewhere.address), "failed", Some(307), "HTTP 307"),
        (Reply::Refuse, "refused", Some(200), "code 999: No such user"),
        (Reply::AcknowledgeText, "acknowledged", Some(200), "Done"),
    ] {
        desk.receiver.next([reply.clone()]);
        assert_eq!(desk.tell().await, 1, "{reply:?}");
        let detail = show(&desk, 1).await;
        let last = detail.attempts.last().expect("an attempt");
        let said = &last.detail;
        assert_eq!((last.outcome.as_str(), last.http_status), (outcome, http), "{reply:?}: {said}");
        assert!(said.contains(words), "{reply:?}: {said}");
        desk.restart().await;
        desk.clock.pass(DAY * 2);
    }
    assert_eq!(desk.tell().await, 0);
    let received = desk.receiver.received();
    assert_eq!(received.len(), 7);
    for one in &received {
        assert_eq!(one.text(), received[0].text());
        assert_eq!(one.header("webhook-id"), received[0].header("webhook-id"));
        assert!(one.head.starts_with("POST /api/BankoPay/withdraw/ HTTP/1.1\r\n"), "{}", one.head);
    }
    assert!(elsewhere.received().is_empty(), "a redirect was followed");
    desk.end(Left::default()).await;
}

/// The merchant has put in place what `rotate-key` showed; what waits is hashed with that.
#[tokio::test]
async fn a_callback_that_waits_is_made_afresh_for_a_rotated_key() {
    let mut desk = Desk::open().await;
    settled(&desk).await;
    desk.receiver.next([Reply::Broken, Reply::Broken]);
    assert_eq!(desk.tell().await, 1);
    let (merchant, overlap_hours) = (SITE.to_string(), 24);
    let (keys, forget_former) = (Keys::Two, false);
    let rotate = MerchantRequest::RotateKey { merchant, overlap_hours, keys, forget_former };
    let Shown::Credentials(fresh) = desk.command(Request::Merchant(rotate)).await else {
        panic!("a rotation shows the fresh credentials");
    };
    for _ in 0..2 {
        desk.restart().await;
        desk.clock.pass(DAY);
        assert_eq!(desk.tell().await, 1);
    }
    let [before, after, again] = &desk.receiver.received()[..] else { panic!("three attempts") };
    assert_eq!(before.member("hash").len(), 60);
    for (one, key) in [(before, KEY), (after, fresh.keys.callback_key())] {
        let (user, trx) = (one.member("user_id"), one.member("trx"));
        let key = SecretText::new(key);
        let text = signature_text(SITE, &user, &trx, &key).expect("a text");
        assert_eq!(verify(&text, &one.member("hash")), Ok(()), "{}", one.text());
    }
    assert_eq!(after.text(), again.text(), "the same bytes under the same keys");
    assert_eq!(before.header("webhook-id"), after.header("webhook-id"), "it is a repeat");
    desk.end(Left::default()).await;
}

/// Both secrets sign until the overlap is over; the one that was forgotten never does again.
#[tokio::test]
async fn a_webhook_secret_is_rotated_without_a_gap() {
    let mut desk = Desk::open().await;
    settled(&desk).await;
    desk.receiver.always(Reply::Broken);
    let rotate = |forget_former| {
        let (merchant, overlap_hours) = (SITE.to_string(), 24);
        let asked = MerchantRequest::RotateWebhookSecret { merchant, overlap_hours, forget_former };
        Request::Merchant(asked)
    };
    let fresh = |shown| match shown {
        Shown::WebhookSecret(view) => view.webhook_secret,
        other => panic!("{other:?}"),
    };
    let first = desk.credentials.webhook_secret.clone();
    let second = fresh(desk.command(rotate(false)).await);
    let complaint = desk.try_command(rotate(false)).await.expect_err("the first still signs");
    assert!(complaint.to_string().contains("--forget-former"), "{complaint}");
    desk.restart().await;
    assert_eq!(signers(&desk, [&first, &second]).await, [true, true]);
    let third = fresh(desk.command(rotate(true)).await);
    desk.clock.pass(DAY - Duration::from_secs(60));
    assert_eq!(signers(&desk, [&first, &second, &third]).await, [false, true, true]);
    desk.clock.pass(DAY);
    assert_eq!(signers(&desk, [&second, &third]).await, [false, true]);
    desk.end(Left { due: 1, ..Left::default() }).await;
}

/// Which secrets signed the next attempt.
async fn signers<const N: usize>(desk: &Desk, secrets: [&str; N]) -> [bool; N] {
    let now = desk.clock.now().seconds();
    assert_eq!(desk.tell().await, 1);
    let received = desk.receiver.received();
    let one = received.last().expect("an attempt");
    let headers = Headers {
        id: one.header("webhook-id"),
        timestamp: one.header("webhook-timestamp"),
        signature: one.header("webhook-signature"),
    };
    secrets.map(|secret| {
        let secret = WebhookSecret::parse(secret).expect("a secret");
        standard_webhooks::verify(&[secret], headers, &one.body, now, 1).is_ok()
    })
}

/// Somebody tries a URL out: what is sent is signed as ever and about no payout, and stays nowhere.
#[tokio::test]
async fn a_test_of_a_url_shows_what_the_merchants_server_says() {
    let desk = Desk::open().await;
    let test = |url: Option<String>| {
        let (merchant, endpoint) = (SITE.to_string(), None);
        Request::Callback(CallbackRequest::Test { merchant, endpoint, url })
    };
    for (reply, expected) in [
        (Reply::Acknowledge, Ok("took VEZNE-TEST-")),
        (Reply::Refuse, Ok("code 999: No such user")),
        (Reply::Broken, Err("HTTP 500")),
    ] {
        desk.receiver.next([reply.clone()]);
        let (shown, words) = match (desk.try_command(test(None)).await, expected) {
            (Ok(Shown::Done(shown)), Ok(words)) => (shown, words),
            (Err(complaint), Err(words)) => (complaint.to_string(), words),
            other => panic!("{reply:?}: {other:?}"),
        };
        assert!(shown.contains(words) && shown.contains("/withdraw/"), "{reply:?}: {shown}");
    }
    let elsewhere = test(Some("http://127.0.0.1:9/".to_owned()));
    let complaint = desk.try_command(elsewhere).await.expect_err("no service has this port");
    assert!(complaint.to_string().contains("http://127.0.0.1:9/"), "{complaint}");
    let received = desk.receiver.received();
    assert_eq!(received.len(), 3);
    for one in &received {
        assert_eq!(one.member("status"), "reject");
        let (user, trx) = (one.member("user_id"), one.member("trx"));
        let text = signature_text(SITE, &user, &trx, &SecretText::new(KEY)).expect("a text");
        assert_eq!(verify(&text, &one.member("hash")), Ok(()), "{}", one.text());
    }
    assert!(desk.callbacks().await.is_empty(), "nothing of it is kept");
    desk.end(Left::default()).await;
}

/// A merchant's server is down for a day, and comes back.
#[tokio::test]
async fn whoever_takes_no_callback_for_a_day_is_told_of_once_and_once_more_when_it_does() {
    let desk = Desk::open().await;
    settled(&desk).await;
    let operator = Receiver::start().await;
    operator.always(Reply::Broken);
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let key = WebhookSecret::parse(secret).expect("a secret");
    let alarm = Alarm::new(operator.url(), key.clone()).expect("an alarm");
    let (store, clock) = (desk.assembly().store.clone(), desk.assembly().clock.clone());
    let mut worker = AlarmWorker::new(store, clock, Some(Arc::new(alarm)));
    let rings = async |worker: &mut AlarmWorker| {
        let before = operator.received().len();
        worker.step().await.expect("it looks");
        operator.received().split_off(before)
    };
    desk.receiver.always(Reply::Broken);
    for _ in 0..5 {
        assert!(rings(&mut worker).await.is_empty());
        desk.tell().await;
        desk.clock.pass(Duration::from_secs(3_600));
    }
    desk.clock.pass(DAY);
    // The operator's own server is down as well, so it is told again.
    let down = rings(&mut worker).await;
    operator.always(Reply::Acknowledge);
    let told = rings(&mut worker).await;
    assert!(rings(&mut worker).await.is_empty(), "once");
    desk.receiver.always(Reply::Acknowledge);
    assert_eq!(desk.tell().await, 1);
    let back = rings(&mut worker).await;
    assert!(rings(&mut worker).await.is_empty(), "once");
    for (rung, what) in
        [(down, "merchant.untold"), (told, "merchant.untold"), (back, "merchant.told-again")]
    {
        let [one] = &rung[..] else { panic!("{what}: {}", rung.len()) };
        let json: serde_json::Value = serde_json::from_slice(&one.body).expect("JSON");
        assert_eq!((&json["type"], &json["data"]["merchant"]), (&what.into(), &1.into()));
        let headers = Headers {
            id: one.header("webhook-id"),
            timestamp: one.header("webhook-timestamp"),
            signature: one.header("webhook-signature"),
        };
        let now = desk.clock.now().seconds();
        standard_webhooks::verify(std::slice::from_ref(&key), headers, &one.body, now, 1)
            .expect(what);
    }
    desk.end(Left::default()).await;
}

/// Follows one callback to the end of its schedule: never early, never much later, then parked.
async fn follow(reply: Reply, waits: &[Duration]) {
    let desk = Desk::open().await;
    settled(&desk).await;
    desk.receiver.always(reply);
    for (attempt, wait) in waits.iter().enumerate() {
        assert_eq!(desk.tell().await, 1, "attempt {attempt}");
        let CallbackState::Due(due) = desk.callbacks().await[0].state else {
            panic!("it is parked after {} attempts", attempt + 1);
        };
        let pause = due.since(desk.clock.now());
        assert!(pause >= *wait && pause <= *wait + *wait / 4, "{pause:?} instead of {wait:?}");
        desk.clock.pass(pause - Duration::from_millis(1));
        assert_eq!(desk.tell().await, 0, "attempt {attempt} came early");
        desk.clock.pass(Duration::from_millis(1));
    }
    assert_eq!(desk.tell().await, 1);
    desk.clock.pass(DAY * 30);
    assert_eq!(desk.tell().await, 0, "a parked callback was sent");
    let attempts = waits.len() + 1;
    assert_eq!(parked(&desk).await.len(), 1, "what is parked stays visible");
    assert_eq!(show(&desk, 1).await.attempts.len(), attempts);

    // A person has it sent again, to a merchant that works again.
    desk.receiver.always(Reply::Acknowledge);
    desk.command(Request::Callback(CallbackRequest::Resend { callback: 1 })).await;
    assert_eq!(desk.tell().await, 1);
    let received = desk.receiver.received();
    assert_eq!(received.len(), attempts + 1);
    assert!(received.iter().all(|one| one.body == received[0].body));
    assert!(parked(&desk).await.is_empty());
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn a_merchant_that_is_down_is_tried_for_days_and_then_the_callback_is_parked() {
    follow(Reply::Broken, &Schedule::default().after_failure).await;
}

#[tokio::test]
async fn a_merchants_own_refusal_keeps_to_the_slower_schedule() {
    follow(Reply::Refuse, &Schedule::default().after_refusal).await;
}

#[tokio::test]
async fn what_was_acknowledged_can_be_sent_once_more() {
    let desk = Desk::open().await;
    settled(&desk).await;
    for attempts in [1, 2] {
        assert_eq!(desk.tell().await, 1);
        assert_eq!(desk.receiver.received().len(), attempts);
        if attempts == 1 {
            desk.command(Request::Callback(CallbackRequest::Resend { callback: 1 })).await;
        }
    }
    desk.end(Left::default()).await;
}

#[tokio::test]
async fn a_live_merchants_callbacks_never_leave_in_the_clear() {
    let desk = Desk::with(Setup { live: true, ..Setup::default() }).await;
    let settings = vezne::control::request::MerchantSettings {
        callback_url: Some(desk.receiver.url()),
        ..Default::default()
    };
    let (merchant, refused) = (SITE.to_string(), "must be https, not http");
    let set = vezne::control::request::MerchantRequest::Set { merchant, settings };
    let complaint = desk.try_command(Request::Merchant(set)).await.expect_err("it is refused");
    assert!(complaint.to_string().contains(refused), "{complaint}");
    desk.end(Left::default()).await;
}

/// Twenty merchants whose servers hang, fail or redirect, and one whose server works. Its callbacks
/// arrive while the servers that hang still hang; each of them could for three times as long as
/// this test has patience.
#[tokio::test]
async fn a_healthy_merchant_does_not_wait_for_hostile_ones() {
    const PAYOUTS: usize = 6;
    let callbacks =
        CallbackSettings { concurrency: 64, concurrency_per_merchant: 4, ..Default::default() };
    let attempt_timeout = Duration::from_secs(60);
    let desk = Desk::with(Setup { callbacks, attempt_timeout, ..Setup::default() }).await;
    let mut hostile = Vec::new();
    for number in 0..20 {
        let receiver = Receiver::start().await;
        receiver.always(match number % 5 {
            0 => Reply::Broken,
            1 => Reply::Redirect(desk.receiver.address),
            _ => Reply::Hang,
        });
        let site = 2001 + number;
        desk.add_merchant(site, Some(receiver.url()), false).await;
        desk.top_up(site, "100.00").await;
        hostile.push((site, receiver));
    }
    for (site, _) in &hostile {
        pay(&desk, *site, PAYOUTS).await;
    }
    let worker = desk.callback_worker();
    let bell = desk.assembly().bells.callbacks.clone();
    let stop = std::sync::Arc::new(Notify::new());
    let stopped = std::sync::Arc::clone(&stop);
    let running = tokio::spawn(worker.run(bell, async move { stopped.notified().await }));
    let hanging: Vec<_> =
        (0..20).filter(|number| number % 5 > 1).map(|at| &hostile[at].1).collect();
    for receiver in &hanging {
        receiver.hangs().await;
    }
    pay(&desk, SITE, PAYOUTS).await;
    let received = desk.receiver.came(PAYOUTS).await;
    assert!(hanging.iter().all(|receiver| receiver.hanging() > 0), "they hang no longer");
    let mut told: Vec<String> = received.iter().map(|one| one.member("trx")).collect();
    told.sort();
    assert_eq!(told, ["w0", "w1", "w2", "w3", "w4", "w5"], "each once");
    assert!(received.iter().all(|one| one.text().contains("\"site_id\":1001")));
    let merchant = desk.credentials.merchant;
    let waits = |one: &vezne_core::model::callback::Callback| {
        one.merchant.0 == merchant && one.state.code() == "due"
    };
    while desk.callbacks().await.iter().any(waits) {
        tokio::task::yield_now().await;
    }
    running.abort();
    drop(running.await);
    let of_others = |one: &&vezne_core::model::callback::Callback| one.merchant.0 != merchant;
    let callbacks = desk.callbacks().await;
    let due = callbacks.iter().filter(of_others).count();
    assert_eq!(due, 20 * PAYOUTS);
    let mine = callbacks.iter().filter(|one| one.merchant.0 == merchant);
    let unbooked = mine.filter(|one| one.state.code() == "due").count();
    desk.end(Left { due: due + unbooked, ..Left::default() }).await;
}

async fn pay(desk: &Desk, site: u64, payouts: usize) {
    let mut connection = desk.connect().await;
    for number in 0..payouts {
        let ask = Ask::bank(&format!("w{number}"), "10.00").set("site_id", &site.to_string());
        let answer = connection.post(&path(Service::BankTransfer), ask.body()).await;
        assert_eq!(answer.code(), 200, "{}", answer.body);
    }
    desk.dispatch().await;
}
