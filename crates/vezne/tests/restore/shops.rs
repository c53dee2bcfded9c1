//! The merchants: what each sends, and what its server was told.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use vezne::control::request::{MerchantRequest, MerchantSettings, NewAccess, NewMerchant};
use vezne_wire::applyfor::{Notification, Parameters, SigningKey};
use vezne_wire::bankopay::Service;
use vezne_wire::bankopay::callback::{Status, WithdrawCallback};
use vezne_wire::ccpayment::token::{TokenGranted, TokenRequest};
use vezne_wire::ccpayment::webhook::Received as Webhook;
use vezne_wire::ccpayment::{CashoutOrder, CashoutStatus, Extras, Row};
use vezne_wire::json::Object;
use vezne_wire::secret::SecretText;

use crate::ask::{Ask, path};
use crate::http::Connection;
use crate::order::Order;
use crate::receiver::{Received, Receiver, Reply};

/// What all merchants log in or sign with.
pub(crate) const SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

const BALANCE: &str = "100000000";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shop {
    /// `BankoPay`, sandbox.
    Bankopay,
    /// `BankoPay`, live: paid by hand.
    Live,
    /// `CCPayment`, sandbox.
    Ccpayment,
    /// /applyfor, sandbox.
    Applyfor,
}

impl Shop {
    pub(crate) const ALL: [Self; 4] = [Self::Bankopay, Self::Live, Self::Ccpayment, Self::Applyfor];

    pub(crate) const fn login(self) -> &'static str {
        match self {
            Self::Bankopay => "1001",
            Self::Live => "1002",
            Self::Ccpayment => "c3d81ae3cc3011ef10dcefa31a458d65",
            Self::Applyfor => "test1",
        }
    }

    /// Whether a person pays for it, and nobody is told.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }

    fn access(self) -> NewAccess {
        let (login, secret) = (self.login().to_owned(), Some(SECRET.to_owned()));
        match self {
            Self::Bankopay | Self::Live => {
                let site_id = login.parse().expect("a site");
                NewAccess::Bankopay { site_id, site_key: secret }
            }
            Self::Ccpayment => {
                let (app_id, merchant_key) = (Some(login.clone()), Some(login));
                NewAccess::Ccpayment { app_id, app_secret: secret, merchant_key }
            }
            Self::Applyfor => NewAccess::Applyfor { uid: login, secret },
        }
    }
}

/// An outcome in a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Paid,
    NotPaid,
}

/// The merchants' servers.
pub(crate) struct Shops {
    receiver: Receiver,
    notified: Receiver,
}

impl Shops {
    pub(crate) async fn open() -> Self {
        let (receiver, notified) = (Receiver::start().await, Receiver::start().await);
        let shops = Self { receiver, notified };
        shops.break_down(false);
        shops
    }

    /// From now on the servers fail, or answer again.
    pub(crate) fn break_down(&self, down: bool) {
        let well = [Reply::Acknowledge, Reply::Success(Duration::ZERO)];
        for (server, well) in [&self.receiver, &self.notified].into_iter().zip(well) {
            server.always(if down { Reply::Broken } else { well });
        }
    }

    /// How the merchants are added to a fresh desk.
    pub(crate) fn commands(&self) -> Vec<MerchantRequest> {
        let added = Shop::ALL.into_iter().flat_map(|shop| {
            let merchant = shop.login().to_owned();
            let (amount, note) = (BALANCE.to_owned(), "to begin with".to_owned());
            let top_up = MerchantRequest::TopUp { merchant, amount, note };
            [MerchantRequest::Add(self.new_merchant(shop)), top_up]
        });
        added.collect()
    }

    fn new_merchant(&self, shop: Shop) -> NewMerchant {
        let is_applyfor = shop == Shop::Applyfor;
        let told_here = matches!(shop, Shop::Bankopay | Shop::Ccpayment);
        let settings = MerchantSettings {
            callback_url: told_here.then(|| self.receiver.url()),
            // About half of all orders are below it and need no person.
            approve_below: Some(if is_applyfor { "150000" } else { "1500" }.to_owned()),
            bcrypt_cost: matches!(shop, Shop::Bankopay | Shop::Live).then_some(4),
            brand: (shop == Shop::Ccpayment).then(|| "iqmoney".to_owned()),
            timestamp_window: is_applyfor.then_some(0),
            ..MerchantSettings::default()
        };
        let currency = is_applyfor.then(|| "VND".to_owned());
        let (name, access) = (format!("{shop:?}"), shop.access());
        NewMerchant { name, access, live: shop.is_live(), currency, settings }
    }

