//! What `vezne copy` is told.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// Where the desk is, as sqlite:PATH; without it, the file in store.directory
    #[arg(long, value_name = "sqlite:PATH")]
    pub(crate) from: Option<String>,
    /// Where it goes, as postgres://USER@HOST/DATABASE: a fresh database; without it, store.url
    #[arg(long, value_name = "URL", conflicts_with = "undo_move")]
    pub(crate) to: Option<String>,
    /// Let the file open again for work, after a move that nobody has served from yet
    #[arg(long)]
    pub(crate) undo_move: bool,
}
