//! The table language: what a group of commands is asked, and what it must answer.
//!
//! A table is text. Each line is one command, decided as a group of its own, with its answer after
//! `=>`; a line without an answer must merely not be refused. Lines between `group {` and `}` are
//! decided on one view and committed together. `#` begins a comment. Words with spaces stand in
//! double quotes. After every commit the invariants are checked, and a lone refusal of an action
//! must have left the book as it was.
//!
//! ```text
//! clock +3600s                         or a moment: clock 2026-11-21T20:59:59Z
//! merchant A credit=500.00             see `commands::set` for all settings
//! edit A suspended                     the same settings
//! terms A papara percent=1.5 day=90.00 see `commands::terms`
//! top-up A 1000.00                     => 1000.00          what is available then
//! submit A ref-1 papara 250.00         => accepted 1       or a refusal's code and amount
//! submit A ref-2 papara 5.00 same to=shop      its content is `same`, its callbacks go to `shop`
//! rotate-keys k2 overlap=60s young=9s  => yes              or no
//! approve 1                            => ok
//! reject 1 "Wrong name"                => ok
//! claim 5                              => send 1/1, query 2/1     payout/attempt
//! accept 1/1 RAIL-7 | not-sent 1/1 | in-doubt 1/1 "no answer"
//! settle 1/1 RAIL-7 | settle 1         by the rail for an attempt, or by a person
//! fail 1/1 "Closed account"            likewise
//! resolve 1 never-sent "statement"     or paid, or not-paid "why"; the evidence follows the id
//! return 1 "Account closed"            => ok
//! claim-callbacks A=2                  => 1/1              callback/attempt
//! keep-body 1 "bytes" | record 1/1 failed | resend 1
//! ```
//!
//! A batch is a block, one line per row, each with its answer; its last line has the answer of one
//! that is refused whole. `proof`, `content` and `twin` stand for digests, and each may be absent.
//!
//! ```text
//! batch A proof=p1 content=c1 twin=t1/60s {
//!     named ref-1 papara 10.00         => accepted 1
//!     unnamed made-1 papara 90.00      => insufficient-balance 90.00
//!     repeat ref-2 papara 20.00        => nothing          or replayed 1
//! }                                    or: } => proof-reused, or no-room
//! ```
//!
//! What stands in the book is said with `balance`, `day`, `payout`, `callback`, `refusal`,
//! `reviews`, `token-keys` and `trail` lines: see `facts`.

use std::time::Duration;

use super::book::Book;
use super::commands::{self, Asked};
use super::{facts, invariants};
use crate::engine::group::Group;
use crate::model::retention::KeptBounds;
use crate::model::time::Timestamp;

/// The state of the world while a table runs.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) book: Book,
    pub(super) now: Timestamp,
    pub(super) bounds: KeptBounds,
}

/// One line: what is asked, and what must be answered.
struct Line {
    text: String,
    command: Vec<String>,
    answer: Option<String>,
}

/// Runs a table from nothing.
#[track_caller]
pub(super) fn check(text: &str) -> Table {
    let mut table = Table::new();
    table.check(text);
    table
}

impl Table {
    pub(super) fn new() -> Self {
        let (now, bounds) = (moment("2026-11-21T09:00:00Z"), KeptBounds::default());
        Self { book: Book::default(), now, bounds }
    }

    /// Runs more lines, and reports every line whose answer is another.
    #[track_caller]
    pub(super) fn check(&mut self, text: &str) {
        let mut wrong = Vec::new();
        let mut lines = gather_batches(text.lines().filter_map(Line::read)).into_iter();
        while let Some(line) = lines.next() {
            if line.text == "group {" {
                let group: Vec<_> = lines.by_ref().take_while(|line| line.text != "}").collect();
                wrong.extend(self.run_lines(&group));
            } else {
                wrong.extend(self.run_lines(&[line]));
            }
        }
        assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    }

    fn run_lines(&mut self, lines: &[Line]) -> Vec<String> {
        let given = match lines {
            [lone] if lone.command.first().is_some_and(|word| word == "clock") => {
                self.set_clock(&lone.command);
                return Vec::new();
            }
            [lone] if facts::is_fact(&lone.command) => {
                let fact = facts::state(&self.book, self.now, &lone.command);
                let same = fact == lone.command;
                return if same { Vec::new() } else { vec![complain(&lone.text, &fact.join(" "))] };
            }
            commands => {
                let words: Vec<_> = commands.iter().map(|line| line.command.clone()).collect();
                self.run(&words)
            }
        };
        let pairs = lines.iter().zip(given);
        let wrong = pairs.filter(|(line, given)| !line.accepts(given));
        wrong.map(|(line, given)| complain(&line.text, &given)).collect()
    }