    /// Sends an order, the same bytes each time. Answers with whether it was accepted, now or
    /// before, and with the answer.
    pub(crate) async fn send(&self, server: SocketAddr, order: &Order) -> (bool, String) {
        let mut connection = Connection::open(server).await;
        match order.shop {
            Shop::Bankopay | Shop::Live => {
                let ask = bank_transfer(order);
                let answer = connection.post(&path(Service::BankTransfer), ask.body()).await;
                (answer.json()["code"] == 200, answer.body)
            }
            Shop::Ccpayment => {
                let app_secret = SecretText::new(SECRET);
                let asked = TokenRequest { app_id: order.shop.login().to_owned(), app_secret };
                let granted = connection.post("/api/token", asked.encode()).await.body;
                let granted = TokenGranted::decode(granted.as_bytes()).expect("a token");
                let headers = format!(
                    "content-type: application/json\r\nauthorization: Bearer {}\r\n",
                    granted.token.expose()
                );
                let path = "/ccpayment/api/cashout/tobank";
                let answer = connection.send("POST", path, &headers, &cashout(order)).await;
                (answer.json()["statuscode"] == 100, answer.body)
            }
            Shop::Applyfor => {
                let url = format!("http://{}/notify", self.notified.address);
                let answer = connection.post("/applyfor", withdrawal(order, &url)).await;
                let status = answer.json()["status"].clone();
                // 10003 says that the order stands already.
                let stands = [10_000, 10_003].map(Value::from);
                (stands.contains(&status) || status == "10000" || status == "10003", answer.body)
            }
        }
    }

    /// All outcomes that were told, by the order's number, in the order in which they came.
    pub(crate) fn told(&self) -> Vec<(u64, Told)> {
        let all = self.receiver.received().into_iter().chain(self.notified.received());
        all.map(|received| read(&received)).collect()
    }
}

fn bank_transfer(order: &Order) -> Ask {
    let ask = Ask::bank(&order.reference(), &order.amount());
    let ask = ask.text("site_key", SECRET).set("site_id", order.shop.login());
    match order.shop.is_live() {
        false => ask,
        true => {
            ask.text("account_number", "TR330006100519786457841326").text("identity", "10000000146")
        }
    }
}

fn cashout(order: &Order) -> Vec<u8> {
    let row = Row {
        unique_id: Some(order.reference()),
        name: "Ayşe Yılmaz".to_owned(),
        iban: "TR330006100519786457841326".to_owned(),
        bank_name: None,
        amount_minor: order.minor(),
        currency: "TRY".to_owned(),
        identity: Some("12345678910".to_owned()),
        gsm: "905321234567".to_owned(),
        description: None,
        extras: Extras::default(),
    };
    let merchant_key = order.shop.login();
    let request = CashoutOrder { merchant_key, web_hook_key: None, rows: &[row] };
    let salt = u16::try_from(order.number).expect("a small number").to_be_bytes();
    let body = request.encode(&SecretText::new(SECRET), order.number.to_be_bytes(), salt);
    body.expect("a sum that fits")
}

fn withdrawal(order: &Order, notify_url: &str) -> Vec<u8> {
    let mut parameters = Parameters::default();
    for (name, value) in [
        ("uid", order.shop.login()),
        ("currency", "VND"),
        ("pay_code", "1004"),
        ("orderid", &order.reference()),
        ("amount", &order.amount()),
        ("notify_url", notify_url),
        ("userip", "127.0.0.1"),
        ("bank_id", "1001"),
        ("bank_account", "Kim Minjun"),
        ("timestamp", "1708118926"),
    ] {
        parameters.push(name, value).expect("a parameter");
    }
    let sign = SigningKey::new(SecretText::new(SECRET)).sign(&parameters).expect("it is signed");
    parameters.to_json(&sign)
}

/// Reads a callback of any dialect, and checks what its dialect signs.
fn read(received: &Received) -> (u64, Told) {
    let key = SigningKey::new(SecretText::new(SECRET));
    if received.head.starts_with("POST /notify") {
        let kind = received.header("content-type");
        let told = Notification::decode(kind, &received.body, &key).expect("a notification");
        return (number(&told.orderid), outcome(told.is_paid()));
    }
    if received.body.starts_with(b"{") {
        let object = Object::parse(&received.body).expect("it is JSON");
        let told = WithdrawCallback::decode(&object).expect("a callback");
        return (number(&told.trx), outcome(told.status == Status::Approved));
    }
    let told = Webhook::decode(&received.body, "iqmoney", &SecretText::new(SECRET));
    let told = told.expect("a webhook");
    (number(&told.unique_id), outcome(told.status == CashoutStatus::Completed))
}

fn outcome(paid: bool) -> Told {
    if paid { Told::Paid } else { Told::NotPaid }
}

fn number(reference: &str) -> u64 {
    Order::number_of(reference).unwrap_or_else(|| panic!("{reference} is nobody's"))
}
