//! The demo's merchants: accounts on the desk with the documents' credentials, and receivers that
//! check and acknowledge callbacks.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use vezne_core::model::merchant::Merchant;
use vezne_web::WebSettings;
use vezne_web::receiver::{
    ApplyforReceiver, CcPaymentReceiver, NotificationSeen, Received, Receiver, WebhookSeen,
};
use vezne_wire::applyfor::SigningKey;
use vezne_wire::secret::SecretText;
use vezne_wire::standard_webhooks::WebhookSecret;

use super::{SITE_ID, SITE_KEY};
use crate::commands::Error;
use crate::commands::serve::Server;
use crate::control::Control;
use crate::control::request::{
    MerchantRequest, MerchantSettings, NewAccess, NewMerchant, Request, TermsSettings,
};
use crate::control::view::Reply;
use crate::system::SystemClock;

const OPERATOR: &str = "demo";

/// The `merchant_key` that both CCPayment documents print.
pub(super) const MERCHANT_KEY: &str =
    "$2y$10$w/ODdbTmfubcbUCUq/ia3OoJFMUmkM1UVNBiIQIuLfUlPmaLUT1he";

/// One CCPayment merchant of the demo.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brand {
    pub(super) name: &'static str,
    pub(super) app_id: &'static str,
    pub(super) app_secret: &'static str,
}

pub(super) const IQMONEY: Brand = Brand {
    name: "iqmoney",
    app_id: "c3d81ae3cc3011ef10dcefa31a458d65",
    app_secret: "b46a67571aa1e7ef5641dc3fa6f1712a",
};

pub(super) const SIPAY: Brand = Brand {
    name: "sipay",
    app_id: "6d4a7e9374a76c15260fcc75e315b0b9",
    app_secret: "0123456789abcdef0123456789abcdef",
};

/// The account that the /applyfor document's samples are of.
pub(super) const APPLYFOR_UID: &str = "test1";
pub(super) const APPLYFOR_SECRET: &str = "S3cretS3cretS3cretS3cretS3cret12";

/// A merchant's account, as its developer needs it.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) dialect: &'static str,
    pub(super) credentials: String,
    pub(super) webhook_secret: String,
}

/// What the merchants saw of their callbacks, as they come.
pub(super) struct Shops {
    pub(super) accounts: Vec<Account>,
    pub(super) bankopay: UnboundedReceiver<Received>,
    pub(super) iqmoney: UnboundedReceiver<WebhookSeen>,
    pub(super) applyfor: UnboundedReceiver<NotificationSeen>,
    /// What its requests name to be notified at.
    pub(super) notify_url: String,
}

/// Opens the merchants' accounts and starts their receivers.
pub(super) async fn open_all(server: &Server) -> Result<Shops, Error> {
    let control = server.control();
    let bankopay = open_bankopay(&control).await?;
    let iqmoney = open_iqmoney(&control).await?;
    let settings = brand_settings(SIPAY, None);
    add(&control, "Demo Sipay shop", brand_access(SIPAY), None, settings).await?;
    top_up(&control, SIPAY.app_id, "1000000.00").await?;
    let (applyfor, notify_url) = open_applyfor(&control).await?;
    let accounts = accounts(&control);
    Ok(Shops { accounts, bankopay, iqmoney, applyfor, notify_url })
}

/// All of them, with what the store knows of them.
fn accounts(control: &Control) -> Vec<Account> {
    let directory = control.store.directory();
    let brand = |Brand { app_id, app_secret, .. }: Brand| {
        format!(
            "app_id {app_id}  app_secret {app_secret}\n             merchant_key {MERCHANT_KEY}"
        )
    };
    let all = [
        ("BankoPay", "1001", format!("site_id {SITE_ID}  site_key {SITE_KEY}")),
        ("iqmoney", IQMONEY.app_id, brand(IQMONEY)),
        ("Sipay", SIPAY.app_id, brand(SIPAY)),
        ("/applyfor", APPLYFOR_UID, format!("uid {APPLYFOR_UID}  secret {APPLYFOR_SECRET}")),
    ];
    all.into_iter()
        .map(|(dialect, login, credentials)| {
            let is_it =
                |one: &&Arc<Merchant>| one.access.iter().any(|access| access.login == login);
            let found = directory.iter().find(is_it);
            let webhook_secret =
                found.map(|one| one.webhook_secret.expose().to_owned()).unwrap_or_default();
            Account { dialect, credentials, webhook_secret }
        })
        .collect()
}

/// Has the callbacks of all who have a callback URL go to another one from now on.
pub(super) async fn call_elsewhere(server: &Server, url: &str) -> Result<(), Error> {
    for merchant in [&SITE_ID.to_string(), IQMONEY.app_id, SIPAY.app_id] {
        let merchant = merchant.to_owned();
        let callback_url = Some(url.to_owned());
        let settings = MerchantSettings { callback_url, ..MerchantSettings::default() };
        let set = MerchantRequest::Set { merchant, settings };
        server.control().run(OPERATOR, Request::Merchant(set)).await?;
    }
    Ok(())
}

