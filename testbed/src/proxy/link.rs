//! One connection through the proxy: a thread for each way.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Rules;
use super::frontend::Frontend;

/// Most bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// Both sides of a connection.
pub(super) struct Link {
    client: TcpStream,
    server: TcpStream,
    /// Whether the client hears nothing more.
    is_muted: AtomicBool,
    rules: Arc<Rules>,
}

impl Link {
    pub(super) fn spawn(client: TcpStream, server: TcpStream, rules: &Arc<Rules>) {
        // An option that is refused costs time and nothing else.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let is_muted = AtomicBool::new(false);
        let link = Arc::new(Self { client, server, is_muted, rules: Arc::clone(rules) });
        rules.add(&link);
        let other = Arc::clone(&link);
        std::thread::spawn(move || {
            let _ = link.forward_requests();
            let _ = link.server.shutdown(Shutdown::Write);
        });
        std::thread::spawn(move || {
            let _ = other.forward_answers();
            other.close(Shutdown::Both);
        });
    }

    /// Shuts both sides down.
    pub(super) fn close(&self, how: Shutdown) {
        let _ = (self.client.shutdown(how), self.server.shutdown(how));
    }

    fn forward_requests(&self) -> io::Result<()> {
        let (mut frontend, mut buffer) = (Frontend::default(), vec![0; CHUNK]);
        loop {
            let count = (&self.client).read(&mut buffer)?;
            self.rules.pause();
            let mut rest = &buffer[..count];
            while let Some(end) = frontend.commit_ends(rest) {
                let (commit, after) = rest.split_at(end);
                if self.rules.take_cut() {
                    return self.cut_after(commit);
                }
                (&self.server).write_all(commit)?;
                rest = after;
            }
            (&self.server).write_all(rest)?;
            if count == 0 {
                return Ok(());
            }
        }
    }

    fn forward_answers(&self) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = (&self.server).read(&mut buffer)?;
            self.rules.pause();
            if count == 0 {
                return Ok(());
            }
            // Asked after reading: whatever was read before the COMMIT left is no answer to it.
            if !self.is_muted.load(Ordering::SeqCst) {
                (&self.client).write_all(&buffer[..count])?;
            }
        }
    }

    /// Forwards a COMMIT and cuts the client off.
    fn cut_after(&self, commit: &[u8]) -> io::Result<()> {
        self.is_muted.store(true, Ordering::SeqCst);
        (&self.server).write_all(commit)?;
        let before = self.rules.cuts_done.fetch_add(1, Ordering::SeqCst);
        self.client.shutdown(Shutdown::Both)?;
        if before % 2 == 1 {
            self.server.shutdown(Shutdown::Both)?;
        }
        // Otherwise the server reads to the end of what it got, which includes the COMMIT, and then
        // sees that nobody is there.
        Ok(())
    }
}
