//! The simulator's journal: what a crash of the program leaves, and what is damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use vezne_core::model::rail::PaymentOrder;
use vezne_core::port::Rail as _;
use vezne_outbound::SettingsError;
use vezne_outbound::rail::simulator::{Simulator, SimulatorSettings};

use crate::contract::{Kind, at, kind, later, order};

struct Desk {
    _folder: TempDir,
    path: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("simulator.jsonl");
        Self { _folder: folder, path }
    }

    fn open(&self) -> Simulator {
        open(&self.path).expect("a journal")
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.path).expect("a journal");
        text.lines().map(str::to_owned).collect()
    }
}

fn open(path: &Path) -> Result<Simulator, SettingsError> {
    let journal = Some(path.to_owned());
    Simulator::open(SimulatorSettings { journal, ..SimulatorSettings::default() })
}

#[tokio::test]
async fn the_truth_outlives_the_program() {
    let desk = Desk::new();
    let first = desk.open();
    for payout in 0..8 {
        first.send(&order(payout, 25_000 + payout, 0)).await;
    }
    drop(first);
    let again = desk.open();
    for (payout, early, late) in [
        (0, Kind::Settled, Kind::Settled),
        (1, Kind::Refused, Kind::Refused),
        (2, Kind::Accepted, Kind::Settled),
        (3, Kind::InDoubt, Kind::Settled),
        (4, Kind::InDoubt, Kind::InDoubt),
        (5, Kind::Settled, Kind::Settled),
        (6, Kind::NeverReceived, Kind::NeverReceived),
        (7, Kind::Accepted, Kind::Refused),
        (8, Kind::NeverReceived, Kind::NeverReceived),
    ] {
        let order = order(payout, 25_000 + payout, 0);
        assert_eq!(kind(&again.status(&later(&order, 1)).await), early, "{payout}");
        assert_eq!(kind(&again.status(&later(&order, 99)).await), late, "{payout}");
    }
    assert_eq!(again.returns(at(99)).await.len(), 1);
    // The send that never arrived is remembered as well: the next one arrives.
    assert_eq!(kind(&again.send(&order(6, 25_006, 1)).await), Kind::Settled);
    assert_eq!(again.duplicates(), 0);
}

#[tokio::test]
async fn every_send_is_a_line_with_its_number_and_no_personal_data() {
    let desk = Desk::new();
    for send in 1..=3_u64 {
        let simulator = desk.open();
        simulator.send(&order(1, 25_000, 5)).await;
        assert_eq!(simulator.duplicates(), send - 1);
    }
    let expected: Vec<String> = (1..=3)
        .map(|send| {
            format!(
                r#"{{"reference":"VZ0000000001","payout":1,"amount_minor":25000,"currency":"TRY","behaviour":"settle","at_micros":5000000,"send":{send},"received":true,"content":"eede9d54d83a5ba86c62b9453ef0c49b","differs":false}}"#
            )
        })
        .collect();
    assert_eq!(desk.lines(), expected);
    assert_eq!(desk.open().duplicates(), 2);
}

#[tokio::test]
async fn a_torn_last_line_was_never_written_wherever_it_is_torn() {
    let desk = Desk::new();
    let simulator = desk.open();
    simulator.send(&order(1, 25_000, 0)).await;
    simulator.send(&order(2, 25_000, 0)).await;
    drop(simulator);
    let whole = fs::read(&desk.path).unwrap();
    let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for length in first..whole.len() {
        fs::write(&desk.path, &whole[..length]).unwrap();
        let simulator = desk.open();
        assert_eq!(kind(&simulator.status(&order(1, 25_000, 0)).await), Kind::Settled);
        assert_eq!(kind(&simulator.status(&order(2, 25_000, 0)).await), Kind::NeverReceived);
        assert_eq!(kind(&simulator.send(&order(2, 25_000, 0)).await), Kind::Settled);
        assert_eq!((fs::read(&desk.path).unwrap(), simulator.duplicates()), (whole.clone(), 0));
    }
}

/// An order's size in a full line, so that every further one is written shorter.
const EACH_TIME: u64 = 100;

fn open_short(path: &Path) -> Simulator {
    let journal = Some(path.to_owned());
    let settings = SimulatorSettings { shorten_journal_from: EACH_TIME, journal, ..settings() };
    Simulator::open(settings).expect("a journal")
}

