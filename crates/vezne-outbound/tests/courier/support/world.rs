//! The callback of the document's example, the merchant it is for, and a courier.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vezne_core::model::approval::Policy;
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::{Callback, CallbackEvent, CallbackState, CallbackTarget};
use vezne_core::model::identifier::{CallbackId, MerchantId, PayoutId};
use vezne_core::model::merchant::{
    Access, FormerKey, Merchant, MerchantStatus, Mode, ReferenceScope,
};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::{ContentDigest, Ending, MerchantReference, Payout, PayoutState};
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Courier as _, Delivered, Delivery, Later, Random};
use vezne_outbound::destination::Resolve;
use vezne_outbound::{HttpCourier, OutboundSettings};
use vezne_wire::applyfor::{self, Details, NotificationFormat};
use vezne_wire::bankopay::{Extras, Note, Service};

/// The key of the document's example.
pub(crate) const KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";

/// The `app_secret` of a merchant that speaks CCPayment.
pub(crate) const APP_SECRET: &str = "b46a67571aa1e7ef5641dc3fa6f1712a";

/// The secret of a merchant that speaks /applyfor.
pub(crate) const APPLYFOR_SECRET: &str = "S3cret-of-the-merchant";

/// The secret of the Standard Webhooks specification's example.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A moment, in seconds since the epoch.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// The product's own settings.
pub(crate) fn settings() -> OutboundSettings {
    OutboundSettings { hash_threads: 1, ..OutboundSettings::default() }
}

/// Settings for receivers that keep the courier waiting.
pub(crate) fn short() -> OutboundSettings {
    let (connect_timeout, total_timeout) = (Duration::from_millis(300), Duration::from_millis(600));
    OutboundSettings { connect_timeout, total_timeout, ..settings() }
}

/// Counts, so that salts differ and runs do not.
#[derive(Default)]
struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0.fetch_add(1, Ordering::SeqCst));
    }
}

/// Names with the answers of each lookup in turn; the last one stays.
#[derive(Default)]
struct Names {
    answers: Mutex<HashMap<String, Vec<IpAddr>>>,
    lookups: AtomicUsize,
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        let count = self.lookups.fetch_add(1, Ordering::SeqCst);
        let names = self.answers.lock().expect("no test panicked here");
        let answers = names.get(host);
        let answer = answers.and_then(|all| all.get(count).or(all.last())).copied();
        let answer = answer.map(|address| vec![address]).ok_or(io::ErrorKind::NotFound.into());
        Box::pin(std::future::ready(answer))
    }
}

/// Everything a test needs.
pub(crate) struct World {
    courier: HttpCourier,
    names: Arc<Names>,
    /// What is delivered.
    pub(crate) delivery: Delivery,
}

impl World {
    /// A sandbox merchant whose callbacks go to this URL.
    pub(crate) fn new(settings: &OutboundSettings, base: &str) -> Self {
        let names = Arc::<Names>::default();
        let random = Arc::<Counting>::default();
        let courier = HttpCourier::with_resolver(settings, random, Arc::<Names>::clone(&names));
        let courier = courier.expect("settings that can be used");
        Self { courier, names, delivery: delivery(base) }
    }

    /// The same for a merchant that speaks CCPayment, has changed its key and paid 8.40 of 10.50.
    pub(crate) fn ccpayment(settings: &OutboundSettings, url: &str) -> Self {
        let mut world = Self::new(settings, url);
        let former =
            FormerKey { key: Secret::new("the-former-app-secret"), until: at(i64::from(u32::MAX)) };
        world.merchant().access.push(Access {
            dialect: "ccpayment".into(),
            login: "6d4a7e9374a76c15260fcc75e315b0b9".into(),
            key: Secret::new(APP_SECRET),
            former_key: Some(former),
            callback_key: Secret::new("nobody-asks-for-it"),
        });
        let payout = &mut world.delivery.payout;
        payout.id = PayoutId(42);
        payout.dialect = "ccpayment".into();
        payout.reference.text = "6182458".into();
        payout.amount = Money::new(1_050, Currency::TRY);
        payout.commission = Money::new(105, Currency::TRY);
        payout.receiver_commission = Money::new(210, Currency::TRY);
        world
    }

    /// The same for a merchant that speaks /applyfor and was paid 250.00, as its request asked. It
    /// also said where to tell it.
    pub(crate) fn applyfor(settings: &OutboundSettings, url: &str) -> Self {
        let mut world = Self::new(settings, url);
        world.merchant().access.push(Access {
            dialect: "applyfor".into(),
            login: "test1".into(),
            key: Secret::new(APPLYFOR_SECRET),
            former_key: None,
            callback_key: Secret::new("nobody-asks-for-it"),
        });
        let payout = &mut world.delivery.payout;
        payout.id = PayoutId(123);
        payout.dialect = "applyfor".into();
        payout.reference.text = "ORD-1".into();
        payout.amount = Money::new(25_000, Currency::TRY);
        payout.callback_to = CallbackTarget::Url(url.to_owned());
        payout.note = applyfor_note(NotificationFormat::Form, Some("a&b=ş"));
        world
    }

