//! Who a link belongs to, and what stands under its order.

use std::net::IpAddr;

use vezne_core::engine::Failure;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::merchant::Authenticated;
use vezne_core::model::payout::ContentDigest;
use vezne_core::model::personal::Secret;
use vezne_core::model::refusal::{Declined, SubmitRefusal};
use vezne_core::model::time::Timestamp;
use vezne_wire::applyfor::{Link, SealedLink};
use vezne_wire::secret::SecretText;

use super::super::endpoint::Desk;
use super::super::{apply, destination};

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
    /// The visitor asks too often.
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
    /// Verifies a token under its merchant's secrets. Visits cost their address and never the
    /// merchant, whose own calls must not wait for those of strangers.
    pub(super) fn open(
        desk: &Desk,
        token: &str,
        (address, now): (IpAddr, Timestamp),
    ) -> Result<Self, Unopened> {
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
        let session = Self { proof, link: sealed.into_link() };
        // That a link is forgotten is told without a look at anything.
        match session.is_forgotten(now) || desk.web.visits.admits(address, now) {
            true => Ok(session),
            false => Err(Unopened::TooMany),
        }
    }

    /// Where the page may lead back to. A merchant that makes its tokens itself may have put
    /// anything there, so that it is held to the same rule again as where links are made.
    pub(super) fn return_url(&self) -> Option<&str> {
        let url = self.link.fixed.return_url.as_deref();
        url.filter(|url| destination::url(self.proof.merchant(), "return_url", url).is_ok())
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
