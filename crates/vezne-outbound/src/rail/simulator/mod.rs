//! The sandbox rail: it moves no money, and shows every outcome that a real rail can have.
//!
//! A merchant picks the outcome by magic values ([`magic::MAGIC`]). Time comes with each question,
//! so tests and sandboxes step it as they like. Every send is recorded before it is answered, which
//! makes the simulator the witness of "no payout was sent twice" ([`Simulator::duplicates`]).

use std::collections::HashSet;
use std::io::{self, Error};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use vezne_core::model::identifier::RailCode;
use vezne_core::model::rail::{PaymentOrder, RailAnswer, RailReturn};
use vezne_core::model::time::Timestamp;
use vezne_core::port::{Later, Rail};

mod book;
mod journal;
pub mod magic;
#[cfg(test)]
mod tests;

use crate::settings::SettingsError;
use crate::threads::Threads;
use book::{Book, Line, in_doubt};
use journal::Journal;

/// The rail's code.
pub const CODE: &str = RailCode::SIMULATOR;

/// Questions that may wait for the journal's disk; further ones wait for a place.
const WAITING: usize = 64;

/// How the simulator behaves.
#[derive(Clone, Debug)]
pub struct SimulatorSettings {
    /// When an order settles that was only accepted.
    pub settle_after: Duration,
    /// When an order is refused that was accepted.
    pub refuse_after: Duration,
    /// How long an order is in doubt before it is found settled.
    pub doubt_for: Duration,
    /// When settled money comes back.
    pub return_after: Duration,
    /// For how long a return is told again after it was told first.
    pub tell_returns_for: Duration,
    /// How many orders are remembered; the oldest are forgotten first.
    pub remembered_orders: usize,
    /// From how many bytes of full lines on the journal is written shorter.
    pub shorten_journal_from: u64,
    /// The file of the journal; without one the simulator forgets with the program.
    pub journal: Option<PathBuf>,
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        Self {
            settle_after: Duration::from_secs(30),
            refuse_after: Duration::from_secs(30),
            doubt_for: Duration::from_secs(60),
            return_after: Duration::from_secs(60),
            tell_returns_for: Duration::from_secs(3_600),
            remembered_orders: 200_000,
            shorten_journal_from: 64 * 1024 * 1024,
            journal: None,
        }
    }
}

/// The sandbox rail.
pub struct Simulator {
    bank: Arc<Mutex<Bank>>,
    /// The thread that waits for the journal's disk, where there is one.
    disk: Option<Threads>,
    /// Orders that wait for it. All that have come by the time that it is free are written
    /// together.
    sent: Arc<Mutex<Vec<Sent>>>,
}

/// An order on its way into the journal. Nothing is done for an asker that is gone.
struct Sent {
    order: PaymentOrder,
    answer: oneshot::Sender<io::Result<RailAnswer>>,
}

struct Bank {
    book: Book,
    journal: Journal,
    settings: SimulatorSettings,
}

impl Simulator {
    /// Opens the simulator and reads its journal.
    ///
    /// # Errors
    /// [`SettingsError::Journal`] when the file cannot be read, or is no journal;
    /// [`SettingsError::Threads`] when the system gives no thread.
    pub fn open(settings: SimulatorSettings) -> Result<Self, SettingsError> {
        let path = settings.journal.clone().unwrap_or_default();
        let failed = |error: Error| SettingsError::Journal { path, reason: error.to_string() };
        let bank = Bank::open(settings).map_err(failed)?;
        let disk = bank.journal.is_file().then(|| Threads::start("vezne-simulator", 1, WAITING));
        let disk = disk.transpose().map_err(|error| SettingsError::Threads(error.to_string()))?;
        Ok(Self { bank: Arc::new(Mutex::new(bank)), disk, sent: Arc::default() })
    }

    /// How often an order was sent again that had arrived before. It stays at zero, whatever
    /// crashes.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        lock(&self.bank).book.duplicates()
    }

    /// Asks the bank, on a thread of its own when it has a journal on a disk.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Bank) -> T + Send + 'static,
    ) -> Option<T> {
        let Some(disk) = &self.disk else {
            return Some(question(&mut lock(&self.bank)));
        };
        let bank = Arc::clone(&self.bank);
        disk.run(move || question(&mut lock(&bank))).await
    }

    /// Has an order written, with all others that wait, and waits for its answer.
    async fn receive(&self, order: PaymentOrder) -> Option<io::Result<RailAnswer>> {
        let (answer, mut answered) = oneshot::channel();
        lock(&self.sent).push(Sent { order, answer });
        let sent = Arc::clone(&self.sent);
        let written = self.ask(move |bank| bank.receive(std::mem::take(&mut lock(&sent))));
        tokio::select! {
            biased;
            // Another's turn may have written it already.
            answer = &mut answered => answer.ok(),
            _ = written => answered.await.ok(),
        }
    }
}

