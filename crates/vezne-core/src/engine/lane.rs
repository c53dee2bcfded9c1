//! One lane: where commands wait for their group, merchants' apart from everybody else's.
//!
//! Intake can be as much as merchants like, so its room is bounded and one more is turned away.
//! What workers and operators ask for is bounded by what they have under way; an answer of a rail
//! or an operator's word that was turned away would be lost, so it waits for its place instead.
//! Each group takes theirs first and leaves a part of its room to intake.

use std::task::Poll;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::group::Member;

/// Where a command waits for its commit: a property of its verb, so that no caller chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// With what merchants ask for. When too much of that waits, it is answered "busy".
    Intake,
    /// With what workers book and operators decide. It waits for a place, however much intake
    /// there is.
    Desk,
}

/// What became of a command that was put into a lane.
pub(super) enum Sent {
    /// It waits for its group.
    Taken,
    /// There is no room for it.
    Full,
    /// Nobody takes commands any more.
    Stopped,
}

/// The way into a lane.
pub(super) struct Way {
    intake: Sender<Box<dyn Member>>,
    desk: Sender<Box<dyn Member>>,
}

/// The other end of it.
pub(super) struct Taker {
    intake: Receiver<Box<dyn Member>>,
    desk: Receiver<Box<dyn Member>>,
}

/// A lane with room for so many commands of each kind.
pub(super) fn lane(room: usize) -> (Way, Taker) {
    let (intake, intake_taken) = channel(room);
    let (desk, desk_taken) = channel(room);
    (Way { intake, desk }, Taker { intake: intake_taken, desk: desk_taken })
}

impl Way {
    /// Puts a command in: at once or not at all for intake, when there is a place for the rest.
    pub(super) async fn put(&self, waits: Waits, member: Box<dyn Member>) -> Sent {
        match waits {
            Waits::Intake => match self.intake.try_send(member) {
                Ok(()) => Sent::Taken,
                Err(TrySendError::Full(_)) => Sent::Full,
                Err(TrySendError::Closed(_)) => Sent::Stopped,
            },
            Waits::Desk => match self.desk.send(member).await {
                Ok(()) => Sent::Taken,
                Err(_) => Sent::Stopped,
            },
        }
    }

    /// How many commands wait in it.
    pub(super) fn waiting(&self) -> usize {
        let taken = |way: &Sender<_>| way.max_capacity() - way.capacity();
        taken(&self.intake) + taken(&self.desk)
    }
}

impl Taker {
    /// The next group, of at most so many; nothing once every way in is gone and all was taken.
    ///
    /// A quarter of it is kept for intake as long as there is some, so that neither side can keep
    /// the other out; a group of one takes what is not intake first.
    pub(super) async fn next_group(&mut self, most: usize) -> Option<Vec<Box<dyn Member>>> {
        let mut group = Vec::with_capacity(most);
        let for_desk = most - (most / 4).max(usize::from(most > 1));
        let any = std::future::poll_fn(|context| {
            let desk = self.desk.poll_recv_many(context, &mut group, for_desk);
            let room = most - group.len();
            let intake = match room {
                0 => Poll::Pending,
                room => self.intake.poll_recv_many(context, &mut group, room),
            };
            match (desk, intake) {
                _ if !group.is_empty() => Poll::Ready(true),
                (Poll::Ready(_), Poll::Ready(_)) => Poll::Ready(false),
                (Poll::Pending, _) | (_, Poll::Pending) => Poll::Pending,
            }
        });
        if !any.await {
            return None;
        }
        // What intake left over is theirs as well.
        while group.len() < most
            && let Ok(member) = self.desk.try_recv()
        {
            group.push(member);
        }
        Some(group)
    }
}
