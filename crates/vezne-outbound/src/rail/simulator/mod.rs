//! The sandbox rail: it moves no money, and shows every outcome that a real rail can have.
//!
//! A merchant picks the outcome by magic values ([`magic::MAGIC`]). Time comes with each question,
//! so tests and sandboxes step it as they like. Every send is recorded before it is answered, which
//! makes the simulator the witness of "no payout was sent twice" ([`Simulator::duplicates`]).

use std::io::{self, Error};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
use book::{Book, in_doubt};
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
        Ok(Self { bank: Arc::new(Mutex::new(bank)), disk })
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

    async fn ask_about(
        &self,
        order: &PaymentOrder,
        question: fn(&mut Bank, &PaymentOrder) -> io::Result<RailAnswer>,
    ) -> RailAnswer {
        let order = order.clone();
        let answer = self.ask(move |bank| question(bank, &order)).await;
        match answer.unwrap_or_else(|| Err(Error::other("its thread stopped"))) {
            Ok(answer) => answer,
            Err(error) => in_doubt(&format!("the simulator's journal failed: {error}")),
        }
    }
}

impl Rail for Simulator {
    fn code(&self) -> RailCode {
        CODE.into()
    }

    fn send<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(self.ask_about(order, Bank::receive))
    }

    fn status<'a>(&'a self, order: &'a PaymentOrder) -> Later<'a, RailAnswer> {
        Box::pin(self.ask_about(order, Bank::status))
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

impl Bank {
    fn open(settings: SimulatorSettings) -> io::Result<Self> {
        let journal = Journal::open(settings.journal.as_deref(), settings.shorten_journal_from)?;
        let mut bank = Self { book: Book::default(), journal, settings };
        bank.up_to_date(|_, _, _| Ok(()))?;
        Ok(bank)
    }

    /// Records a send, then answers it.
    fn receive(&mut self, order: &PaymentOrder) -> io::Result<RailAnswer> {
        self.up_to_date(|book, journal, settings| {
            let line = book.line(order);
            journal.append(&line)?;
            book.take(&line, settings).ok_or_else(unknown_behaviour)
        })
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

fn lock(bank: &Mutex<Bank>) -> MutexGuard<'_, Bank> {
    bank.lock().unwrap_or_else(PoisonError::into_inner)
}
