use std::collections::BTreeMap;

use proptest::prelude::*;
use vezne_core::model::approval::Policy;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::merchant::{
    Access, FormerKey, Merchant, MerchantStatus, Mode, ReferenceScope,
};
use vezne_core::model::money::Currency;
use vezne_core::model::personal::Secret;
use vezne_core::model::time::Timestamp;

use super::detail;

const KEY: &str = "k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU";

fn merchant() -> Merchant {
    let former = FormerKey { key: Secret::new("former-key"), until: Timestamp::from_micros(0) };
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
        callback_base_url: None,
        endpoints: std::collections::BTreeMap::new(),
        webhook_secret: Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        former_webhook_secret: None,
        callback_version: 0,
        access: vec![Access {
            dialect: "bankopay".into(),
            login: "1001".into(),
            key: Secret::new("inbound-key"),
            former_key: Some(former),
            callback_key: Secret::new(KEY),
        }],
        terms: Vec::new(),
        banks: Vec::new(),
        options: BTreeMap::new(),
    }
}

fn stars(count: usize) -> String {
    "*".repeat(count)
}

#[test]
fn a_detail_is_one_short_line_without_secrets() {
    for (text, expected) in [
        ("Balance added to the account!", "Balance added to the account!".to_owned()),
        ("  İşlem\r\n tamam\u{1b}[31m \u{202e}x\u{200b}", "İşlem tamam[31m x".to_owned()),
        (KEY, stars(32)),
        ("bad key k62FdW0BaEXn3iUrzuDXcwiNQIYqmorU!", format!("bad key {}!", stars(32))),
        ("k62FdW0BaEXn3i\u{0}UrzuDXcwiNQIYq\u{feff}morU", stars(32)),
        ("inbound-key, former-key", format!("{}, {}", stars(11), stars(10))),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", stars(38)),
    ] {
        assert_eq!(detail(text, &merchant()), expected, "{text:?}");
    }
    assert_eq!(detail(&"ş".repeat(1000), &merchant()), "ş".repeat(300));
}

proptest! {
    /// A receiver that echoes the key anywhere, as often as it likes, gets nothing of it kept.
    #[test]
    fn no_key_survives(before in ".{0,320}", times in 1_usize..20, noise in "[\u{0}\u{7}\n]{0,3}") {
        let echo = format!("{before}{}", format!("{noise}{KEY}").repeat(times));
        let cut: String = echo.chars().take(500).collect();
        let kept = detail(&cut, &merchant());
        prop_assert!(kept.chars().count() <= 300);
        prop_assert!(!kept.contains(&KEY[..8]), "{}", kept);
    }
}