    /// Answers lookups of a name.
    pub(crate) fn name(&self, host: &str, addresses: &[&str]) {
        let parsed = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        self.names.answers.lock().expect("no test panicked here").insert(host.to_owned(), parsed);
    }

    /// How often a name was looked up.
    pub(crate) fn lookups(&self) -> usize {
        self.names.lookups.load(Ordering::SeqCst)
    }

    /// Changes the merchant.
    pub(crate) fn merchant(&mut self) -> &mut Merchant {
        Arc::make_mut(&mut self.delivery.merchant)
    }

    /// Makes the callback's bytes.
    pub(crate) async fn compose(&self) -> Result<Vec<u8>, String> {
        self.courier.compose(&self.delivery).await.map_err(|fault| fault.0)
    }

    /// Composes if that was not done, and delivers once.
    pub(crate) async fn deliver(&mut self, now: Timestamp) -> Delivered {
        if self.delivery.callback.body.is_none() {
            self.delivery.callback.body = Some(self.compose().await.expect("a body"));
        }
        self.deliver_as_it_is(now).await
    }

    /// Delivers once, composed or not.
    pub(crate) async fn deliver_as_it_is(&self, now: Timestamp) -> Delivered {
        self.courier.deliver(&self.delivery, now).await
    }
}

/// What is kept of an /applyfor request for 250.0.
pub(crate) fn applyfor_note(format: NotificationFormat, custom: Option<&str>) -> Vec<u8> {
    let custom = custom.map(str::to_owned);
    let note = applyfor::Note {
        currency: "TRY".into(),
        amount: "250.0".into(),
        notify_url: String::new(),
        format,
        userip: "127.0.0.1".into(),
        details: Details { custom, ..Details::default() },
        extras: Vec::new(),
    };
    note.to_bytes()
}

fn delivery(base: &str) -> Delivery {
    Delivery { callback: callback(), payout: payout(), merchant: Arc::new(merchant(base)) }
}

fn callback() -> Callback {
    Callback {
        id: CallbackId(5),
        merchant: MerchantId(1),
        payout: PayoutId(1),
        event: CallbackEvent::Settled,
        message: "Completed!".into(),
        created_at: at(0),
        body: None,
        body_version: 0,
        attempts: 0,
        refusals: 0,
        failure_step: 0,
        refusal_step: 0,
        state: CallbackState::Due(at(0)),
    }
}

fn payout() -> Payout {
    let note = Note {
        service: Service::BankTransfer,
        user_id: "44843155".into(),
        username: "demo123".into(),
        extras: Extras::default(),
    };
    Payout {
        id: PayoutId(1),
        merchant: MerchantId(1),
        dialect: "bankopay".into(),
        reference: MerchantReference { text: "451474562".into(), scope: None },
        content: ContentDigest([0; 16]),
        channel: "bank-transfer".into(),
        amount: Money::new(20_000, Currency::TRY),
        commission: Money::zero(Currency::TRY),
        receiver_commission: Money::zero(Currency::TRY),
        beneficiary: Beneficiary {
            name: "Ahmet Demir".into(),
            account: "TR123445678945613245645".into(),
            bank: None,
            bank_name: None,
            identity: None,
            birth_date: None,
        },
        note: note.to_bytes(),
        callback_to: CallbackTarget::Merchant,
        rail_key: Some("0123456789ABCDEF".into()),
        trust: 0,
        created_at: at(0),
        updated_at: at(0),
        state: PayoutState::Settled(Ending { rail: "simulator".into(), rail_reference: None }),
    }
}

fn merchant(base: &str) -> Merchant {
    Merchant {
        id: MerchantId(1),
        name: "Demo".into(),
        mode: Mode::Sandbox,
        status: MerchantStatus::Active,
        currency: Currency::TRY,
        credit_limit_minor: 0,
        day_limit_minor: None,
        policy: Policy::default(),
        retry_refused: false,
        reference_scope: ReferenceScope::Merchant,
        allowed_networks: Vec::new(),
        requests_per_second: None,
        callback_base_url: Some(base.to_owned()),
        endpoints: std::collections::BTreeMap::new(),
        webhook_secret: Secret::new(WEBHOOK_SECRET),
        former_webhook_secret: None,
        callback_version: 0,
        access: vec![Access {
            dialect: "bankopay".into(),
            login: "1001".into(),
            key: Secret::new("the-key-it-sends"),
            former_key: None,
            callback_key: Secret::new(KEY),
        }],
        terms: Vec::new(),
        banks: Vec::new(),
        options: BTreeMap::new(),
    }
}
