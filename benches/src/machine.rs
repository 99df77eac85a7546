//! What a number was measured on. A figure without its machine says nothing, and with fsync on,
//! the disk's share decides.

use std::{
    fmt, fs,
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

/// The facts.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The kernel.
    pub system: String,
    /// Writing 4 KiB and waiting until it is on the disk: the median of 200.
    pub fdatasync: Duration,
}

impl Machine {
    /// Asks the system, and the disk under `folder`.
    ///
    /// # Errors
    /// If the disk cannot be written.
    pub fn ask(folder: &Path) -> io::Result<Self> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let unknown = || "unknown".to_owned();
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        Ok(Self {
            processor: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory
                .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
                .map_or(0, |kib| kib / 1024),
            system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            fdatasync: fdatasync(folder)?,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} cores, {} GiB, {}, fdatasync {:.2} ms",
            self.processor,
            self.cores,
            self.memory_mib.div_ceil(1024),
            self.system,
            self.fdatasync.as_secs_f64() * 1_000.0
        )
    }
}

/// The median time of a small write that reaches the disk.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn fdatasync(folder: &Path) -> io::Result<Duration> {
    let path = folder.join("fdatasync.probe");
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let begin = Instant::now();
        file.write_all(&[0x5A; 4096])?;
        file.sync_data()?;
        times.push(begin.elapsed());
    }
    drop(file);
    fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn the_facts_are_asked_for_and_nothing_stays_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let machine = Machine::ask(folder.path()).expect("a disk");
        assert!(machine.cores > 0);
        assert!(machine.to_string().contains("fdatasync"));
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 0);
    }
}
