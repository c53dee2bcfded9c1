//! The merchant and the beneficiary that most tests use.

use vezne_core::engine::submit::Submission;
use vezne_core::model::approval::Policy;
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::CallbackTarget;
use vezne_core::model::commission::Commission;
use vezne_core::model::identifier::{DialectCode, MerchantId};
use vezne_core::model::limit::AmountLimit;
use vezne_core::model::merchant::{Access, Merchant, MerchantStatus, Mode, ReferenceScope, Terms};
use vezne_core::model::money::{Currency, Money};
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::personal::{Personal, Secret};

/// The key every test merchant logs in with.
pub(crate) const KEY: &str = "CANARY-ACCESS-KEY";

pub(crate) fn dialect() -> DialectCode {
    "bankopay".into()
}

/// A sandbox merchant with two channels: 1.5 percent on bank transfer, nothing on Papara.
pub(crate) fn merchant(login: &str) -> Merchant {
    let terms = |channel: &str, percent_ppm| Terms {
        channel: channel.into(),
        commission: Commission { percent_ppm, ..Commission::default() },
        receiver_commission: Commission::default(),
        amount: AmountLimit::default(),
        day_limit_minor: None,
        rail: None,
    };
    Merchant {
        id: MerchantId(0),
        name: format!("Merchant {login}"),
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
        webhook_secret: Secret::new("CANARY-WEBHOOK-SECRET"),
        former_webhook_secret: None,
        callback_version: 0,
        access: vec![Access {
            dialect: dialect(),
            login: login.to_owned(),
            key: Secret::new(KEY),
            former_key: None,
            callback_key: Secret::new("CANARY-CALLBACK-KEY"),
        }],
        terms: vec![terms("bank-transfer", 15_000), terms("papara", 0)],
        banks: Vec::new(),
        options: std::collections::BTreeMap::new(),
    }
}

pub(crate) fn beneficiary() -> Beneficiary {
    Beneficiary {
        name: "Ayşe Yılmaz".to_owned(),
        account: "TR330006100519786457841326".to_owned(),
        bank: Some(7),
        bank_name: None,
        identity: Some(Personal::new("98765432109")),
        birth_date: Some(Personal::new("29.02.1988")),
    }
}

pub(crate) fn submission(reference: &str, minor: i64) -> Submission {
    let mut content = [0; 16];
    content[..8].copy_from_slice(&minor.to_le_bytes());
    Submission {
        reference: reference.to_owned(),
        content: ContentDigest(content),
        channel: "bank-transfer".into(),
        amount: Money::new(minor, Currency::TRY),
        beneficiary: beneficiary(),
        note: b"CANARY-NOTE \x00\xff".to_vec(),
        callback_to: CallbackTarget::Merchant,
    }
}
