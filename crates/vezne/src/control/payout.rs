//! The operator's commands about payouts.

use vezne_core::engine::Verb;
use vezne_core::engine::approve::Approve;
use vezne_core::engine::doubt::{Resolution, ResolveDoubt};
use vezne_core::engine::fail::Fail;
use vezne_core::engine::reject::Reject;
use vezne_core::engine::returned::Return;
use vezne_core::engine::settle::Settle;
use vezne_core::engine::take_up::TakeUp;
use vezne_core::model::approval::Actor;
use vezne_core::model::identifier::PayoutId;
use vezne_core::model::payout::{Payout, PayoutState};
use vezne_core::model::quarantine::DeskState;
use vezne_core::model::refusal::ActionRefusal;
use vezne_core::port::{CallbackFilter, Fault, Found, PayoutFilter};

use super::request::{DoubtResolution, PayoutQuery, PayoutRequest};
use super::view::{self, CallbackView, Facts, PayoutDetail, PayoutView, Reply};
use super::{Complaint, Control};

impl Control {
    pub(super) async fn payout(
        &self,
        by: Actor,
        request: PayoutRequest,
    ) -> Result<Reply, Complaint> {
        match request {
            PayoutRequest::List(query) => self.list_payouts(query).await,
            PayoutRequest::Show { payout } => self.show_payout(PayoutId(payout)).await,
            PayoutRequest::Approve { payout } => {
                self.act(payout, "approved", Approve { payout: PayoutId(payout), by }).await
            }
            PayoutRequest::Reject { payout, reason } => {
                self.act(payout, "rejected", Reject { payout: PayoutId(payout), by, reason }).await
            }
            PayoutRequest::Settle { payout, rail_reference } => {
                let (id, attempt) = (PayoutId(payout), None);
                let verb = Settle { payout: id, attempt, by, rail_reference };
                self.act(payout, "settled", verb).await
            }
            PayoutRequest::Fail { payout, reason } => {
                let (id, attempt) = (PayoutId(payout), None);
                self.act(payout, "failed", Fail { payout: id, attempt, by, reason }).await
            }
            PayoutRequest::Return { payout, reason } => {
                self.act(payout, "returned", Return { payout: PayoutId(payout), by, reason }).await
            }
            PayoutRequest::Resolve { payout, resolution, evidence } => {
                let (id, attempt, resolution) = (PayoutId(payout), None, resolution.into());
                let verb = ResolveDoubt { payout: id, attempt, by, resolution, evidence };
                self.act(payout, "no longer in doubt", verb).await
            }
            PayoutRequest::TakeUp { payout } => {
                let verb = TakeUp { payout: PayoutId(payout), by };
                self.act(payout, "taken up again", verb).await
            }
            PayoutRequest::Of { dialect, payout, request } => {
                let found = self.store.payout(PayoutId(payout)).await?;
                match found.filter(|payout| payout.dialect.as_str() == dialect) {
                    Some(_) => Box::pin(self.payout(by, *request)).await,
                    None => Err(Complaint(format!("there is no payout {payout} of {dialect}"))),
                }
            }
        }
    }

    async fn act<V>(&self, payout: i64, what: &str, verb: V) -> Result<Reply, Complaint>
    where
        V: Verb<Outcome = (), Refusal = ActionRefusal>,
    {
        match self.engine.run(verb).await {
            Ok(()) => Ok(Reply::Done(format!("payout {payout} is {what}"))),
            Err(failure) => Err(Complaint(format!("payout {payout}: {failure}"))),
        }
    }

    async fn list_payouts(&self, query: PayoutQuery) -> Result<Reply, Complaint> {
        if let Some(state) = &query.state
            && !PayoutState::CODES.contains(&state.as_str())
        {
            let known = PayoutState::CODES.join(", ");
            return Err(Complaint(format!("{state} is no state; the states are {known}")));
        }
        let merchant = query.merchant.as_deref().map(|key| self.find_merchant(key)).transpose()?;
        let filter = PayoutFilter {
            merchant: merchant.map(|merchant| merchant.id),
            state: query.state,
            set_aside: query.set_aside,
            unsealed: false,
            in_doubt: query.in_doubt,
            reference: query.reference,
            before: query.before.map(PayoutId),
            limit: query.limit,
        };
        let Found { rows, unread } = self.store.payouts(filter).await?;
        let desk = self.store.desk_state().await?;
        let view = |payout| self.payout_view(payout, &desk);
        let mut views: Vec<PayoutView> = rows.iter().map(view).collect();
        views.extend(unread.iter().map(|unread| PayoutView::unread(unread.id, &unread.why)));
        views.sort_unstable_by_key(|view| std::cmp::Reverse(view.id));
        Ok(Reply::Payouts(views))
    }

    pub(super) fn payout_view(&self, payout: &Payout, desk: &DeskState) -> PayoutView {
        let directory = self.store.directory();
        let login = directory.get(payout.merchant).map(|merchant| view::login(merchant));
        PayoutView::new(payout, login.unwrap_or_default(), desk)
    }

    async fn show_payout(&self, id: PayoutId) -> Result<Reply, Complaint> {
        let missing = || Complaint(format!("there is no payout {id}"));
        let found = self.store.payout(id).await.map(|found| found.ok_or_else(missing));
        let filter = CallbackFilter { payout: Some(id), limit: 100, ..CallbackFilter::default() };
        let (trail, entries) = (self.store.trail(id).await?, self.store.entries(id).await?);
        let callbacks = self.store.callbacks(filter).await?;
        let (payout, facts, trail) = match found {
            Ok(payout) => {
                let payout = payout?;
                let shown = self.payout_view(&payout, &self.store.desk_state().await?);
                (shown, view::facts(&payout), view::trail(&payout, &trail))
            }
            // Its row does not read; whatever else is known of it does.
            Err(Fault(why)) => {
                let mut facts = Facts::default();
                facts.put("does not read", why.as_str());
                (PayoutView::unread(id.0, &why), facts, view::trail_lines(&trail))
            }
        };
        let postings = entries.iter().flat_map(view::posting_lines).collect();
        let callbacks = CallbackView::all(&callbacks);
        let detail = PayoutDetail { payout, facts, trail, postings, callbacks };
        Ok(Reply::Payout(Box::new(detail)))
    }
}

impl From<DoubtResolution> for Resolution {
    fn from(resolution: DoubtResolution) -> Self {
        match resolution {
            DoubtResolution::Paid(rail_reference) => Self::Paid { rail_reference },
            DoubtResolution::NotPaid(reason) => Self::NotPaid { reason },
            DoubtResolution::NeverSent => Self::NeverSent,
        }
    }
}
