//! The operator's commands, wherever they run: inside the server that has the database open, over
//! its control socket, or in the command line's own process when no server runs.
//!
//! Only the owner of the data directory can reach the socket; whoever can is an operator.

mod callback;
mod channel;
mod merchant;
mod payout;
mod quarantine;
pub mod request;
mod seal;
pub mod socket;
mod token_key;
pub mod view;

use std::fmt;
use std::sync::Arc;

use tracing::info;
use vezne_core::engine::{Engine, Failure};
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::Merchant;
use vezne_core::port::{Clock, Courier, Fault, Random, Store};
use vezne_outbound::destination::Rules;

use crate::marker::MarkerFile;
use request::{MerchantRequest, Request};
use view::Reply;

/// What a command needs of the desk.
#[derive(Clone)]
pub struct Control {
    /// Where commands run.
    pub engine: Engine,
    /// What they read.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For fresh keys.
    pub random: Arc<dyn Random>,
    /// Where callbacks may go.
    pub destinations: Arc<Rules>,
    /// The CCPayment brands of the configuration, where there is one.
    pub brands: Arc<[String]>,
    /// How merchants are told, where somebody may want to try that out.
    pub courier: Option<Arc<dyn Courier>>,
    /// What this node remembers of the database, which follows what people end.
    pub marker: Option<Arc<MarkerFile>>,
}

/// Why a command did nothing, in words for the operator.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Complaint(pub String);

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Complaint {}

/// Refuses a server that may lose commits, where there is money to lose.
///
/// # Errors
/// In words for the operator; also when the server cannot be asked.
pub async fn refuse_lax(store: &dyn Store) -> Result<(), Complaint> {
    match store.lax_settings().await?.as_slice() {
        [] => Ok(()),
        off => Err(Complaint(format!(
            "a live merchant needs {} on at the PostgreSQL server, where it is off: a power loss \
             may lose payouts that were answered",
            off.join(", ")
        ))),
    }
}

/// Every change has its line in the log, whoever asked for it. What was only looked at has none.
fn log(operator: &str, reply: &Result<Reply, Complaint>) {
    match reply {
        Ok(Reply::Done(what)) => info!(operator, "{what}"),
        Ok(Reply::Credentials(view)) => {
            info!(operator, merchant = view.merchant, "credentials were made");
        }
        Ok(Reply::WebhookSecret(view)) => {
            info!(operator, merchant = view.merchant, "a webhook secret was made");
        }
        Ok(_) => {}
        Err(complaint) => info!(operator, "refused: {complaint}"),
    }
}

impl<R: fmt::Display> From<Failure<R>> for Complaint {
    fn from(failure: Failure<R>) -> Self {
        Self(failure.to_string())
    }
}

impl From<Fault> for Complaint {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Control {
    /// Runs one command that came from outside this process, unless the store cannot bear what it
    /// asks for.
    ///
    /// # Errors
    /// Why it did nothing.
    pub async fn command(&self, operator: &str, request: Request) -> Result<Reply, Complaint> {
        if matches!(&request, Request::Merchant(MerchantRequest::Add(new)) if new.live) {
            refuse_lax(&*self.store).await?;
        }
        self.run(operator, request).await
    }

    /// Runs one command for an operator, on a store that the caller has chosen itself.
    ///
    /// # Errors
    /// Why it did nothing.
    pub async fn run(&self, operator: &str, request: Request) -> Result<Reply, Complaint> {
        let by = Actor::Operator(operator.to_owned());
        let reply = self.answer(by, request).await;
        log(operator, &reply);
        if let Some(marker) = &self.marker {
            // What was done stands all the same; a node that cannot remember it has said so.
            drop(marker.keep_up(&*self.store).await);
        }
        reply
    }

    async fn answer(&self, by: Actor, request: Request) -> Result<Reply, Complaint> {
        match request {
            Request::Merchant(request) => self.merchant(by, request).await,
            Request::Payout(request) => self.payout(by, request).await,
            Request::Callback(request) => self.callback(by, request).await,
            Request::TokenKey(request) => self.token_key(by, request).await,
            Request::Channel(request) => self.channel(by, request).await,
            Request::Quarantine(request) => self.quarantine(by, request).await,
            Request::Seal(request) => self.seal(by, request).await,
        }
    }

    /// A merchant by our id, by what it logs in with, or by its name.
    fn find_merchant(&self, key: &str) -> Result<Arc<Merchant>, Complaint> {
        let directory = self.store.directory();
        let called = |merchant: &&Arc<Merchant>| {
            merchant.name == key || merchant.access.iter().any(|access| access.login == key)
        };
        let by_id = || directory.get(MerchantId(key.strip_prefix('#')?.parse().ok()?));
        let mut found = directory.iter().filter(called).chain(by_id());
        let (one, other) = (found.next(), found.next());
        if other.is_some() {
            return Err(Complaint(format!("several merchants are called {key}; use # and our id")));
        }
        one.cloned().ok_or_else(|| Complaint(format!("there is no merchant {key}")))
    }
}
