//! Who waits for what: how due payouts are told apart, so that none of them is walked through to
//! find those of others.

use std::collections::{BTreeMap, BTreeSet};

use vezne_core::engine::room::{Errand, Line, Room};
use vezne_core::engine::view::Wanted;
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::{ChannelCode, MerchantId, RailCode};

/// How far a worker has got with payouts, as the column says.
pub(crate) const ALL_PROGRESS: [&str; 4] = ["sending", "accepted", "unsent", "in-doubt"];

/// Due payouts that an index keeps together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Waiting {
    /// Approved ones of a merchant's channel; their rail is what the merchant's terms say now.
    Approved {
        /// Whose.
        merchant: MerchantId,
        /// Through which channel.
        channel: ChannelCode,
    },
    /// Dispatched ones that got equally far.
    Dispatched {
        /// Whose.
        merchant: MerchantId,
        /// With which rail.
        rail: RailCode,
        /// How far.
        progress: String,
    },
}

impl Waiting {
    /// Whose they are.
    pub(crate) fn merchant(&self) -> MerchantId {
        match self {
            Self::Approved { merchant, .. } | Self::Dispatched { merchant, .. } => *merchant,
        }
    }

    /// The line that they wait in; none when nobody knows the merchant.
    pub(crate) fn line(&self, directory: &Directory) -> Option<Line> {
        let merchant = self.merchant();
        let (rail, errand) = match self {
            Self::Approved { channel, .. } => {
                (directory.get(merchant)?.rail(channel), Errand::Send)
            }
            Self::Dispatched { rail, progress, .. } => (rail.clone(), errand(progress)),
        };
        Some(Line { merchant, rail, errand })
    }
}

/// What is due on a payout that got so far.
pub(crate) fn errand(progress: &str) -> Errand {
    if progress == "unsent" { Errand::Send } else { Errand::Query }
}

/// Whether any claim has a free place of a rail for payouts that got so far.
pub(crate) fn has_free(rooms: &[Room], rail: &RailCode, progress: &str) -> bool {
    rooms.iter().any(|room| room.has_free(rail, errand(progress)))
}

/// After whom a look at those who wait begins.
pub(crate) fn begin(rooms: &[Room], errand: Errand) -> MerchantId {
    rooms.iter().find_map(|room| room.served_last(errand)).unwrap_or(MerchantId(0))
}

/// Those of which any payout is wanted, each with how many. Those of one line may each have all of
/// its share: the claim takes the longest due.
pub(crate) fn shares(
    wanted: &Wanted,
    directory: &Directory,
    all: Vec<Waiting>,
) -> Vec<(Waiting, usize)> {
    let known: Vec<(Line, Waiting)> =
        all.into_iter().filter_map(|one| Some((one.line(directory)?, one))).collect();
    let lines: BTreeSet<&Line> = known.iter().map(|(line, _)| line).collect();
    let lines: Vec<Line> = lines.into_iter().cloned().collect();
    let shares: BTreeMap<&Line, usize> = lines.iter().zip(wanted.shares(&lines)).collect();
    let share = |line: &Line| shares.get(line).copied().filter(|share| *share > 0);
    known.iter().filter_map(|(line, one)| Some((one.clone(), share(line)?))).collect()
}
