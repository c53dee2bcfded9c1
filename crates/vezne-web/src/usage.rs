//! What the limits let through, on its way to the other nodes on the database and back.

use vezne_core::model::directory::Directory;
use vezne_core::model::identifier::MerchantId;
use vezne_core::model::time::Timestamp;
use vezne_core::model::usage::{Usage, UsageSubject, merged};

use crate::limiter::Heard;
use crate::state::WebState;

impl WebState {
    /// What the limits let through here since the last call, to be told to the other nodes. After
    /// an outage, only what still counts.
    pub fn take_used(&self) -> Vec<Usage> {
        let (directory, late) = (self.store.directory(), self.hearing.late(self.clock.now()));
        let merchants = self.pace.take_used(|id| self.per_second(&directory, id), late);
        merged(merchants.into_iter().chain(self.failed_logins.take_used(late)))
    }

    /// Has it told with the next call of [`WebState::take_used`]: this time nobody heard of it.
    pub fn put_back(&self, used: &[Usage]) {
        let now = self.clock.now();
        for &Usage { subject, count } in used {
            match subject {
                UsageSubject::Merchant(id) => self.pace.put_back(id, count),
                UsageSubject::FailedLogin(network) => {
                    self.failed_logins.put_back(network, count, now);
                }
            }
        }
    }

    /// Counts what other nodes let through since the last call, which may be nothing.
    pub fn add_foreign(&self, used: &[Usage], now: Timestamp) {
        let (directory, late) = (self.store.directory(), self.hearing.late(now));
        self.hearing.heard(now);
        for &Usage { subject, count } in used {
            let heard = Heard { count, late, now: now.micros() };
            match subject {
                // One that nobody has seen here yet cannot ask here either.
                UsageSubject::Merchant(id) if directory.get(id).is_none() => {}
                UsageSubject::Merchant(id) => {
                    self.pace.add_foreign(id, self.per_second(&directory, id), heard);
                }
                UsageSubject::FailedLogin(network) => {
                    self.failed_logins.add_foreign(network, heard);
                }
            }
        }
    }

    fn per_second(&self, directory: &Directory, id: MerchantId) -> u32 {
        let own = directory.get(id).and_then(|merchant| merchant.requests_per_second);
        own.unwrap_or(self.settings.requests_per_second)
    }
}