fn settings() -> SimulatorSettings {
    SimulatorSettings::default()
}

#[tokio::test]
async fn a_long_journal_is_written_shorter_and_says_the_same() {
    let desk = Desk::new();
    let first = desk.open();
    for payout in 0..8 {
        first.send(&order(payout, 25_000 + payout, 0)).await;
        first.send(&order(payout, 25_000 + payout, 1)).await;
    }
    let (before, lines) = (fs::read(&desk.path).unwrap(), desk.lines());
    let again = open_short(&desk.path);
    let short = fs::read(&desk.path).unwrap();
    assert!(short.len() * 3 < before.len() * 2, "{} of {}", short.len(), before.len());
    assert_eq!(desk.lines().len(), lines.len());
    let first_line = r#"["VZ0000000000",0,25000,"TRY","settle",0,1,true,""#;
    assert!(desk.lines()[0].starts_with(first_line), "{}", desk.lines()[0]);
    assert!(!desk.path.with_extension("jsonl.new").exists());
    // One that has the first file open notices that another has taken its place.
    for node in [&first, &again, &desk.open()] {
        for payout in 0..9 {
            let order = later(&order(payout, 25_000 + payout, 0), 99);
            let expected = match payout {
                1 | 7 => Kind::Refused,
                4 => Kind::InDoubt,
                8 => Kind::NeverReceived,
                _ => Kind::Settled,
            };
            assert_eq!(kind(&node.status(&order).await), expected, "{payout}");
        }
        assert_eq!(node.duplicates(), 7);
    }
    // Another order under a reference is still known for another one.
    let known = order(20, 25_000, 5);
    let other = PaymentOrder { amount: order(20, 25_100, 5).amount, ..known };
    // And adds to the one that stands there now.
    for (node, payout) in [(&first, 20), (&again, 21), (&first, 22)] {
        assert_eq!(kind(&node.send(&order(payout, 25_000, 5)).await), Kind::Settled);
    }
    drop((first, again));
    let last = open_short(&desk.path);
    for payout in [20, 21, 22] {
        assert_eq!(kind(&last.status(&order(payout, 25_000, 5)).await), Kind::Settled);
    }
    assert_eq!((desk.lines().len(), last.duplicates()), (19, 7));
    assert_eq!(kind(&last.send(&other).await), Kind::InDoubt);
    drop(last);
    let known = open_short(&desk.path);
    assert_eq!(kind(&known.status(&other).await), Kind::InDoubt);
    assert_eq!(kind(&known.status(&order(20, 25_000, 5)).await), Kind::Settled);
    assert_eq!(kind(&known.send(&other).await), Kind::InDoubt);
}

/// A crash may leave a draft; the file itself is the old one until it is the new one.
#[tokio::test]
async fn a_draft_that_a_crash_left_is_no_journal() {
    let desk = Desk::new();
    let simulator = desk.open();
    simulator.send(&order(1, 25_000, 0)).await;
    drop(simulator);
    let draft = desk.path.with_extension("jsonl.new");
    fs::write(&draft, "[\"VZ00").unwrap();
    let simulator = open_short(&desk.path);
    assert!(!draft.exists());
    assert_eq!(kind(&simulator.status(&order(1, 25_000, 0)).await), Kind::Settled);
    assert_eq!(
        desk.lines(),
        [
            r#"["VZ0000000001",1,25000,"TRY","settle",0,1,true,"eede9d54d83a5ba86c62b9453ef0c49b",false]"#
        ]
    );
}

