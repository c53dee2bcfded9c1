//! What the figures were measured on, without which they mean nothing.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::report::percentile;
use crate::workspace::{self, Error};

/// How often the disk is asked.
const SYNCS: usize = 200;

/// Cores, processor, how long the disk of `folder` takes to make 4 KiB durable, and how busy the
/// machine is with other work.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn describe(folder: &Path) -> Result<String, Error> {
    let cores = std::thread::available_parallelism()?;
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": ")).map_or("unknown", |(_, name)| name);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let syncs = sync_times(folder)?;
    let [half, most] = [50, 99].map(|part| percentile(&syncs, part));
    Ok(format!(
        "machine:  {cores} cores, {model}; fsync p50 {half:.0?}, p99 {most:.0?}; load before {load}"
    ))
}

fn sync_times(folder: &Path) -> Result<Vec<Duration>, Error> {
    let path = folder.join("sync");
    let mut file = std::fs::File::create(&path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let start = workspace::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    std::fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times)
}

/// The processor time that a process has used, from the system's account of it. `self` is this one.
pub(super) fn cpu_seconds(process: &str) -> f64 {
    // User and system time are the 12th and 13th field after the name, in ticks of 10 ms.
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}

/// How much memory a process has at the moment, in KiB.
pub(super) fn resident_kib(process: u32) -> Result<u32, Error> {
    status_kib(process, "VmRSS:")
}

/// How much memory a process had at most since the last [`reset_peak`], in KiB.
pub(super) fn peak_kib(process: u32) -> Result<u32, Error> {
    status_kib(process, "VmHWM:")
}

/// Has the system forget how much memory a process had.
pub(super) fn reset_peak(process: u32) -> Result<(), Error> {
    Ok(std::fs::write(format!("/proc/{process}/clear_refs"), "5")?)
}

fn status_kib(process: u32, name: &str) -> Result<u32, Error> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kib.ok_or_else(|| format!("the system does not tell {name}").into())
}
