//! Payouts that are due: found merchant by merchant, so that nobody's backlog is walked through to
//! find what others wait for.
//!
//! Approved payouts are due at once, whatever the clock says. Of dispatched ones the longest due
//! are looked at first; only when those are too many to be all, the merchants behind them are gone
//! through as well.

use rusqlite::{Connection, OptionalExtension, Row, params};
use vezne_core::engine::room::Errand;
use vezne_core::engine::view::Wanted;
use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::{ChannelCode, MerchantId, RailCode};
use vezne_core::model::time::Timestamp;

use super::due::limit;
use crate::row::waiting::{ALL_PROGRESS, Waiting, begin, errand, has_free, shares};
use crate::row::{Result, payout};
use crate::seal::Sealer;

/// Merchants with channels, or with a rail, that one look goes past at most.
const LOOK: usize = 4_096;

/// The longest due dispatched payouts that are looked at before merchants are gone through.
const HEAD: usize = 512;

/// The next channel of a merchant that has approved payouts. The index is named, because without
/// statistics SQLite would rather go through all of a state.
const NEXT_CHANNEL: &str = "SELECT merchant_id, channel FROM payout INDEXED BY payout_approved \
     WHERE state = 'approved' AND set_aside_at IS NULL AND merchant_id = ? AND channel > ? \
     ORDER BY channel LIMIT 1";

/// The next merchant that has approved payouts, with its first channel.
const NEXT_APPROVED: &str = "SELECT merchant_id, channel FROM payout INDEXED BY payout_approved \
     WHERE state = 'approved' AND set_aside_at IS NULL AND merchant_id > ? \
     ORDER BY merchant_id, channel LIMIT 1";

const APPROVED: &str = "WHERE state = 'approved' AND merchant_id = ? AND channel = ? \
     AND set_aside_at IS NULL ORDER BY due_at, id LIMIT ?";

const HEADS: &str = "SELECT merchant_id, rail, progress FROM payout \
     WHERE progress IS NOT NULL AND set_aside_at IS NULL AND due_at <= ? \
     ORDER BY due_at LIMIT ?";

const NEXT_RAIL: &str = "SELECT rail FROM payout WHERE progress IS NOT NULL \
     AND set_aside_at IS NULL AND rail > ? ORDER BY rail LIMIT 1";

const NEXT_MERCHANT: &str = "SELECT merchant_id, due_at FROM payout WHERE rail = ? \
     AND progress = ? AND set_aside_at IS NULL AND merchant_id > ? \
     ORDER BY merchant_id, due_at LIMIT 1";

const DISPATCHED: &str = "WHERE rail = ? AND progress = ? AND merchant_id = ? AND due_at <= ? \
     AND set_aside_at IS NULL ORDER BY due_at, id LIMIT ?";

/// What is due, and where the look at merchants ended if it did not get round.
#[derive(Default)]
pub(super) struct Due {
    /// The payouts, longest due first, and among them those that do not read.
    pub(super) payouts: Vec<payout::Look>,
    /// The merchants that it ended with.
    pub(super) until: Vec<(Errand, MerchantId)>,
}

/// Due payouts, as many as there is room for.
pub(super) fn find(
    connection: &Connection,
    sealer: &Sealer,
    directory: &Directory,
    wanted: &Wanted,
) -> Result<Due> {
    let mut look = Look { connection, wanted, waiting: Vec::new(), until: Vec::new() };
    look.approved(directory)?;
    look.dispatched()?;
    let Look { waiting, until, .. } = look;
    let mut found = Vec::new();
    for (one, share) in shares(wanted, directory, waiting) {
        fetch(connection, sealer, wanted.at, (&one, share), &mut found)?;
    }
    found.sort_by_key(|(due_at, look)| (*due_at, look.movable()));
    let payouts = found.into_iter().map(|(_, look)| look).collect();
    Ok(Due { payouts, until })
}

/// A look at those who wait.
struct Look<'a> {
    connection: &'a Connection,
    wanted: &'a Wanted,
    waiting: Vec<Waiting>,
    until: Vec<(Errand, MerchantId)>,
}

