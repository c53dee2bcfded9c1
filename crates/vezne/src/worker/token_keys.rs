//! Sees to it that there is a key to sign bearer tokens with, and that none signs for too long.

use std::sync::Arc;
use std::time::Duration;

use tracing::{error, info};
use vezne_core::engine::Engine;
use vezne_core::engine::token_keys::RotateTokenKey;
use vezne_core::model::approval::Actor;
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Clock, Store};
use vezne_wire::jwt::SigningKey;

/// For how long a key that was followed still verifies, beyond the life of a token: clocks differ.
const SLACK: Duration = Duration::from_secs(600);

/// The longest life of a token that the configuration allows.
pub const LONGEST_TOKEN: Duration = Duration::from_secs(24 * 3_600);

/// How often it is looked whether a key is due.
const PAUSE: Duration = Duration::from_secs(3_600);

/// Rotates the token keys.
#[derive(Clone)]
pub struct TokenKeyWorker {
    /// Where commands run.
    pub engine: Engine,
    /// The keys as they are.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long a key signs.
    pub lifetime: Duration,
}

impl TokenKeyWorker {
    /// Rotates if it is due. Answers with whether a fresh key took over.
    ///
    /// # Errors
    /// Why no key could be made or kept.
    pub async fn step(&self) -> Result<bool, String> {
        let now = self.clock.now();
        let directory = self.store.directory();
        let young = |since: Timestamp| now < since.plus(self.lifetime);
        if directory.signing_key(now).is_some_and(|key| young(key.since)) {
            return Ok(false);
        }
        rotate(&self.engine, now, Some(self.lifetime), Actor::System).await
    }

    /// Looks every hour until told to stop.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            match self.step().await {
                Ok(true) => info!("a fresh token key signs from now on"),
                Ok(false) => {}
                Err(why) => error!("the token keys were not rotated: {why}"),
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}

/// Has a fresh key take over, unless the present one is younger than `lifetime`.
///
/// # Errors
/// Why no key could be made or kept.
pub async fn rotate(
    engine: &Engine,
    now: Timestamp,
    lifetime: Option<Duration>,
    by: Actor,
) -> Result<bool, String> {
    let id = format!("k{:x}", now.micros());
    let name = id.clone();
    // Finding two primes takes long enough to be in the way.
    #[expect(clippy::disallowed_methods, reason = "it computes and waits for nothing")]
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(&name)).await;
    let key = made.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let verb = RotateTokenKey {
        id,
        private: Secret::new(key.to_text().as_str()),
        overlap: LONGEST_TOKEN + SLACK,
        not_younger_than: lifetime.unwrap_or(Duration::ZERO),
        by,
    };
    engine.run(verb).await.map_err(|failure| failure.to_string())
}