    fn set_clock(&mut self, words: &[String]) {
        let to = words.get(1).expect("clock takes a moment or a span");
        self.now = match to.strip_prefix('+') {
            Some(span) => self.now.plus(seconds(span)),
            None => moment(to),
        };
    }

    /// Runs commands as one group. Should it fault, its members run again one by one, as the
    /// runner of the engine does it.
    pub(super) fn run(&mut self, group: &[Vec<String>]) -> Vec<String> {
        let asked = group.iter().map(|words| commands::ask(&self.book, words));
        let (members, answers): (Vec<_>, Vec<_>) =
            asked.map(|Asked { member, answer }| (member, answer)).unzip();
        let before = self.book.clone();
        let group = Group::new(self.now, self.bounds, members);
        match self.commit(group) {
            Ok(()) => {}
            Err(group) => match group.split() {
                Ok(lone) => lone.into_iter().for_each(|group| self.commit_or_fault(group)),
                Err(group) => self.commit_or_fault(group),
            },
        }
        let answers: Vec<_> = answers.into_iter().map(|answer| answer()).collect();
        if answers.len() == 1 && answers.iter().all(|answer| changes_nothing(answer)) {
            assert_eq!(before.print(), self.book.print(), "{answers:?} changed something");
        }
        answers
    }

    /// Commits and answers a group, or gives it back with nothing done.
    fn commit(&mut self, mut group: Group) -> Result<(), Group> {
        let before = self.book.clone();
        if self.book.transact(&mut group).is_err() {
            return Err(group);
        }
        invariants::check(&before, &self.book);
        group.answer(&Ok(()));
        Ok(())
    }

    fn commit_or_fault(&mut self, mut group: Group) {
        let before = self.book.clone();
        let committed = self.book.transact(&mut group);
        invariants::check(&before, &self.book);
        group.answer(&committed);
    }
}

impl Line {
    fn read(text: &str) -> Option<Self> {
        let text = text.split(" #").next().unwrap_or_default().trim();
        if text.is_empty() || text.starts_with('#') {
            return None;
        }
        let (command, answer) = match text.split_once("=>") {
            Some((command, answer)) => (command, Some(answer.trim().to_owned())),
            None => (text, None),
        };
        Some(Self { text: text.to_owned(), command: words(command), answer })
    }

    fn accepts(&self, given: &str) -> bool {
        match &self.answer {
            Some(answer) => answer == given,
            None => !changes_nothing(given),
        }
    }
}

/// Makes one command of the lines of each batch, and one answer of theirs.
fn gather_batches(lines: impl Iterator<Item = Line>) -> Vec<Line> {
    let (mut gathered, mut lines) = (Vec::new(), lines);
    while let Some(mut batch) = lines.next() {
        if batch.command.first().is_some_and(|word| word == "batch") {
            let brace = batch.command.pop();
            assert_eq!(brace.as_deref(), Some("{"), "a batch is a block: {}", batch.text);
            let mut answers = Vec::new();
            for row in lines.by_ref() {
                if row.command == ["}"] {
                    answers.extend(row.answer);
                    break;
                }
                batch.command.push("|".to_owned());
                batch.command.extend(row.command);
                answers.extend(row.answer);
            }
            batch.answer = (!answers.is_empty()).then(|| answers.join(" | "));
        }
        gathered.push(batch);
    }
    gathered
}

fn complain(line: &str, given: &str) -> String {
    format!("  {line}\n      gave: {given}")
}

/// Whether an answer turns an action down. Refusals of submissions are kept and are not meant.
fn changes_nothing(answer: &str) -> bool {
    let starts = ["not-found", "is ", "invalid ", "fault ", "proof-reused"];
    ["no", "no-room", "cannot-refuse-now"].contains(&answer)
        || starts.iter().any(|start| answer.starts_with(start))
}

/// Splits a line into words; what stands in double quotes is one word, and may be empty.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Reads `90s`.
pub(super) fn seconds(text: &str) -> Duration {
    let seconds = text.strip_suffix('s').and_then(|number| number.parse().ok());
    Duration::from_secs(seconds.expect("a span reads like 90s"))
}

fn moment(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = text.parse().expect("a moment reads like 2026-11-21T20:59:59Z");
    Timestamp::from_micros(moment.as_microsecond())
}

/// The language itself must be able to say no.
#[test]
#[should_panic(expected = "gave: 1.00")]
fn a_wrong_answer_is_seen() {
    check("merchant A \n top-up A 1.00 => 2.00");
}

#[test]
#[should_panic(expected = "gave: balance A available 1.00")]
fn a_wrong_fact_is_seen() {
    check("merchant A \n top-up A 1.00 \n balance A available 2.00");
}

#[test]
#[should_panic(expected = "gave: not-found")]
fn a_refusal_nobody_expects_is_seen() {
    check("merchant A \n approve 1");
}
