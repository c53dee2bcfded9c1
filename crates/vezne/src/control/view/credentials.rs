//! Credentials in the words of their dialect, and the keys of bearer tokens.

use serde::{Deserialize, Serialize};

use super::At;

/// What the merchant's developer needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialsView {
    /// Our id.
    pub merchant: i64,
    /// The dialect it speaks.
    pub dialect: String,
    /// What it logs in with.
    #[serde(flatten)]
    pub keys: KeysView,
    /// The key of the Standard Webhooks headers.
    pub webhook_secret: String,
}

/// Credentials in the words of a dialect.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeysView {
    /// BankoPay's.
    Bankopay {
        /// What it sends as `site_id`.
        site_id: String,
        /// What it sends as `site_key`.
        site_key: String,
        /// The `site_key` in callbacks.
        callback_key: String,
    },
    /// CCPayment's.
    Ccpayment {
        /// What it asks for tokens with.
        app_id: String,
        /// What it asks for tokens with, and makes its `hash_key` with.
        app_secret: String,
        /// What it sends as `merchant_key`.
        merchant_key: String,
    },
    /// Those of /applyfor.
    Applyfor {
        /// What it sends as `uid`.
        uid: String,
        /// What it signs with.
        secret: String,
    },
}

impl KeysView {
    /// The key that the merchant proves itself with.
    pub fn key(&self) -> &str {
        match self {
            Self::Bankopay { site_key: key, .. }
            | Self::Ccpayment { app_secret: key, .. }
            | Self::Applyfor { secret: key, .. } => key,
        }
    }

    /// The key that our callbacks are signed with.
    pub fn callback_key(&self) -> &str {
        match self {
            Self::Bankopay { callback_key: key, .. }
            | Self::Ccpayment { app_secret: key, .. }
            | Self::Applyfor { secret: key, .. } => key,
        }
    }
}

/// One key of bearer tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenKeyView {
    /// Its name in tokens.
    pub id: String,
    /// Since when it signs.
    pub since: At,
    /// Until when it verifies.
    pub until: Option<At>,
    /// `signs`, `verifies` or `retired`.
    pub state: String,
}

/// A fresh secret of the Standard Webhooks headers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebhookSecretView {
    /// Whose: our id.
    pub merchant: i64,
    /// The secret.
    pub webhook_secret: String,
    /// Until when the one before signs beside it.
    pub former_signs_until: At,
}
