//! Merchants: who asks for payouts and holds a balance with us.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::approval::Policy;
use super::commission::Commission;
use super::identifier::{ChannelCode, DialectCode, MerchantId, RailCode};
use super::limit::AmountLimit;
use super::money::Currency;
use super::personal::Secret;
use super::time::Timestamp;

/// Whether a merchant tries things out or moves money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The simulator rail and structural checks only.
    Sandbox,
    /// Real rails, whole checks, https callbacks.
    Live,
}

/// Whether a merchant may ask for payouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MerchantStatus {
    /// It may.
    Active,
    /// Every submission is refused; what was accepted goes on.
    Suspended,
}

/// Within what a merchant reference is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceScope {
    /// Over all of the merchant's payouts.
    Merchant,
    /// Per channel. The samples of the BankoPay document print one `trx` for all six services.
    Channel,
}

/// A former key that still counts for a while after a rotation.
#[derive(Clone, Debug)]
pub struct FormerKey {
    /// The key.
    pub key: Secret,
    /// Until when it counts.
    pub until: Timestamp,
}

/// How a merchant proves itself in one dialect, and how we prove ourselves to it.
#[derive(Clone, Debug)]
pub struct Access {
    /// The dialect.
    pub dialect: DialectCode,
    /// The name it logs in under: BankoPay's `site_id`, CCPayment's `app_id`.
    pub login: String,
    /// The key it sends.
    pub key: Secret,
    /// The key before the last rotation.
    pub former_key: Option<FormerKey>,
    /// The key our callbacks show; equal to `key` unless two were asked for.
    pub callback_key: Secret,
}

/// What a merchant may do on one channel, and for how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The channel.
    pub channel: ChannelCode,
    /// The tariff of what the merchant pays on top.
    pub commission: Commission,
    /// The tariff of what the beneficiary bears.
    pub receiver_commission: Commission,
    /// The bounds of one payout.
    pub amount: AmountLimit,
    /// The most of one day, in minor units.
    pub day_limit_minor: Option<i64>,
    /// The rail, where it is not the mode's own.
    pub rail: Option<RailCode>,
}

/// One line of a merchant's bank list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    /// The id that the merchant sends.
    pub id: u32,
    /// The name that the merchant shows.
    pub name: String,
}

/// A merchant with everything that its requests are judged by.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// Our id.
    pub id: MerchantId,
    /// Its name, for people.
    pub name: String,
    /// Sandbox or live.
    pub mode: Mode,
    /// Active or suspended.
    pub status: MerchantStatus,
    /// The currency of its accounts.
    pub currency: Currency,
    /// How far below zero its available balance may go, in minor units.
    pub credit_limit_minor: i64,
    /// The most of one day over all channels, in minor units.
    pub day_limit_minor: Option<i64>,
    /// When a payout needs no person.
    pub policy: Policy,
    /// Whether a refused reference may be submitted again.
    pub retry_refused: bool,
    /// Within what its references are unique.
    pub reference_scope: ReferenceScope,
    /// The networks it may call from; any, when there are none.
    pub allowed_networks: Vec<IpNet>,
    /// How many requests a second it may make; the configuration's figure without it.
    pub requests_per_second: Option<u32>,
    /// Where its callbacks go: the part of the URL that is the merchant's.
    pub callback_base_url: Option<String>,
    /// Further URLs that a request may have its callbacks sent to, by the name it calls them.
    pub endpoints: BTreeMap<String, String>,
    /// The key of the Standard Webhooks headers.
    pub webhook_secret: Secret,
    /// The one before its last rotation, which signs beside it for a while.
    pub former_webhook_secret: Option<FormerKey>,
    /// Grows whenever what its callbacks are made with changes. A body from before is made afresh,
    /// because the merchant would take it for a forgery.
    pub callback_version: u32,
    /// How it logs in.
    pub access: Vec<Access>,
    /// What it may use.
    pub terms: Vec<Terms>,
    /// Its bank list.
    pub banks: Vec<Bank>,
    /// Switches that only its dialect understands.
    pub options: BTreeMap<String, String>,
}

/// The proof that a request comes from this merchant. Only [`Merchant::authenticate`] makes one.
#[derive(Clone, Debug)]
pub struct Authenticated {
    merchant: Arc<Merchant>,
    dialect: DialectCode,
}

impl Authenticated {
    /// The merchant that was proven.
    pub fn merchant(&self) -> &Arc<Merchant> {
        &self.merchant
    }

    /// The dialect it spoke.
    pub fn dialect(&self) -> &DialectCode {
        &self.dialect
    }
}

impl Merchant {
    /// Compares a key with the present and, within its time, the former one, both in constant time.
    pub fn authenticate(
        self: &Arc<Self>,
        dialect: &DialectCode,
        key: &str,
        now: Timestamp,
    ) -> Option<Authenticated> {
        self.authenticate_by(dialect, now, |own| own.matches(key))
    }

    /// Has something that only a holder of the key can make verified under the present and, within
    /// its time, the former key. Both are tried, so that the time taken tells nothing.
    pub fn authenticate_by(
        self: &Arc<Self>,
        dialect: &DialectCode,
        now: Timestamp,
        proves: impl Fn(&Secret) -> bool,
    ) -> Option<Authenticated> {
        let access = self.access(dialect)?;
        let present = proves(&access.key);
        let former = access.former_key.as_ref().is_some_and(|former| {
            let same = proves(&former.key);
            same && now < former.until
        });
        let proof = || Authenticated { merchant: Arc::clone(self), dialect: dialect.clone() };
        (present | former).then(proof)
    }

    /// How it logs in to one dialect.
    pub fn access(&self, dialect: &DialectCode) -> Option<&Access> {
        self.access.iter().find(|access| access.dialect == *dialect)
    }

    /// Its terms on a channel; none when it may not use it.
    pub fn terms(&self, channel: &ChannelCode) -> Option<&Terms> {
        self.terms.iter().find(|terms| terms.channel == *channel)
    }

    /// Whether it may call from an address.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed_networks.is_empty()
            || self.allowed_networks.iter().any(|network| network.contains(&address))
    }

    /// Whether its callbacks are made with the same keys and switches.
    pub fn is_told_like(&self, other: &Self) -> bool {
        let same = |(one, other): (&Access, &Access)| {
            one.dialect == other.dialect
                && one.login == other.login
                && one.key.matches(other.key.expose())
                && one.callback_key.matches(other.callback_key.expose())
        };
        self.options == other.options
            && self.access.len() == other.access.len()
            && self.access.iter().zip(&other.access).all(same)
    }

    /// The rail that pays a channel for it.
    pub fn rail(&self, channel: &ChannelCode) -> RailCode {
        match (self.mode, self.terms(channel).and_then(|terms| terms.rail.clone())) {
            (Mode::Sandbox, _) => RailCode::SIMULATOR.into(),
            (Mode::Live, Some(rail)) => rail,
            (Mode::Live, None) => RailCode::MANUAL.into(),
        }
    }

    /// The value of a dialect's switch.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }
}
