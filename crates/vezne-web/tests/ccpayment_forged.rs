//! A `hash_key` that its request does not have: whatever is wrong with it, one answer, and nothing
//! stored (`research/reliability.md` PB2 to PB4).

mod desk;

use desk::shop::{APP_SECRET, Shop, TO_BANK, named, request, row};
use vezne_wire::ccpayment::hash_key;
use vezne_wire::ccpayment::samples::{SIPAY_FAILED, expected};
use vezne_wire::json::push_string;

const TEXT: &str = "20|TR150006247004881217621234|20|TRY|901111137653";

/// Its IV has digits only: a letter's case would show in the case of the IBAN and nowhere else.
fn right_key() -> String {
    let iv = [0x31, 0x41, 0x59, 0x26, 0x53, 0x58, 0x97, 0x93];
    hash_key::make(TEXT, APP_SECRET, iv, [0xbe, 0xef])
}

fn body(unique_id: &str, hash_key: &str) -> String {
    let mut json = Vec::new();
    push_string(&mut json, hash_key.as_bytes());
    let json = String::from_utf8(json).expect("text");
    request(&[named(unique_id)]).set("hash_key", &json).body()
}

/// Sends each around the same row and fails unless all get the answer of the document.
async fn assert_wrong(shop: &Shop, keys: impl IntoIterator<Item = String>) -> usize {
    let wrong = shop.post(TO_BANK, body("1", "HASH_KEY_VALUE_HERE")).await;
    assert_eq!((wrong.status.as_u16(), &wrong.body), (200, &expected(SIPAY_FAILED, &[])));
    let mut sent = 0;
    for key in keys {
        let answer = shop.post(TO_BANK, body("1", &key)).await;
        let told = (answer.status, answer.body, answer.headers);
        assert_eq!(told, (wrong.status, wrong.body.clone(), wrong.headers.clone()), "{key:?}");
        sent += 1;
    }
    sent
}

/// Every other byte in every place of the IV.
fn other_ivs(key: &str) -> impl Iterator<Item = String> {
    let replaced = |at: usize, byte: u8| {
        let with = char::from(byte);
        key.chars().enumerate().map(|(place, was)| if place == at { with } else { was }).collect()
    };
    let places = (0..16).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte)));
    let other = |(at, byte): &(usize, u8)| key.as_bytes()[*at] != *byte;
    places.filter(other).map(move |(at, byte)| replaced(at, byte))
}

#[tokio::test]
async fn no_other_iv_passes_before_or_after_the_right_one() {
    let (shop, key) = (Shop::open().await, right_key());
    assert_eq!(assert_wrong(&shop, other_ivs(&key)).await, 16 * 255);
    shop.assert_nothing("an IV").await;
    let first = shop.post(TO_BANK, body("1", &key)).await;
    assert_eq!(first.status_code(), 100);
    let readable = |key: &String| key.bytes().take(16).all(|byte| byte.is_ascii_hexdigit());
    assert_eq!(assert_wrong(&shop, other_ivs(&key).filter(readable)).await, 16 * 21);
    assert_eq!(shop.post(TO_BANK, body("1", &key)).await.body, first.body);
    assert_eq!(shop.count().await, 1);
}

/// What a changed IV does to the sum it can do to the body as well: a bundle that was seen is worth
/// nothing for another sum.
#[tokio::test]
async fn a_sum_that_was_changed_with_the_iv_is_refused_once_the_bundle_was_used() {
    let (shop, key) = (Shop::open().await, right_key());
    assert_eq!(shop.post(TO_BANK, body("1", &key)).await.status_code(), 100);
    // "31…" becomes "41…": the sum 20 becomes 50 and another row can be added.
    let flipped = format!("{}{}", char::from(b'3' ^ b'2' ^ b'5'), &key[1..]);
    let fields = request(&[named("1"), named("2").set("amount", "30")]);
    let fields = fields.set("hash_key", &format!("\"{flipped}\""));
    let answer = shop.post(TO_BANK, fields.body()).await;
    assert_eq!(answer.body, expected(SIPAY_FAILED, &[]));
    assert_eq!(shop.count().await, 1);
}

/// The case of an IV's letter shows in the case of the IBAN only, which is no other IBAN: that
/// bundle was used too.
#[tokio::test]
async fn an_iv_that_changes_no_more_than_the_case_of_the_iban_is_refused_after_the_first() {
    let shop = Shop::open().await;
    let key = hash_key::make(TEXT, APP_SECRET, [0xaa; 8], [1, 2]);
    let first = shop.post(TO_BANK, body("1", &key)).await;
    assert_eq!(first.status_code(), 100);
    for place in [3, 4] {
        let mut other = key.clone();
        other.replace_range(place..=place, "A");
        assert_wrong(&shop, [other]).await;
    }
    assert_eq!(shop.post(TO_BANK, body("1", &key)).await.body, first.body);
}

