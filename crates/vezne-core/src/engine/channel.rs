//! Putting and removing channels.

use std::sync::Arc;

use super::desk::Desk;
use super::view::Wanted;
use super::{Decision, Verb};
use crate::model::approval::Actor;
use crate::model::channel::{Channel, ChannelChange};
use crate::model::identifier::ChannelCode;
use crate::model::refusal::ActionRefusal;

/// Adds a channel, or replaces the one with its code.
#[derive(Clone, Debug)]
pub struct PutChannel {
    /// The channel. Its rules have been read by whoever knows their notation.
    pub channel: Channel,
    /// Who puts it.
    pub by: Actor,
}

/// Adds the channels that a desk begins with, unless somebody has put one already.
#[derive(Clone, Debug)]
pub struct PutStarters {
    /// The channels.
    pub channels: Vec<Channel>,
    /// Who puts them.
    pub by: Actor,
}

/// Takes a channel away that nobody may use any more.
#[derive(Clone, Debug)]
pub struct RemoveChannel {
    /// Which.
    pub channel: ChannelCode,
    /// Who removes it.
    pub by: Actor,
}

impl Verb for PutChannel {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.changes_directory = true;
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        Ok(check(desk, &self.channel).map(|()| put(desk, &self.channel, &self.by)))
    }
}

impl Verb for PutStarters {
    /// Whether they were put.
    type Outcome = bool;
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.changes_directory = true;
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let own = |channel: &Arc<Channel>| !channel.is_built_in() || channel.pay_code.is_some();
        if desk.view().directory.channels().any(own) {
            return Ok(Ok(false));
        }
        for channel in &self.channels {
            if let Err(refusal) = check(desk, channel) {
                return Ok(Err(refusal));
            }
        }
        self.channels.iter().for_each(|channel| put(desk, channel, &self.by));
        Ok(Ok(true))
    }
}

impl Verb for RemoveChannel {
    type Outcome = ();
    type Refusal = ActionRefusal;

    fn wants(&self, wanted: &mut Wanted) {
        wanted.changes_directory = true;
    }

    fn decide(&mut self, desk: &mut Desk) -> Decision<Self> {
        let directory = &desk.view().directory;
        let Some(channel) = directory.channel(&self.channel) else {
            return Ok(Err(ActionRefusal::NotFound));
        };
        if channel.is_built_in() {
            return Ok(Err(invalid("this channel is always there")));
        }
        let user = directory.iter().find(|merchant| merchant.terms(&self.channel).is_some());
        if let Some(user) = user {
            return Ok(Err(invalid(format!("{} has terms on it", user.name))));
        }
        desk.change_channel(ChannelChange::Removed(self.channel.clone()));
        record(desk, &self.by, "channel.removed", &self.channel);
        Ok(Ok(()))
    }
}

fn check(desk: &Desk, channel: &Channel) -> Result<(), ActionRefusal> {
    if let Some(problem) = channel.problems().into_iter().next() {
        return Err(invalid(problem));
    }
    let directory = &desk.view().directory;
    if let Some(pay_code) = &channel.pay_code {
        let owner = directory.channel_by_pay_code(pay_code);
        if let Some(owner) = owner.filter(|owner| owner.code != channel.code) {
            return Err(invalid(format!("pay_code: {pay_code} is the channel {}", owner.code)));
        }
    }
    // Terms, limits and day totals are in minor units of the currency.
    let before = directory.channel(&channel.code).map_or(channel.currency, |one| one.currency);
    if before != channel.currency {
        let why = format!("currency: the channel pays {before:?}; make another one");
        return Err(invalid(why));
    }
    Ok(())
}

fn put(desk: &mut Desk, channel: &Channel, by: &Actor) {
    let code = channel.code.clone();
    let known = desk.view().directory.channel(&code).is_some();
    let action = if known { "channel.changed" } else { "channel.added" };
    desk.change_channel(ChannelChange::Put(Arc::new(channel.clone())));
    record(desk, by, action, &code);
}

fn record(desk: &mut Desk, by: &Actor, action: &str, code: &ChannelCode) {
    desk.record(by.clone(), action, (None, None, None), code.as_str());
}

fn invalid(why: impl Into<String>) -> ActionRefusal {
    ActionRefusal::Invalid(why.into())
}
