//! Room for the bodies that are read or worked on, over all connections.
//!
//! The first bytes of each are free, so that an ordinary request waits for nobody. A longer one
//! takes all that it announces from a share of its owner's before it is read: slow uploads stand in
//! the way of the same owner's, and of nobody else's. And it takes its bytes from the room of all
//! as they arrive, so that what is only announced takes nothing there. Merchants and strangers have
//! rooms of their own: whoever has proven nothing keeps no merchant waiting.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use vezne_core::model::identifier::MerchantId;

use crate::limiter::network;

/// So many bytes of each body are free. As many times that as there are connections are kept
/// beside the rooms.
pub(super) const FREE: usize = 4 * 1_024;

/// One permit stands for so many bytes.
const UNIT: usize = 1_024;

/// Whose body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// That of a merchant whose request has proven itself already.
    Merchant(MerchantId),
    /// That of a caller who has proven nothing yet.
    Address(IpAddr),
}

impl Owner {
    /// Whoever calls from an address; of a customer's IPv6 network all of it is one.
    pub(crate) fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }
}

/// How much room there is, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoomSettings {
    /// For the bodies of all merchants. Strangers have half as much beside it.
    pub(crate) all: usize,
    /// The longest body of a merchant, which its share has to take.
    pub(crate) longest: usize,
    /// The longest body of a stranger.
    pub(crate) longest_of_strangers: usize,
}

/// The rooms of the front.
#[derive(Debug)]
pub(crate) struct Rooms {
    merchants: Hall,
    strangers: Hall,
    /// The shares that are in use.
    shares: Mutex<HashMap<Owner, Arc<Semaphore>>>,
}

/// The room of all owners of a kind, and the share of each, in permits.
#[derive(Debug)]
struct Hall {
    all: Arc<Semaphore>,
    size: u32,
    share: u32,
}

impl Hall {
    fn new(all: usize, share: usize) -> Self {
        let size = permits(all).max(1);
        let all = Arc::new(Semaphore::new(size as usize));
        Self { all, size, share: permits(share).clamp(1, size) }
    }
}

impl Rooms {
    /// Nobody is in them.
    pub(crate) fn new(settings: RoomSettings) -> Self {
        let RoomSettings { all, longest, longest_of_strangers } = settings;
        let strangers = (all / 2).max(longest_of_strangers);
        Self {
            merchants: Hall::new(all, longest.max(all / 4)),
            strangers: Hall::new(strangers, longest_of_strangers.max(strangers / 8)),
            shares: Mutex::default(),
        }
    }

    fn hall(&self, owner: Owner) -> &Hall {
        match owner {
            Owner::Merchant(_) => &self.merchants,
            Owner::Address(_) => &self.strangers,
        }
    }

    fn share(&self, owner: Owner) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Semaphore::new(self.hall(owner).share as usize));
        Arc::clone(shares.entry(owner).or_insert_with(fresh))
    }

    /// Whether nobody has a share.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Room for a body of so many bytes, as soon as its owner has some left. Nothing when that is
    /// not before the moment.
    pub(super) async fn enter(
        self: &Arc<Self>,
        owner: Owner,
        bytes: usize,
        until: Instant,
    ) -> Option<Room> {
        let is_free = bytes <= FREE;
        let (of_share, of_all) = (None, None);
        let mut room = Room { rooms: Arc::clone(self), owner, is_free, of_share, of_all };
        if !is_free {
            let wanted = permits(bytes).min(self.hall(owner).share);
            let share = self.share(owner).acquire_many_owned(wanted);
            room.of_share = Some(timeout_at(until, share).await.ok()?.ok()?);
        }
        Some(room)
    }
}

/// The room of one body, until it is dropped.
#[derive(Debug)]
pub(super) struct Room {
    rooms: Arc<Rooms>,
    owner: Owner,
    /// Whether it takes nothing of a share, and so has none to give back.
    is_free: bool,
    of_share: Option<OwnedSemaphorePermit>,
    of_all: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Takes room for so many bytes in all. Nothing when there is none before the moment.
    pub(super) async fn grow(&mut self, bytes: usize, until: Instant) -> Option<()> {
        if bytes <= FREE {
            return Some(());
        }
        let hall = self.rooms.hall(self.owner);
        let taken = self.of_all.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let further = (permits(bytes).min(hall.size) as usize).saturating_sub(taken);
        if further == 0 {
            return Some(());
        }
        let further = u32::try_from(further).unwrap_or(u32::MAX);
        let more = Arc::clone(&hall.all).acquire_many_owned(further);
        let more = timeout_at(until, more).await.ok()?.ok()?;
        match &mut self.of_all {
            Some(taken) => taken.merge(more),
            nothing @ None => *nothing = Some(more),
        }
        Some(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.is_free {
            return;
        }
        self.of_share = None;
        let mut shares = self.rooms.shares.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever uses a share or waits for it has it as well.
        if shares.get(&self.owner).is_some_and(|share| Arc::strong_count(share) == 1) {
            shares.remove(&self.owner);
        }
    }
}

fn permits(bytes: usize) -> u32 {
    let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
    u32::try_from(bytes.div_ceil(UNIT).min(most)).unwrap_or(u32::MAX)
}
