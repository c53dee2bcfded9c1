//! Payouts that are due: found merchant by merchant, so that nobody's backlog is walked through to
//! find what others wait for, and each node passes over what another has in hand.
//!
//! Approved payouts are due at once, whatever the clock says. Of dispatched ones the longest due
//! are looked at first; only when those are too many to be all, the merchants behind them are gone
//! through as well. So one to three turns to the server, the last of which takes the payouts.

use std::sync::LazyLock;

use tokio_postgres::types::Type;
use vezne_core::engine::room::Errand;
use vezne_core::engine::view::Wanted;
use vezne_core::model::identifier::{ChannelCode, MerchantId, RailCode};

use super::due::limit;
use super::session::{Answer, Query, Session, Sql, parameters};
use super::statements::leak;
use crate::row::waiting::{ALL_PROGRESS, Waiting, begin, errand, has_free};
use crate::row::{self, Result, get};

/// Merchants with channels, or with a rail, that one look goes past at most. Each is a look into
/// every month.
const LOOK: usize = 512;

/// The longest due dispatched payouts that are looked at before merchants are gone through.
const HEAD: usize = 512;

/// Merchants with approved payouts, each with a channel, after a merchant and up to another.
static APPROVED: Sql = Sql {
    text: "WITH RECURSIVE line AS ( \
             (SELECT merchant_id, channel FROM payout WHERE state = 'approved' \
              AND set_aside_at IS NULL AND (merchant_id, channel) > ($1, '') \
              ORDER BY merchant_id, channel LIMIT 1) \
             UNION ALL \
             SELECT next.merchant_id, next.channel FROM line CROSS JOIN LATERAL ( \
                 SELECT merchant_id, channel FROM payout WHERE state = 'approved' \
                 AND set_aside_at IS NULL \
                 AND (merchant_id, channel) > (line.merchant_id, line.channel) \
                 ORDER BY merchant_id, channel LIMIT 1) AS next \
             WHERE next.merchant_id <= $2) \
         SELECT merchant_id, channel FROM line WHERE merchant_id <= $2 LIMIT $3",
    types: &[Type::INT8, Type::INT8, Type::INT8],
};

static HEADS: Sql = Sql {
    text: "SELECT merchant_id, rail, progress FROM payout \
         WHERE progress IS NOT NULL AND set_aside_at IS NULL AND due_at <= $1 \
         ORDER BY due_at LIMIT $2",
    types: &[Type::INT8, Type::INT8],
};

/// The rails that dispatched payouts are with.
static RAILS: Sql = Sql {
    text: "WITH RECURSIVE one AS ( \
             (SELECT rail FROM payout WHERE progress IS NOT NULL AND set_aside_at IS NULL \
              ORDER BY rail LIMIT 1) \
             UNION ALL \
             SELECT next.rail FROM one CROSS JOIN LATERAL ( \
                 SELECT rail FROM payout WHERE progress IS NOT NULL AND set_aside_at IS NULL \
                 AND rail > one.rail \
                 ORDER BY rail LIMIT 1) AS next) \
         SELECT rail FROM one",
    types: &[],
};

/// Merchants with payouts that got so far with a rail, after a merchant and up to another, each
/// with the moment of the first one.
static MERCHANTS: Sql = Sql {
    text: "WITH RECURSIVE one AS ( \
             (SELECT merchant_id, due_at FROM payout WHERE rail = $1 AND progress = $2 \
              AND set_aside_at IS NULL AND merchant_id > $3 ORDER BY merchant_id, due_at LIMIT 1) \
             UNION ALL \
             SELECT next.merchant_id, next.due_at FROM one CROSS JOIN LATERAL ( \
                 SELECT merchant_id, due_at FROM payout WHERE rail = $1 AND progress = $2 \
                 AND set_aside_at IS NULL AND merchant_id > one.merchant_id \
                 ORDER BY merchant_id, due_at LIMIT 1) AS next \
             WHERE next.merchant_id <= $4) \
         SELECT merchant_id, due_at FROM one WHERE merchant_id <= $4 LIMIT $5",
    types: &[Type::TEXT, Type::TEXT, Type::INT8, Type::INT8, Type::INT8],
};

static TAKE_APPROVED: LazyLock<Sql> = LazyLock::new(|| {
    let due = row::payout::select_to_move(
        "WHERE state = 'approved' AND merchant_id = asked.waiting_merchant \
         AND channel = asked.waiting_channel AND set_aside_at IS NULL \
         ORDER BY due_at, id LIMIT asked.share FOR UPDATE SKIP LOCKED",
    );
    Sql {
        text: leak(format!(
            "SELECT due.* FROM unnest($1, $2, $3) AS asked (waiting_merchant, waiting_channel, \
             share) CROSS JOIN LATERAL ({due}) AS due"
        )),
        types: &[Type::INT8_ARRAY, Type::TEXT_ARRAY, Type::INT8_ARRAY],
    }
});

static TAKE_DISPATCHED: LazyLock<Sql> = LazyLock::new(|| {
    let due = row::payout::select_to_move(
        "WHERE rail = asked.waiting_rail AND progress = asked.waiting_progress \
         AND merchant_id = asked.waiting_merchant AND due_at <= $5 AND set_aside_at IS NULL \
         ORDER BY due_at, id LIMIT asked.share FOR UPDATE SKIP LOCKED",
    );
    Sql {
        text: leak(format!(
            "SELECT due.* FROM unnest($1, $2, $3, $4) AS asked (waiting_merchant, waiting_rail, \
             waiting_progress, share) CROSS JOIN LATERAL ({due}) AS due"
        )),
        types: &[
            Type::INT8_ARRAY,
            Type::TEXT_ARRAY,
            Type::TEXT_ARRAY,
            Type::INT8_ARRAY,
            Type::INT8,
        ],
    }
});