impl Look<'_> {
    /// Merchants with approved payouts: those behind the last one served, then the others.
    fn approved(&mut self, directory: &Directory) -> Result<()> {
        let served = begin(&self.wanted.due_payouts, Errand::Send).0;
        let (mut place, mut most) = ((served, None), i64::MAX);
        for _ in 0..LOOK {
            match self.next_approved(&place)?.filter(|(merchant, _)| *merchant <= most) {
                Some((merchant, channel)) => {
                    self.add_approved(directory, MerchantId(merchant), &channel);
                    place = (merchant, Some(channel));
                }
                None if most == i64::MAX => (place, most) = ((i64::MIN, None), served),
                None => return Ok(()),
            }
        }
        self.until.push((Errand::Send, MerchantId(place.0)));
        Ok(())
    }

    /// The merchant and channel after a place, which may be behind all channels of a merchant.
    fn next_approved(&self, place: &(i64, Option<String>)) -> Result<Option<(i64, String)>> {
        let (merchant, channel) = place;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        if let Some(channel) = channel {
            let mut next = self.connection.prepare_cached(NEXT_CHANNEL)?;
            let found = next.query_row(params![merchant, channel], read).optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let mut next = self.connection.prepare_cached(NEXT_APPROVED)?;
        Ok(next.query_row([merchant], read).optional()?)
    }

    /// Notes an approved line, unless no rail of its has a place left.
    fn add_approved(&mut self, directory: &Directory, merchant: MerchantId, channel: &str) {
        let one = Waiting::Approved { merchant, channel: ChannelCode::from(channel) };
        let free = one.line(directory).is_some_and(|line| {
            self.wanted.due_payouts.iter().any(|room| room.has_free(&line.rail, line.errand))
        });
        if free {
            self.waiting.push(one);
        }
    }

    fn dispatched(&mut self) -> Result<()> {
        let mut statement = self.connection.prepare_cached(HEADS)?;
        let mut rows = statement.query([self.wanted.at.micros(), limit(HEAD)])?;
        let (mut heads, mut count) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let rail: String = row.get(1)?;
            heads.push(Waiting::Dispatched {
                merchant: MerchantId(row.get(0)?),
                rail: RailCode::from(rail.as_str()),
                progress: row.get(2)?,
            });
            count += 1;
        }
        heads.sort_unstable();
        heads.dedup();
        if count < HEAD {
            self.waiting.extend(heads);
            return Ok(());
        }
        for rail in self.rails()? {
            for progress in ALL_PROGRESS {
                if has_free(&self.wanted.due_payouts, &rail, progress) {
                    self.merchants(&rail, progress)?;
                }
            }
        }
        Ok(())
    }

    fn rails(&self) -> Result<Vec<RailCode>> {
        let mut next = self.connection.prepare_cached(NEXT_RAIL)?;
        let mut rails: Vec<RailCode> = Vec::new();
        loop {
            let last = rails.last().map_or("", |rail| rail.as_str());
            let found: Option<String> = next.query_row([last], |row| row.get(0)).optional()?;
            match found {
                Some(rail) => rails.push(RailCode::from(rail.as_str())),
                None => return Ok(rails),
            }
        }
    }

    /// Merchants of whose payouts that got so far with a rail one is due.
    fn merchants(&mut self, rail: &RailCode, progress: &str) -> Result<()> {
        let errand = errand(progress);
        let served = begin(&self.wanted.due_payouts, errand);
        let mut next = self.connection.prepare_cached(NEXT_MERCHANT)?;
        let (mut place, mut most) = (served.0, i64::MAX);
        for _ in 0..LOOK {
            let under = params![rail.as_str(), progress, place];
            let found: Option<(i64, i64)> =
                next.query_row(under, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            match found.filter(|(merchant, _)| *merchant <= most) {
                Some((merchant, due_at)) => {
                    place = merchant;
                    if due_at <= self.wanted.at.micros() {
                        let (rail, progress) = (rail.clone(), progress.to_owned());
                        let merchant = MerchantId(merchant);
                        self.waiting.push(Waiting::Dispatched { merchant, rail, progress });
                    }
                }
                None if most == i64::MAX => (place, most) = (i64::MIN, served.0),
                None => return Ok(()),
            }
        }
        self.until.push((errand, MerchantId(place)));
        Ok(())
    }
}

/// Adds the longest due of those that wait together.
fn fetch(
    connection: &Connection,
    sealer: &Sealer,
    at: Timestamp,
    (waiting, share): (&Waiting, usize),
    found: &mut Vec<(Option<i64>, payout::Look)>,
) -> Result<()> {
    let rest = match waiting {
        Waiting::Approved { .. } => APPROVED,
        Waiting::Dispatched { .. } => DISPATCHED,
    };
    let mut statement = connection.prepare_cached(&payout::select_to_move(rest))?;
    let share = limit(share);
    let mut rows = match waiting {
        Waiting::Approved { merchant, channel } => {
            statement.query(params![merchant.0, channel.as_str(), share])?
        }
        Waiting::Dispatched { merchant, rail, progress } => {
            statement.query(params![rail.as_str(), progress, merchant.0, at.micros(), share])?
        }
    };
    while let Some(row) = rows.next()? {
        found.push((payout::due_at(row)?, payout::look(row, sealer)?));
    }
    Ok(())
}