#[tokio::test]
async fn bundles_of_every_wrong_form() {
    let (shop, key) = (Shop::open().await, right_key());
    let (head, base64) = key.rsplit_once(':').expect("three parts");
    let long = "A".repeat(5_000);
    let mut keys: Vec<String> = (1..key.len() - 2).map(|end| key[..end].to_owned()).collect();
    keys.extend((1..key.len()).map(|start| key[start..].to_owned()));
    keys.extend([
        format!("{key}:"),
        format!(":{key}"),
        format!("{key}{key}"),
        format!("{head}:{long}"),
        format!("{head}:"),
        format!("{head}:===="),
        format!("{head}:{base64}AAAA"),
        format!("{head}0:{base64}"),
        format!("{}:{base64}", &head[..head.len() - 1]),
        head.replace(':', "::") + base64,
        key.to_uppercase(),
        key.replace(':', "|"),
        key.replace(':', "\u{ff1a}"),
        "::".to_owned(),
        "\u{0}".to_owned(),
        "null".to_owned(),
    ]);
    assert_wrong(&shop, keys).await;
    shop.assert_nothing("a wrong form").await;
    let wrapped = format!("{}\n{}\r\n", &key[..70], &key[70..]);
    let spaced = wrapped.replace('+', " ");
    assert_eq!(shop.post(TO_BANK, body("1", &spaced)).await.status_code(), 100, "as PHP takes it");
}

/// Blocks in another order, left out, repeated, and with a byte changed.
#[tokio::test]
async fn bundles_of_other_blocks() {
    let (shop, key) = (Shop::open().await, right_key());
    let (head, base64) = key.rsplit_once(':').expect("three parts");
    // Four characters of base64 are three bytes, so 64 of them are three blocks.
    let text = base64.replace("__", "/");
    let three = &text[..64];
    let mut keys = vec![
        format!("{head}:{three}"),
        format!("{head}:{three}{three}"),
        format!("{head}:{three}{text}"),
        format!("{head}:{three}{three}{text}"),
        format!("{head}:{}{}", &text[64..86], "=="),
    ];
    for (at, was) in text.char_indices().take(86) {
        for other in ['A', 'z', '0', '+', '/', '_', '-', '=', '\\', '%'] {
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            keys.extend((other != was).then(|| format!("{head}:{changed}")));
        }
    }
    assert_wrong(&shop, keys).await;
    shop.assert_nothing("other blocks").await;
}

/// About one in 256 of them is padded rightly under any key.
#[tokio::test]
async fn bundles_of_chance_and_of_other_secrets() {
    let shop = Shop::open().await;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut letter = |letters: &[u8]| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let at = usize::try_from(state >> 33).expect("31 bits") % letters.len();
        char::from(letters[at])
    };
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text =
        |letters: &[u8], length| -> String { (0..length).map(|_| letter(letters)).collect() };
    let chance: Vec<String> = (0..2_000)
        .map(|_| {
            let (iv, salt) = (text(b"0123456789abcdef", 16), text(b"0123456789abcdef", 4));
            format!("{iv}:{salt}:{}", text(alphabet, 64))
        })
        .collect();
    assert_wrong(&shop, chance).await;
    let secrets = (0..500).map(|number| format!("{APP_SECRET}{number}"));
    let made = |secret: String| hash_key::make(TEXT, &secret, [1; 8], [1, 2]);
    assert_wrong(&shop, secrets.map(made)).await;
    assert_wrong(
        &shop,
        ["", " ", "B46A67571AA1E7EF5641DC3FA6F1712A"].map(|secret| made(secret.to_owned())),
    )
    .await;
    shop.assert_nothing("chance").await;
}

/// Made with the right secret, of something else.
#[tokio::test]
async fn texts_that_are_not_of_the_request() {
    let shop = Shop::open().await;
    let made = |text: &str| hash_key::make(text, APP_SECRET, [1; 8], [1, 2]);
    let texts = [
        "",
        "||||",
        "20|TR150006247004881217621234|20|TRY",
        "20|TR150006247004881217621234|20|TRY|901111137653|",
        "20|TR150006247004881217621234|20|TRY|901111137653|x",
        "|20|TR150006247004881217621234|20|TRY|901111137653",
        "21|TR150006247004881217621234|20|TRY|901111137653",
        "20|TR150006247004881217621235|20|TRY|901111137653",
        "20|TR150006247004881217621234|20.01|TRY|901111137653",
        "20|TR150006247004881217621234|20|USD|901111137653",
        "20|TR150006247004881217621234|20|TRY|901111137654",
        "20|TR150006247004881217621234|20|TRY|",
        "2e1|TR150006247004881217621234|20|TRY|901111137653",
        "20|TR150006247004881217621234|2e1|TRY|901111137653",
        "-20|TR150006247004881217621234|-20|TRY|901111137653",
        "20\0|TR150006247004881217621234|20|TRY|901111137653",
        "20|TRY|20|TR150006247004881217621234|901111137653",
    ];
    assert_wrong(&shop, texts.map(made)).await;
    shop.assert_nothing("other texts").await;
    let alike = "20.00|tr15 0006 2470 0488 1217 6212 34|20.0|try|+90 111 113 76-53";
    assert_eq!(shop.post(TO_BANK, body("1", &made(alike))).await.status_code(), 100);
}

#[tokio::test]
async fn a_separator_in_the_first_row_cannot_be_signed() {
    let shop = Shop::open().await;
    for (name, json) in [("iban", "\"TR15|20\""), ("gsm_number", "\"9011111|37653\"")] {
        assert_eq!(shop.cash_out(&[row().set(name, json)]).await.status_code(), 422, "{name}");
    }
    assert_eq!(shop.cash_out(&[row(), row().set("iban", "\"TR15|20\"")]).await.rows(), [100, 1]);
}
