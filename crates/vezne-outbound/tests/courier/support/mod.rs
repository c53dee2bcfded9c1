//! A courier, a merchant with one callback, and receivers of every character.

mod certificate;
mod receiver;
mod world;

pub(crate) use certificate::{Certificates, certificates};
pub(crate) use receiver::{Receiver, Reply, answer};
pub(crate) use world::{
    APP_SECRET, APPLYFOR_SECRET, KEY, WEBHOOK_SECRET, World, applyfor_note, at, settings, short,
};
