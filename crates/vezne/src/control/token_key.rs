//! The operator's commands about the keys of bearer tokens.

use vezne_core::model::approval::Actor;
use vezne_core::model::time::Timestamp;
use vezne_core::model::token_key::TokenKey;

use super::request::TokenKeyRequest;
use super::view::{At, Reply, TokenKeyView};
use super::{Complaint, Control};
use crate::worker::token_keys;

impl Control {
    pub(super) async fn token_key(
        &self,
        by: Actor,
        request: TokenKeyRequest,
    ) -> Result<Reply, Complaint> {
        if matches!(request, TokenKeyRequest::Rotate) {
            token_keys::rotate(&self.engine, self.clock.now(), None, by)
                .await
                .map_err(Complaint)?;
        }
        let (directory, now) = (self.store.directory(), self.clock.now());
        let signs = directory.signing_key(now).map(|key| key.id.clone());
        let view = |key: &TokenKey| view(key, signs.as_deref(), now);
        Ok(Reply::TokenKeys(directory.token_keys().into_iter().map(|key| view(key)).collect()))
    }
}

fn view(key: &TokenKey, signs: Option<&str>, now: Timestamp) -> TokenKeyView {
    let state = match (signs == Some(key.id.as_str()), key.verifies(now)) {
        (true, _) => "signs",
        (false, true) => "verifies",
        (false, false) => "retired",
    };
    TokenKeyView {
        id: key.id.clone(),
        since: At(key.since),
        until: key.until.map(At),
        state: state.to_owned(),
    }
}
