//! The bytes of a callback.

use vezne_core::model::callback::CallbackEvent;
use vezne_wire::bankopay::{WithdrawCallback, signature_text, verify};
use vezne_wire::json::Object;
use vezne_wire::secret::SecretText;

use crate::support::{KEY, World, settings};

const BASE: &str = "http://localhost:1";

async fn composed(change: impl FnOnce(&mut World)) -> (String, WithdrawCallback) {
    let mut world = World::new(&settings(), BASE);
    change(&mut world);
    let body = world.compose().await.expect("a body");
    let callback =
        WithdrawCallback::decode(&Object::parse(&body).expect("JSON")).expect("a callback");
    (String::from_utf8(body).expect("UTF-8"), callback)
}

#[tokio::test]
async fn the_body_is_the_documents_example() {
    let (body, callback) = composed(|_| ()).await;
    let expected = format!(
        r#"{{"site_id":1001,"site_key":"k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU","service":"withdraw","method":"BankTransfer","user_id":"44843155","username":"demo123","amount":"200.00","currency":"TRY","transaction_id":"MW10001","trx":"451474562","status":"approved","message":"Completed!","hash":"{}"}}"#,
        callback.hash
    );
    assert_eq!(body, expected);
    let text = signature_text(1001, "44843155", "451474562", &SecretText::new(KEY)).unwrap();
    assert_eq!(verify(&text, &callback.hash), Ok(()));
}

#[tokio::test]
async fn every_event_has_its_status_and_message() {
    for (event, status) in [
        (CallbackEvent::Settled, "approved"),
        (CallbackEvent::Rejected, "reject"),
        (CallbackEvent::Failed, "reject"),
        (CallbackEvent::Returned, "reject"),
    ] {
        let (_, callback) = composed(|world| {
            world.delivery.callback.event = event;
            world.delivery.callback.message = "Hesap \"kapalı\"".into();
        })
        .await;
        assert_eq!(
            (callback.status.word(), callback.message.as_str()),
            (status, "Hesap \"kapalı\"")
        );
    }
}

#[tokio::test]
async fn the_cost_is_the_merchants_within_bounds() {
    for (option, prefix) in [
        (None, "$2a$08$"),
        (Some("4"), "$2a$04$"),
        (Some("10"), "$2a$10$"),
        (Some("1"), "$2a$04$"),
        (Some("31"), "$2a$12$"),
        (Some("much"), "$2a$08$"),
    ] {
        let (_, callback) = composed(|world| {
            let chosen = option.map(|value| ("bcrypt_cost".to_owned(), value.to_owned()));
            world.merchant().options.extend(chosen);
        })
        .await;
        assert!(callback.hash.starts_with(prefix), "{option:?}: {}", callback.hash);
    }
}

#[tokio::test]
async fn the_salt_is_drawn_for_each() {
    let world = World::new(&settings(), BASE);
    assert_ne!(world.compose().await, world.compose().await);
}

#[tokio::test]
async fn what_cannot_be_composed_is_a_fault_without_secrets() {
    type Change = fn(&mut World);
    let cases: [(Change, &str); 5] = [
        (
            |world| world.merchant().access.clear(),
            "callback 5 cannot be composed: merchant 1 has no BankoPay access",
        ),
        (
            |world| world.merchant().access[0].login = "demo".into(),
            "callback 5 cannot be composed: the site_id is not a number",
        ),
        (
            |world| world.delivery.payout.note = b"{}".to_vec(),
            "callback 5 cannot be composed: The stored note is damaged at member s.",
        ),
        (
            |world| world.delivery.payout.reference.text = "t".repeat(42),
            "callback 5 cannot be composed: site_id|user_id|trx|site_key has 89 bytes: too little \
             of the key is within the 72 that are hashed.",
        ),
        (
            |world| world.delivery.payout.dialect = "telex".into(),
            "no callbacks are sent in the dialect telex",
        ),
    ];
    for (change, message) in cases {
        let mut world = World::new(&settings(), BASE);
        change(&mut world);
        assert_eq!(world.compose().await, Err(message.to_owned()));
    }
}
