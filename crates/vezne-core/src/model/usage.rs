//! What the limits of requests count, as the nodes on one database tell it to each other.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::identifier::MerchantId;

#[cfg(test)]
mod tests;

/// The most subjects of one exchange, told or heard.
pub const MAX_USAGES: usize = 10_000;

/// A node that has exchanged nothing for so long is gone: nothing more waits for it.
pub const NODE_SILENCE: Duration = Duration::from_secs(60);

/// Who used something up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UsageSubject {
    /// A merchant, by requests.
    Merchant(MerchantId),
    /// A caller's network, by wrong logins: an IPv4 address, or the first of an IPv6 network.
    FailedLogin(IpAddr),
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Who.
    pub subject: UsageSubject,
    /// So many times.
    pub count: u32,
}

/// Each subject once, with all it used, in the order of subjects. Where there are more than
/// [`MAX_USAGES`], those that used least are left out: they are furthest from their limit.
pub fn merged(usages: impl IntoIterator<Item = Usage>) -> Vec<Usage> {
    let mut counts = BTreeMap::<UsageSubject, u32>::new();
    for Usage { subject, count } in usages {
        if count > 0 {
            let sum = counts.entry(subject).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    let all = counts.into_iter().map(|(subject, count)| Usage { subject, count });
    let mut all: Vec<_> = all.collect();
    if all.len() > MAX_USAGES {
        all.sort_by_key(|usage| std::cmp::Reverse(usage.count));
        all.truncate(MAX_USAGES);
        all.sort_by_key(|usage| usage.subject);
    }
    all
}