/// Where no draft can be written, the journal stays as it is and goes on.
#[tokio::test]
async fn a_journal_that_cannot_be_shortened_goes_on() {
    let desk = Desk::new();
    fs::create_dir_all(desk.path.with_extension("jsonl.new").join("in the way")).unwrap();
    let simulator = open_short(&desk.path);
    for payout in 1..=3 {
        assert_eq!(kind(&simulator.send(&order(payout, 25_000, 0)).await), Kind::Settled);
    }
    assert_eq!(desk.open().duplicates(), 0);
    assert!(desk.lines().iter().all(|line| line.starts_with('{')));
    assert_eq!(desk.lines().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_shorten_a_shared_journal_lose_nothing() {
    let desk = Desk::new();
    let nodes = [Arc::new(open_short(&desk.path)), Arc::new(open_short(&desk.path))];
    let mut tasks = Vec::new();
    for payout in 0..40 {
        let [one, other] = nodes.clone();
        tasks.push(tokio::spawn(async move {
            let order = order(payout, 25_000, 0);
            assert_eq!(kind(&one.send(&order).await), Kind::Settled);
            assert_eq!(kind(&other.status(&order).await), Kind::Settled);
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(desk.lines().len(), 40);
    assert!(nodes.iter().all(|node| node.duplicates() == 0));
}

#[tokio::test]
async fn what_is_no_journal_is_not_opened() {
    let desk = Desk::new();
    desk.open().send(&order(1, 25_000, 0)).await;
    let line = format!("{}\n", desk.lines()[0]);
    for text in [
        "hello\n".to_owned(),
        format!("{line}\n{line}"),
        format!("{line}{{}}\n{line}"),
        line.replace("settle", "dance"),
    ] {
        fs::write(&desk.path, &text).unwrap();
        let error = open(&desk.path).err();
        assert!(matches!(error, Some(SettingsError::Journal { .. })), "{text}");
        assert_eq!(fs::read_to_string(&desk.path).unwrap(), text, "it is left for a person to see");
    }
    let missing = desk.path.join("nowhere");
    assert!(matches!(open(&missing).err(), Some(SettingsError::Journal { .. })));
}

#[tokio::test]
async fn a_journal_that_lost_lines_leaves_everything_in_doubt() {
    let desk = Desk::new();
    let simulator = desk.open();
    simulator.send(&order(1, 25_000, 0)).await;
    fs::write(&desk.path, "").unwrap();
    assert_eq!(kind(&simulator.status(&order(2, 25_000, 0)).await), Kind::InDoubt);
    assert_eq!(kind(&simulator.send(&order(2, 25_000, 0)).await), Kind::InDoubt);
    assert_eq!(simulator.returns(at(99)).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_share_a_journal_know_each_others_orders() {
    let desk = Desk::new();
    let nodes = [Arc::new(desk.open()), Arc::new(desk.open())];
    let mut tasks = Vec::new();
    for payout in 0..40 {
        let [one, other] = nodes.clone();
        tasks.push(tokio::spawn(async move {
            let order = order(payout, 25_000, 0);
            assert_eq!(kind(&one.send(&order).await), Kind::Settled);
            assert_eq!(kind(&other.status(&order).await), Kind::Settled);
            assert_eq!(kind(&other.send(&order).await), Kind::Settled);
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for node in nodes {
        node.status(&order(0, 25_000, 0)).await;
        assert_eq!(node.duplicates(), 40);
    }
    assert_eq!(desk.lines().len(), 80);
}

/// Linux has a file that takes no byte. What was half written cannot be undone there either.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_leaves_everything_in_doubt() {
    let simulator = open(Path::new("/dev/full")).expect("an empty journal");
    let order = order(1, 25_000, 0);
    assert_eq!(kind(&simulator.status(&order).await), Kind::NeverReceived);
    assert_eq!(kind(&simulator.send(&order).await), Kind::InDoubt);
    assert_eq!(kind(&simulator.status(&order).await), Kind::InDoubt);
    assert_eq!(kind(&simulator.send(&order).await), Kind::InDoubt);
}

/// Written together, each order is a line of its own, and the second send of one is known for that.
#[tokio::test]
async fn sends_that_come_together_are_told_apart() {
    let desk = Desk::new();
    let simulator = Arc::new(desk.open());
    let mut sends = tokio::task::JoinSet::new();
    for payout in (0..20).chain(0..20) {
        let simulator = Arc::clone(&simulator);
        sends.spawn(async move { simulator.send(&order(payout, 25_000, 0)).await });
    }
    let answers = sends.join_all().await;
    assert!(answers.iter().all(|answer| kind(answer) == Kind::Settled), "{answers:?}");
    assert_eq!((answers.len(), simulator.duplicates()), (40, 20));
    drop(simulator);
    assert_eq!(desk.open().duplicates(), 20, "the file says the same");
}
