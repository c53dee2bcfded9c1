//! Fresh keys.

use vezne_core::port::Random;
use vezne_wire::standard_webhooks::WebhookSecret;

const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A `site_key` of 22 characters in base 62, 131 bits: long enough to be unguessable, and short
/// enough to leave 47 of bcrypt's 72 bytes to the ids of the text it is hashed with.
pub fn site_key(random: &dyn Random) -> String {
    letters(random, 22)
}

/// An `app_secret` or `merchant_key` of 32 characters in base 62, 190 bits: a captured `hash_key`
/// cannot be searched for the secret that made it (`research/reliability.md` PB7).
pub fn app_key(random: &dyn Random) -> String {
    letters(random, 32)
}

/// An `app_id` as the platform prints them: 32 hexadecimal digits. It is no secret.
pub fn app_id(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn letters(random: &dyn Random, count: usize) -> String {
    let mut key = String::with_capacity(count);
    let mut bytes = [0; 64];
    while key.len() < count {
        random.fill(&mut bytes);
        // 248 is the largest multiple of 62 in a byte; what lies above would favour some letters.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        let letters = fair.map(|byte| char::from(LETTERS[usize::from(*byte % 62)]));
        key.extend(letters.take(count - key.len()));
    }
    key
}

/// The key of the Standard Webhooks headers: 192 bits behind the specification's prefix.
pub fn webhook_secret(random: &dyn Random) -> String {
    let mut bytes = [0; 24];
    random.fill(&mut bytes);
    let secret = WebhookSecret::from_bytes(bytes).expect("24 bytes are what it asks for");
    secret.to_text().to_string()
}
