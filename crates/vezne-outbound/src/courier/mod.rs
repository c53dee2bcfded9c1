//! How merchants are told: one attempt per call, each in the merchant's own dialect.
//!
//! When to try again, and how often, is the core's; what a dialect writes and what counts as taken
//! is its own file's here. [`FORMATS`] registers them.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use hyper::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use tokio::time::{Instant, timeout_at};
use url::Url;
use vezne_core::model::callback::{AttemptOutcome, CallbackTarget};
use vezne_core::model::identifier::{CallbackId, DialectCode};
use vezne_core::model::merchant::Merchant;
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Courier, Delivered, Delivery, Fault, Later, Random};
use vezne_wire::standard_webhooks::WebhookSecret;
use vezne_wire::standard_webhooks::{self, ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};

mod applyfor;
mod bankopay;
mod ccpayment;
mod detail;
mod sample;

use crate::destination::{Guard, NameResolver, Resolve};
use crate::http::{Answer, Client, HttpError};
use crate::settings::{OutboundSettings, SettingsError};
use crate::threads::Threads;
use detail::detail;
pub use sample::sample;

/// The bytes of a callback, or what makes them.
enum Work {
    /// They took no time.
    Done(Vec<u8>),
    /// They are slow to make, and are made on the courier's pool.
    Slow(Box<dyn FnOnce() -> Result<Vec<u8>, Fault> + Send>),
}

/// Every dialect that callbacks are sent in.
const FORMATS: &[&dyn Format] = &[&applyfor::ApplyFor, &bankopay::BankoPay, &ccpayment::CcPayment];

const AGENT: &str = concat!("Vezne/", env!("CARGO_PKG_VERSION"));

/// What one dialect knows about callbacks.
trait Format: Sync {
    /// Its code.
    fn dialect(&self) -> &'static str;

    /// The headers of its document.
    fn headers(&self, delivery: &Delivery) -> &'static [(&'static str, &'static str)];

    /// The whole URL, from the part that is the merchant's.
    fn url(&self, base: &str) -> Result<String, String>;

    /// What is kept of a payout that nobody ordered.
    fn sample_note(&self) -> Vec<u8>;

    /// The bytes or the work that makes them, or why none can.
    fn work(&self, delivery: &Delivery, random: &dyn Random) -> Result<Work, String>;

    /// What an answer means.
    fn judge(&self, answer: Answer) -> Verdict;
}

/// How a dialect judges an answer.
struct Verdict {
    outcome: AttemptOutcome,
    detail: String,
}

impl Verdict {
    fn failed(detail: String) -> Self {
        Self { outcome: AttemptOutcome::Failed, detail }
    }
}

fn threads(error: std::io::Error) -> SettingsError {
    SettingsError::Threads(error.to_string())
}

fn format(dialect: &DialectCode) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.dialect() == dialect.as_str())
}

/// The URL that a dialect's callbacks go to, for whoever enters the merchant's part of it. Whether
/// it may be called is for [`Guard::admit`] to say.
///
/// # Errors
/// Why there is none, in words for the operator.
pub fn callback_url(dialect: &DialectCode, base: &str) -> Result<String, String> {
    let unknown = || format!("no callbacks are sent in the dialect {dialect}");
    format(dialect).ok_or_else(unknown)?.url(base)
}

/// The whole URL that a callback goes to.
///
/// # Errors
/// Why there is none, in words for the operator.
pub fn destination(delivery: &Delivery) -> Result<String, String> {
    let dialect = &delivery.payout.dialect;
    let unknown = || format!("no callbacks are sent in the dialect {dialect}");
    url(format(dialect).ok_or_else(unknown)?, delivery)
}

/// The `webhook-id` of a callback: the same on every attempt, so that a receiver knows a repeat.
#[must_use]
pub fn webhook_id(callback: CallbackId) -> String {
    format!("vzcb_{callback}")
}

/// Sends callbacks over HTTP.
pub struct HttpCourier {
    guard: Guard,
    client: Client,
    hashing: Threads,
    random: Arc<dyn Random>,
    total_timeout: Duration,
}

impl HttpCourier {
    /// A courier that looks names up as the system does.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that cannot be used.
    pub fn new(
        settings: &OutboundSettings,
        random: Arc<dyn Random>,
    ) -> Result<Self, SettingsError> {
        let names = NameResolver::system().map_err(threads)?;
        Self::with_resolver(settings, random, Arc::new(names))
    }

    /// A courier with a resolver of the caller's.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that cannot be used.
    pub fn with_resolver(
        settings: &OutboundSettings,
        random: Arc<dyn Random>,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            guard: Guard::new(settings, resolver)?,
            client: Client::new(settings)?.keeping_connections(),
            hashing: Threads::start("vezne-hash", settings.hash_threads, settings.hash_queue)
                .map_err(threads)?,
            random,
            total_timeout: settings.total_timeout,
        })
    }

    async fn attempt(&self, delivery: &Delivery, now: Timestamp) -> Result<Judged, String> {
        let deadline = Instant::now() + self.total_timeout;
        let dialect = &delivery.payout.dialect;
        let format = format(dialect).ok_or("no callbacks are sent in this dialect")?;
        let url = url(format, delivery)?;
        let body = delivery.callback.body.clone().ok_or("the callback was not composed")?;
        let headers = headers(format, delivery, &body, now)?;
        let admitted = timeout_at(deadline, self.guard.admit(&url, delivery.merchant.mode)).await;
        let to = admitted.map_err(|_| "the lookup took too long")?;
        let to = to.map_err(|error| error.to_string())?;
        let answer = self.client.post(&to, headers, body, deadline).await;
        Ok(judge(format, answer))
    }
}

impl Courier for HttpCourier {
    fn speaks(&self, dialect: &DialectCode) -> bool {
        format(dialect).is_some()
    }

