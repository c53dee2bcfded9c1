//! What the limits of requests count, told from node to node through two tables that need not last.

use std::net::IpAddr;
use std::time::Duration;

use deadpool::managed::Object;
use tokio::time::timeout;
use tokio_postgres::types::Type;
use vezne_core::model::identifier::{MerchantId, NodeId};
use vezne_core::model::usage::{NODE_SILENCE, Usage, UsageSubject, merged};
use vezne_core::port::Fault;

use super::session::{Query, Session, Sql, parameters};
use super::{Desk, of_pool};
use crate::row::{Result, Row, get, text, unknown};

/// So long each step of an exchange may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Nothing of this need last, and one exchange at a time: each tells all others, so two could wait
/// for each other's rows.
static ALONE: Sql = Sql {
    text: "SELECT set_config('synchronous_commit', 'off', TRUE), \
         set_config('lock_timeout', '1s', TRUE), pg_advisory_xact_lock(7311007)",
    types: &[],
};

static FORGET_SILENT: Sql = Sql {
    text: "DELETE FROM usage_node WHERE seen_at < clock_timestamp() - make_interval(secs => $1)",
    types: &[Type::INT8],
};

static FORGET_POST: Sql = Sql {
    text: "DELETE FROM usage_post WHERE recipient NOT IN (SELECT node FROM usage_node)",
    types: &[],
};

static HEAR: Sql = Sql {
    text: "DELETE FROM usage_post WHERE recipient = $1 RETURNING subject, count",
    types: &[Type::BYTEA],
};

static TAKE_PART: Sql = Sql {
    text: "INSERT INTO usage_node (node, seen_at) VALUES ($1, clock_timestamp()) \
         ON CONFLICT (node) DO UPDATE SET seen_at = excluded.seen_at",
    types: &[Type::BYTEA],
};

static TELL: Sql = Sql {
    text: "INSERT INTO usage_post (recipient, subject, count) \
         SELECT n.node, used.subject, used.count \
         FROM usage_node AS n CROSS JOIN unnest($2, $3) AS used (subject, count) \
         WHERE n.node <> $1 \
         ON CONFLICT (recipient, subject) DO UPDATE SET count = usage_post.count + excluded.count",
    types: &[Type::BYTEA, Type::TEXT_ARRAY, Type::INT8_ARRAY],
};

/// Tells and hears, up to the commit.
pub(super) async fn exchange(
    session: &Session,
    node: &NodeId,
    used: &[Usage],
) -> Result<Vec<Usage>> {
    session.begin(&Query::new(&ALONE, Vec::new())).await?;
    let own = || node.as_bytes().to_vec();
    let subjects: Vec<String> = used.iter().map(|usage| code(usage.subject)).collect();
    let counts: Vec<i64> = used.iter().map(|usage| usage.count.into()).collect();
    let silence = NODE_SILENCE.as_secs();
    let queries = [
        Query::new(&FORGET_SILENT, parameters![i64::try_from(silence).unwrap_or(i64::MAX)]),
        Query::new(&FORGET_POST, Vec::new()),
        Query::new(&HEAR, parameters![own()]),
        Query::new(&TAKE_PART, parameters![own()]),
        Query::new(&TELL, parameters![own(), subjects, counts]),
    ];
    let answers = session.run(&queries).await?;
    let heard = answers.get(2).map_or(&[][..], |heard| &heard.rows);
    let heard = heard.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(merged(heard))
}

fn code(subject: UsageSubject) -> String {
    match subject {
        UsageSubject::Merchant(id) => format!("merchant {id}"),
        UsageSubject::FailedLogin(network) => format!("login {network}"),
    }
}

fn read(row: &impl Row) -> Result<Usage> {
    let subject = text(row, 0)?;
    let wrong = || unknown("subject of limits", subject);
    let (kind, whose) = subject.split_once(' ').ok_or_else(wrong)?;
    let subject = match kind {
        "merchant" => UsageSubject::Merchant(MerchantId(whose.parse().map_err(|_| wrong())?)),
        "login" => UsageSubject::FailedLogin(whose.parse::<IpAddr>().map_err(|_| wrong())?),
        _ => return Err(wrong()),
    };
    let count: i64 = get(row, 1)?;
    Ok(Usage { subject, count: u32::try_from(count).unwrap_or(u32::MAX) })
}

impl Desk {
    /// One exchange within its time. Nothing is durable, so a commit that nobody heard of counts as
    /// done: what is told twice would hold back a merchant that kept to its limit.
    pub(super) async fn share_usage(
        &self,
        node: &NodeId,
        used: &[Usage],
    ) -> std::result::Result<Vec<Usage>, Fault> {
        let late = |_| Fault("the nodes could not tell each other in time".to_owned());
        let session = timeout(PATIENCE, self.readers.get()).await.map_err(late)?;
        let session = session.map_err(|error| Fault(of_pool(error).to_string()))?;
        let heard = timeout(PATIENCE, exchange(&session, node, used)).await;
        let committed = match &heard {
            Ok(Ok(_)) => timeout(PATIENCE, session.batch("COMMIT")).await,
            Ok(Err(_)) | Err(_) => timeout(PATIENCE, session.batch("ROLLBACK")).await,
        };
        if !matches!(committed, Ok(Ok(()))) {
            drop(Object::take(session));
        }
        let heard = heard.map_err(late)??;
        Ok(if matches!(committed, Ok(Ok(()))) { heard } else { Vec::new() })
    }
}
