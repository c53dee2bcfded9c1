//! The nouns of the desk, one file each, with the rules that need nothing but their own data.

pub mod approval;
pub mod audit;
pub mod beneficiary;
pub mod callback;
pub mod channel;
pub mod commission;
pub mod directory;
pub mod identifier;
pub mod ledger;
pub mod limit;
pub mod merchant;
pub mod money;
pub mod pace;
pub mod payout;
pub mod personal;
pub mod quarantine;
pub mod rail;
pub mod refusal;
pub mod retention;
pub mod time;
pub mod token_key;
pub mod turkish_bank;
pub mod unread;
pub mod usage;
pub mod used_proof;
