//! Nodes: the built program several times on one database, each in a directory of its own, and all
//! of them with one simulated bank.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use vezne_wire::bankopay::samples::{BANK_LIST_REQUEST, compact};

use crate::dice::Dice;
use crate::program::{Installation, Serving};
use crate::shop::Shop;
use crate::wire::{Connection, post};
use crate::{SITES, merchants};

/// How often a node is asked whether it knows a merchant.
const LOOKS: u32 = 5_000;

/// Short waits, so that what a fault leaves undone is taken up again within the run.
const SETTINGS: [(&str, &str); 18] = [
    ("VEZNE_MASTER_KEY", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"),
    ("VEZNE_STORE_WRITERS", "4"),
    ("VEZNE_STORE_READERS", "2"),
    ("VEZNE_DISPATCH_LEASE_SECONDS", "2"),
    ("VEZNE_DISPATCH_ASK_AGAIN_SECONDS", "1"),
    ("VEZNE_DISPATCH_ASK_AGAIN_MOST_SECONDS", "2"),
    ("VEZNE_DISPATCH_QUARANTINE_SECONDS", "10"),
    ("VEZNE_SIMULATOR_SETTLE_AFTER_SECONDS", "1"),
    ("VEZNE_SIMULATOR_REFUSE_AFTER_SECONDS", "1"),
    ("VEZNE_SIMULATOR_DOUBT_SECONDS", "1"),
    ("VEZNE_SIMULATOR_RETURN_AFTER_SECONDS", "1"),
    ("VEZNE_CALLBACKS_RETRY_SECONDS", SECONDS),
    ("VEZNE_CALLBACKS_REFUSED_RETRY_SECONDS", SECONDS),
    ("VEZNE_CALLBACKS_CONNECT_TIMEOUT_SECONDS", "1"),
    ("VEZNE_CALLBACKS_TOTAL_TIMEOUT_SECONDS", "2"),
    ("VEZNE_CALLBACKS_CONCURRENCY_PER_MERCHANT", "32"),
    ("VEZNE_CALLBACKS_HASH_THREADS", "1"),
    ("VEZNE_SERVER_DRAIN_SECONDS", "1"),
];

const SECONDS: &str = "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]";

/// Directories for nodes on one database.
pub(crate) struct Sites {
    folder: TempDir,
    url: String,
}

impl Sites {
    pub(crate) fn on(url: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: url.to_owned() }
    }

    /// An installation of its own on the database of all.
    pub(crate) fn installation(&self, number: usize) -> Installation {
        let journal = self.journal();
        let own = [
            ("VEZNE_STORE_URL", self.url.as_str()),
            ("VEZNE_SIMULATOR_JOURNAL_FILE", journal.to_str().unwrap()),
        ];
        let settings: Vec<_> = SETTINGS.into_iter().chain(own).collect();
        Installation::on_file(&self.folder.path().join(number.to_string()), &settings)
    }

    /// What the simulated bank of all nodes writes down.
    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("bank.journal")
    }

    /// Keeps the directories, for a look at them after a failure.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}

/// Nodes at work.
pub(crate) struct Nodes {
    pub(crate) installations: Vec<Installation>,
    pub(crate) addresses: Vec<SocketAddr>,
    running: Vec<Serving>,
    pub(crate) sites: Sites,
}

impl Nodes {
    /// Starts them one after the other; the first makes the schema.
    pub(crate) fn start(url: &str, count: usize) -> Self {
        let sites = Sites::on(url);
        let installations: Vec<_> = (0..count).map(|number| sites.installation(number)).collect();
        let (running, addresses) = installations.iter().map(Installation::serve).unzip();
        Self { installations, addresses, running, sites }
    }

    /// Opens the merchants' receivers, once every node knows the merchants.
    pub(crate) fn open_shops(&self, dice: &mut Dice) -> Vec<Shop> {
        let shops = merchants::open(&self.installations[0], dice);
        for address in &self.addresses {
            let mut connection = Connection::open(*address).unwrap();
            for site in SITES {
                let ask = compact(BANK_LIST_REQUEST).replace("1001", &site.to_string());
                let mut knows = || {
                    connection.write(&post("/api/bank-list/", ask.as_bytes())).unwrap();
                    connection.answer().unwrap().code == 200
                };
                assert!((0..LOOKS).any(|_| knows()), "a node does not know merchant {site}");
            }
        }
        shops
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.sites.journal()
    }

    /// What the nodes warned of.
    pub(crate) fn warnings(&self) -> String {
        self.installations.iter().map(Installation::warnings).collect::<Vec<_>>().join("--\n")
    }

    /// How often they warned of something.
    pub(crate) fn warned(&self, of: &str) -> u64 {
        let warnings = self.warnings();
        let lines = warnings.lines().filter(|line| line.contains(of));
        lines.filter_map(|line| line.split_once(" x ")?.0.trim().parse::<u64>().ok()).sum()
    }

    /// Stops a node in its tracks: nothing of it moves, and its connections stay open.
    pub(crate) fn stop(&self, node: usize) {
        self.signal("STOP", node);
    }

    /// Lets a stopped node go on.
    pub(crate) fn resume(&self, node: usize) {
        self.signal("CONT", node);
    }

    fn signal(&self, name: &str, node: usize) {
        let id = self.running[node].id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &id]).status();
        assert!(sent.unwrap().success(), "the node is there");
    }

    /// Fails with all complaints, and says where the nodes' directories are.
    pub(crate) fn blame(self, mut complaints: Vec<String>) {
        let count = complaints.len();
        if count == 0 {
            return;
        }
        println!("the nodes warned of:\n{}", self.warnings());
        drop(self.running);
        let kept = self.sites.keep();
        complaints.truncate(40);
        panic!("{count} complaints (see {}):\n{}", kept.display(), complaints.join("\n"));
    }
}

/// How many lines the simulated bank has written.
pub(crate) fn lines(journal: &Path) -> usize {
    std::fs::read_to_string(journal).unwrap_or_default().lines().count()
}
