//! The simulator's journal: a line of JSON per send, on the disk before the send is answered. Sends
//! that wait at the same time are written together.
//!
//! With it the simulator, like a bank, knows more than the program that called it: after a crash of
//! the program, or for another node of it, `status` tells the truth. Nodes on one machine may share
//! a file; a lock on it makes them take turns, and each reads what the others added.
//!
//! A last line without its end was never answered, so it counts as never written and is cut off.
//!
//! When lines have become many they are written shorter, into a file that takes the first one's
//! place. Nothing is lost by it: an order that was forgotten could be paid twice.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{
    self, BufRead as _, BufReader, BufWriter, Error, Read as _, Seek as _, SeekFrom, Write as _,
};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::book::Line;

/// The file, or nothing for a simulator that forgets with the program.
pub(super) struct Journal {
    file: Option<File>,
    path: PathBuf,
    /// How far it was read, always at a line's end.
    offset: u64,
    /// How many bytes of that are lines that could be shorter.
    long: u64,
    /// From how many on they are written shorter.
    shorten_from: u64,
    /// A write failed and could not be undone: nobody knows what the file says.
    broken: bool,
}

impl Journal {
    /// Opens or creates the file.
    pub(super) fn open(path: Option<&Path>, shorten_from: u64) -> io::Result<Self> {
        let file = path.map(open_durably).transpose()?;
        let path = path.unwrap_or(Path::new("")).to_owned();
        Ok(Self { file, path, offset: 0, long: 0, shorten_from, broken: false })
    }

    /// Whether there is a file, and so waiting for a disk.
    pub(super) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Does something while no other process reads or writes. It is told whether another file has
    /// taken the place of the one that was read, so that all is to be read from the start.
    pub(super) fn alone<T>(
        &mut self,
        act: impl FnOnce(&mut Self, bool) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.broken {
            return Err(Error::other("a write failed earlier and could not be undone"));
        }
        let replaced = self.lock()?;
        let result = act(self, replaced);
        self.file.as_ref().map_or(Ok(()), File::unlock)?;
        result
    }

    /// Locks the file that stands under the path now.
    fn lock(&mut self) -> io::Result<bool> {
        let mut replaced = false;
        while let Some(file) = &self.file {
            file.lock()?;
            let (held, there) = (file.metadata()?, std::fs::metadata(&self.path)?);
            if (held.dev(), held.ino()) == (there.dev(), there.ino()) {
                break;
            }
            // The lock goes with the file.
            self.file = Some(open_durably(&self.path)?);
            self.offset = 0;
            self.long = 0;
            replaced = true;
        }
        Ok(replaced)
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
            self.long += if is_long(&text) { text.len() as u64 } else { 0 };
            text.clear();
        }
        if length > self.offset { file.set_len(self.offset) } else { Ok(()) }
    }

    /// Adds lines, and returns once all of them are on the disk; with an error, none is.
    pub(super) fn append(&mut self, lines: &[Line]) -> io::Result<()> {
        let Some(file) = self.file.as_mut().filter(|_| !lines.is_empty()) else { return Ok(()) };
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        if let Err(error) = file.write_all(&text).and_then(|()| file.sync_data()) {
            // A line that was not answered must not be found later.
            self.broken = file.set_len(self.offset).and_then(|()| file.sync_data()).is_err();
            return Err(error);
        }
        self.offset += text.len() as u64;
        self.long += text.len() as u64;
        Ok(())
    }

    /// Writes its lines shorter once they are many. All of them must have been read. When that
    /// fails, the file stays as it was, and it is tried again when as many have come once more.
    pub(super) fn shorten_if_long(&mut self) {
        if self.long < self.shorten_from {
            return;
        }
        self.long = 0;
        match self.shorten() {
            Ok(true) => {}
            Ok(false) => tracing::warn!("the simulator's journal is no file that can be replaced"),
            Err(error) => tracing::warn!(%error, "the simulator's journal was not shortened"),
        }
    }

    fn shorten(&mut self) -> io::Result<bool> {
        let Some(file) = self.file.as_ref().filter(|_| !self.broken) else { return Ok(true) };
        if !file.metadata()?.is_file() {
            return Ok(false);
        }
        let mut draft = OsString::from(&self.path);
        draft.push(".new");
        let draft = PathBuf::from(draft);
        let (fresh, length) = write_short(file, self.offset, &draft)?;
        fresh.lock()?;
        std::fs::rename(&draft, &self.path)?;
        // From here on it is the file. Were it gone after a crash, so would what is added to it.
        self.broken = sync_folder(&self.path).is_err();
        self.file = Some(fresh);
        self.offset = length;
        Ok(true)
    }
}

/// A line with the names of its values, unlike one of the values alone.
fn is_long(text: &[u8]) -> bool {
    text.first() == Some(&b'{')
}

/// Writes the lines of a file shorter into another one, which is on the disk when this returns,
/// with its length. One of an earlier try that failed is in nobody's hands.
fn write_short(file: &File, length: u64, draft: &Path) -> io::Result<(File, u64)> {
    match std::fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    let fresh = options.read(true).append(true).create_new(true).mode(0o600).open(draft)?;
    let mut old: &File = file;
    old.seek(SeekFrom::Start(0))?;
    let (mut reader, mut writer) = (BufReader::new(old.take(length)), BufWriter::new(&fresh));
    let mut text = Vec::new();
    while reader.read_until(b'\n', &mut text)? > 0 {
        let line: Line = serde_json::from_slice(&text)?;
        serde_json::to_writer(&mut writer, &line.values())?;
        writer.write_all(b"\n")?;
        text.clear();
    }
    writer.flush()?;
    drop(writer);
    fresh.sync_all()?;
    let length = fresh.metadata()?.len();
    Ok((fresh, length))
}

/// A new file is only there after a crash when its folder is on the disk too.
fn open_durably(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).mode(0o600).open(path)?;
    sync_folder(path)?;
    Ok(file)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
