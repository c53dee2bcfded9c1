//! How a copy comes back.

use std::path::Path;
use std::process::Command;

use crate::desk::{Desk, MASTER_KEY};
use crate::dice::Dice;
use crate::place::{Backup, Place, Store, lose_marker};

/// One way by which a copy comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The database alone: the node's marker is where it was.
    Database,
    /// On a fresh machine, without a marker.
    FreshFolder,
    /// The whole folder, with the marker of that time.
    WholeFolder,
    /// The file is put back, and the desk moves to PostgreSQL before anybody serves it.
    Moved,
}

impl Way {
    pub(crate) fn random(store: Store, is_file: bool, dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..45 => Self::Database,
            45..65 => Self::FreshFolder,
            // A desk moves once, and each move takes a while.
            65..72 if is_file && store == Store::Sqlite => Self::Moved,
            65..72 => Self::Database,
            _ => Self::WholeFolder,
        }
    }

    /// Whether the desk must find out by itself that a copy came back: it has a trace of what was
    /// claimed since. Of the rest it must be told.
    pub(crate) const fn shows(self, copied_at: i64, lost_claims: i64, is_file: bool) -> bool {
        match self {
            Self::Database | Self::Moved => lost_claims > 0,
            Self::FreshFolder => !is_file || copied_at > 0,
            Self::WholeFolder => false,
        }
    }

    /// Puts a copy in the place of a closed desk's database.
    pub(crate) fn come_back(self, desk: &mut Desk, backup: Backup, unnoticed: bool) {
        match self {
            _ if unnoticed => backup.lay_marker(desk.folder()),
            Self::Database | Self::Moved => {}
            Self::FreshFolder => lose_marker(desk.folder()),
            Self::WholeFolder => backup.lay_marker(desk.folder()),
        }
        let place = backup.lay(desk.folder());
        desk.put(place);
        if self == Self::Moved {
            let server = Place::fresh_server();
            move_to(desk, &server);
            desk.put(server);
        }
    }
}

/// The built program on the desk in a folder.
pub(crate) fn program(folder: &Path) -> Command {
    let key: String = MASTER_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vezne"));
    command.env_clear().env("VEZNE_MASTER_KEY", key).env("VEZNE_STORE_DIRECTORY", folder);
    command
}

/// Runs `vezne copy` of the program.
fn move_to(desk: &Desk, server: &Place) {
    let Place::Server(database) = server else { unreachable!("a fresh one is of a server") };
    let mut command = program(desk.folder());
    let output = command.args(["copy", "--to", database.url()]).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}
