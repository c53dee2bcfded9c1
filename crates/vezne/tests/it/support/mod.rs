//! What the tests are written with.

pub(crate) mod ask;
pub(crate) mod cashout;
pub(crate) mod cashout_server;
#[path = "../../support/database.rs"]
pub(crate) mod database;
pub(crate) mod desk;
pub(crate) mod gate;
pub(crate) mod http;
pub(crate) mod interpreter;
pub(crate) mod php;
pub(crate) mod program;
pub(crate) mod python;
pub(crate) mod receiver;
pub(crate) mod script;
pub(crate) mod shared;
pub(crate) mod time;

pub(crate) use ask::{Ask, path};
pub(crate) use desk::{Desk, KEY, Left, SITE, Setup};
pub(crate) use receiver::{Received, Reply};
