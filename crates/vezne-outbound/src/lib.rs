//! The only crate that sends HTTP: callbacks to merchants, and the rails that money leaves by.
//!
//! Merchants choose where their callbacks go, so every URL is hostile until the guard has admitted
//! it, and so is every byte that comes back: each wait, length and queue here has a limit.
//!
//! - [`destination`]: which URLs may be called, and the addresses that were checked;
//! - [`http`]: one POST to an admitted destination, and the bounded answer;
//! - [`alarm`]: what the operator wants to know at once;
//! - [`courier`]: callbacks, one file per dialect;
//! - [`peer`]: a server that a person names;
//! - [`rail`]: how money leaves, one file or folder per rail;
//! - [`threads`]: threads for what would hold up everybody else.
//!
//! A new dialect or rail is one new file and one line in the list of its folder.

pub mod alarm;
pub mod courier;
pub mod destination;
pub mod http;
pub mod peer;
pub mod rail;
pub mod settings;
pub mod threads;

pub use courier::HttpCourier;
pub use settings::{OutboundSettings, SettingsError};
pub use threads::Threads;
