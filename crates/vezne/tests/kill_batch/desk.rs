//! The desk with its two merchants: one whose requests are killed, and one who is left in peace.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection as Database, OpenFlags};
use tokio::time::Instant;
use vezne::control::request::{
    MerchantRequest, MerchantSettings, NewAccess, NewMerchant, Request, TermsSettings,
};
use vezne_wire::ccpayment::{TokenGranted, TokenRequest};
use vezne_wire::secret::SecretText;

use crate::batch::{Batch, LIMIT, SECRET};
use crate::dice::Dice;
use crate::program::Installation;
use crate::verdict::{Booked, Evidence};
use crate::wire::{Answer, Connection, post, post_with};

/// Both `app_id` and `merchant_key`.
const KILLED: &str = "killed";
const CONTROL: &str = "control";

/// Payouts stay as they were accepted.
const SETTINGS: [(&str, &str); 1] = [("VEZNE_DISPATCH_ENABLED", "false")];

/// What a merchant was booked after its first so many payouts, read without the program.
const BOOKED: &str = "SELECT reference, amount_minor, commission_minor, \
     coalesce(receiver_commission_minor, 0) FROM payout JOIN access USING (merchant_id) \
     WHERE login = ? ORDER BY payout.id LIMIT -1 OFFSET ?";

/// An installation, and what is known of it over all lives.
pub(crate) struct Desk {
    installation: Installation,
    database: PathBuf,
    /// Of the killed and of the control merchant; they outlive every process.
    tokens: [String; 2],
    payouts: i64,
}

impl Desk {
    /// Adds both merchants, on the same terms, and gets each a token.
    pub(crate) fn open(directory: &Path) -> Self {
        let installation = Installation::on_file(directory, &SETTINGS);
        let (serving, address) = installation.serve();
        let tokens = [KILLED, CONTROL].map(|merchant| {
            add(&installation, merchant);
            token(address, merchant)
        });
        drop(serving);
        Self { installation, database: directory.join("vezne.sqlite3"), tokens, payouts: 0 }
    }

    /// Sends a batch, kills the program within, starts it again and sends the same bytes twice.
    pub(crate) fn kill_and_repeat(&mut self, batch: &Batch, dice: &mut Dice) -> Evidence {
        let [killed, control] = [(KILLED, 0), (CONTROL, 1)].map(|(merchant, place)| {
            let line = format!("authorization: Bearer {}\r\n", self.tokens[place]);
            post_with("/api/cashout/tobank", &line, &batch.body(merchant))
        });
        let (control, first) = self.kill_within(batch.funds_minor(), &control, &killed, dice);
        let (serving, address) = self.installation.serve();
        let found = self.booked().len();
        let [again, once_more] =
            [(); 2].map(|()| send(address, &killed).expect("an answer in peace"));
        let payouts = self.booked();
        drop(serving);
        self.payouts += i64::try_from(payouts.len()).expect("a small number");
        Evidence { control, first, found, again, once_more, payouts }
    }

    /// One life: the control request, which shows how long one takes, and then the killed one.
    /// Half of the kills come at any moment of it, the others once the commit is on its way.
    fn kill_within(
        &self,
        funds_minor: i64,
        control: &[u8],
        killed: &[u8],
        dice: &mut Dice,
    ) -> (Answer, Option<Answer>) {
        let (serving, address) = self.installation.serve();
        [KILLED, CONTROL].iter().for_each(|name| top_up(&self.installation, name, funds_minor));
        let started = Instant::now();
        let control = send(address, control).expect("an answer in peace");
        let whole = started.elapsed();
        let log = self.log();
        let first = std::thread::scope(|scope| {
            let sending = scope.spawn(|| send(address, killed).ok());
            let within = if dice.chance(50) { whole * 6 / 5 } else { self.commit(log, whole) };
            std::thread::sleep(within * share(dice) / SHARES);
            drop(serving);
            sending.join().expect("the sender never panics")
        });
        (control, first)
    }

    /// Waits until the log is written to, and says within how much time more to kill.
    fn commit(&self, log: (u64, Option<SystemTime>), whole: Duration) -> Duration {
        let started = Instant::now();
        while self.log() == log && started.elapsed() < whole * 2 {
            std::thread::yield_now();
        }
        whole / 5
    }

    /// What tells one state of the write-ahead log from another.
    fn log(&self) -> (u64, Option<SystemTime>) {
        let log = std::fs::metadata(self.database.with_extension("sqlite3-wal"));
        log.map(|log| (log.len(), log.modified().ok())).unwrap_or_default()
    }

    /// The killed merchant's payouts of this cycle.
    fn booked(&self) -> Vec<Booked> {
        let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = Database::open_with_flags(&self.database, read_only).expect("it opens");
        let mut statement = database.prepare(BOOKED).expect("it is SQL");
        let booked = statement.query_map((KILLED, self.payouts), |row| {
            let (reference, amount_minor) = (row.get(0)?, row.get(1)?);
            Ok(Booked { reference, amount_minor, commissions_minor: [row.get(2)?, row.get(3)?] })
        });
        booked.and_then(Iterator::collect).expect("rows of payouts")
    }

    /// How many payouts the killed merchant has.
    pub(crate) fn payouts(&self) -> i64 {
        self.payouts
    }

    pub(crate) fn audit(&self) -> Result<(), String> {
        self.installation.audit()
    }

    pub(crate) fn warnings(&self) -> String {
        self.installation.warnings()
    }
}

/// What a whole waiting time is divided into.
const SHARES: u32 = 1_000;

fn share(dice: &mut Dice) -> u32 {
    u32::try_from(dice.below(SHARES.into())).expect("a small number")
}

fn add(installation: &Installation, merchant: &str) {
    let settings = MerchantSettings {
        approve_below: Some("none".to_owned()),
        brand: Some("iqmoney".to_owned()),
        ..MerchantSettings::default()
    };
    let (name, own) = (merchant.to_owned(), Some(merchant.to_owned()));
    let (app_id, app_secret, merchant_key) = (own.clone(), Some(SECRET.to_owned()), own);
    let access = NewAccess::Ccpayment { app_id, app_secret, merchant_key };
    let new = NewMerchant { name, access, settings, ..NewMerchant::default() };
    ask(installation, MerchantRequest::Add(new));
    let terms = TermsSettings {
        percent: Some("1.5".to_owned()),
        fixed: Some("1.00".to_owned()),
        receiver_percent: Some("0.7".to_owned()),
        maximum: Some(LIMIT.to_owned()),
        ..TermsSettings::default()
    };
    let (merchant, channel) = (merchant.to_owned(), "bank-transfer".to_owned());
    ask(installation, MerchantRequest::SetTerms { merchant, channel, terms });
}

fn top_up(installation: &Installation, merchant: &str, minor: i64) {
    let (merchant, note) = (merchant.to_owned(), "the next batch".to_owned());
    let amount = format!("{}.{:02}", minor / 100, minor % 100);
    ask(installation, MerchantRequest::TopUp { merchant, amount, note });
}

fn ask(installation: &Installation, request: MerchantRequest) {
    installation.ask(Request::Merchant(request)).expect("it is done");
}

fn token(address: SocketAddr, merchant: &str) -> String {
    let (app_id, app_secret) = (merchant.to_owned(), SecretText::new(SECRET));
    let request = post("/api/token", &TokenRequest { app_id, app_secret }.encode());
    let answer = send(address, &request).expect("an answer in peace");
    let granted = TokenGranted::decode(&answer.body).expect("a token");
    granted.token.expose().to_owned()
}

fn send(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut connection = Connection::open(address)?;
    connection.write(request)?;
    connection.answer()
}
