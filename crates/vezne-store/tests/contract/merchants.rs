//! Merchants: each field is kept, now and after a restart.

use vezne_core::engine::Failure;
use vezne_core::engine::merchant::AddMerchant;
use vezne_core::model::approval::{Actor, Policy};
use vezne_core::model::commission::Commission;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{
    Access, Bank, FormerKey, Merchant, MerchantStatus, Mode, ReferenceScope, Terms,
};
use vezne_core::model::money::Currency;
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;
use vezne_core::port::Store;

use crate::support::{Backend, SharedBackend, World, dialect, merchant};

/// A merchant in which no field has its usual value.
pub(crate) fn full() -> Merchant {
    let access = |dialect: &str, login: &str, former: bool| Access {
        dialect: dialect.into(),
        login: login.to_owned(),
        key: Secret::new(format!("key of {login}")),
        former_key: former.then(|| FormerKey {
            key: Secret::new("the key before"),
            until: Timestamp::from_micros(77),
        }),
        callback_key: Secret::new(format!("callback key of {login}")),
    };
    let terms = |channel: &str, rail: Option<&str>, most: Option<i64>| Terms {
        channel: channel.into(),
        commission: Commission {
            percent_ppm: 4_900,
            fixed_minor: 3,
            minimum_minor: 2,
            maximum_minor: most,
        },
        receiver_commission: Commission {
            percent_ppm: 210_000,
            fixed_minor: 4,
            minimum_minor: 1,
            maximum_minor: most.map(|most| most * 2),
        },
        amount: AmountLimit { minimum_minor: Some(5), maximum_minor: most },
        day_limit_minor: most.map(|most| most * 9),
        rail: rail.map(Into::into),
    };
    Merchant {
        name: "Öğütücü & Oğulları".to_owned(),
        mode: Mode::Live,
        status: MerchantStatus::Suspended,
        currency: "VND".parse().expect("a currency"),
        credit_limit_minor: 12,
        day_limit_minor: Some(34),
        policy: Policy { approve_below_minor: Some(56) },
        retry_refused: true,
        reference_scope: ReferenceScope::Channel,
        allowed_networks: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7/32"]
            .map(|network| network.parse().expect("a network"))
            .into(),
        requests_per_second: Some(78),
        callback_base_url: Some("https://example.org/hook".to_owned()),
        endpoints: [
            ("refunds", "https://shop.example/r"),
            ("İade", ""),
            (" ", "https://b.example"),
        ]
        .map(|(name, url)| (name.into(), url.into()))
        .into(),
        webhook_secret: Secret::new("whsec"),
        former_webhook_secret: Some(FormerKey {
            key: Secret::new("whsec-before"),
            until: Timestamp::from_micros(7),
        }),
        callback_version: 0,
        access: vec![
            access("bankopay", "z", true),
            access("applyfor", "a", false),
            access("bankopay", "b", false),
        ],
        terms: vec![terms("papara", Some("manual"), Some(900)), terms("bank-transfer", None, None)],
        banks: [(9, "Ziraat"), (2, "Akbank T.A.Ş.")]
            .map(|(id, name)| Bank { id, name: name.to_owned() })
            .into(),
        options: [("x", "1"), ("a", "")].map(|(name, value)| (name.into(), value.into())).into(),
        ..merchant("z")
    }
}

pub(crate) fn secrets(merchant: &Merchant) -> Vec<String> {
    let exposed = |secret: &Secret| secret.expose().to_owned();
    let mut all = vec![exposed(&merchant.webhook_secret)];
    all.extend(merchant.former_webhook_secret.as_ref().map(|former| exposed(&former.key)));
    for access in &merchant.access {
        all.extend([exposed(&access.key), exposed(&access.callback_key)]);
        all.extend(access.former_key.as_ref().map(|former| exposed(&former.key)));
    }
    all
}

/// Debug shows every field of a merchant except its secrets.
fn assert_same(left: &Merchant, right: &Merchant) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
    assert_eq!(secrets(left), secrets(right));
}

fn kept<B: Backend>(world: &World<B>, id: MerchantId) -> Merchant {
    let directory = world.store.directory();
    Merchant::clone(directory.get(id).expect("it is there"))
}

pub(crate) async fn every_field_reads_back<B: Backend>() {
    let world = World::<B>::empty().await;
    let id = world.add(full()).await;
    let expected = Merchant { id, ..full() };
    assert_same(&kept(&world, id), &expected);
    let world = world.reopen().await;
    assert_same(&kept(&world, id), &expected);
    world.finish().await;
}

pub(crate) async fn edits_replace_everything<B: Backend>() {
    let world = World::<B>::empty().await;
    let id = world.add(full()).await;
    let plain = move || Merchant { id, currency: full().currency, ..merchant("plain") };
    world.edit(id.0, move |given| *given = plain()).await;
    let world = world.reopen().await;
    assert_same(&kept(&world, id), &Merchant { callback_version: 1, ..plain() });
    let directory = world.store.directory();
    assert!(directory.by_login(&dialect(), "z").is_none());
    assert!(directory.by_login(&dialect(), "plain").is_some());
    world.finish().await;
}

pub(crate) async fn a_login_passes_on<B: Backend>() {
    let world = World::<B>::empty().await;
    world.add(merchant("shared")).await;
    world.add(merchant("other")).await;
    let (freed, taken) = tokio::join!(
        world.edit(1, |merchant| merchant.access.clear()),
        world.edit(2, |given| given.access[0].login = "shared".to_owned()),
    );
    assert_eq!((freed, taken), ((), ()));
    let world = world.reopen().await;
    let directory = world.store.directory();
    let owner = directory.by_login(&dialect(), "shared").expect("somebody has it");
    assert_eq!(owner.id, MerchantId(2));
    world.finish().await;
}

pub(crate) async fn a_taken_login_is_refused<B: Backend>() {
    let world = World::<B>::new().await;
    let again = AddMerchant { merchant: merchant("site-1"), by: Actor::System };
    assert!(matches!(world.run(again).await, Err(Failure::Refused(_))));
    assert_eq!(world.store.directory().iter().count(), 1);
    world.finish().await;
}

pub(crate) async fn ids_are_dense<B: Backend>() {
    let world = World::<B>::empty().await;
    let add = |login: &str| AddMerchant { merchant: merchant(login), by: Actor::System };
    let answers = world.group(vec![add("a"), add("b"), add("a"), add("c")]).await;
    let ids: Vec<_> = answers.into_iter().map(|answer| answer.ok().map(|id| id.0)).collect();
    assert_eq!(ids, [Some(1), Some(2), None, Some(3)]);
    let world = world.reopen().await;
    assert_eq!(world.add(merchant("d")).await, MerchantId(4));
    assert_eq!(kept(&world, MerchantId(4)).currency, Currency::TRY);
    world.finish().await;
}

/// Another node knows of a merchant, and of a change of it, after one look at the latest.
pub(crate) async fn another_node_knows_after_a_look<B: SharedBackend>() {
    let world = World::<B>::empty().await;
    let other = world.backend.open_another().await;
    let id = world.add(merchant("site-1")).await;
    other.refresh().await.expect("it looks");
    let known = |store: &dyn Store| store.directory().get(id).map(|one| one.name.clone());
    assert_eq!(known(&*other).as_deref(), Some("Merchant site-1"));
    world.edit(id.0, |merchant| merchant.name = "Another name".to_owned()).await;
    other.refresh().await.expect("it looks");
    assert_eq!(known(&*other).as_deref(), Some("Another name"));
    drop(other);
    world.finish().await;
}
