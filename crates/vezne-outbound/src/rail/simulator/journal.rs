//! The simulator's journal: a line of JSON per send, on the disk before the send is answered.
//!
//! With it the simulator, like a bank, knows more than the program that called it: after a crash of
//! the program, or for another node of it, `status` tells the truth. Nodes on one machine may share
//! a file; a lock on it makes them take turns, and each reads what the others added.
//!
//! A last line without its end was never answered, so it counts as never written and is cut off.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Error, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::book::Line;

/// The file, or nothing for a simulator that forgets with the program.
pub(super) struct Journal {
    file: Option<File>,
    /// How far it was read, always at a line's end.
    offset: u64,
    /// A write failed and could not be undone: nobody knows what the file says.
    broken: bool,
}

impl Journal {
    /// Opens or creates the file.
    pub(super) fn open(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(open_durably).transpose()?;
        Ok(Self { file, offset: 0, broken: false })
    }

    /// Whether there is a file, and so waiting for a disk.
    pub(super) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Does something while no other process reads or writes.
    pub(super) fn alone<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.broken {
            return Err(Error::other("a write failed earlier and could not be undone"));
        }
        self.file.as_ref().map_or(Ok(()), File::lock)?;
        let result = act(self);
        self.file.as_ref().map_or(Ok(()), File::unlock)?;
        result
    }

    /// Reads the lines that were added since, by this program or another.
    pub(super) fn catch_up(
        &mut self,
        mut take: impl FnMut(&Line) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let length = file.metadata()?.len();
        if length < self.offset {
            return Err(Error::other("the file has become shorter"));
        }
        let mut news: &File = file;
        news.seek(SeekFrom::Start(self.offset))?;
        let mut reader = BufReader::new(news.take(length - self.offset));
        let mut text = Vec::new();
        while reader.read_until(b'\n', &mut text)? > 0 && text.ends_with(b"\n") {
            take(&serde_json::from_slice(&text)?)?;
            self.offset += text.len() as u64;
            text.clear();
        }
        if length > self.offset { file.set_len(self.offset) } else { Ok(()) }
    }

    /// Adds a line, and returns once it is on the disk.
    pub(super) fn append(&mut self, line: &Line) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        if let Err(error) = file.write_all(&text).and_then(|()| file.sync_data()) {
            // A line that was not answered must not be found later.
            self.broken = file.set_len(self.offset).and_then(|()| file.sync_data()).is_err();
            return Err(error);
        }
        self.offset += text.len() as u64;
        Ok(())
    }
}

/// A new file is only there after a crash when its folder is on the disk too.
fn open_durably(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).mode(0o600).open(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file)
}
