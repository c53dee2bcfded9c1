//! The brands of the platform and the bounds of its requests.

use std::time::Duration;

use vezne_core::model::merchant::Merchant;
use vezne_wire::ccpayment::Profile;

use super::BRAND_OPTION;

/// One brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Its name, in lower case: how merchants are set to it, and the first part of a field of its
    /// webhooks.
    pub name: String,
    /// Whose document its answers follow.
    pub profile: Profile,
    /// What stands before `/api/...` in its paths; empty for nothing.
    pub prefixes: Vec<String>,
}

/// What the operator may set about the dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CcPaymentSettings {
    /// The brands. A merchant without one has the first.
    pub brands: Vec<Brand>,
    /// The most rows of one request.
    pub most_rows: usize,
    /// The most bytes of one request.
    pub max_body_bytes: usize,
    /// For how long an identical request without ids of its own is looked at by a person; zero
    /// never.
    pub twin_window: Duration,
    /// How long a token is taken.
    pub token_lifetime: Duration,
}

impl Default for CcPaymentSettings {
    fn default() -> Self {
        let brand = |profile: Profile| Brand {
            name: profile.name().to_owned(),
            profile,
            prefixes: vec![String::new(), "/ccpayment".to_owned()],
        };
        Self {
            brands: [Profile::Iqmoney, Profile::Sipay].map(brand).to_vec(),
            most_rows: 10_000,
            max_body_bytes: 8 * 1024 * 1024,
            twin_window: Duration::from_secs(600),
            token_lifetime: Duration::from_secs(7_200),
        }
    }
}

impl CcPaymentSettings {
    /// Every prefix of any brand, once.
    pub(super) fn prefixes(&self) -> Vec<&str> {
        let all = self.brands.iter().flat_map(|brand| &brand.prefixes);
        let mut prefixes: Vec<&str> = all.map(String::as_str).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }

    /// The brand of a merchant, if its paths have this prefix.
    pub(super) fn brand(&self, merchant: &Merchant, prefix: &str) -> Option<&Brand> {
        let named = |name: &str| self.brands.iter().find(|brand| brand.name == name);
        let brand = match merchant.option(BRAND_OPTION) {
            Some(name) => named(name),
            None => self.brands.first(),
        };
        brand.filter(|brand| brand.prefixes.iter().any(|own| own == prefix))
    }
}
