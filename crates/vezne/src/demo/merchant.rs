//! The demo's merchant: an account on the desk with the document's credentials, and a receiver that
//! checks and acknowledges callbacks.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use vezne_web::WebSettings;
use vezne_web::receiver::{Received, Receiver};
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::WebhookSecret;

use super::{SITE_ID, SITE_KEY};
use crate::commands::Error;
use crate::commands::serve::Server;
use crate::control::request::{MerchantRequest, MerchantSettings, NewAccess, NewMerchant, Request};
use crate::control::view::Reply;
use crate::system::SystemClock;

/// What the merchant saw of its callbacks, as they come.
pub(super) type Callbacks = UnboundedReceiver<Received>;

const OPERATOR: &str = "demo";

/// Opens the merchant's account, fills it, and starts its receiver.
pub(super) async fn open(server: &Server) -> Result<Callbacks, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/api/BankoPay", listener.local_addr()?);
    let new = NewMerchant {
        name: "Demo shop".to_owned(),
        access: NewAccess::Bankopay { site_id: SITE_ID, site_key: Some(SITE_KEY.to_owned()) },
        live: false,
        settings: MerchantSettings { callback_url: Some(url), ..MerchantSettings::default() },
        ..NewMerchant::default()
    };
    let control = server.control();
    let added = control.run(OPERATOR, Request::Merchant(MerchantRequest::Add(new))).await?;
    let Reply::Credentials(credentials) = added else {
        return Err("adding the merchant gave no credentials".into());
    };
    let (merchant, amount) = (SITE_ID.to_string(), "1000000.00".to_owned());
    let top_up = MerchantRequest::TopUp { merchant, amount, note: "demo".to_owned() };
    control.run(OPERATOR, Request::Merchant(top_up)).await?;

    let (seen, callbacks) = unbounded_channel();
    let secret = WebhookSecret::parse(&credentials.webhook_secret);
    let receiver = Receiver {
        callback_key: SecretText::new(SITE_KEY),
        webhook_secret: secret.ok_or("the webhook secret cannot be read")?,
        clock: Arc::new(SystemClock),
        seen,
    };
    tokio::spawn(async move {
        let settings = WebSettings::default();
        let never = std::future::pending();
        let router = receiver.router();
        vezne_web::serve(listener, router, &settings, never, Duration::ZERO).await;
    });
    Ok(callbacks)
}