/// Those who wait, and where the look at merchants ended if it did not get round.
#[derive(Default)]
pub(super) struct Look {
    /// Those who wait.
    pub(super) waiting: Vec<Waiting>,
    /// The merchants that it ended with.
    pub(super) until: Vec<(Errand, MerchantId)>,
}

/// What is asked before anything is known: who has approved payouts, behind the merchant that was
/// served last and before it, what of the dispatched ones is due longest, and their rails. Nothing,
/// when no payouts are wanted.
pub(super) fn first_look(wanted: &Wanted) -> Vec<Query> {
    if wanted.due_payouts.is_empty() {
        return Vec::new();
    }
    let served = begin(&wanted.due_payouts, Errand::Send).0;
    let (behind, look) = (served.saturating_add(1), limit(LOOK));
    vec![
        Query::new(&APPROVED, parameters![behind, i64::MAX, look]),
        Query::new(&APPROVED, parameters![i64::MIN, served, look]),
        Query::new(&HEADS, parameters![wanted.at.micros(), limit(HEAD)]),
        Query::new(&RAILS, parameters![]),
    ]
}

impl Look {
    /// Reads the answers, and goes through merchants if what is due longest is not all.
    pub(super) async fn finish(
        session: &Session,
        wanted: &Wanted,
        answers: &[Answer],
    ) -> Result<Self> {
        let mut look = Self::default();
        let mut answers = answers.iter();
        for answer in answers.by_ref().take(2) {
            look.approved(answer)?;
        }
        let heads = answers.next().map_or(&[][..], |answer| &answer.rows);
        if heads.len() < HEAD {
            for row in heads {
                let (merchant, rail) = (MerchantId(get(row, 0)?), row::text(row, 1)?.into());
                look.waiting.push(Waiting::Dispatched { merchant, rail, progress: get(row, 2)? });
            }
            look.waiting.sort_unstable();
            look.waiting.dedup();
            return Ok(look);
        }
        let rails = answers.next().map_or(&[][..], |answer| &answer.rows);
        for row in rails {
            look.merchants(session, wanted, &row::text(row, 0)?.into()).await?;
        }
        Ok(look)
    }

    fn approved(&mut self, answer: &Answer) -> Result<()> {
        for row in &answer.rows {
            let (merchant, channel) =
                (MerchantId(get(row, 0)?), ChannelCode::from(row::text(row, 1)?));
            self.waiting.push(Waiting::Approved { merchant, channel });
        }
        self.end(Errand::Send, answer)
    }

    /// Remembers where a look ended that met as many as it may.
    fn end(&mut self, errand: Errand, answer: &Answer) -> Result<()> {
        if let Some(row) = answer.rows.last().filter(|_| answer.rows.len() == LOOK) {
            self.until.push((errand, MerchantId(get(row, 0)?)));
        }
        Ok(())
    }

    /// Goes through the merchants of a rail, behind the one served last and before it.
    async fn merchants(
        &mut self,
        session: &Session,
        wanted: &Wanted,
        rail: &RailCode,
    ) -> Result<()> {
        let free = |progress: &&str| has_free(&wanted.due_payouts, rail, progress);
        let all: Vec<&str> = ALL_PROGRESS.into_iter().filter(free).collect();
        let ask = |progress: &str, (after, most): (i64, i64)| {
            let (rail, progress) = (rail.as_str().to_owned(), progress.to_owned());
            Query::new(&MERCHANTS, parameters![rail, progress, after, most, limit(LOOK)])
        };
        let queries: Vec<Query> = all
            .iter()
            .flat_map(|progress| {
                let served = begin(&wanted.due_payouts, errand(progress)).0;
                [(served, i64::MAX), (i64::MIN, served)].map(|reach| ask(progress, reach))
            })
            .collect();
        let answers = session.run(&queries).await?;
        for (progress, answers) in all.iter().zip(answers.chunks(2)) {
            for answer in answers {
                self.due_merchants(wanted, (rail, progress), answer)?;
            }
        }
        Ok(())
    }

    fn due_merchants(
        &mut self,
        wanted: &Wanted,
        (rail, progress): (&RailCode, &str),
        answer: &Answer,
    ) -> Result<()> {
        for row in &answer.rows {
            if get::<i64>(row, 1)? <= wanted.at.micros() {
                let (merchant, rail) = (MerchantId(get(row, 0)?), rail.clone());
                let progress = progress.to_owned();
                self.waiting.push(Waiting::Dispatched { merchant, rail, progress });
            }
        }
        self.end(errand(progress), answer)
    }
}

/// Takes the longest due of each of those that wait.
pub(super) fn take(wanted: &Wanted, shares: Vec<(Waiting, usize)>) -> [Query; 2] {
    let (mut merchants, mut channels, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut owners, mut rails) = (Vec::new(), Vec::new());
    let (mut progresses, mut rests) = (Vec::new(), Vec::new());
    for (waiting, share) in shares {
        match waiting {
            Waiting::Approved { merchant, channel } => {
                merchants.push(merchant.0);
                channels.push(channel.as_str().to_owned());
                counts.push(limit(share));
            }
            Waiting::Dispatched { merchant, rail, progress } => {
                owners.push(merchant.0);
                rails.push(rail.as_str().to_owned());
                progresses.push(progress);
                rests.push(limit(share));
            }
        }
    }
    let dispatched = parameters![owners, rails, progresses, rests, wanted.at.micros()];
    [
        Query::new(&TAKE_APPROVED, parameters![merchants, channels, counts]),
        Query::new(&TAKE_DISPATCHED, dispatched),
    ]
}