fn told(answer: Option<io::Result<RailAnswer>>) -> RailAnswer {
    match answer.unwrap_or_else(|| Err(Error::other("its thread stopped"))) {
        Ok(answer) => answer,
        Err(error) => in_doubt(&format!("the simulator's journal failed: {error}")),
    }
}

impl Rail for Simulator {
    fn code(&self) -> RailCode {
        CODE.into()
    }

    fn send<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(async move { told(self.receive(order.clone()).await) })
    }

    fn status<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        let order = order.clone();
        Box::pin(async move { told(self.ask(move |bank| bank.status(&order)).await) })
    }

    fn returns(&self, now: Timestamp) -> Later<'_, Vec<RailReturn>> {
        Box::pin(async move {
            let returns = self.ask(move |bank| bank.returns(now)).await;
            returns.unwrap_or_else(|| Err(Error::other("its thread stopped"))).unwrap_or_else(
                |error| {
                    tracing::warn!(%error, "the simulator's journal failed");
                    Vec::new()
                },
            )
        })
    }

    fn forget_return<'a>(&'a self, reference: &'a str) -> Later<'a, ()> {
        let reference = reference.to_owned();
        Box::pin(async move {
            // Should its thread have stopped, the return is told again, which does no harm.
            self.ask(move |bank| bank.book.forget_return(&reference)).await.unwrap_or_default();
        })
    }
}

impl Sent {
    fn tell(self, answer: io::Result<RailAnswer>) {
        // Whoever is gone by now asks for the status.
        drop(self.answer.send(answer));
    }
}

impl Bank {
    fn open(settings: SimulatorSettings) -> io::Result<Self> {
        let journal = Journal::open(settings.journal.as_deref(), settings.shorten_journal_from)?;
        let mut bank = Self { book: Book::default(), journal, settings };
        bank.up_to_date(|_, _, _| Ok(()))?;
        Ok(bank)
    }

    /// Records sends, then answers them.
    fn receive(&mut self, mut sent: Vec<Sent>) {
        while !sent.is_empty() {
            // What a line says rests on the one before of the same reference, so that one is on the
            // disk before.
            let mut seen = HashSet::new();
            let again = sent.iter().position(|one| !seen.insert(one.order.reference.clone()));
            let rest = sent.split_off(again.unwrap_or(sent.len()));
            self.receive_together(std::mem::replace(&mut sent, rest));
        }
    }

    /// The same of orders that are all of different references.
    fn receive_together(&mut self, mut sent: Vec<Sent>) {
        sent.retain(|one| !one.answer.is_closed());
        let answers = self.up_to_date(|book, journal, settings| {
            let lines: Vec<Line> = sent.iter().map(|one| book.line(&one.order)).collect();
            journal.append(&lines)?;
            let take = |line| book.take(line, settings).ok_or_else(unknown_behaviour);
            Ok(lines.iter().map(take).collect::<Vec<_>>())
        });
        match answers {
            Ok(answers) => sent.into_iter().zip(answers).for_each(|(one, answer)| one.tell(answer)),
            Err(error) => {
                let why = error.to_string();
                sent.into_iter().for_each(|one| one.tell(Err(Error::other(why.clone()))));
            }
        }
    }

    fn status(&mut self, order: &PaymentOrder) -> io::Result<RailAnswer> {
        self.up_to_date(|book, _, settings| Ok(book.status(order, settings)))
    }

    fn returns(&mut self, now: Timestamp) -> io::Result<Vec<RailReturn>> {
        self.up_to_date(|book, _, settings| Ok(book.returns(now, settings)))
    }

    /// Reads what other processes added, and acts before they can add more.
    fn up_to_date<T>(
        &mut self,
        act: impl FnOnce(&mut Book, &mut Journal, &SimulatorSettings) -> io::Result<T>,
    ) -> io::Result<T> {
        let Self { book, journal, settings } = self;
        journal.alone(|journal, replaced| {
            if replaced {
                *book = Book::default();
            }
            journal.catch_up(|line| {
                book.take(line, settings).map(|_| ()).ok_or_else(unknown_behaviour)
            })?;
            journal.shorten_if_long();
            act(book, journal, settings)
        })
    }
}

fn unknown_behaviour() -> Error {
    Error::other("a line has a behaviour that this program does not know")
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