    fn compose_at_once(&self, delivery: &Delivery) -> Option<Vec<u8>> {
        match format(&delivery.payout.dialect)?.work(delivery, &*self.random) {
            Ok(Work::Done(body)) => Some(body),
            Ok(Work::Slow(_)) | Err(_) => None,
        }
    }

    fn compose<'a>(&'a self, delivery: &'a Delivery) -> Later<'a, Result<Vec<u8>, Fault>> {
        Box::pin(async move {
            let dialect = &delivery.payout.dialect;
            let unknown = || Fault(format!("no callbacks are sent in the dialect {dialect}"));
            let id = delivery.callback.id;
            let impossible = |reason| Fault(format!("callback {id} cannot be composed: {reason}"));
            let work = format(dialect).ok_or_else(unknown)?.work(delivery, &*self.random);
            match work.map_err(impossible)? {
                Work::Done(body) => Ok(body),
                Work::Slow(work) => {
                    let failed = || Fault("the work of a hash thread failed".to_owned());
                    self.hashing.run(work).await.ok_or_else(failed)?
                }
            }
        })
    }

    fn deliver<'a>(&'a self, delivery: &'a Delivery, now: Timestamp) -> Later<'a, Delivered> {
        Box::pin(async move {
            let start = Instant::now();
            let judged = self.attempt(delivery, now).await.unwrap_or_else(Judged::failed);
            let delivered = Delivered {
                outcome: judged.verdict.outcome,
                http_status: judged.http_status,
                detail: detail(&judged.verdict.detail, &delivery.merchant),
                retry_after: judged.retry_after.and_then(|text| retry_after(&text, now)),
                took: start.elapsed(),
            };
            tracing::debug!(
                callback = delivery.callback.id.0,
                outcome = delivered.outcome.code(),
                http_status = delivered.http_status,
                "callback attempted"
            );
            delivered
        })
    }
}

/// A verdict and the status it was reached with.
struct Judged {
    verdict: Verdict,
    http_status: Option<u16>,
    retry_after: Option<String>,
}

impl Judged {
    fn failed(detail: String) -> Self {
        Self { verdict: Verdict::failed(detail), http_status: None, retry_after: None }
    }
}

fn judge(format: &dyn Format, answer: Result<Answer, HttpError>) -> Judged {
    match answer {
        Ok(Answer { status, leads_to: Some(to), .. }) => {
            let detail = format!("HTTP {status}: it leads to {to}, and nobody follows");
            let (verdict, http_status) = (Verdict::failed(detail), Some(status));
            Judged { verdict, http_status, retry_after: None }
        }
        Ok(mut answer) => {
            let (http_status, retry_after) = (Some(answer.status), answer.retry_after.take());
            Judged { verdict: format.judge(answer), http_status, retry_after }
        }
        Err(error) => Judged::failed(error.to_string()),
    }
}

/// How long a receiver asks to be left alone: in seconds, or until a date (RFC 9110 10.2.3).
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    until.checked_sub(Duration::from_secs(now.seconds().try_into().ok()?))
}

/// The URL of a dialect whose callback URLs are whole ones, with a query if they have one.
fn whole_url(base: &str) -> Result<String, String> {
    let url = Url::parse(base).map_err(|error| format!("the callback URL is wrong: {error}"))?;
    if url.fragment().is_some() {
        return Err("the callback URL must end before any #".to_owned());
    }
    Ok(base.to_owned())
}

/// Where a callback goes. An endpoint, and what a request named, is a whole URL, which the dialect
/// adds nothing to.
fn url(format: &dyn Format, delivery: &Delivery) -> Result<String, String> {
    let merchant = &delivery.merchant;
    match &delivery.payout.callback_to {
        CallbackTarget::Merchant => {
            format.url(merchant.callback_base_url.as_deref().ok_or("no callback URL is set")?)
        }
        CallbackTarget::Endpoint(name) => {
            let missing = || format!("no endpoint `{name}` is set");
            merchant.endpoints.get(name).cloned().ok_or_else(missing)
        }
        CallbackTarget::Url(url) => Ok(url.clone()),
        // The engine puts no such callback into the outbox.
        CallbackTarget::Nowhere => Err("the callbacks of this payout go nowhere".to_owned()),
    }
}

/// The secrets that sign now, the present one first. Without it a callback would go out unsigned,
/// and nobody would notice.
fn webhook_secrets(merchant: &Merchant, now: Timestamp) -> Result<Vec<WebhookSecret>, String> {
    let former = merchant.former_webhook_secret.as_ref().filter(|former| now < former.until);
    let secrets = [Some(&merchant.webhook_secret), former.map(|former| &former.key)];
    let parse = |secret: &Secret| {
        WebhookSecret::parse(secret.expose()).ok_or_else(|| {
            "the merchant's webhook secret is not whsec_ and base64 of 24 to 64 bytes".to_owned()
        })
    };
    secrets.into_iter().flatten().map(parse).collect()
}

/// The dialect's headers, our name, and the Standard Webhooks headers over the exact bytes.
fn headers(
    format: &dyn Format,
    delivery: &Delivery,
    body: &[u8],
    now: Timestamp,
) -> Result<HeaderMap, String> {
    let secrets = webhook_secrets(&delivery.merchant, now)?;
    let id = webhook_id(delivery.callback.id);
    let signature = standard_webhooks::sign(&secrets, &id, now.seconds(), body);
    let mut headers = HeaderMap::new();
    for (name, value) in format.headers(delivery) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    let timestamp = now.seconds().to_string();
    for (name, value) in
        [(ID_HEADER, id), (TIMESTAMP_HEADER, timestamp), (SIGNATURE_HEADER, signature)]
    {
        let value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}
