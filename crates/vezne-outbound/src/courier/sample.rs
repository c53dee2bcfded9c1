//! A callback about no payout, so that somebody sees whether a merchant's URL takes what it gets.

use std::sync::Arc;

use vezne_core::model::approval::Actor;
use vezne_core::model::beneficiary::Beneficiary;
use vezne_core::model::callback::{Callback, CallbackEvent, CallbackState, CallbackTarget};
use vezne_core::model::identifier::{CallbackId, PayoutId};
use vezne_core::model::merchant::Merchant;
use vezne_core::model::money::Money;
use vezne_core::model::payout::{ContentDigest, MerchantReference, Payout, PayoutState};
use vezne_core::model::time::Timestamp;
use vezne_core::port::Delivery;

/// What the merchant reads.
const MESSAGE: &str = "A test of this URL. There is no such withdrawal.";

/// What a merchant's callback would be, signed as ever, about a reference that it never sent.
///
/// It tells of a refusal: a program that books it all the same gives nobody money. Its ids are none
/// of a real one's, and its reference begins with `VEZNE-TEST-`.
///
/// # Errors
/// Why the merchant has no callbacks, in words for the operator.
pub fn sample(
    merchant: &Arc<Merchant>,
    to: CallbackTarget,
    now: Timestamp,
) -> Result<Delivery, String> {
    let access = merchant.access.first().ok_or("the merchant has no credentials")?;
    let unknown = || format!("no callbacks are sent in the dialect {}", access.dialect);
    let format = super::format(&access.dialect).ok_or_else(unknown)?;
    let (payout, message) = (PayoutId(0), MESSAGE.to_owned());
    let callback = Callback {
        id: CallbackId(-now.seconds()),
        merchant: merchant.id,
        payout,
        event: CallbackEvent::Rejected,
        message: message.clone(),
        created_at: now,
        body: None,
        body_version: merchant.callback_version,
        attempts: 1,
        refusals: 0,
        failure_step: 0,
        refusal_step: 0,
        state: CallbackState::Due(now),
    };
    let text = format!("VEZNE-TEST-{}", now.seconds());
    let payout = Payout {
        id: payout,
        merchant: merchant.id,
        dialect: access.dialect.clone(),
        reference: MerchantReference { text, scope: None },
        content: ContentDigest([0; 16]),
        channel: "test".into(),
        amount: Money::new(100, merchant.currency),
        commission: Money::zero(merchant.currency),
        receiver_commission: Money::zero(merchant.currency),
        beneficiary: nobody(),
        note: format.sample_note(),
        callback_to: to,
        rail_key: None,
        trust: 0,
        created_at: now,
        updated_at: now,
        state: PayoutState::Rejected { by: Actor::System, reason: message },
    };
    Ok(Delivery { callback, payout, merchant: Arc::clone(merchant) })
}

fn nobody() -> Beneficiary {
    Beneficiary {
        name: "Test".into(),
        account: String::new(),
        bank: None,
        bank_name: None,
        identity: None,
        birth_date: None,
    }
}
