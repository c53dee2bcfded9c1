//! All merchants, channels and token keys at once, as kept in memory and replaced whole when one
//! changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::channel::{self, Channel, ChannelChange};
use super::identifier::{ChannelCode, DialectCode, MerchantId};
use super::merchant::Merchant;
use super::time::Timestamp;
use super::token_key::TokenKey;

/// The merchants, found by id and by login, what they may use, and the keys of their tokens.
#[derive(Clone, Debug)]
pub struct Directory {
    merchants: BTreeMap<MerchantId, Arc<Merchant>>,
    logins: HashMap<DialectCode, HashMap<String, MerchantId>>,
    channels: BTreeMap<ChannelCode, Arc<Channel>>,
    token_keys: BTreeMap<String, Arc<TokenKey>>,
}

impl Default for Directory {
    /// Nobody, and the channels that are always there.
    fn default() -> Self {
        let channels = channel::built_in().map(|one| (one.code.clone(), Arc::new(one))).collect();
        let (merchants, logins, token_keys) = Default::default();
        Self { merchants, logins, channels, token_keys }
    }
}

impl Directory {
    /// A directory of these merchants.
    pub fn new(merchants: impl IntoIterator<Item = Merchant>) -> Self {
        let mut directory = Self::default();
        for merchant in merchants {
            directory.put(merchant);
        }
        directory
    }

    /// Adds a merchant, or replaces the one with its id.
    pub fn put(&mut self, merchant: Merchant) {
        let id = merchant.id;
        for logins in self.logins.values_mut() {
            logins.retain(|_, owner| *owner != id);
        }
        for access in &merchant.access {
            let logins = self.logins.entry(access.dialect.clone()).or_default();
            logins.insert(access.login.clone(), id);
        }
        self.merchants.insert(id, Arc::new(merchant));
    }

    /// The merchant with this id.
    pub fn get(&self, id: MerchantId) -> Option<&Arc<Merchant>> {
        self.merchants.get(&id)
    }

    /// The merchant that logs in to a dialect under this name.
    pub fn by_login(&self, dialect: &DialectCode, login: &str) -> Option<&Arc<Merchant>> {
        self.logins.get(dialect)?.get(login).and_then(|id| self.get(*id))
    }

    /// All merchants, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Merchant>> {
        self.merchants.values()
    }

    /// The channel with this code.
    pub fn channel(&self, code: &ChannelCode) -> Option<&Arc<Channel>> {
        self.channels.get(code)
    }

    /// The channel that goes by this pay code.
    pub fn channel_by_pay_code(&self, pay_code: &str) -> Option<&Arc<Channel>> {
        self.channels().find(|channel| channel.pay_code.as_deref() == Some(pay_code))
    }

    /// All channels, by code.
    pub fn channels(&self) -> impl Iterator<Item = &Arc<Channel>> {
        self.channels.values()
    }

    /// Adds a channel, or replaces the one with its code.
    pub fn put_channel(&mut self, channel: impl Into<Arc<Channel>>) {
        let channel = channel.into();
        self.channels.insert(channel.code.clone(), channel);
    }

    /// Follows a change.
    pub fn change_channel(&mut self, change: &ChannelChange) {
        match change {
            ChannelChange::Put(channel) => self.put_channel(Arc::clone(channel)),
            ChannelChange::Removed(code) => drop(self.channels.remove(code)),
        }
    }

    /// Adds a token key, or replaces the one with its id.
    pub fn put_token_key(&mut self, key: TokenKey) {
        self.token_keys.insert(key.id.clone(), Arc::new(key));
    }

    /// The token keys, the newest first.
    pub fn token_keys(&self) -> Vec<&Arc<TokenKey>> {
        let mut keys: Vec<_> = self.token_keys.values().collect();
        keys.sort_by_key(|key| std::cmp::Reverse((key.since, &key.id)));
        keys
    }

    /// The key that signs now.
    pub fn signing_key(&self, now: Timestamp) -> Option<&Arc<TokenKey>> {
        self.token_keys().into_iter().find(|key| key.verifies(now))
    }

    /// The id the next merchant gets.
    pub fn next_id(&self) -> MerchantId {
        MerchantId(self.merchants.last_key_value().map_or(1, |(id, _)| id.0 + 1))
    }
}
