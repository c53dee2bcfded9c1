//! The signatures of a callback as a merchant received it.

use std::process::ExitCode;

use serde::Serialize;
use vezne_wire::applyfor::{EmptyValues, Notification, SignStyle, SigningKey};
use vezne_wire::bankopay::{self, WithdrawCallback};
use vezne_wire::ccpayment::webhook::Received;
use vezne_wire::json::Object;
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::{self, Headers, VerifyError, WebhookSecret};

use super::read_file;
use crate::cli::WebhookVerify;
use crate::commands::Error;
use crate::output::Output;
use crate::stream::say;

/// One signature.
#[derive(Debug, Serialize)]
struct Verdict {
    signature: &'static str,
    valid: bool,
    /// What is wrong, in plain words.
    why: Option<String>,
}

impl Verdict {
    fn new(signature: &'static str, checked: Result<(), String>) -> Self {
        Self { signature, valid: checked.is_ok(), why: checked.err() }
    }
}

/// Checks the headers, and the dialect's own signature by each secret that was given.
pub(super) fn verify(args: &WebhookVerify, output: Output) -> Result<ExitCode, Error> {
    let body = read_file(&args.file)?;
    let mut verdicts = vec![Verdict::new("Standard Webhooks", headers(args, &body))];
    // Secrets of other dialects may be in the environment as well.
    let has = |name: &str| body.windows(name.len()).any(|part| part == name.as_bytes());
    if let Some(key) = args.site_key.as_ref().filter(|_| has("\"hash\"")) {
        verdicts.push(Verdict::new("BankoPay hash", hash(key, &body)));
    }
    if let Some(secret) = args.app_secret.as_ref().filter(|_| has("hash_key=")) {
        let received = Received::decode(&body, &args.brand, secret);
        let checked = received.map(drop).map_err(|error| error.to_string());
        verdicts.push(Verdict::new("CCPayment hash_key", checked));
    }
    if let Some(secret) = args.secret.as_ref().filter(|_| has("sign=") || has("\"sign\"")) {
        verdicts.push(Verdict::new("/applyfor sign", sign(secret, &body)));
    }
    output.either(&verdicts, || {
        for Verdict { signature, valid, why } in &verdicts {
            let mark = if *valid { "valid" } else { "wrong" };
            say!("{mark}  {signature}  {}", why.as_deref().unwrap_or_default());
        }
    })?;
    let all = verdicts.iter().all(|verdict| verdict.valid);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whenever it was signed: how old it is, a receiver sees for itself.
fn headers(args: &WebhookVerify, body: &[u8]) -> Result<(), String> {
    let now: i64 = args.timestamp.parse().map_err(|_| {
        "webhook-timestamp is no whole number of seconds since 1970; milliseconds have three \
         digits more"
            .to_owned()
    })?;
    let given = args.webhook_secret.expose();
    let secret = WebhookSecret::parse(given)
        .ok_or("the webhook secret is not whsec_ and base64 of 24 to 64 bytes")?;
    let check = |secret: WebhookSecret, body: &[u8]| {
        let headers =
            Headers { id: &args.id, timestamp: &args.timestamp, signature: &args.signature };
        standard_webhooks::verify(&[secret], headers, body, now, 0)
    };
    let error = match check(secret.clone(), body) {
        Ok(()) => return Ok(()),
        Err(VerifyError::Mismatch) => VerifyError::Mismatch,
        Err(other) => return Err(other.to_string()),
    };
    let fits = |body: &[u8]| check(secret.clone(), body).is_ok();
    if body.strip_prefix(b"\xef\xbb\xbf").is_some_and(fits) {
        return Err("The file has a byte order mark before the body, which was not signed.".into());
    }
    if fits(body.trim_ascii_end()) {
        return Err("The file has white space behind the body, which was not signed.".to_owned());
    }
    if fits(&compact(body)) {
        return Err(
            "The body was parsed and written again. Signed are its bytes as they came.".to_owned()
        );
    }
    let text = WebhookSecret::from_bytes(given.as_bytes());
    if text.is_some_and(|secret| check(secret, body).is_ok()) {
        return Err("It is signed with the text of the secret. The key is what base64 decodes \
                    behind whsec_."
            .to_owned());
    }
    Err(error.to_string())
}

/// JSON without the white space between its parts, as most programs write it.
fn compact(body: &[u8]) -> Vec<u8> {
    let (mut inside, mut escaped) = (false, false);
    let mut keep = |byte: &u8| {
        let kept = inside || !byte.is_ascii_whitespace();
        inside ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        kept
    };
    body.iter().copied().filter(|byte| keep(byte)).collect()
}

fn hash(key: &SecretText, body: &[u8]) -> Result<(), String> {
    let object = Object::parse(body).map_err(|error| error.to_string())?;
    let callback = WithdrawCallback::decode(&object).map_err(|error| error.to_string())?;
    if !callback.site_key.same_as(key) {
        return Err("The site_key in the body is another one.".to_owned());
    }
    let WithdrawCallback { site_id, user_id, trx, hash, .. } = &callback;
    let text = bankopay::signature_text(*site_id, user_id, trx, key);
    let text = text.map_err(|error| error.to_string())?;
    bankopay::verify(&text, hash).map_err(|error| error.to_string())
}

/// In whichever way the merchant signs.
fn sign(secret: &SecretText, body: &[u8]) -> Result<(), String> {
    let content_type = match body.trim_ascii_start().first() {
        Some(b'{') => "application/json",
        _ => "application/x-www-form-urlencoded",
    };
    let mut checked = Err(String::new());
    for style in [SignStyle::KeyParameter, SignStyle::Append] {
        let key = SigningKey { secret: secret.clone(), style, empties: EmptyValues::Included };
        let read = Notification::decode(content_type, body, &key);
        checked = read.map(drop).map_err(|error| error.to_string());
        if checked.is_ok() {
            return Ok(());
        }
    }
    checked
}
