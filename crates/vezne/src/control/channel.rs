//! The operator's commands about channels.

use std::sync::Arc;

use vezne_core::engine::channel::{PutChannel, RemoveChannel};
use vezne_core::model::approval::Actor;
use vezne_core::model::channel::Channel;

use super::request::ChannelRequest;
use super::view::{ChannelView, Reply};
use super::{Complaint, Control};
use crate::channel;
use crate::channel::file::ChannelFile;

impl Control {
    pub(super) async fn channel(
        &self,
        by: Actor,
        request: ChannelRequest,
    ) -> Result<Reply, Complaint> {
        match request {
            ChannelRequest::List => {
                let directory = self.store.directory();
                let views = directory.channels().map(|channel| ChannelView::from(&**channel));
                Ok(Reply::Channels(views.collect()))
            }
            ChannelRequest::Show { channel } => {
                let channel = self.find_channel(&channel)?;
                Ok(Reply::Channel(Box::new(ChannelFile::from(&*channel))))
            }
            ChannelRequest::Put(file) => {
                let channel = channel::parse(&file).map_err(|all| Complaint(all.join("\n")))?;
                let code = channel.code.clone();
                self.engine.run(PutChannel { channel, by }).await?;
                Ok(Reply::Done(format!("{code} is in force")))
            }
            ChannelRequest::Remove { channel } => {
                let code = self.find_channel(&channel)?.code.clone();
                self.engine.run(RemoveChannel { channel: code.clone(), by }).await?;
                Ok(Reply::Done(format!("{code} is gone")))
            }
        }
    }

    /// A channel by its code.
    pub(super) fn find_channel(&self, code: &str) -> Result<Arc<Channel>, Complaint> {
        let directory = self.store.directory();
        let found = directory.channel(&code.into()).cloned();
        found.ok_or_else(|| Complaint(format!("there is no channel {code}")))
    }
}
