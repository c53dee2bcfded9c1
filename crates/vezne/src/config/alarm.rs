//! Whom the desk tells, and what of that makes no sense.

use serde::Deserialize;
use vezne_core::model::merchant::Mode;
use vezne_core::model::personal::Secret;
use vezne_outbound::alarm::Alarm;
use vezne_outbound::destination::Rules;
use vezne_wire::standard_webhooks::WebhookSecret;

use super::secret;

/// Whom to tell what a person should know at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlarmSection {
    url: String,
    #[serde(deserialize_with = "secret")]
    secret: Secret,
}

impl AlarmSection {
    /// The alarm, if there is one.
    ///
    /// # Errors
    /// Which key is wrong, and why.
    pub(crate) fn alarm(&self) -> Result<Option<Alarm>, String> {
        let Self { url, secret } = self;
        if url.is_empty() {
            let alone = "alarm.secret is for alarm.url, which is empty";
            return if secret.expose().is_empty() { Ok(None) } else { Err(alone.to_owned()) };
        }
        // Whoever operates the desk may name any server, also one of its own network.
        Rules::default().check(url, Mode::Sandbox).map_err(|why| format!("alarm.url: {why}"))?;
        if secret.expose().is_empty() {
            return Err("alarm.url needs alarm.secret, which signs what it is told".to_owned());
        }
        let wrong = "alarm.secret is not whsec_ and base64 of 24 to 64 bytes";
        let secret = WebhookSecret::parse(secret.expose()).ok_or(wrong)?;
        Alarm::new(url.clone(), secret).map(Some).map_err(|why| format!("alarm.url: {why}"))
    }
}
