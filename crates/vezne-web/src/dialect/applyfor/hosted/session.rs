//! Who a link belongs to, and what stands under its order.

use vezne_core::engine::Failure;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::merchant::Authenticated;
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::personal::Secret;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_core::model::time::Timestamp;
use vezne_wire::applyfor::{Link, SealedLink};
use vezne_wire::secret::SecretText;

use super::super::apply;
use super::super::endpoint::Desk;

/// How long after its end a link still tells what became of its order, in seconds: a page that
/// waits for the outcome must not end with the form.
const TELLS_FOR: i64 = 7 * 86_400;

/// A link whose merchant is proven.
pub(super) struct Session {
    pub(super) proof: Authenticated,
    pub(super) link: Link,
}

/// Why there is no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unopened {
    /// The token is nobody's.
    Unknown,
    /// The merchant's pages are asked for too often.
    TooMany,
}

/// What stands under a link's order.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// Nothing.
    Free,
    /// A payout.
    Payout(PayoutId),
    /// A refusal that is final.
    Closed(SubmitRefusal),
}

impl Session {
    /// Verifies a token under its merchant's secrets and counts the visit against its rate.
    pub(super) fn open(desk: &Desk, token: &str, now: Timestamp) -> Result<Self, Unopened> {
        let sealed = SealedLink::read(token).ok_or(Unopened::Unknown)?;
        let directory = desk.web.store.directory();
        let Some(merchant) = directory.by_login(&desk.dialect, sealed.uid()) else {
            // The result is of no interest; the time that it takes is.
            std::hint::black_box(sealed.holds(&desk.stranger.secret));
            return Err(Unopened::Unknown);
        };
        let holds = |secret: &Secret| sealed.holds(&SecretText::new(secret.expose()));
        let proof = merchant.authenticate_by(&desk.dialect, now, holds);
        let proof = proof.ok_or(Unopened::Unknown)?;
        let rate = merchant.requests_per_second.unwrap_or(desk.web.settings.requests_per_second);
        if !desk.web.pace.admits(merchant.id, rate, now) {
            return Err(Unopened::TooMany);
        }
        Ok(Self { proof, link: sealed.into_link() })
    }

    /// Whether the form may no longer be used.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now.seconds() >= self.link.expires_at
    }

    /// Whether not even the outcome is told any more.
    pub(super) fn is_forgotten(&self, now: Timestamp) -> bool {
        now.seconds() >= self.link.expires_at.saturating_add(TELLS_FOR)
    }

    /// What stands under the order, whoever submitted it.
    pub(super) async fn standing(&self, desk: &Desk) -> Result<Standing, Failure<Declined>> {
        let fixed = &self.link.fixed;
        let (orderid, pay_code) = (&fixed.orderid, &fixed.pay_code);
        // Content that no request has: whatever stands is told apart by the answer.
        let nothing = ContentDigest([0; 16]);
        match apply::stands(desk, &self.proof, orderid, pay_code, nothing).await {
            Ok(None) => Ok(Standing::Free),
            Ok(Some(earlier)) => Ok(Standing::Payout(earlier.payout)),
            Err(Failure::Refused(Declined { why, replayed: _ })) => Ok(match why {
                SubmitRefusal::ReferenceReused { existing } => Standing::Payout(existing),
                SubmitRefusal::CannotRefuseNow => Standing::Free,
                SubmitRefusal::MerchantSuspended
                | SubmitRefusal::ChannelNotOffered { .. }
                | SubmitRefusal::AmountBelowMinimum { .. }
                | SubmitRefusal::AmountAboveMaximum { .. }
                | SubmitRefusal::CommissionTakesAll { .. }
                | SubmitRefusal::DayLimitReached { .. }
                | SubmitRefusal::InsufficientBalance { .. } => Standing::Closed(why),
            }),
            Err(failure @ (Failure::Busy | Failure::Fault(_))) => Err(failure),
        }
    }
}
