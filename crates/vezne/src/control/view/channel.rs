//! Channels as an operator is shown them.

use serde::{Deserialize, Serialize};
use vezne_core::model::channel::Channel;

use super::BoundsView;

/// A channel in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChannelView {
    /// Its code.
    pub code: String,
    /// What /applyfor calls it.
    pub pay_code: Option<String>,
    /// Its name.
    pub name: String,
    /// Its currency.
    pub currency: String,
    /// The bounds of one payout.
    pub amount: BoundsView,
    /// What names the account.
    pub account: String,
    /// How many banks it has.
    pub banks: usize,
    /// The names of its form's fields.
    pub fields: Vec<String>,
}

impl From<&Channel> for ChannelView {
    fn from(channel: &Channel) -> Self {
        Self {
            code: channel.code.to_string(),
            pay_code: channel.pay_code.clone(),
            name: channel.name.clone(),
            currency: channel.currency.code().to_owned(),
            amount: BoundsView::new(&channel.amount, channel.currency),
            account: channel.account.code().to_owned(),
            banks: channel.banks.len(),
            fields: channel.fields.iter().map(|field| field.name.clone()).collect(),
        }
    }
}
