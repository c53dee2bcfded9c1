//! The engine: commands queue, one group is loaded, decided purely and in order, and committed at
//! once; then every caller gets its own outcome.
//!
//! Each verb is one file with one command, one outcome and one closed set of refusals. A verb says
//! what it must see ([`view::Wanted`]) and decides on the [`desk::Desk`], where it sees what the
//! commands before it in the same group have done.

pub mod approve;
pub mod batch;
pub mod callback;
pub mod channel;
pub mod desk;
pub mod dispatch;
pub mod doubt;
pub mod fail;
pub mod free_ids;
pub mod group;
mod lane;
pub mod merchant;
pub mod pulse;
pub mod quarantine;
pub mod queue;
pub mod reject;
pub mod replay;
pub mod returned;
pub mod room;
pub mod said;
pub mod seal;
pub mod settle;
pub mod submit;
pub mod take_up;
pub mod token_keys;
pub mod top_up;
pub mod view;
mod watched;

#[cfg(test)]
mod tests;

use crate::model::identifier::MerchantId;
use crate::port::Fault;
use desk::Desk;
use view::Wanted;

pub use lane::Waits;
pub use queue::{Bells, Engine, Failure, GroupRunner, Limits};

/// What a verb decided: its outcome, or a refusal that is data. The outer fault is ours.
pub type Decision<V> = Result<Result<<V as Verb>::Outcome, <V as Verb>::Refusal>, Fault>;

/// One thing the desk can do.
pub trait Verb: Send + 'static {
    /// What the caller gets.
    type Outcome: Send + 'static;
    /// Why the caller may not get it.
    type Refusal: Send + 'static;

    /// Where it waits for its commit. What merchants ask for is [`Waits::Intake`], and nothing
    /// else: it must not fill the room of what workers and operators have to book.
    const WAITS: Waits = Waits::Desk;

    /// Names everything the decision must see.
    fn wants(&self, wanted: &mut Wanted);

    /// The merchant whose books it is about, where the command knows. Commands of one merchant go
    /// together, so that groups of several merchants can be under way at the same time.
    fn merchant(&self) -> Option<MerchantId> {
        None
    }

    /// Decides. Pure: the same desk gives the same decision, and it may be asked again on a fresh
    /// desk when a commit failed.
    ///
    /// # Errors
    /// A [`Fault`] when an invariant is broken or arithmetic does not fit; nothing is written then.
    /// One that comes before anything on the desk was changed fails this command alone; any other
    /// undoes its group.
    fn decide(&mut self, desk: &mut Desk) -> Decision<Self>
    where
        Self: Sized;
}
