//! A second server that follows the first, takes over from it, and follows again.

use super::{ADMIN, Options, Server, literal};
use crate::process::until;
use crate::{Error, program};

impl Server {
    /// A standby, streaming when this returns. To have commits wait for it, name it in
    /// `synchronous_standby_names` of the primary.
    ///
    /// # Errors
    /// When the primary does not answer, or the standby does not start.
    pub fn standby(&self, name: &str, options: &Options) -> Result<Self, Error> {
        let mut standby = Self::empty(self.home.directory(), options)?;
        standby.copy_of(self, name)?;
        standby.run_on_a_free_port()?;
        self.wait_for(name)?;
        Ok(standby)
    }

    /// Makes a standby the primary.
    ///
    /// # Errors
    /// When it is none.
    pub fn promote(&self) -> Result<(), Error> {
        match self.sql(ADMIN, "SELECT pg_promote()")?.as_str() {
            "t" => Ok(()),
            _ => Err(Error::new("the standby was not promoted within a minute")),
        }
    }

    /// Brings an old primary back as a standby of the new one: what it has beyond the moment at
    /// which the other took over is undone, or, where that cannot be, all is copied anew. It is
    /// streaming when this returns.
    ///
    /// # Errors
    /// When the primary does not answer, or the standby does not start.
    pub fn rewind_from(&mut self, primary: &Self, name: &str) -> Result<(), Error> {
        if self.postmaster.is_some() {
            self.stop()?;
        }
        // A fresh checkpoint tells where the histories part, which is what the rewind looks at.
        primary.sql(ADMIN, "CHECKPOINT")?;
        if self.rewind(primary, name).is_err() {
            std::fs::remove_dir_all(&self.data)?;
            self.copy_of(primary, name)?;
        }
        self.run()?;
        primary.wait_for(name)
    }

    fn rewind(&self, primary: &Self, name: &str) -> Result<(), Error> {
        let mut command = self.home.command("pg_rewind")?;
        command.args(["--write-recovery-conf", "--no-sync", "--source-server"]);
        command.arg(primary.connection(name)).arg("--target-pgdata").arg(&self.data);
        program::output(command, "").map(drop)
    }

    fn copy_of(&self, primary: &Self, name: &str) -> Result<(), Error> {
        let mut command = self.home.command("pg_basebackup")?;
        command.args(["-R", "--wal-method=stream", "--checkpoint=fast", "--no-sync", "-d"]);
        command.arg(primary.connection(name)).arg("-D").arg(&self.data);
        program::output(command, "").map(drop)
    }

    fn connection(&self, name: &str) -> String {
        let (port, name) = (self.port, literal(name));
        format!("host=127.0.0.1 port={port} user={ADMIN} dbname={ADMIN} application_name={name}")
    }

    /// Until the standby of that name streams from this server.
    fn wait_for(&self, name: &str) -> Result<(), Error> {
        let name = literal(name);
        let sql = format!(
            "SELECT 1 FROM pg_stat_replication \
             WHERE state = 'streaming' AND application_name = {name}"
        );
        until("the standby to stream", || Ok((self.sql(ADMIN, &sql)? == "1").then_some(())))
    }
}
