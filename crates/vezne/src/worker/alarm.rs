//! Tells people what should not wait until they look: in the log, and at a URL if there is one.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tracing::{info, warn};
use vezne_core::model::callback::Untold;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Clock, Fault, Store};
use vezne_outbound::alarm::Alarm;

use crate::control::view::At;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(60);

/// Looks for merchants that have not taken a callback for long, and tells of each once; and once
/// more when it takes them again. Every node does: the ids of what they tell are the same.
#[derive(Clone)]
pub struct AlarmWorker {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    alarm: Option<Arc<Alarm>>,
    /// Who was told of, and since when it had not taken a callback then.
    told: BTreeMap<MerchantId, Timestamp>,
}

impl AlarmWorker {
    /// A worker that has told of nobody yet.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, alarm: Option<Arc<Alarm>>) -> Self {
        Self { store, clock, alarm, told: BTreeMap::new() }
    }

    /// Looks once. What could not be told is told at the next look.
    ///
    /// # Errors
    /// When the store cannot say.
    pub async fn step(&mut self) -> Result<(), Fault> {
        let now = self.clock.now();
        let all = self.store.overview().await?.untold;
        let long: BTreeMap<MerchantId, Timestamp> = all
            .iter()
            .filter(|one| one.is_long(now))
            .map(|one| (one.merchant, one.since))
            .collect();
        for (merchant, since) in &long {
            let is_new = !self.told.contains_key(merchant);
            if is_new
                && self.tell("merchant.untold", Untold { merchant: *merchant, since: *since }).await
            {
                self.told.insert(*merchant, *since);
            }
        }
        for (merchant, since) in self.told.clone() {
            let is_over = !long.contains_key(&merchant);
            if is_over && self.tell("merchant.told-again", Untold { merchant, since }).await {
                self.told.remove(&merchant);
            }
        }
        Ok(())
    }

    /// Looks every minute until told to stop.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            if let Err(fault) = self.step().await {
                warn!(%fault, "nobody knows whether all merchants take their callbacks");
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// Whether it was told to whoever should know.
    async fn tell(&self, what: &str, Untold { merchant, since }: Untold) -> bool {
        let now = self.clock.now();
        let directory = self.store.directory();
        let name = directory.get(merchant).map_or("", |merchant| &merchant.name);
        let (id, at) = (merchant.0, At(since));
        if let Some(alarm) = &self.alarm {
            let data = json!({ "merchant": id, "name": name, "since": at });
            let body = json!({ "type": what, "timestamp": At(now), "data": data });
            let number = format!("vzal_{what}_{id}_{}", since.seconds()).replace('.', "-");
            if let Err(error) = alarm.ring(&number, body.to_string().into_bytes(), now).await {
                warn!(merchant = id, what, "alarm.url did not take it: {error}");
                return false;
            }
        }
        match what {
            "merchant.untold" => {
                warn!(
                    merchant = id,
                    name,
                    since = at.named(),
                    "a merchant has not taken a callback for a day"
                );
            }
            _ => info!(merchant = id, name, "the merchant takes its callbacks again"),
        }
        true
    }
}
