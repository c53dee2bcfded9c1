//! A desk made by an older program, kept as files: it opens, migrates, reads the same and has clean
//! books.
//!
//! The files under `tests/fixtures/2f93bd5` were made by the commit of that name: in a checkout of
//! the first commit after it that has this folder, whose program is the same,
//!
//! ```text
//! VEZNE_KEEP_DESK=crates/vezne/tests/fixtures/2f93bd5 \
//!     cargo test -p vezne --test restore a_desk_of_every_kind
//! ```

mod kinds;
mod shown;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vezne::control::request::{Request, SealRequest};
use vezne::control::view::Reply;

use crate::desk::Desk;
use crate::place::{self, Place, Store};
use shown::shown;

/// Where a desk that was made is to be kept.
const KEEP: &str = "VEZNE_KEEP_DESK";

/// The commit whose desk is kept.
const COMMIT: &str = "2f93bd5";

/// A folder's files that belong to a desk, but for its database.
const BESIDE: [&str; 2] = ["marker", "simulator.journal"];

/// What the database is kept as.
const FILE: &str = "vezne.sqlite3.gz";
const DUMP: &str = "vezne.sql.gz";

/// What the desk showed when it was made.
const SHOWN: &str = "shown.txt";

fn name(store: Store) -> &'static str {
    match store {
        Store::Sqlite => "sqlite",
        Store::Postgres => "postgres",
    }
}

#[test]
fn a_desk_of_every_kind_is_made_on_a_file() {
    make(Store::Sqlite);
}

#[test]
fn a_desk_of_every_kind_is_made_on_a_server() {
    make(Store::Postgres);
}

fn make(store: Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut desk = kinds::make(store).await;
        let text = shown(&desk).await;
        for kind in kinds::ALL {
            assert!(text.contains(kind), "nothing is {kind}:\n{text}");
        }
        desk.close().await;
        let report = desk.place().database(desk.folder()).audit().expect("the audit runs");
        assert!(report.is_clean(), "{report}");
        if let Ok(folder) = std::env::var(KEEP) {
            keep(&desk, &text, &repository().join(folder).join(name(store)));
        }
    });
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn keep(desk: &Desk, text: &str, folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join(SHOWN), text).expect("it is written");
    for beside in BESIDE {
        std::fs::copy(desk.folder().join(beside), folder.join(beside)).expect("it is copied");
    }
    match desk.place() {
        Place::File => {
            let file = std::fs::read(place::file(desk.folder())).expect("it is there");
            std::fs::write(folder.join(FILE), gzip("-9n", file)).expect("it is written");
        }
        Place::Server(database) => {
            let pg_dump = vezne_testbed::bin("pg_dump").expect("PostgreSQL's programs");
            let dump = Command::new(pg_dump)
                .args(["--no-owner", "--no-privileges", "-d", database.url()])
                .output()
                .expect("it runs");
            assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
            let dump = gzip("-9n", dump.stdout);
            std::fs::write(folder.join(DUMP), dump).expect("it is written");
        }
    }
}

/// Has gzip pack or unpack something.
fn gzip(flag: &str, input: Vec<u8>) -> Vec<u8> {
    let mut command = Command::new("gzip");
    command.args([flag, "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut gzip = command.spawn().expect("this machine has gzip");
    let mut stdin = gzip.stdin.take().expect("it is piped");
    // It may print before it has read everything.
    let fed = std::thread::spawn(move || stdin.write_all(&input));
    let output = gzip.wait_with_output().expect("it runs");
    fed.join().expect("nobody panics there").expect("it reads");
    assert!(output.status.success(), "gzip {flag}: {}", output.status);
    output.stdout
}

#[test]
fn an_old_desk_opens_on_a_file() {
    open(Store::Sqlite);
}

#[test]
fn an_old_desk_opens_on_a_server() {
    open(Store::Postgres);
}

fn open(store: Store) {
    let kept = repository().join("crates/vezne/tests/fixtures").join(COMMIT).join(name(store));
    let folder = tempfile::tempdir().expect("a folder");
    let place = unpack(store, &kept, folder.path());
    program(folder.path(), &place, "migrate");
    program(folder.path(), &place, "audit");
    let was = std::fs::read_to_string(kept.join(SHOWN)).expect("it is kept");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut desk = Desk::kept(folder, place).await;
        desk.clock.pass(kinds::LATER);
        let is = shown(&desk).await;
        assert_eq!(is, was, "it reads otherwise");
        kinds::repeat(&desk).await;
        confirm(&desk).await;
        kinds::work_on(&desk).await;
        desk.close().await;
        program(desk.folder(), desk.place(), "audit");
    });
}

/// A person has compared the payouts from before payouts were sealed. Until then none is sent.
async fn confirm(desk: &Desk) {
    let status = desk.command(Request::Seal(SealRequest::Status)).await;
    let Reply::Seals(seals) = status else { panic!("{status:?}") };
    assert!(!seals.confirmed && seals.waiting > 0, "{seals:?}");
    let (waiting, reason) = (seals.waiting, "compared with the merchants' lists".to_owned());
    desk.command(Request::Seal(SealRequest::Confirm { waiting, reason })).await;
}

/// Puts a copy of a kept desk into a folder.
fn unpack(store: Store, kept: &Path, folder: &Path) -> Place {
    for beside in BESIDE {
        std::fs::copy(kept.join(beside), folder.join(beside)).expect("it is kept");
    }
    if store == Store::Sqlite {
        let file = std::fs::read(kept.join(FILE)).expect("it is kept");
        std::fs::write(place::file(folder), gzip("-d", file)).expect("it is written");
        return Place::File;
    }
    let database = vezne_testbed::Database::fresh().expect("a database");
    let dump = gzip("-d", std::fs::read(kept.join(DUMP)).expect("it is kept"));
    let dump = String::from_utf8(dump).expect("a dump is text");
    vezne_testbed::psql(database.url(), &dump).expect("it is restored");
    Place::Server(database)
}

/// Runs a command of the program on a desk that nobody has open.
fn program(folder: &Path, place: &Place, verb: &str) {
    let mut command = crate::way::program(folder);
    if let Place::Server(database) = place {
        command.env("VEZNE_STORE_URL", database.url());
    }
    let output = command.arg(verb).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{verb}: {}{}", text(&output.stdout), text(&output.stderr));
}
