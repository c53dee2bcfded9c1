//! The token keys, decoded once and kept while they are the ones in force.

use std::sync::{Arc, PoisonError, RwLock};

use vezne_core::model::directory::Directory;
use vezne_core::model::time::Timestamp;
use vezne_core::port::Fault;
use vezne_wire::jwt::{self, SigningKey, VerifyingKey};

/// The keys in force.
pub(super) struct Keys {
    ids: Vec<String>,
    signing: SigningKey,
    verifying: Vec<VerifyingKey>,
}

/// Keeps the keys in force.
#[derive(Default)]
pub(super) struct KeyRing(RwLock<Option<Arc<Keys>>>);

impl KeyRing {
    /// The keys in force now.
    ///
    /// # Errors
    /// When there is none, or one does not read.
    pub(super) fn now(&self, directory: &Directory, now: Timestamp) -> Result<Arc<Keys>, Fault> {
        let in_force = || directory.token_keys().into_iter().filter(|key| key.verifies(now));
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.filter(|kept| in_force().map(|key| &key.id).eq(&kept.ids)) {
            return Ok(kept);
        }
        let ids = in_force().map(|key| key.id.clone()).collect();
        let read = |key: &Arc<vezne_core::model::token_key::TokenKey>| {
            let broken = |error: jwt::JwtError| Fault(format!("token key {}: {error}", key.id));
            SigningKey::from_text(&key.id, key.private.expose()).map_err(broken)
        };
        let all = in_force().map(read).collect::<Result<Vec<_>, _>>()?;
        let verifying = all.iter().map(SigningKey::public).collect();
        let signing =
            all.into_iter().next().ok_or_else(|| Fault("there is no token key".into()))?;
        let keys = Arc::new(Keys { ids, signing, verifying });
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
        Ok(keys)
    }
}

impl Keys {
    pub(super) fn signing(&self) -> &SigningKey {
        &self.signing
    }

    pub(super) fn verifying(&self) -> &[VerifyingKey] {
        &self.verifying
    }
}
