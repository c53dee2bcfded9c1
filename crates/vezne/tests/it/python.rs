//! The callbacks as a merchant's Python verifies them.

use serde_json::json;
use vezne::control::request::MerchantSettings;
use vezne_wire::bankopay::Service;

use crate::support::python::python;
use crate::support::{Ask, Desk, Left, Received, SITE, path};

/// One line per callback on the input; `fits`, or which of the two signatures does not.
const VERIFY: &str = r#"
import base64, bcrypt, hashlib, hmac, json, sys

for line in sys.stdin:
    case = json.loads(line)
    body = bytes.fromhex(case["body"])
    said = json.loads(body.decode("utf-8"))
    text = "|".join([str(said["site_id"]), said["user_id"], said["trx"], case["key"]])
    wrong = []
    if not bcrypt.checkpw(text.encode("utf-8")[:72], said["hash"].encode("ascii")):
        wrong.append("bcrypt")
    secret = base64.b64decode(case["secret"].removeprefix("whsec_"))
    signed = b".".join([case["id"].encode(), case["timestamp"].encode(), body])
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    if expected not in case["signature"].split(" "):
        wrong.append("hmac")
    print(len(text.encode("utf-8")), " ".join(wrong) or "fits")
"#;

fn line(desk: &Desk, received: &Received, key: &str) -> String {
    let body: String = received.body.iter().map(|byte| format!("{byte:02x}")).collect();
    let case = json!({
        "body": body,
        "key": key,
        "secret": desk.credentials.webhook_secret,
        "id": received.header("webhook-id"),
        "timestamp": received.header("webhook-timestamp"),
        "signature": received.header("webhook-signature"),
    });
    format!("{case}\n")
}

#[tokio::test]
async fn pythons_bcrypt_and_hmac_verify_what_a_merchant_receives() {
    let desk = Desk::open().await;
    let site_and_key = SITE.to_string().len() + desk.credentials.keys.key().len() + 3;
    let room = 72 - site_and_key;
    let longest = "7".repeat(room - 2);
    let turkish = "ş".repeat((room - 3) / 2);
    // Sixteen bytes of the key are still among the 72.
    let beyond = "7".repeat(room - 2 + 16);
    let costs = [4, 5, 8, 10, 6, 7, 4];
    let ids = [
        ("1254137", "456454646"),
        ("müşteri-7", "çekim-Ğ-1"),
        ("用户", "😀"),
        ("u1", longest.as_str()),
        ("u1", beyond.as_str()),
        ("u", turkish.as_str()),
        ("a\"b\\c", "d/e é"),
    ];
    for ((user, trx), cost) in ids.iter().zip(costs) {
        desk.set(MerchantSettings { bcrypt_cost: Some(cost), ..Default::default() }).await;
        let ask = Ask::bank(trx, "10.00").text("user_id", user).text("fullname", "Ayşe Kılıç");
        let answer = desk.post(&path(Service::BankTransfer), ask.body()).await;
        assert_eq!(answer.code(), 200, "{}", answer.body);
        desk.dispatch().await;
        desk.tell().await;
    }
    let too_long = Ask::bank(&format!("{beyond}7"), "10.00").text("user_id", "u1");
    let answer = desk.post(&path(Service::BankTransfer), too_long.body()).await;
    assert_eq!(answer.code(), 20028, "fifteen of the key are too few: {}", answer.body);

    let received = desk.receiver.received();
    assert_eq!(received.len(), ids.len());
    let key = desk.credentials.keys.callback_key();
    let mut input: String = received.iter().map(|one| line(&desk, one, key)).collect();
    // Python must be able to say no, or its yes means nothing.
    input += &line(&desk, &received[0], &key.replace('k', "K"));
    let mut forged = received[0].clone();
    forged.body =
        forged.text().replace("\"amount\":\"10.00\"", "\"amount\":\"99.00\"").into_bytes();
    input += &line(&desk, &forged, key);
    desk.end(Left::default()).await;

    if let Some(said) = python(VERIFY, &input) {
        let lengths = |(user, trx): &(&str, &str)| site_and_key + user.len() + trx.len();
        let mut expected: Vec<String> =
            ids.iter().map(|ids| format!("{} fits", lengths(ids))).collect();
        let first = lengths(&ids[0]);
        expected.extend([format!("{first} bcrypt"), format!("{first} hmac")]);
        assert_eq!(said.lines().collect::<Vec<_>>(), expected);
        assert!(expected.contains(&"72 fits".to_owned()), "the longest whole text is among them");
    }
}