async fn open_bankopay(control: &Control) -> Result<UnboundedReceiver<Received>, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/api/BankoPay", listener.local_addr()?);
    let access = NewAccess::Bankopay { site_id: SITE_ID, site_key: Some(SITE_KEY.to_owned()) };
    let settings = MerchantSettings { callback_url: Some(url), ..MerchantSettings::default() };
    let webhook_secret = add(control, "Demo shop", access, None, settings).await?;
    top_up(control, &SITE_ID.to_string(), "1000000.00").await?;
    let (seen, callbacks) = unbounded_channel();
    let callback_key = SecretText::new(SITE_KEY);
    let receiver = Receiver { callback_key, webhook_secret, clock: Arc::new(SystemClock), seen };
    let router = receiver.router();
    tokio::spawn(async move {
        let settings = WebSettings::default();
        vezne_web::serve(listener, router, &settings, std::future::pending(), Duration::ZERO).await;
    });
    Ok(callbacks)
}

/// With the tariff that the document's answers show: 21 percent for either side.
async fn open_iqmoney(control: &Control) -> Result<UnboundedReceiver<WebhookSeen>, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/webhook", listener.local_addr()?);
    let (access, settings) = (brand_access(IQMONEY), brand_settings(IQMONEY, Some(url)));
    let webhook_secret = add(control, "Demo iqmoney shop", access, None, settings).await?;
    let tariff = || Some("21".to_owned());
    let terms = TermsSettings {
        percent: tariff(),
        receiver_percent: tariff(),
        minimum: Some("10".to_owned()),
        ..TermsSettings::default()
    };
    let (merchant, channel) = (IQMONEY.app_id.to_owned(), "bank-transfer".to_owned());
    let terms = MerchantRequest::SetTerms { merchant, channel, terms };
    control.run(OPERATOR, Request::Merchant(terms)).await?;
    let (seen, callbacks) = unbounded_channel();
    let receiver = CcPaymentReceiver {
        app_secret: SecretText::new(IQMONEY.app_secret),
        brand: IQMONEY.name.to_owned(),
        webhook_secret,
        clock: Arc::new(SystemClock),
        seen,
    };
    let router = receiver.router();
    tokio::spawn(async move {
        let settings = WebSettings::default();
        vezne_web::serve(listener, router, &settings, std::future::pending(), Duration::ZERO).await;
    });
    Ok(callbacks)
}

/// The sample's merchant, whose form rule request is of long ago.
async fn open_applyfor(
    control: &Control,
) -> Result<(UnboundedReceiver<NotificationSeen>, String), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/notify", listener.local_addr()?);
    let (uid, secret) = (APPLYFOR_UID.to_owned(), Some(APPLYFOR_SECRET.to_owned()));
    let settings = MerchantSettings { timestamp_window: Some(0), ..MerchantSettings::default() };
    let access = NewAccess::Applyfor { uid, secret };
    let name = "Demo /applyfor shop";
    let webhook_secret = add(control, name, access, Some("VND"), settings).await?;
    top_up(control, APPLYFOR_UID, "100000000").await?;
    let (seen, notifications) = unbounded_channel();
    let key = SigningKey::new(SecretText::new(APPLYFOR_SECRET));
    let receiver = ApplyforReceiver { key, webhook_secret, clock: Arc::new(SystemClock), seen };
    let router = receiver.router();
    tokio::spawn(async move {
        let settings = WebSettings::default();
        vezne_web::serve(listener, router, &settings, std::future::pending(), Duration::ZERO).await;
    });
    Ok((notifications, url))
}

fn brand_access(brand: Brand) -> NewAccess {
    NewAccess::Ccpayment {
        app_id: Some(brand.app_id.to_owned()),
        app_secret: Some(brand.app_secret.to_owned()),
        merchant_key: Some(MERCHANT_KEY.to_owned()),
    }
}

fn brand_settings(brand: Brand, callback_url: Option<String>) -> MerchantSettings {
    let brand = Some(brand.name.to_owned());
    MerchantSettings { brand, callback_url, ..MerchantSettings::default() }
}

/// Adds a merchant, and answers with the key of its Standard Webhooks headers.
async fn add(
    control: &Control,
    name: &str,
    access: NewAccess,
    currency: Option<&str>,
    settings: MerchantSettings,
) -> Result<WebhookSecret, Error> {
    let (name, currency) = (name.to_owned(), currency.map(str::to_owned));
    let new = NewMerchant { name, access, live: false, currency, settings };
    let added = control.run(OPERATOR, Request::Merchant(MerchantRequest::Add(new))).await?;
    let Reply::Credentials(credentials) = added else {
        return Err("adding the merchant gave no credentials".into());
    };
    let secret = WebhookSecret::parse(&credentials.webhook_secret);
    secret.ok_or_else(|| "the webhook secret cannot be read".into())
}

/// Adds to a merchant's balance.
pub(super) async fn top_up(control: &Control, merchant: &str, amount: &str) -> Result<(), Error> {
    let (merchant, amount) = (merchant.to_owned(), amount.to_owned());
    let top_up = MerchantRequest::TopUp { merchant, amount, note: "demo".to_owned() };
    control.run(OPERATOR, Request::Merchant(top_up)).await?;
    Ok(())
}
