//! Processes of the machine, by their ids.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Error;

/// Between two looks at something that is about to happen.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks until it is given up: a minute.
const LOOKS: u32 = 12_000;

/// Looks again and again until there is something to see.
///
/// # Errors
/// What the look says, or that nothing came of `what` within a minute.
pub(crate) fn until<T>(
    what: &str,
    mut look: impl FnMut() -> Result<Option<T>, Error>,
) -> Result<T, Error> {
    for _ in 0..LOOKS {
        if let Some(seen) = look()? {
            return Ok(seen);
        }
        std::thread::sleep(PAUSE);
    }
    Err(Error::new(format!("gave up waiting for {what}")))
}

/// The state and the parent of a process; none if there is no such process.
fn state(id: &str) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before it may contain anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}

/// Whether it runs: what has ended and waits for its parent to hear of it does not.
pub(crate) fn runs(id: u32) -> bool {
    state(&id.to_string()).is_some_and(|(state, _)| state != 'Z')
}

/// The processes that it has started and that are still there.
pub(crate) fn children(parent: u32) -> Result<Vec<u32>, Error> {
    let names = std::fs::read_dir("/proc")?.flatten();
    let ids = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |id: &u32| state(&id.to_string()).is_some_and(|(_, above)| above == parent);
    Ok(ids.filter(is_child).collect())
}

/// Sends a signal to all of them at once. Those that are gone by then do not matter.
pub(crate) fn signal(name: &str, ids: &[u32]) -> Result<(), Error> {
    let mut command = Command::new("sh");
    command.args(["-c", "kill -s \"$0\" \"$@\"", name]);
    command.args(ids.iter().map(u32::to_string));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    Ok(())
}
