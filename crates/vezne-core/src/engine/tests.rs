//! The rules as tables: one line per command, its answer at the end. `table` explains the language.

mod approval;
mod batches;
mod book;
mod callbacks;
mod channels;
mod commands;
mod dispatch;
mod facts;
mod history;
mod invariants;
mod kept;
mod matrix;
mod merchants;
mod outcome;
mod quarantine;
mod queue;
mod room;
mod said;
mod submit;
mod table;
mod token_keys;
